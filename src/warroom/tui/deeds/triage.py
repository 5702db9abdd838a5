"""How bad it is and what is still unknown: the form of triage and the list of questions."""

from collections.abc import Awaitable, Callable, Mapping

from warroom.core.questions import Group, asked
from warroom.core.state import Incident
from warroom.tui.conduct import Conduct
from warroom.tui.screens.dialog import Drafts


def deeds(
    desk: Conduct, drafts: Drafts
) -> Mapping[str, Callable[[Incident, str], Awaitable[None]]]:
    """Return the actions of triage by name."""

    async def qualify(incident: Incident, argument: str) -> None:
        from warroom.tui.screens.qualify import QualifyScreen  # noqa: PLC0415 - first frame

        del argument
        for command in await desk.ask(QualifyScreen(incident, drafts=drafts)) or ():
            if await desk.do(command, incident.id) is None:
                return

    async def answer(incident: Incident, argument: str) -> None:
        await questions(desk, incident, argument)

    return {"qualify": qualify, "answer": answer}


async def questions(desk: Conduct, incident: Incident, at: str = "") -> None:
    """Show the questions until somebody leaves them or the last of their group is looked at.

    Args:
        desk: The console.
        incident: Whose questions.
        at: Key of the question to begin with; empty: the first that nobody has looked at.
    """
    from warroom.tui.screens.questions import QuestionsScreen  # noqa: PLC0415 - first frame

    begun = bool(at)
    while True:
        reply = await desk.ask(QuestionsScreen(incident, at))
        if reply is None:
            return
        done = await desk.do(reply.command, incident.id)
        if done is None:
            at = reply.question
            continue
        incident = done.incident
        at = _after(incident, reply.question)
        if not at or (begun and _group(incident, at) is not _group(incident, reply.question)):
            return


def _after(incident: Incident, key: str) -> str:
    """Return the next question that nobody has looked at, going round once; empty: none."""
    found = asked(incident)
    keys = [one.question.key for one in found]
    start = keys.index(key) + 1 if key in keys else 0
    around = (*found[start:], *found[:start])
    return next((one.question.key for one in around if one.open and not one.unknown), "")


def _group(incident: Incident, key: str) -> Group | None:
    return next((x.question.group for x in asked(incident) if x.question.key == key), None)
