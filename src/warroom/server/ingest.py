"""Reports of other systems: proved, kept, answered at once; what they mean is found out later."""

import os
import re
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from warroom.core.access import INGEST, identity
from warroom.core.journal import JournalError
from warroom.intake import fields, proof
from warroom.intake.report import Message, Odd
from warroom.intake.vendors import VENDORS, Intake
from warroom.server.auth import Porter
from warroom.server.desk import Hall
from warroom.server.letterbox import Letterbox
from warroom.server.problems import (
    Problem,
    Refused,
    answer,
    described,
    documented,
    of_journal,
    refusal,
)

PREFIX = "/v1/ingest/"
ADDRESS = PREFIX + "{name}"
_NAME = r"^[a-z0-9_-]{1,40}$"
_NAMED = re.compile(_NAME)
_ROUTE = SimpleNamespace(path=ADDRESS)
"""What the counters call every address under the prefix."""
_KEPT = JSONResponse({"kept": True}, 202)


class Ingest:
    """The address that senders are pointed at; it stands before the routes.

    A storm brings a thousand messages a second, and finding a route was two thirds of the work that
    each of them made.
    """

    def __init__(
        self,
        app: ASGIApp,
        hall: Hall,
        box: Letterbox,
        intakes: Mapping[str, Intake],
        porter: Porter,
    ) -> None:
        self._app = app
        self._hall = hall
        self._box = box
        self._intakes = intakes
        self._porter = porter

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take a message in; anything else is passed on."""
        if scope["type"] != "http" or not scope["path"].startswith(PREFIX):
            await self._app(scope, receive, send)
            return
        scope["route"] = _ROUTE
        try:
            response = await self._take(Request(scope, receive))
        except Refused as error:
            response = refusal(error)
        await response(scope, receive, send)

    async def _take(self, request: Request) -> Response:
        name = request.scope["path"].removeprefix(PREFIX)
        intake = self._intakes.get(name) if _NAMED.fullmatch(name) else None
        if intake is None:
            raise Refused(404, "there is no such intake", "`warroom intake --help` names them.")
        if request.method != "POST":
            problem = Problem(status=405, reason="an intake only takes messages in")
            return answer(problem, {"allow": "POST"})
        message = Message(
            body=await request.body(),
            received_at=self._hall.now(),
            headers={key.lower(): value for key, value in request.headers.items()},
        )
        await _believe(request, self._porter, intake, message)
        challenge = _challenge(intake, message)
        if challenge:
            return JSONResponse({"challenge": challenge})
        try:
            await self._box.put(name, message)
        except JournalError as error:
            raise of_journal(error) from error
        if intake.kind == "slack" and message.body.lstrip()[:1] != b"{":
            words = "Your report has arrived. You will hear when somebody takes charge of it."
            return JSONResponse({"response_type": "ephemeral", "text": words})
        return _KEPT


def operation() -> dict[str, Any]:
    """Return what the OpenAPI document says of the address."""
    return {
        "post": {
            "tags": ["ingest"],
            "summary": "Take in a message of another system.",
            "description": "Proved by the sender's own signature, or by a token with the scope "
            "`ingest:NAME` as bearer token or password. A message that is merely odd is kept aside "
            "and answered like any other.",
            "operationId": "ingest",
            "parameters": [
                {
                    "name": "name",
                    "in": "path",
                    "required": True,
                    "schema": {"type": "string", "pattern": _NAME},
                }
            ],
            "requestBody": {"content": {"*/*": {"schema": {}}}},
            "responses": {
                "202": {"description": "It is kept.", "content": {"application/json": {}}},
                "200": {
                    "description": "What the sender wants to hear at once, as Slack does.",
                    "content": {"application/json": {}},
                },
                **{str(status): described(int(status)) for status in documented(401, 403, 404)},
            },
        }
    }


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
