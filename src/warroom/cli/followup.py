"""Follow-ups of one incident: list, add, change, and say that one is done or dropped."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import click

from warroom.cli.common import (
    EXIT_NOT_FOUND,
    done,
    emit,
    end,
    fail,
    json_option,
    known,
    open_room,
    say,
)
from warroom.cli.times import LATER
from warroom.core import commands as c
from warroom.core import spell
from warroom.core.codec import encode
from warroom.core.events import FollowUpChanged
from warroom.core.state import Incident
from warroom.core.text import clean_text
from warroom.core.words import FollowUpKind, FollowUpState

_VERBS = ("list", "show", "add", "change", "done", "drop")
_STATES = {"done": FollowUpState.DONE, "drop": FollowUpState.DROPPED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the words after the incident ask for."""

    text: str | None = None
    number: int | None = None
    state: FollowUpState | None = None
    shown: bool = False
    """Whether one is to be shown with what it was given."""

    @property
    def listing(self) -> bool:
        """Whether only a look is asked for."""
        return self.text is None and self.number is None


def wanted(words: Sequence[str]) -> Wanted:
    """Return what the words mean: a verb with what belongs to it, or the text of a new one.

    Raises:
        click.UsageError: They mean nothing, or one of them is left out.
    """
    verb, rest = (words[0], words[1:]) if words else ("list", ())
    if verb not in _VERBS:
        return Wanted(text=" ".join(words))
    if verb == "list":
        if rest:
            raise click.UsageError(f"to add one called so: followup INC add 'list {rest[0]}'")
        return Wanted()
    if verb == "add":
        if not rest:
            raise click.UsageError("add what? followup INC add TEXT")
        return Wanted(text=" ".join(rest))
    if not rest or not rest[0].isdigit():
        raise click.UsageError(f"{verb} which? followup INC {verb} NUMBER")
    number = int(rest[0])
    if verb == "show":
        return Wanted(number=number, shown=True)
    return Wanted(text=" ".join(rest[1:]) or None, number=number, state=_STATES.get(verb))


@click.command()
@click.argument("incident", required=False)
@click.argument(
    "words", nargs=-1, metavar="[list | show N | add TEXT | change N [TEXT] | done N | drop N]"
)
@click.option("--kind", type=click.Choice([k.value for k in FollowUpKind]), default="process")
@click.option("--number", type=click.IntRange(min=1), help="Change this one.")
@click.option("--state", type=click.Choice([s.value for s in FollowUpState]))
@click.option("--owner", default="", help="Who does it.")
@click.option("--due", type=LATER, help="By when.")
@click.option("--link", default="", help="Its ticket.")
@click.option("--public", is_flag=True, help="It may be told outside.")
@json_option
@click.pass_context
def followup(
    context: click.Context,
    *,
    incident: str | None,
    words: tuple[str, ...],
    kind: str,
    number: int | None,
    state: str | None,
    owner: str,
    due: datetime | None,
    link: str,
    public: bool,
    as_json: bool,
) -> None:
    """List, add and change the follow-ups of an INCIDENT; without one, those of all."""
    if incident is None:
        from warroom.cli.followups import followups

        context.invoke(followups, as_json=as_json)
        return
    asked = wanted(words)
    number = asked.number or number
    with open_room() as room:
        found = known(room, incident)
        if asked.text is None and number is None:
            _follow_ups(found, as_json=as_json)
            return
        if asked.shown:
            _show(found, number, as_json=as_json)
            return
        before = next((f for f in found.follow_ups if f.follow_up == number), None)
        now_is = asked.state or (FollowUpState(state) if state else None)
        command = c.FollowUp(
            kind=before.kind if before else FollowUpKind(kind),
            text=asked.text or (before.text if before else ""),
            number=number,
            state=now_is or (before.state if before else FollowUpState.OPEN),
            owner=owner or (before.owner if before else ""),
            due=due or (before.due if before else None),
            link=link or (before.link if before else ""),
            public=public or (before.public if before else False),
        )
        done(room.do(command, found.id), as_json=as_json, words="follow-up kept on {id}")


def _follow_ups(state: Incident, *, as_json: bool) -> None:
    if as_json:
        emit([encode(one) for one in state.follow_ups])
        return
    if not state.follow_ups:
        say(f"{state.id} has no follow-up.")
    for one in state.follow_ups:
        due = f", due {spell.clock_time(one.due)} {one.due:%Y-%m-%d}" if one.due else ""
        owner = f" ({one.owner}{due})" if one.owner else due
        say(f"{one.follow_up}. {one.state.value:<8} {one.kind.value:<13} {one.text}{owner}")
        for given in state.attached(one.follow_up):
            say(f"   with {given.name}, {len(given.text.splitlines())} lines")


def _show(state: Incident, number: int | None, *, as_json: bool) -> None:
    one = next((f for f in state.follow_ups if f.follow_up == number), None)
    if one is None:
        fail(f"{state.id} has no follow-up {number}", f"`warroom followup {state.id}` lists them.")
        end(EXIT_NOT_FOUND)
    given = state.attached(one.follow_up)
    if as_json:
        emit({**_facts(one), "attached": {each.name: each.text for each in given}})
        return
    say(f"{one.follow_up}. {one.state.value} {one.kind.value}: {one.text}")
    for each in given:
        say(f"--- {each.name}")
        click.echo(clean_text(each.text), nl=False)


def _facts(one: FollowUpChanged) -> dict[str, object]:
    data = encode(one)
    return dict(data) if isinstance(data, dict) else {}
