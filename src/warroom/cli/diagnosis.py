"""Commands of diagnosis: changes, hypotheses, the diagnosis itself, reproduction, services."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path

import click

from warroom.cli.common import (
    EXIT_FAILED,
    EXIT_NOT_FOUND,
    done,
    emit,
    end,
    fail,
    json_option,
    known,
    open_room,
    present,
    refused,
    say,
    settings,
)
from warroom.cli.times import INSTANT, LATER, SPAN
from warroom.core import commands as c
from warroom.core import events as e
from warroom.core.codec import encode, encode_time
from warroom.core.conduct import Answered
from warroom.core.decide import Refusal
from warroom.core.requests import as_curl, as_http, request_of
from warroom.core.services import ServiceMap
from warroom.core.state import Incident
from warroom.core.words import ChangeKind, HypothesisState
from warroom.room.service import Room


@click.command()
@click.argument("incident")
@click.argument("text")
@click.option("--eta", type=LATER, help="When it will be fixed.")
@click.option("--because", default="", help="For a revision: what was learnt.")
@click.option("--public", default="", help="The cause as it may be told outside.")
@json_option
def diagnose(
    *, incident: str, text: str, eta: datetime | None, because: str, public: str, as_json: bool
) -> None:
    """Share what is wrong with an INCIDENT; stops the diagnosis clock.

    A later diagnosis revises the first one and says why; the earlier ones stay.
    """
    with open_room() as room:
        state = known(room, incident)
        command = c.Diagnose(text=text, eta=eta, reason=because, public=public)
        done(room.do(command, state.id), as_json=as_json, words="diagnosis of {id} shared")


@click.command()
@click.argument("incident")
@click.argument("text", required=False)
@click.option("--kind", type=click.Choice([k.value for k in ChangeKind]), default="deploy")
@click.option("--at", "moment", type=INSTANT, help="When it happened.")
@click.option("--release", default="", help="The release it brought.")
@click.option("--reference", default="", help="Commit, ticket or address.")
@click.option("--git", "from_git", is_flag=True, help="Take over commits and tags.")
@click.option(
    "--repo", "repositories", multiple=True, type=click.Path(path_type=Path),
    help="Checkout for --git; else those of the service.",
)  # fmt: skip
@click.option("--back", type=SPAN, default="3d", show_default=True, help="How far --git looks.")
@json_option
def change(
    *,
    incident: str,
    text: str | None,
    kind: str,
    moment: datetime | None,
    release: str,
    reference: str,
    from_git: bool,
    repositories: tuple[Path, ...],
    back: timedelta,
    as_json: bool,
) -> None:
    """Record a change around an INCIDENT; without TEXT, list them, most suspicious first."""
    with open_room() as room:
        state = known(room, incident)
        if from_git:
            state = _take_over(room, state, repositories, back)
        elif text is not None:
            facts = e.ChangeRecorded(
                kind=ChangeKind(kind),
                text=text,
                happened_at=moment or room.now(),
                release=release,
                reference=reference,
            )
            result = room.do(c.RecordChange(facts=facts), state.id)
            done(result, as_json=as_json, words="change recorded on {id}")
            return
    _suspects(state, as_json=as_json)


def _take_over(
    room: Room, state: Incident, repositories: Sequence[Path], back: timedelta
) -> Incident:
    from warroom.room.gitlog import GitError, read_git

    paths = repositories or [
        Path(name).expanduser() for name in settings().map.get(state.service).repositories
    ]
    if not paths:
        fail(
            f"no repository is known for service {state.service or '(none)'}",
            "Name one with --repo, or under [services.NAME] repositories.",
        )
        end(EXIT_NOT_FOUND)
    began = state.onset.at if state.onset else state.started_at or state.declared_at
    for path in paths:
        try:
            changes = read_git(path, began - back, room.now())
        except GitError as error:
            fail(str(error), "Name a checkout of the service.")
            end(EXIT_FAILED)
        for found in changes:
            kept = room.do(c.RecordChange(facts=found), state.id, actor="git")
            if isinstance(kept, Refusal):
                refused(kept)
            state = kept.incident
    return state


def _suspects(state: Incident, *, as_json: bool) -> None:
    from warroom.room.changes import suspects

    found = suspects(state)
    if as_json:
        emit([{**_encoded(one.change), "possible": one.possible, "why": one.why} for one in found])
        return
    if not found:
        say(f"No change is known around {state.id}; --git takes over commits.")
    for one in found:
        mark = "◆" if one.possible else "·"
        changed = one.change
        say(f"{mark} {changed.happened_at:%d %b %H:%M:%S}  {changed.kind:<11} {changed.text}")
        say(f"                    {one.why}")
    if found:
        say("Closeness in time and name: correlation, not proof.")


def _encoded(change: e.ChangeRecorded) -> dict[str, object]:
    data = encode(change)
    return dict(data) if isinstance(data, dict) else {}


@click.command()
@click.argument("incident")
@click.argument("text", required=False)
@click.option("--number", type=click.IntRange(min=1), help="Move this one on.")
@click.option("--state", type=click.Choice([s.value for s in HypothesisState]))
@click.option("--evidence", default="", help="What speaks for it or against it.")
@json_option
def hypothesis(
    *,
    incident: str,
    text: str | None,
    number: int | None,
    state: str | None,
    evidence: str,
    as_json: bool,
) -> None:
    """Propose a possible cause of an INCIDENT, move one on, or list them."""
    with open_room() as room:
        found = known(room, incident)
        if text is None and number is None:
            _board(found, as_json=as_json)
            return
        command = c.Hypothesise(
            state=HypothesisState(state or "proposed"),
            text=text or "",
            number=number,
            evidence=evidence,
        )
        done(room.do(command, found.id), as_json=as_json, words="hypothesis kept on {id}")


def _board(state: Incident, *, as_json: bool) -> None:
    if as_json:
        emit(
            [
                {
                    "number": h.number,
                    "text": h.text,
                    "state": h.latest.state.value,
                    "history": [
                        {"at": encode_time(at), "state": x.state.value, "evidence": x.evidence}
                        for at, x in h.history
                    ],
                }
                for h in state.hypotheses
            ]
        )
        return
    if not state.hypotheses:
        say("No hypothesis yet.")
    for h in state.hypotheses:
        say(f"H{h.number} {h.latest.state.value.replace('_', ' '):<10} {h.text}")
        for at, moved in h.history:
            if moved.evidence:
                say(f"   {at:%H:%M} {moved.state.value.replace('_', ' ')}: {moved.evidence}")


@click.command()
@click.argument("incident")
@click.option(
    "--pin", "number", type=click.IntRange(min=1), help="Which pinned line; else the first."
)
@click.option("--as", "form", type=click.Choice(["curl", "http"]), default="curl")
@click.option("--to", "base", help="Address of staging; else that of the service.")
@click.option("--send", "sending", is_flag=True, help="Send it to staging and record the answer.")
@json_option
def reproduce(
    *, incident: str, number: int | None, form: str, base: str | None, sending: bool, as_json: bool
) -> None:
    """Make a request against staging from a pinned line of an INCIDENT."""
    with open_room() as room:
        state = known(room, incident)
        pinned = [pin.excerpt for _, pin in state.evidence]
        lines = [pinned[number - 1]] if number and number <= len(pinned) else pinned
        request = next((r for r in map(request_of, lines) if r is not None), None)
        if request is None or (number and number > len(pinned)):
            fail(
                f"{state.id} has no pinned line with a request",
                "Pin one: `warroom pin INC FILE --last-error`.",
            )
            end(EXIT_NOT_FOUND)
        address = (base or settings().map.get(state.service).staging).rstrip("/")
        if not address:
            fail(
                f"the staging address of service {state.service or '(none)'} is not known",
                "Give it with --to, or under [services.NAME] staging.",
            )
            end(EXIT_NOT_FOUND)
        text = as_curl(request, address) if form == "curl" else as_http(request, address)
        sentence = None
        if sending:
            from warroom.room.staging import send

            sentence = send(request, address).sentence
            told = room.do(c.Answer(facts=Answered(question="reproduce", text=sentence)), state.id)
            if isinstance(told, Refusal):
                refused(told)
    if as_json:
        emit({**asdict(request), "text": text, "answer": sentence})
        return
    say(sentence or text)
    if sentence is None and request.changes and form == "curl":
        say("# The access log does not keep the body: add it with --data.")


@click.command()
@click.argument("name", required=False)
@click.option("--fix", "together", multiple=True, metavar="NAME", help="Also to be repaired.")
@click.option("--rates", is_flag=True, help="Measure the failures of each in its own logs.")
@json_option
def services(*, name: str | None, together: tuple[str, ...], rates: bool, as_json: bool) -> None:
    """Draw who is hit when a service fails, and the order in which to repair."""
    chart = settings().map
    if name is None:
        _all_services(chart, as_json=as_json)
        return
    if name not in chart.names():
        fail(f"no service is called {name!r}", "`warroom services` shows what there is.")
        end(EXIT_NOT_FOUND)
    hits = chart.blast_radius(name)
    names = (name, *together)
    measured = {}
    if rates:
        from warroom.bootstrap import failure_rates

        measured = failure_rates(settings(), [name, *(hit.name for hit in hits)], present())
    order = chart.fix_order(names)
    points = chart.integration_points(names)
    if as_json:
        emit(
            {
                **json.loads(json.dumps(asdict(chart.get(name)))),
                "blast_radius": [asdict(hit) for hit in hits],
                "fix_order": [list(group) for group in order],
                "integration_points": [{"service": s, "test": p} for s, p in points],
                "rates": measured,
            }
        )
        return
    for branch in chart.tree(name):
        rate = f"   {measured[branch.name]}" if branch.name in measured else ""
        owner = chart.get(branch.name).owner
        stem = (
            "   " * (branch.depth - 1) + ("└─ " if branch.last else "├─ ") if branch.depth else ""
        )
        again = " (see above)" if branch.again else ""
        say(f"{stem}{branch.name}{again}{f'  {owner}' if owner else ''}{rate}")
    say(f"{len(hits)} hit when {name} fails: {', '.join(h.name for h in hits) or 'nobody'}")
    say("repair in this order: " + ", then ".join(" and ".join(group) for group in order))
    for service, point in points:
        say(f"   then test  {service}: {point}")


def _all_services(chart: ServiceMap, *, as_json: bool) -> None:
    if as_json:
        emit([json.loads(json.dumps(asdict(chart.get(name)))) for name in chart.names()])
        return
    if not chart.names():
        say("No service is declared; write them under [services.NAME].")
    for name in chart.names():
        service = chart.get(name)
        declared = "" if name in chart.services else "  (only named by others)"
        needs = f"  needs {', '.join(service.depends_on)}" if service.depends_on else ""
        say(f"{name:<20} {service.owner:<20}{needs}{declared}")
    for name in chart.circles():
        say(f"{name} depends on itself through {', '.join(chart.reaches(name))}")
