"""Time stamps as bytes to epoch seconds: one decoder a dialect, remembering the last ones."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo

Decoder = Callable[[bytes], float | None]

_MONTHS = {
    b"JanFebMarAprMayJunJulAugSepOctNovDec"[3 * place - 3 : 3 * place]: place
    for place in range(1, 13)
}
_REMEMBERED = 4096
_DIGITS = b"0123456789"
_POINTS, _APART, _DASHES = frozenset((b".", b",")), frozenset((b"T", b" ")), frozenset((b"-", b"/"))
_ISO = re.compile(
    rb"(\d{4})[-/](\d\d)[-/](\d\d)[T \t:](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9})\d*)?\s?"
    rb"(Z|UTC|GMT|[+-]\d\d:?\d\d)?"
)
_ASCTIME = re.compile(
    rb"(?:[A-Z][a-z]{2} )?([A-Z][a-z]{2}) +(\d{1,2}) (\d\d):(\d\d):(\d\d)"
    rb"(?:\.(\d{1,6}))?(?: (\d{4}))?"
)
_CLF = re.compile(
    rb"(\d\d)/([A-Z][a-z]{2})/(\d{4}):(\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?(?: ([+-]\d\d:?\d\d))?"
)
_KLOG = re.compile(rb"(\d\d)(\d\d) (\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?")
_DAY_FIRST = re.compile(
    rb"(\d\d)[-/ ]([A-Z][a-z]{2})[-/ ](\d{4})[ T](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,6}))?"
)
_CLOCK = re.compile(rb"(\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?")


def _fraction(digits: bytes | None) -> float:
    return int(digits) / 10.0 ** len(digits) if digits else 0.0


def _offset(text: bytes) -> int:
    """Return the seconds to subtract for a zone such as +0330, +03:30 or Z."""
    if text[:1] not in b"+-":
        return 0
    digits = text[1:].replace(b":", b"")
    seconds = int(digits[:2]) * 3600 + int(digits[2:4]) * 60
    return -seconds if text[:1] == b"-" else seconds


class Clock:
    """What a stamp leaves out: the zone it is in, and the year of one that has none.

    `reference` is a moment after every stamp of the source (the file's modification time): a
    stamp without a year falls in the year that ends there. `skew` seconds are added to all.
    """

    def __init__(
        self, zone: tzinfo = UTC, reference: float | None = None, skew: float = 0.0
    ) -> None:
        self.zone = zone
        self.skew = skew
        self.reference = datetime.fromtimestamp(reference, UTC) if reference else datetime.now(UTC)

    def moment(self, parts: tuple[int, ...], zone: bytes | None) -> float | None:
        """Return the epoch second of year, month, day, hour, minute, second in a zone."""
        year, month, day, hour, minute, second = parts
        leap = second == 60  # a leap second counts as the next one
        try:
            if zone:
                moment = datetime(year, month, day, hour, minute, second - leap, tzinfo=UTC)
                return moment.timestamp() + leap - _offset(zone) + self.skew
            moment = datetime(year, month, day, hour, minute, second - leap, tzinfo=self.zone)
        except ValueError:
            return None
        return moment.timestamp() + leap + self.skew

    def yearless(self, month: int, day: int, hms: tuple[int, int, int]) -> float | None:
        """Return the moment in the last year that does not put it after the reference."""
        year = self.reference.year
        latest = (self.reference + timedelta(days=1)).timestamp()
        for guess in (year + 1, year, year - 1, year - 4):
            found = self.moment((guess, month, day, *hms), None)
            if found is not None and found <= latest:
                return found
        return None

    def decoder(self, kind: str) -> Decoder:
        """Return the function for one dialect, with a small memory of the stamps just seen.

        Raises:
            KeyError: There is no such dialect.
        """
        decode = _DIALECTS[kind]
        memory: dict[bytes, float | None] = {}

        def remembering(raw: bytes) -> float | None:
            try:
                return memory[raw]
            except KeyError:
                if len(memory) >= _REMEMBERED:
                    memory.clear()
                found = memory[raw] = decode(self, raw)
                return found

        def by_the_second(raw: bytes) -> float | None:
            """Stamps with a fraction come once each, but many in a second."""
            if raw[19:20] in _POINTS and raw[10:11] in _APART and raw[4:5] in _DASHES:
                rest = raw[20:].lstrip(_DIGITS)
                digits = raw[20 : len(raw) - len(rest)]
                if digits and rest[:1] not in _POINTS:
                    whole = remembering(raw[:19] + rest)
                    return None if whole is None else whole + _fraction(digits[:9])
            return remembering(raw)

        return by_the_second if kind in {"iso", "auto"} else remembering


def _iso(clock: Clock, raw: bytes) -> float | None:
    found = _ISO.match(raw)
    if found is None:
        return None
    year, month, day, hour, minute, second = map(int, found.group(1, 2, 3, 4, 5, 6))
    whole = clock.moment((year, month, day, hour, minute, second), found[8])
    return None if whole is None else whole + _fraction(found[7])


def _clf(clock: Clock, raw: bytes) -> float | None:
    found = _CLF.match(raw)
    if found is None or found[2] not in _MONTHS:
        return None
    parts = (int(found[3]), _MONTHS[found[2]], *map(int, found.group(1, 4, 5, 6)))
    whole = clock.moment(parts, found[8])
    return None if whole is None else whole + _fraction(found[7])


def _asctime(clock: Clock, raw: bytes) -> float | None:
    found = _ASCTIME.match(raw)
    if found is None or found[1] not in _MONTHS:
        return None
    day, hour, minute, second = map(int, found.group(2, 3, 4, 5))
    if found[7]:
        parts = (int(found[7]), _MONTHS[found[1]], day, hour, minute, second)
        whole = clock.moment(parts, None)
    else:
        whole = clock.yearless(_MONTHS[found[1]], day, (hour, minute, second))
    return None if whole is None else whole + _fraction(found[6])


def _klog(clock: Clock, raw: bytes) -> float | None:
    found = _KLOG.match(raw)
    if found is None:
        return None
    month, day, hour, minute, second = map(int, found.group(1, 2, 3, 4, 5))
    whole = clock.yearless(month, day, (hour, minute, second))
    return None if whole is None else whole + _fraction(found[6])


def _day_first(clock: Clock, raw: bytes) -> float | None:
    found = _DAY_FIRST.match(raw)
    if found is None or found[2] not in _MONTHS:
        return None
    parts = (int(found[3]), _MONTHS[found[2]], *map(int, found.group(1, 4, 5, 6)))
    whole = clock.moment(parts, None)
    return None if whole is None else whole + _fraction(found[7])


def _clock_only(clock: Clock, raw: bytes) -> float | None:
    found = _CLOCK.match(raw)
    if found is None:
        return None
    day = clock.reference.astimezone(clock.zone)
    parts = (day.year, day.month, day.day, int(found[1]), int(found[2]), int(found[3]))
    whole = clock.moment(parts, None)
    return None if whole is None else whole + _fraction(found[4])


def _epoch(clock: Clock, raw: bytes) -> float | None:
    """Read seconds, milli-, micro- or nanoseconds: the magnitude tells them apart until 5138."""
    try:
        number = float(raw)
    except ValueError:
        return None
    if not 0 < number < 1e20:
        return None
    while number >= 1e11:
        number /= 1000.0
    return number + clock.skew


def _auto(clock: Clock, raw: bytes) -> float | None:
    for decode in (_iso, _epoch, _clf, _asctime, _day_first):
        found = decode(clock, raw)
        if found is not None:
            return found
    return None


_DIALECTS: dict[str, Callable[[Clock, bytes], float | None]] = {
    "iso": _iso,
    "clf": _clf,
    "asctime": _asctime,
    "syslog": _asctime,
    "klog": _klog,
    "day_first": _day_first,
    "clock": _clock_only,
    "epoch": _epoch,
    "auto": _auto,
}
DIALECTS = frozenset(_DIALECTS)
"""The names a format may use for its time stamps."""
