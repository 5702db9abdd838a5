"""Reports: live references, what a client never reads, hostile text, and files that open."""

import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest
from tests.core.shop import ENDED, ONSET, shop
from tests.core.story import Story

from warroom.core import commands as c
from warroom.core.chart import Chart, chart_text, read_chart
from warroom.core.conduct import EntryAmended
from warroom.core.events import Qualified
from warroom.core.impact import Impact, Series
from warroom.core.lint import lint
from warroom.core.nameless import cast
from warroom.core.postmortem import draft
from warroom.core.references import resolve, unresolved
from warroom.core.timeline import timeline
from warroom.core.words import Audience
from warroom.logs import open_log
from warroom.logs.filelog import FileLog
from warroom.logs.table import Table
from warroom.reports.compose import compose
from warroom.reports.model import ReportError
from warroom.reports.pdf import pdf, source
from warroom.reports.render import render
from warroom.room.impact import measure_impact, window

LOG = Path(__file__).parents[2] / "sample_data/logs/shop_access.log"


@pytest.fixture
def log() -> Iterator[FileLog]:
    opened = open_log(LOG, threaded=False)
    assert isinstance(opened, FileLog)
    while opened.step():
        pass
    yield opened
    opened.close()


def independent(since: datetime, until: datetime) -> tuple[int, int, int, set[str]]:
    """Count by a plain expression that shares no code with the log engine."""
    line = re.compile(r'(\S+) .*?\[([^]]+)\] "\S+ \S+ [^"]*" (\d{3}) ')
    failures = requests = 0
    clients: set[str] = set()
    for text in LOG.read_text().splitlines():
        found = line.match(text)
        assert found is not None
        at = datetime.strptime(found[2], "%d/%b/%Y:%H:%M:%S %z")
        if since <= at < until:
            requests += 1
            if found[3] >= "500":
                failures += 1
                clients.add(found[1])
    return failures, requests, len(clients), clients


def impact(log: FileLog, story: Story) -> Impact:
    span = window(story.incident, story.now)
    assert span == (ONSET, ENDED)
    found = measure_impact([log], *span)
    assert found is not None
    return found


def report(story: Story, form: str, audience: Audience = Audience.INTERNAL, text: str = "") -> str:
    text = text or draft(story.incident, story.records)
    entries = timeline(story.records)
    made = compose(story.incident, entries, text, audience, story.now)
    return render(made, form).decode()


def test_the_impact_equals_an_independent_count(log: FileLog) -> None:
    found = impact(log, shop())
    assert (found.failures, found.requests, found.clients) == independent(ONSET, ENDED)[:3]
    assert found.series is not None
    end = found.series.at(len(found.series.total))
    counted = independent(found.series.start, end)
    assert (sum(found.series.failed), sum(found.series.total)) == counted[:2]
    assert found.routes[0][0] == "POST /api/checkout"
    whole = measure_impact([log], ONSET - timedelta(hours=1), ENDED + timedelta(hours=1))
    assert whole is not None
    assert whole.requests == len(LOG.read_text().splitlines())
    assert measure_impact([log], ONSET - timedelta(hours=2), ONSET - timedelta(hours=1)) is None


@pytest.mark.parametrize("rows", [1, 50, 400])
def test_a_count_in_pieces_is_the_count(
    log: FileLog, rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Many millions of rows are never held at once; what is told of them is the same."""
    before, after = ONSET - timedelta(seconds=30), ENDED + timedelta(seconds=30)
    whole = measure_impact([log], before, after)
    held: list[int] = []
    table = log.table

    def seen(*span: float, sample: int = 100_000) -> Table:
        found = table(*span, sample=sample)
        held.append(len(found.at))
        return found

    monkeypatch.setattr("warroom.room.impact._AT_ONCE", rows)
    monkeypatch.setattr(log, "table", seen)
    assert measure_impact([log], before, after) == whole
    *pieces, _ = held  # the last is for the chart
    assert len(pieces) > 1
    assert sum(pieces) == whole.requests


def test_the_untouched_draft_answers_who_what_when_how_long_how_many_and_why_it_stopped(
    log: FileLog,
) -> None:
    story = shop()
    text = draft(story.incident, story.records, impact(log, story))
    failures, requests, clients, _ = independent(ONSET, ENDED)
    for fact in (
        "POST /api/checkout of release 2026.11.20",
        "checkout answers 5xx",
        "From 2026-11-21 08:03:01 UTC to 2026-11-21 08:03:14 UTC, for 13 s",
        f"{failures} of {requests} requests failed",
        f"{clients} client addresses",
        "The damage was stopped by: Return the shop to the last release",
        "| acknowledge | 1 s | 1 h 00 min, kept | commander |",
        "shop 2026.11.20 deployed by pipeline 8812",
        "```5xx",
    ):
        assert fact in text
    people = cast(story.records).people
    assert people == {"ana", "leo", "mia"}
    assert lint(text, people=people, entries=timeline(story.records)) == ()
    chronology = text.split("## Timeline")[1].split("## Root cause")[0]
    assert not re.search(r"\b(ana|leo|mia)\b", chronology)
    assert "(operations)" in chronology


def test_the_chart_is_read_back_from_the_text(log: FileLog) -> None:
    story = shop()
    text = draft(story.incident, story.records, impact(log, story))
    body = text.split("```5xx\n")[1].split("```")[0]
    shown = read_chart(body)
    assert shown is not None
    assert shown.series == impact(log, story).series
    assert set(shown.marks.values()) >= {"onset", "contained"}
    assert chart_text(shown) == f"```5xx\n{body}```"
    assert "<svg" in report(story, "html", text=text)
    assert read_chart("5xx per 9 s from nowhere") is None
    assert read_chart(body.replace("/", ":")) is None
    assert read_chart("") is None


def test_an_empty_or_faultless_series_is_a_chart_too() -> None:
    for total in ((0, 0, 0), (5, 5, 0)):
        series = Series(
            start=datetime(2026, 1, 1, tzinfo=UTC), width=60, total=total, failed=(0, 0, 0)
        )
        story = shop()
        found = Impact(
            since=ONSET,
            until=ENDED,
            failures=0,
            requests=sum(total),
            clients=0,
            failing_minutes=0,
            first_failure=None,
            last_failure=None,
            series=series,
        )
        text = draft(story.incident, story.records, found)
        assert "<svg" in report(story, "html", text=text)


def test_a_trace_of_failures_is_seen_in_the_chart() -> None:
    series = Series(start=ONSET, width=60, total=(10_000, 100), failed=(1, 100))
    rows = chart_text(Chart(series=series, marks={})).splitlines()[2:4]
    assert "▏" in rows[0]
    assert "<0.1 %" in rows[0]
    assert rows[1].count("█") == 24


def test_references_say_the_current_words_and_dead_ones_are_found() -> None:
    story = shop()
    entries = timeline(story.records)
    text = "## Summary\n\nIt ended [T8], see [T99].\n\n```\n[T8]\n```\n\n## Timeline\n\n"
    text += "\n".join(draft(story.incident, story.records).split("## Timeline\n\n")[1:])
    shown = resolve(text, entries)
    assert "[T8 · 08:03:10 done: Return the shop to the last release, step 1 (0.8 s)](#t8)" in shown
    assert "see [T99]" in shown
    for order in (entries, entries[::-1]):
        assert "[T1 · 08:03:05 declared: P1" in resolve("see [T1]", order)
    assert "```\n[T8]\n```" in shown
    assert [one.number for one in unresolved(text, entries)] == [99]

    amended = EntryAmended(entry=15, text="close the connection", reason="typo")
    story.do(c.Amend(facts=amended), by="leo")
    after = resolve(text, timeline(story.records))
    assert "[T15] hotfix: close the connection (operations)" in after
    assert "give the connection back fix/pool-3 (operations)" not in after
    edited = text.replace("[T15] hotfix: give", "[T15] hotfix: my own words, give")
    assert "my own words" in resolve(edited, timeline(story.records))


def test_a_chronology_over_midnight_says_the_days() -> None:
    story = shop()
    story.later(days=1).do(c.AddNote(text="looked again"))
    text = draft(story.incident, story.records)
    assert text.index("**2026-11-21**") < text.index("[T2]") < text.index("**2026-11-22**")
    assert text.index("**2026-11-22**") < text.index("looked again")
    shown = report(story, "html")
    assert shown.count("<table>") == 3
    assert "<strong>2026-11-22</strong>" in shown


INSIDE = (
    "checkout answers 5xx",
    "ana",
    "leo",
    "mia",
    "10.0.0.7",
    "pool of app-2",
    "2026.11.20",
    "pipeline 8812",
    "shopctl",
    "rollback-shop",
    "opens a connection",
    "fix/pool-3",
    "203.0.113.18",
    "Remove the cause",
    "Orders fail since the last deploy",
    "secret meeting",
    "[T",
    "Open:",
)


@pytest.mark.parametrize("form", ["md", "html"])
def test_a_client_reads_released_facts_and_nothing_else(form: str, log: FileLog) -> None:
    story = shop()
    text = draft(story.incident, story.records, impact(log, story))
    text = text.replace("## Root cause\n", "## Root cause\n\nsecret meeting\n")
    text += "\n## For our clients\n<!-- client -->\n\nWe add a test. [T3]\n> ? really?\n"
    made = compose(
        story.incident,
        timeline(story.records),
        text,
        Audience.CLIENT,
        story.now,
        impact(log, story),
    )
    shown = render(made, form).decode()
    visible = re.sub(r"<style>.*?</style>", "", shown, flags=re.DOTALL)
    for word in INSIDE:
        assert not re.search(rf"(?<!\w){re.escape(word)}", visible), word
    for word in (
        "Orders could not be placed for a short time.",
        "47 of 286 requests failed",
        "A new version of our software used too many database connections.",
        "Orders work again. We are confirming the cause.",
        "Alert on 5xx above 2 %",
        "We add a test.",
    ):
        assert word in visible


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]
        assert not any(name.startswith("on") for name, _ in attrs)
        if tag not in ("meta", "br", "hr", "img", "line", "rect", "polyline"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


HOSTILE = (
    "<script>alert(1)</script> ![x](http://evil/x.png) [a](javascript:alert(1)) <b onclick=x>"
    ' #eval("1+1") \\ " $x$ @ref `raw` #{"} \x1b[2J\u202e | a | b |\n\n```5xx\nnothing\n```\n'
)


@pytest.mark.parametrize("form", ["html", "pdf"])
def test_hostile_text_stays_text(form: str) -> None:
    story = shop()
    story.do(c.Qualify(facts=Qualified(title='</title><script>"</h1>')))
    story.do(c.AddNote(text=HOSTILE))
    story.do(c.Diagnose(text=HOSTILE, reason=HOSTILE))
    text = draft(story.incident, story.records) + HOSTILE
    made = compose(story.incident, timeline(story.records), text, Audience.INTERNAL, story.now)
    if form == "pdf":
        assert '#eval("1+1")' not in re.sub(r'"(?:\\.|[^"\\])*"', "", source(made))
        assert pdf(made).startswith(b"%PDF-")
        return
    tags = Tags()
    shown = render(made, "html").decode()
    tags.feed(shown)
    assert tags.open == []
    assert not {"script", "img", "iframe", "object"} & set(tags.seen)
    assert all(link.startswith(("#t", "https://", "http://", "mailto:")) for link in tags.links)
    assert "\x1b" not in shown
    assert "\u202e" not in shown


def test_secrets_are_hidden_in_a_report() -> None:
    story = shop()
    story.do(c.AddNote(text="tried with AKIAABCDEFGHIJKLMNOP and password=hunter22hunter"))
    for form in ("md", "html"):
        shown = report(story, form)
        assert "AKIAABCDEFGHIJKLMNOP" not in shown
        assert "hunter22hunter" not in shown


def test_the_html_needs_nothing_from_outside() -> None:
    shown = report(shop(), "html")
    assert not re.search(r"(?:src|url|@import|<link)\s*[=(]", shown)
    assert "default-src 'none'" in shown
    assert 'id="t8"' in shown


def test_the_pdf_is_a4_with_embedded_fonts() -> None:
    story = shop()
    text = draft(story.incident, story.records)
    made = compose(story.incident, timeline(story.records), text, Audience.INTERNAL, story.now)
    data = pdf(made)
    boxes = {tuple(float(n) for n in box.split()) for box in
             re.findall(rb"/MediaBox\s*\[([^]]+)\]", data)}  # fmt: skip
    assert {(round(box[2]), round(box[3])) for box in boxes} == {(595, 842)}
    assert b"/FontFile" in data


def test_without_typst_one_message_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "typst", None)
    story = shop()
    made = compose(story.incident, (), "## Summary\n\nx", Audience.INTERNAL, story.now)
    with pytest.raises(ReportError) as caught:
        pdf(made)
    assert "not installed" in caught.value.what
    assert "warroom[pdf]" in caught.value.hint


def test_reports_do_not_load_typst_before_it_is_needed() -> None:
    code = "import sys, warroom.reports.render; print('typst' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "False", done.stderr
