"""The one kind of error the log engine raises."""


class LogError(Exception):
    """A log cannot be opened or read; the message says what, where and what to do."""
