"""One route for each command: its body checked, its rights checked, then the room is asked."""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from warroom.core import commands as c
from warroom.core.access import ACT, RUN, Token
from warroom.core.codec import encode
from warroom.core.commanding import COMMANDS, RUNS
from warroom.core.decide import Refusal
from warroom.core.events import Recorded, kind_of
from warroom.core.journal import JournalError
from warroom.server.auth import Porter, is_admin
from warroom.server.bodies import read_body, settled
from warroom.server.desk import Hall
from warroom.server.problems import Problem, Refused, documented, of_journal, of_refusal

PROGRAMS = frozenset({"git", "changes", "log"})
"""Names under which a console tells what a program said, rather than its person."""


class Kept(BaseModel):
    """A command was kept."""

    incident: str
    """The id of its incident: the new one of a declaration."""
    version: int
    """Of the incident, after it."""
    seq: int
    """Position of its last event in the journal; 0 if it was so already."""
    events: list[dict[str, Any]]
    """What happened, as it is in the journal."""


def command_routes(hall: Hall, porter: Porter) -> APIRouter:
    """Return the routes of all commands."""
    router = APIRouter(prefix="/v1/commands", tags=["commands"])
    for name, kind in COMMANDS.items():
        scope = RUN if kind in RUNS else ACT
        router.add_api_route(
            f"/{name}",
            _route(hall, porter, name, scope),
            methods=["POST"],
            response_model=Kept,
            name=name,
            operation_id=name.replace("-", "_"),
            summary=(kind.__doc__ or name).splitlines()[0],
            description=f"Needs a token with the scope `{scope}`.",
            responses=documented(401, 403, 404, 409, 422),
        )
    return router


def _route(
    hall: Hall, porter: Porter, name: str, scope: str
) -> Callable[..., Coroutine[Any, Any, Any]]:
    admit = porter.need(scope)

    async def command(request: Request, token: Annotated[Token, Depends(admit)]) -> Any:
        body: Any = read_body(name, await request.body())
        by = _actor(porter, request, token, body.actor)
        told = settled(body.command)
        incident = getattr(body, "incident", None)

        def work() -> Kept | Problem:
            _rights(hall, porter, request, token, told, incident)
            done = hall.do(
                told,
                incident,
                actor=by,
                command_id=body.command_id,
                device=body.device or f"api {token.id}",
            )
            if isinstance(done, Refusal):
                return of_refusal(done)
            return Kept(
                incident=done.incident.id,
                version=done.incident.version,
                seq=done.records[-1].seq if done.records else 0,
                events=[_shown(record) for record in done.records],
            )

        try:
            kept = await run_in_threadpool(work)
        except JournalError as error:
            raise of_journal(error) from error
        if isinstance(kept, Problem):
            porter.note(request, kept.status, kept.reason, token)
            raise _problem(kept)
        return kept

    return command


def _problem(problem: Problem) -> Refused:
    refused = Refused(problem.status, problem.reason, problem.hint)
    refused.problem = problem
    return refused


def _actor(porter: Porter, request: Request, token: Token, wanted: str | None) -> str:
    if wanted is None or wanted == token.person:
        return token.person
    if wanted not in PROGRAMS and not is_admin(token):
        porter.refuse(
            request,
            403,
            f"this token acts as {token.person}, not under another name",
            "Leave `actor` out, or use that person's own token.",
            token,
        )
    return wanted


def _rights(
    hall: Hall,
    porter: Porter,
    request: Request,
    token: Token,
    command: c.Command,
    incident: str | None,
) -> None:
    """Refuse what lies outside the clients of a token, on both sides of the change."""
    if isinstance(command, c.Declare):
        _within(porter, request, token, command.facts.client)
        return
    porter.reached(request, token, hall.incident(incident or ""))
    if isinstance(command, c.Qualify) and command.facts.client is not None:
        _within(porter, request, token, command.facts.client)
    other = _other(command)
    if other:
        porter.reached(request, token, hall.incident(other))


def _other(command: c.Command) -> str:
    match command:
        case c.MergeInto(into=other) | c.Absorb(other=other) | c.Release(other=other):
            return other
        case c.Link(facts=facts):
            return facts.other
        case _:
            return ""


def _within(porter: Porter, request: Request, token: Token, client: str) -> None:
    if not token.reaches(client):
        porter.refuse(
            request,
            403,
            f"the token reaches only the incidents of {', '.join(token.clients)}",
            "Name one of these clients.",
            token,
        )


def _shown(record: Recorded) -> dict[str, Any]:
    shown: Any = encode(record)
    return {**shown, "kind": kind_of(record.event)}
