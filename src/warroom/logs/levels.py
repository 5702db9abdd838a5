"""Severity words and numbers of the world's loggers, brought to one list."""

LEVELS = (
    "trace",
    "debug",
    "info",
    "notice",
    "warning",
    "error",
    "critical",
    "alert",
    "emergency",
)
"""Lowest first; a level's number is its place from 1."""

NUMBER = {name: place for place, name in enumerate(LEVELS, 1)}
FAILED_FROM = NUMBER["error"]

_NAMES = {
    "verbose": "trace",
    "finest": "trace",
    "finer": "trace",
    "dbg": "debug",
    "fine": "debug",
    "config": "debug",
    "information": "info",
    "informational": "info",
    "log": "info",
    "warn": "warning",
    "err": "error",
    "severe": "error",
    "fail": "error",
    "crit": "critical",
    "fatal": "critical",
    "panic": "critical",
    "dpanic": "critical",
    "emerg": "emergency",
    **{name: name for name in LEVELS},
    # klog, Android, .NET and glog write one or four letters
    "t": "trace",
    "d": "debug",
    "i": "info",
    "n": "notice",
    "w": "warning",
    "e": "error",
    "c": "critical",
    "f": "critical",
    "a": "alert",
    "trce": "trace",
    "dbug": "debug",
    "inf": "info",
    "wrn": "warning",
    "eror": "error",
    "ftl": "critical",
}

# RFC 5424 severities, 0 emergency to 7 debug (systemd's PRIORITY and the low bits of <PRI>).
SYSLOG = (
    "emergency",
    "alert",
    "critical",
    "error",
    "warning",
    "notice",
    "info",
    "debug",
)

# bunyan's and pino's numbers: 10 trace to 60 fatal.
_TENS = {10: "trace", 20: "debug", 30: "info", 40: "warning", 50: "error", 60: "critical"}


def level_of(text: str) -> str | None:
    """Return the standard name of a severity word or bunyan number, None for anything else."""
    found = _NAMES.get(text.strip().lower())
    if found is None and text.isascii() and text.isdigit() and len(text) < 4:
        return _TENS.get(int(text) // 10 * 10)
    return found


def syslog_level(priority: str) -> str | None:
    """Return the level of an RFC 5424 number: a bare severity, or a <PRI> with its facility."""
    return SYSLOG[int(priority) & 7] if priority.isascii() and priority.isdigit() else None


def otel_level(number: str) -> str | None:
    """Return the level of an OpenTelemetry SeverityNumber, 1 to 24 in steps of four."""
    if not (number.isascii() and number.isdigit()) or not 1 <= int(number) <= 24:
        return None
    return ("trace", "debug", "info", "warning", "error", "critical")[(int(number) - 1) // 4]
