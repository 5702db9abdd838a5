"""What may be read by everybody: the public updates of incidents as a page, a feed and data.

Nothing else of an incident gets here: not its title, its service, its people or its notes.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import escape
from xml.sax.saxutils import escape as xml
from xml.sax.saxutils import quoteattr

from warroom.core.codec import encode_time
from warroom.core.state import Incident
from warroom.core.text import clean_line, clean_text
from warroom.core.words import Audience, UpdateKind

_DAYS = 30
"""How long an incident that is over stays on the page."""

_TITLE = "Disruption of the service"
"""What an incident is called of which nothing may be said yet."""

_KINDS = {
    UpdateKind.INITIAL: "Investigating",
    UpdateKind.PROGRESS: "Update",
    UpdateKind.ETA: "Estimate",
    UpdateKind.RESOLUTION: "Resolved",
    UpdateKind.DOCUMENTATION: "Report",
    UpdateKind.PREVENTION: "Prevention",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One public update."""

    at: datetime
    kind: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One incident as the public knows it."""

    key: str
    """Stands for it in addresses, and does not tell how many incidents there were."""
    title: str
    over: bool
    next_due: datetime | None
    told: tuple[Told, ...]
    """The newest first; at least one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """Everything that is published."""

    title: str
    entries: tuple[Entry, ...]
    """Those that go on first, then the newest."""

    @property
    def well(self) -> bool:
        """Whether nothing is going on that the public was told of."""
        return all(entry.over for entry in self.entries)


def status_of(incidents: Iterable[Incident], title: str, now: datetime) -> Status:
    """Return what may be read by everybody."""
    found = [entry for entry in map(_entry, incidents) if entry is not None]
    found = [e for e in found if not e.over or now - e.told[0].at < timedelta(days=_DAYS)]
    found.sort(key=lambda entry: entry.told[0].at, reverse=True)
    found.sort(key=lambda entry: entry.over)
    return Status(title=title, entries=tuple(found))


def _entry(incident: Incident) -> Entry | None:
    public = [(at, update) for at, update in incident.updates if update.audience is Audience.PUBLIC]
    if not public:
        return None
    told = tuple(
        Told(at=at, kind=_KINDS[update.kind], text=clean_text(update.text))
        for at, update in reversed(public)
    )
    # It is over for the public when the public has been told so, or when nobody will tell it.
    said = any(update.kind is UpdateKind.RESOLUTION for _, update in public)
    over = incident.closed_at is not None or (said and incident.resolved_at is not None)
    mark = f"{incident.id} {encode_time(incident.declared_at)}".encode()
    return Entry(
        key=hashlib.sha256(mark).hexdigest()[:16],
        title=clean_line(incident.public) or _TITLE,
        over=over,
        next_due=None if over else public[-1][1].next_due,
        told=told,
    )


def as_json(status: Status) -> str:
    """Return the status as data."""
    data = {
        "schema": "warroom/status/v1",
        "title": status.title,
        "status": "ok" if status.well else "disruption",
        "incidents": [
            {
                "id": entry.key,
                "title": entry.title,
                "resolved": entry.over,
                "next_update": None if entry.next_due is None else encode_time(entry.next_due),
                "updates": [
                    {"at": encode_time(one.at), "kind": one.kind, "text": one.text}
                    for one in entry.told
                ],
            }
            for entry in status.entries
        ],
    }
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"


def as_atom(status: Status, base: str) -> str:
    """Return the updates as a feed, the newest first.

    Args:
        status: What is published.
        base: The address of the page; empty: unknown, as in an export.
    """
    told = sorted(
        ((entry, number, one) for entry in status.entries for number, one in _numbered(entry)),
        key=lambda item: item[2].at,
        reverse=True,
    )
    newest = told[0][2].at if told else datetime(1970, 1, 1, tzinfo=UTC)
    name = "urn:warroom:status"
    parts = [
        '<?xml version="1.0" encoding="utf-8"?>',
        '<feed xmlns="http://www.w3.org/2005/Atom">',
        f"<title>{xml(status.title)}</title>",
        f"<id>{name}</id>",
        f"<updated>{encode_time(newest)}</updated>",
        f"<author><name>{xml(status.title)}</name></author>",
    ]
    if base:
        parts.append(f"<link href={quoteattr(base)}/>")
    for entry, number, one in told:
        parts += [
            "<entry>",
            f"<title>{xml(one.kind)}: {xml(entry.title)}</title>",
            f"<id>{name}:{entry.key}:{number}</id>",
            f"<updated>{encode_time(one.at)}</updated>",
            f'<content type="text">{xml(one.text)}</content>',
        ]
        if base:
            parts.append(f"<link href={quoteattr(f'{base}#{entry.key}')}/>")
        parts.append("</entry>")
    return "\n".join([*parts, "</feed>", ""])


def _numbered(entry: Entry) -> Sequence[tuple[int, Told]]:
    last = len(entry.told)
    return [(last - place, one) for place, one in enumerate(entry.told)]


_STYLE = """
:root { color-scheme: light dark; --ink: #1b1d22; --soft: #5d636e; --line: #d9dce1;
  --paper: #fff; --ok: #1a7f37; --bad: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e8ec; --soft: #9aa1ad; --line: #343942;
  --paper: #14161a; --ok: #4ac26b; --bad: #ff8078; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 44rem; padding: 2.5rem 1.25rem 3rem; color: var(--ink);
  background: var(--paper); overflow-wrap: anywhere;
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", "Liberation Sans", sans-serif; }
h1 { font-size: 1.5rem; margin: 0 0 1rem; }
.now { border: 1px solid var(--line); border-left: 6px solid var(--ok); padding: .8rem 1rem;
  font-weight: 600; }
.now.bad { border-left-color: var(--bad); }
h2 { font-size: 1.1rem; margin: 2rem 0 .3rem; }
.state { font-size: .85rem; font-weight: 600; color: var(--bad); }
.state.over { color: var(--ok); }
.due, footer { color: var(--soft); font-size: .9rem; }
ol { list-style: none; margin: .6rem 0 0; padding: 0 0 0 1rem; border-left: 2px solid var(--line); }
li { margin: 0 0 .9rem; }
time { color: var(--soft); font-size: .9rem; font-variant-numeric: tabular-nums; }
p { margin: .15rem 0; white-space: pre-line; }
footer { margin-top: 2.5rem; border-top: 1px solid var(--line); padding-top: .6rem; }
a { color: inherit; }
"""

POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
"""What the page may load: nothing but the style that is in it."""


def as_html(status: Status, feed: str, data: str) -> str:
    """Return the page; it needs nothing from elsewhere, and no script.

    Args:
        status: What is published.
        feed: The address of the feed.
        data: The address of the data.
    """
    if status.well:
        now = '<p class="now">No disruption is known.</p>'
    else:
        count = sum(not entry.over for entry in status.entries)
        words = "A disruption is" if count == 1 else f"{count} disruptions are"
        now = f'<p class="now bad">{words} being worked on.</p>'
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(status.title)}</title>",
        f'<link rel="alternate" type="application/atom+xml" href="{escape(feed)}">',
        f"<style>{_STYLE}</style></head><body>",
        f"<h1>{escape(status.title)}</h1>",
        f"<main>{now}",
    ]
    for entry in status.entries:
        parts += _section(entry)
    parts += [
        "</main>",
        (
            f'<footer>Times are UTC. <a href="{escape(feed)}">Feed</a> · '
            f'<a href="{escape(data)}">Data</a></footer>'
        ),
        "</body></html>",
        "",
    ]
    return "\n".join(parts)


def _section(entry: Entry) -> list[str]:
    state = "over" if entry.over else ""
    words = "Resolved" if entry.over else "Going on"
    parts = [
        f'<section id="{entry.key}"><h2>{escape(entry.title)}</h2>',
        f'<span class="state {state}">{words}</span>',
    ]
    if entry.next_due is not None:
        parts.append(f'<span class="due"> · next update by {_time(entry.next_due)}</span>')
    parts.append("<ol>")
    parts += [
        f"<li>{_time(one.at)} <strong>{escape(one.kind)}</strong><p>{escape(one.text)}</p></li>"
        for one in entry.told
    ]
    return [*parts, "</ol></section>"]


def _time(at: datetime) -> str:
    utc = at.astimezone(UTC)
    return f'<time datetime="{encode_time(utc)}">{utc:%Y-%m-%d %H:%M}</time>'
