"""Tell the format of a log from a sample of its lines."""

from collections.abc import Sequence

from warroom.logs.formats.load import shipped
from warroom.logs.formats.model import Format
from warroom.logs.formats.reader import Reader
from warroom.logs.times import Clock

SAMPLED = 120
"""Lines looked at."""
SURE = 0.95
"""A format that fits this share of the lines is taken without trying the less specific ones."""
ENOUGH = 0.5
"""A format of single lines must fit half of the sample: a garbled log is still of its format."""
ENOUGH_MULTILINE = 0.08
"""Stack traces are long: one entry in twelve lines is enough, if the first lines fit."""
UNSURE = 16 << 10
"""Bytes at the beginning of a log of no known format after which it stays one: it may have been
opened before its first line was whole, or begin with a banner."""


def _share(reader: Reader, lines: Sequence[bytes]) -> float:
    if reader.format.kind == "w3c":
        headers = [line for line in lines if line.startswith(b"#Fields:")]
        fits = headers and all(key.encode() in headers[0] for key in reader.format.require)
        return sum(reader.fits(line) for line in [headers[0], *lines]) / len(lines) if fits else 0.0
    if reader.format.kind == "plain":
        return 0.01
    # A quick look at eight spread lines spares the full sample for formats that are far off.
    step = max(1, len(lines) // 8)
    if not reader.format.multiline and not any(reader.fits(line) for line in lines[::step]):
        return 0.0
    fitting = sum(reader.fits(line) for line in lines)
    if reader.format.multiline:
        return _multiline_share(reader, lines, fitting)
    return fitting / len(lines)


def _multiline_share(reader: Reader, lines: Sequence[bytes], fitting: int) -> float:
    """Count continuation lines as fitting where they look like ones: indented or of a trace."""
    if fitting / len(lines) < ENOUGH_MULTILINE:
        return 0.0
    continued = sum(
        line[:1] in b" \t}])"
        or line.startswith((b"Traceback", b"Caused by:", b"goroutine ", b"#", b"\tat ", b"..."))
        for line in lines
        if not reader.fits(line)
    )
    share = (fitting + continued) / len(lines)
    return max(share, 0.6) if fitting / len(lines) >= 0.3 else share


def recognise(
    lines: Sequence[bytes], clock: Clock, formats: Sequence[Format] | None = None
) -> Reader:
    """Return a reader of the most specific format that fits the lines best, `plain` for none."""
    known = shipped() if formats is None else formats
    sample = [line for line in lines if line.strip()]
    headings = [line for line in sample if line.startswith(b"#Fields:")][:1]
    step = max(1, len(sample) // SAMPLED)
    sample = headings + sample[::step][:SAMPLED]  # a file of any size has its columns named once
    plain = next(each for each in known if each.kind == "plain")
    if not sample:
        return Reader(plain, clock)
    best, best_share = Reader(plain, clock), 0.0
    for each in known:
        reader = Reader(each, clock)
        share = _share(reader, sample)
        if share > best_share + 0.02 and (share >= ENOUGH or each.kind == "plain"):
            best, best_share = reader, share
            if share >= SURE:
                break
    if best.format.inner:
        return Reader(best.format, clock, _inner(best, sample, clock, known))
    return best


def shown_by_now(
    reader: Reader, head: bytes, clock: Clock, formats: Sequence[Format] | None = None
) -> Reader | None:
    """Return a reader of the format that a log of no known format shows now that it has grown.

    Args:
        reader: How it is read so far.
        head: Its beginning, up to `UNSURE` bytes.
        clock: Reads its times.
        formats: Those to recognise; the shipped ones where not given.

    Returns:
        None where its format is known, or is still none.
    """
    if reader.format.kind != "plain" or b"\n" not in head:
        return None
    found = recognise(sample_lines(b"", head, whole=True), clock, formats)
    return None if found.format.kind == "plain" else found


def _inner(
    outer: Reader, lines: Sequence[bytes], clock: Clock, formats: Sequence[Format]
) -> Reader | None:
    """Recognise the lines inside a wrapper; None where they are of no known format."""
    name = outer.format.inner or ""
    within = [outer.parse(line).fields.get(name, "").rstrip("\n").encode() for line in lines]
    usable = [each for each in formats if not each.inner and not each.multiline]
    found = recognise(within, clock, usable)
    return None if found.format.kind == "plain" else found


def sample_lines(head: bytes, tail: bytes, *, whole: bool) -> list[bytes]:
    """Return whole lines of a source's first and last bytes, to recognise its format by.

    Args:
        head: Its first bytes, empty where `tail` has them.
        tail: Its last bytes.
        whole: Whether `tail` begins at the start of the source.
    """
    lines = head.split(b"\n")[:-1] if head else []
    last = tail.split(b"\n")
    if not whole:
        last = last[1:] or last
    if len(last) > 1 and not last[-1]:
        last.pop()
    return [line.removesuffix(b"\r")[:8192] for line in [*lines, *last]]
