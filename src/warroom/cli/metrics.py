"""What many incidents say together, and the checks that come round again."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import click

from warroom.cli.common import (
    done,
    emit,
    json_option,
    known,
    open_room,
    present,
    say,
)
from warroom.cli.times import INSTANT
from warroom.core import spell

if TYPE_CHECKING:
    from warroom.core.review import RecurringCheck


@click.command()
@click.option("--since", type=INSTANT, help="Only what was declared from then on.")
@click.option("--client", help="Only this client.")
@click.option("--service", help="Only this service.")
@click.option("--prometheus", is_flag=True, help="Print the text format of Prometheus.")
@json_option
def metrics(
    *,
    since: datetime | None,
    client: str | None,
    service: str | None,
    prometheus: bool,
    as_json: bool,
) -> None:
    """Say how long things take, what recurs, and what containment achieves."""
    from warroom.core.metrics import metrics as count
    from warroom.core.metrics_text import metrics_view, prometheus_text

    with open_room() as room:
        incidents = [
            incident
            for incident in room.incidents(include_closed=True)
            if not incident.drill
            and (since is None or incident.declared_at >= since)
            and (client is None or incident.client.casefold() == client.casefold())
            and (service is None or incident.service.casefold() == service.casefold())
        ]
    found = count(incidents, present())
    if prometheus:
        say(prometheus_text(found).rstrip("\n"))
        return
    if as_json:
        emit(metrics_view(found))
        return
    say(f"{found.incidents} incidents, {found.open} open")
    for name, stat in found.times.items():
        say(
            f"   {name:<12} median {spell.in_prose(_span(stat.median)):<14} "
            f"p90 {spell.in_prose(_span(stat.p90)):<14} {stat.count} incidents"
        )
    for clock, (kept, decided) in found.promises.items():
        say(f"   {clock:<12} kept {kept} of {decided}  {spell.share(kept, decided)}")
    for kind, tried in found.containments.items():
        share = spell.share(tried.worked, tried.measured)
        took = f", {spell.in_prose(_span(tried.seconds))}" if tried.seconds is not None else ""
        say(f"   {kind:<12} worked {tried.worked} of {tried.measured} measured  {share}{took}")
    again = spell.share(len(found.recurred), found.incidents)
    say(f"   {'recurrence':<12} {len(found.recurred)} of {found.incidents}  {again}")
    items = found.follow_ups
    wanted = items["done"] + items["open"]
    say(
        f"   {'follow-ups':<12} done {items['done']} of {wanted}  "
        f"{spell.share(items['done'], wanted)}, {items['overdue']} overdue"
    )
    for service_name, number in found.services[:5]:
        say(f"   {service_name:<24} {number} incidents")


def _span(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


@click.command()
@click.argument("incident", required=False)
@click.option(
    "--answer", nargs=2, metavar="KEY TEXT", help="Answer a question, as `backup` or `learn.test`."
)
@click.option("--gap", metavar="KEY", help="Say that nobody knows: it stays due.")
@json_option
def review(
    *, incident: str | None, answer: tuple[str, str] | None, gap: str | None, as_json: bool
) -> None:
    """List the questions of the review of an INCIDENT, or the recurring checks of all services."""
    from warroom.core import commands as c
    from warroom.core.conduct import Answered
    from warroom.core.review import LEARNING, RESILIENCE, recurring

    now = present()
    with open_room() as room:
        if incident is None:
            if answer or gap:
                raise click.UsageError("an answer belongs to an incident: name one")
            checks = recurring(room.incidents(include_closed=True))
            if as_json:
                emit([_check_view(check, now) for check in checks])
                return
            for check in checks:
                state = "due" if check.overdue(now) else f"due {check.due:%Y-%m-%d}"
                last = check.last.text if check.last and check.last.known else "no answer yet"
                name = check.asking.key.removeprefix("review.")
                say(f"{check.service:<16} {name:<16} {state:<15} {last}")
            if not checks:
                say("No service had an incident yet.")
            return
        asked_of = known(room, incident)
        if answer or gap:
            key, text = answer or (str(gap), "")
            facts = Answered(question=_key(key), text=text, known=answer is not None)
            result = room.do(c.Answer(facts=facts), asked_of.id)
            done(result, as_json=as_json, words="{id}: answered")
            return
    rows = [(asking, asked_of.answers.get(asking.key)) for asking in (*LEARNING, *RESILIENCE)]
    if as_json:
        emit(
            [
                {
                    "key": asking.key,
                    "question": asking.text,
                    "answer": reply.text if reply and reply.known else None,
                    "by": reply.by if reply else None,
                }
                for asking, reply in rows
            ]
        )
        return
    for asking, reply in rows:
        told = reply.text if reply and reply.known else "?"
        say(f"{asking.key:<24} {asking.text}\n{'':<24} {told}")


def _key(name: str) -> str:
    from warroom.core.review import REVIEW_KEYS

    return next((key for key in sorted(REVIEW_KEYS) if name in (key, key.partition(".")[2])), name)


def _check_view(check: "RecurringCheck", now: datetime) -> dict[str, object]:
    from warroom.core.codec import encode_time

    return {
        "service": check.service,
        "key": check.asking.key,
        "question": check.asking.text,
        "last": check.last.text if check.last and check.last.known else None,
        "answered_at": encode_time(check.last.at) if check.last else None,
        "incident": check.incident or None,
        "due": encode_time(check.due),
        "overdue": check.overdue(now),
    }
