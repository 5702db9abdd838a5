"""Reports of other systems: proved, kept, answered at once; what they mean is found out later."""

import asyncio
import os
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from warroom.core.access import INGEST, identity
from warroom.core.journal import JournalError
from warroom.core.post import Letter
from warroom.intake import fields, proof
from warroom.intake.report import Message, Odd
from warroom.intake.vendors import VENDORS, Intake
from warroom.room.postman import Postman
from warroom.server.auth import Porter
from warroom.server.desk import Hall
from warroom.server.problems import Refused, documented, of_journal

Name = Annotated[str, Path(pattern=r"^[a-z0-9_-]{1,40}$")]

MOST = 500
"""Messages kept in one transaction: waiting for the disk once, not once for each."""


class Letterbox:
    """Keeps many messages with one wait for the disk; each sender is answered when his is kept."""

    def __init__(self, postman: Postman) -> None:
        self._postman = postman
        self._waiting: list[tuple[Letter, asyncio.Future[None]]] = []
        self._work: asyncio.Task[None] | None = None

    async def put(self, letter: Letter) -> None:
        """Return once the message is on the disk.

        Raises:
            JournalError: It is not.
        """
        kept: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((letter, kept))
        if self._work is None or self._work.done():
            self._work = asyncio.create_task(self._keep())
        await kept

    async def _keep(self) -> None:
        while self._waiting:
            now, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
            try:
                letters = [letter for letter, _ in now]
                await run_in_threadpool(self._postman.reception.take, letters)
            except JournalError as error:
                for _, kept in now:
                    if not kept.done():
                        kept.set_exception(error)
            else:
                for _, kept in now:
                    if not kept.done():
                        kept.set_result(None)
                self._postman.wake()


def ingest_routes(
    hall: Hall, postman: Postman, intakes: Mapping[str, Intake], porter: Porter
) -> APIRouter:
    """Return the route that senders are pointed at."""
    router = APIRouter(prefix="/v1/ingest", tags=["ingest"])
    box = Letterbox(postman)

    @router.post(
        "/{name}",
        status_code=202,
        responses={
            200: {"description": "What the sender wants to hear at once, as Slack does."},
            **documented(401, 403, 404),
        },
        summary="Take in a message of another system.",
        description="Proved by the sender's own signature, or by a token with the scope "
        "`ingest:NAME` as bearer token or password. A message that is merely odd is kept aside and "
        "answered like any other.",
    )
    async def ingest(request: Request, name: Name) -> Response:
        intake = intakes.get(name)
        if intake is None:
            raise Refused(
                404, f"there is no intake {name!r}", "`warroom intake --help` names them."
            )
        message = Message(
            body=await request.body(),
            received_at=hall.now(),
            headers={key.lower(): value for key, value in request.headers.items()},
        )
        await _believe(request, porter, intake, message)
        challenge = _challenge(intake, message)
        if challenge:
            return JSONResponse({"challenge": challenge})
        letter = postman.reception.letter(name, message)
        try:
            await box.put(letter)
        except JournalError as error:
            raise of_journal(error) from error
        if intake.kind == "slack" and message.body.lstrip()[:1] != b"{":
            words = "Your report has arrived. You will hear when somebody takes charge of it."
            return JSONResponse({"response_type": "ephemeral", "text": words})
        return JSONResponse({"kept": True}, 202)

    return router


async def _believe(request: Request, porter: Porter, intake: Intake, message: Message) -> None:
    """Let a message pass that its sender has proved, or that comes with a token for the intake."""
    given = proof.given(message)
    if identity(given) is not None:
        await porter.sender(request, given, f"{INGEST}{intake.name}")
        return
    secret = os.environ.get(intake.secret, "") if intake.secret else ""
    wrong = VENDORS[intake.kind].proof(message, secret) if secret else "no secret is set up here"
    if wrong:
        porter.unproved(request, wrong)
    porter.busy(request, f"intake {intake.name}")


def _challenge(intake: Intake, message: Message) -> str:
    """Return what Slack wants to hear back when an address is set up; empty: it asks nothing."""
    if intake.kind != "slack" or message.body.lstrip()[:1] != b"{":
        return ""
    try:
        data: Any = fields.document(message)
    except Odd:
        return ""
    is_asked = fields.text(data, "type") == "url_verification"
    return fields.text(data, "challenge") if is_asked else ""
