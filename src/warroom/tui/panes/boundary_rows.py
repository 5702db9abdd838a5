"""The boundary as rows: the sentence, the bars, the lines that show it and those that do not."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from warroom.logs.protocol import Entry
from warroom.tui.panes.boundary_beside import beside, blank, text_rows
from warroom.tui.widgets.log_gauge import Report
from warroom.tui.widgets.log_line import clock, shown, tone
from warroom.tui.widgets.log_query import grouped
from warroom.tui.widgets.pieces import Line, Piece, cells_of, fit, gauge, line, rule, spread, wrap
from warroom.tui.widgets.rowlist import Row

if TYPE_CHECKING:
    from warroom.logs.analysis.answer import Finding, Part

SHOWN = 3
"""Lines that show the boundary, and lines that do not fit."""
_PLACEHOLDER = re.compile(r"\\\{[a-z]+\\\}|<\\\*>|<\*>")
_BARS = ((24, 12), (12, 6), (0, 0))
"""Cells of the bars for the share of failures and for that of everything before: the longest that
leave room for what they are the shares of."""
_READABLE = 30
"""Cells of a value that are worth more than a bar."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A report with the lines it points to, already read."""

    report: Report
    shows: tuple[Entry, ...] = ()
    misfits: tuple[Entry, ...] = ()
    kind: str = ""
    """The outcome that is looked at; empty, or one without a finding: the one that answers."""

    @property
    def main(self) -> "Finding | None":
        """The finding that is shown; None where the log shows no incident."""
        findings = self.report.findings
        chosen = (one for one in findings.findings if one.kind == self.kind)
        return next(chosen, findings.main)

    @property
    def parts(self) -> tuple["Part", ...]:
        """The named slices, then the best value of each field."""
        main = self.main
        if main is None:
            return ()
        named = {part.fields for part in main.boundary}
        return (*main.boundary, *(one for one in main.table if one.fields not in named))


def read_lines(report: Report, kind: str = "") -> Shown:
    """Read the lines that a report points to; blocks for a few reads."""
    main = Shown(report, kind=kind).main
    if main is None:
        return Shown(report)
    shows, misfits = main.shows[:SHOWN], main.misfits[:SHOWN]
    return Shown(report, _entries(report, shows), _entries(report, misfits), main.kind)


def _entries(report: Report, rows: Sequence[int]) -> tuple[Entry, ...]:
    return tuple(entry for row in rows for entry in report.log.entries(row, row + 1))


def share(part: float | None) -> str:
    """Return a share as the screen writes it in a column."""
    if part is None:
        return "—"
    if 0 < part < 0.0005:
        return "<0.1 %"
    return f"{100 * part:.0f} %" if part >= 0.0995 or part <= 0 else f"{100 * part:.1f} %"


def filter_text(part: "Part") -> str:
    """Return the filter that shows the requests of a slice; empty where no line can tell."""
    return " ".join(_patterns(part))


def exclusion(part: "Part") -> str:
    """Return the filter term that hides the requests of a slice, a pair as a whole."""
    patterns = _patterns(part)
    if len(patterns) < len(part.fields) or not patterns:
        return ""
    if len(patterns) == 1:
        return f"-{patterns[0]}"
    return "-" + "".join(f"(?=.*{pattern})" for pattern in patterns)


def outcome_term(kind: str) -> str:
    """Return the filter term for the entries of an outcome; empty where none says it."""
    return kind if kind in {"5xx", "499", "4xx"} else ""


def _patterns(part: "Part") -> list[str]:
    """Patterns without blanks or quotes that all match on a line of the slice."""
    found = (_pattern(name, value) for name, value in part.fields)
    return [pattern for pattern in found if pattern]


def _pattern(name: str, value: str) -> str:
    if name == "method":
        return rf"\b{re.escape(value)}\b"
    if name.startswith("network"):
        return _network(value)
    if name.startswith("?"):
        return rf"[?&]{re.escape(name[1:])}={re.escape(value)}"
    if name in {"client family", "client version"}:
        value = value.split("/", maxsplit=1)[0].split(" ", maxsplit=1)[0]
    escaped = re.escape(value).replace("\\ ", r"\s").replace('"', ".")
    return _PLACEHOLDER.sub(r"[^/?\\s\\x22]+", escaped)


def _network(value: str) -> str:
    """The addresses of a network as they begin; /16 and /24, and what IPv6 has in their place."""
    address, _, bits = value.partition("/")
    if ":" in address:
        return rf"\b{re.escape(address.removesuffix('::'))}:"
    parts = address.split(".")[: int(bits) // 8 if bits.isdigit() else 4]
    return rf"\b{re.escape('.'.join(parts))}\."


def build(shown_: Shown | None, width: int) -> list[Row]:
    """Return the rows at a width; the gutter is not counted."""
    if shown_ is None:
        return text_rows([("Nothing confirmed yet. The log is still being read.", "mute")], width)
    findings, main = shown_.report.findings, shown_.main
    rows = _question(shown_, width)
    if main is None:
        said = findings.outcomes[0].sentence if findings.outcomes else "No onset in this log."
        rows += text_rows([(said, "text")], width)
    else:
        rows += [blank(), *_sentence(main, width)]
        rows += _table(shown_, main, width)
        rows += _lines(shown_, main, width)
        rows += _suggestions(main, width)
    rows += beside(findings, None if main is None else main.kind, width)
    if findings.notes:
        rows += text_rows([("", "mute"), *((note, "mute") for note in findings.notes)], width)
    return rows


def _question(shown_: Shown, width: int) -> list[Row]:
    """How the reader narrowed what is answered; nothing while it is the whole log."""
    words = shown_.report.question.words
    if not words:
        return []
    return text_rows([(f"asked: {' · '.join(words)}. 0 asks the whole log again", "pend")], width)


def _sentence(main: "Finding", width: int) -> list[Row]:
    rows: list[Row] = []
    for number, part in enumerate(main.boundary):
        claim, _, contrast = part.sentence.rpartition(": ")
        claim = claim or contrast
        rows += [
            Row(
                f"said {number}" if not place else "",
                (line(Piece(piece, "text", bold=number == 0)),),
            )
            for place, piece in enumerate(wrap(f"{claim}.", width - 2))
        ]
        said = f"{contrast}." if contrast and contrast != claim else ""
        if part.share_before is not None and part.fields:
            said += f" Before the onset it had {share(part.share_before)} of all requests."
        rows += text_rows([(said.strip(), "soft")], width) if said else []
    end = clock(main.end.at) if main.end is not None else "now"
    count = "failure" if round(main.failures) == 1 else "failures"
    window = f"window {clock(main.onset.at)} – {end} · {grouped(round(main.failures))} {count}"
    expected = f"{main.expected:.0f}" if main.expected >= 9.95 else f"{main.expected:.1f}"
    told = [f"{window} in all, {expected} to be expected"]
    if main.before is not None:
        # The watch tells of everything: where a slice is meant the two shares are not the same.
        what = "lines" if main.kind == "errors" else "requests"
        named = any(part.fields for part in main.boundary)
        those = f"of the {what} named above" if named else f"of all {what}"
        told.append(f"before the onset {share(main.before)} {those} failed")
    return [*rows, blank(), *text_rows([(words, "mute") for words in told], width), blank()]


def _widths(parts: Sequence["Part"], width: int) -> tuple[int, int, int, int]:
    """Cells for names, values and the two bars; the bars give way first."""
    names = max((len(_names(part)) for part in parts), default=4)
    values = max((cells_of(line(_values(part))) for part in parts), default=8)
    rest = width - 3 - 1 - 1 - 7 - 2 - 8 - 7 - 2 - 3  # the numbers, and the blanks between
    for bars in _BARS:
        room = rest - sum(bars)
        # A name may be long where the value is short: `route × release` says what is looked at.
        named = min(names, max(room // 4, room - values, 8))
        if room - named >= min(values, _READABLE):
            break
    return named, min(values, max(room - named, 8)), *bars


def _names(part: "Part") -> str:
    return " × ".join(name for name, _ in part.fields) or "all"


def _values(part: "Part") -> str:
    return " × ".join(shown(value) for _, value in part.fields) or "everything"


def _table(shown_: Shown, main: "Finding", width: int) -> list[Row]:
    parts = shown_.parts
    if not parts:
        return []
    names, values, failed_bar, before_bar = _widths(parts, width)
    head = fit("   shared by failures", 3 + names + 1 + values + 1)
    if failed_bar:
        head += fit("of failures", failed_bar + 7) + "  " + fit("of all before", before_bar + 8)
    else:
        head += fit("failed", 7, right=True) + "  " + fit("before", 8, right=True)
    head += fit("lift", 7, right=True) + "  sure"
    rows = [Row("", (line(Piece(head, "mute")),))]
    for number, part in enumerate(parts):
        strong = number < len(main.boundary)
        token = "s5" if strong else "soft"
        text = "text" if strong else "soft"
        pieces: list[Piece] = [
            Piece(f"{number + 1:>2} ", "mute"),
            Piece(fit(_names(part), names) + " ", "soft"),
            Piece(fit(_values(part), values) + " ", text, bold=strong),
            *(gauge(part.coverage, failed_bar, token) if failed_bar else ()),
            Piece(fit(share(part.coverage), 7, right=True), text, bold=strong),
            Piece("  "),
            *(gauge(part.share_before or 0, before_bar, "vol") if before_bar else ()),
            Piece(fit(share(part.share_before), 8, right=True), "mute"),
            Piece(fit(_lift(part), 7, right=True), text, bold=strong),
            Piece("  "),
            Piece("●" * part.sure + "·" * (3 - part.sure), "text" if strong else "mute"),
        ]
        rows.append(Row(f"part {number}", (tuple(pieces),)))
    if main.quiet:
        quiet = f"does not matter: {', '.join(shown(name) for name in main.quiet)}"
        rows += [blank(), *text_rows([(quiet, "mute")], width)]
    return rows


def _lift(part: "Part") -> str:
    if part.share_before == 0:
        return "new"
    return f"{part.lift:.1f}×" if part.lift < 9.95 else f"{grouped(round(part.lift))}×"


def _lines(shown_: Shown, main: "Finding", width: int) -> list[Row]:
    rows: list[Row] = []
    if shown_.shows:
        fact = f"{len(shown_.shows)} of {grouped(round(main.shows_total))}"
        rows += [blank(), Row("", (rule("Lines that show it", width, (Piece(fact, "mute"),)),))]
        rows += [Row(f"line {entry.row}", (entry_line(entry, width),)) for entry in shown_.shows]
    if main.misfits_total:
        many = round(main.misfits_total)
        fact = f"{grouped(many)} {'failure' if many == 1 else 'failures'} outside"
        warning = f"{fact}: look here before you believe it" if width >= 72 else fact
        rows += [
            blank(),
            Row("", (rule("Lines that do not fit", width, (Piece(warning, "mute"),)),)),
        ]
        rows += [Row(f"line {entry.row}", (entry_line(entry, width),)) for entry in shown_.misfits]
    return rows


def entry_line(entry: Entry, width: int) -> Line:
    """Return a log line in one row of pieces."""
    outcome = str(entry.status) if entry.status is not None else (entry.level or "")[:3].upper()
    said = entry.path or (entry.message or entry.raw.decode("utf-8", "replace")).split("\n")[0]
    left = (
        Piece("▌" if entry.failed else " ", "s5"),
        Piece(f"{clock(entry.at)} ", "mute"),
        Piece(f"{outcome:<3} ", tone(entry), bold=entry.failed),
        Piece(f"{shown(entry.method or ''):<5}" if entry.path else "", "mute"),
        Piece(shown(said), "text"),
    )
    duration = "" if entry.duration is None else f"{entry.duration * 1000:.0f} ms"
    right = [
        Piece(fit(duration, 9, right=True), "s4" if (entry.duration or 0) >= 1 else "mute"),
        Piece("  " + fit(shown(entry.upstream or ""), 10), "mute"),
    ]
    if width >= 96:
        message = (entry.message or "").split("\n")[0] if entry.path else ""
        release = f"rel={shown(entry.release)}" if entry.release else ""
        right.append(Piece(fit("  ".join(filter(None, (shown(message), release))), 36), "soft"))
    return spread(left, tuple(right), width) if width >= 64 else left


def _suggestions(main: "Finding", width: int) -> list[Row]:
    named = next((part for part in main.boundary if part.fields), None)
    fields = dict(named.fields) if named is not None else {}
    what = _values(named) if named is not None else "everything"
    said = [("c", f"contain: {_containment(fields)}"), ("h", f"hypothesis: a change in {what}")]
    heading = rule("What this suggests", width, (Piece("correlation, not yet the cause", "mute"),))
    rows = [blank(), Row("", (heading,))]
    for key, words in said:
        head = Piece(f" {key:<3}", "accent", bold=True)
        rows.append(Row("", (line(head, Piece(words, "text")),)))
    return rows


def _containment(fields: Mapping[str, str]) -> str:
    if "release" in fields:
        return f"flag off what is new, or roll back from {shown(fields['release'])}"
    if "upstream" in fields:
        return f"route around {shown(fields['upstream'])}"
    if "route" in fields:
        return f"flag off or stop {shown(fields['route'])}"
    return "what is fastest and can be undone"
