"""The one family of errors of this package: what went wrong, where, and what to do."""


class RunbookError(Exception):
    """A runbook that cannot be read, or a step that may not run.

    Attributes:
        title: What went wrong in a few words, fit for a dialog's title.
        msg: Where and why; starts with `path:line:` where a line is to blame.
        hint: What the reader should do about it.
    """

    def __init__(self, title: str, msg: str, hint: str) -> None:
        super().__init__(f"{title}: {msg}. {hint}")
        self.title = title
        self.msg = msg
        self.hint = hint
