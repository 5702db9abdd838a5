"""Put the server together: routes, bounds, headers, and the one form of every refusal."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import Response

from warroom import __version__
from warroom.core.journal import JournalError
from warroom.core.text import clean_line
from warroom.server.audit import Audit
from warroom.server.auth import Porter
from warroom.server.bodies import schemas
from warroom.server.commands import command_routes
from warroom.server.desk import Desk
from warroom.server.dress import Dress
from warroom.server.health import health_routes
from warroom.server.ingest import ADDRESS, Ingest, operation
from warroom.server.letterbox import Letterbox
from warroom.server.limits import Bounds
from warroom.server.metrics import Metrics
from warroom.server.problems import Problem, Refused, answer, described, of_journal, refusal
from warroom.server.reads import read_routes
from warroom.server.status import status_routes
from warroom.server.streams import Hub

if TYPE_CHECKING:
    from warroom.server.mail import Opened


def create_app(desk: Desk, doors: "tuple[Opened, ...]" = ()) -> FastAPI:
    """Return the server over a room; it starts to watch the room when it is served.

    Args:
        desk: What it stands on.
        doors: Where a mail server delivers while it is served.
    """
    metrics = Metrics()
    audit = Audit(desk.audit)
    porter = Porter(desk, audit, metrics)
    hub = Hub(desk.hall)
    box = None if desk.postman is None else Letterbox(desk.postman)

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        hub.start()
        if desk.postman is not None:
            desk.postman.start()
        try:
            async with _delivered(desk, doors, box):
                yield
        finally:
            if desk.postman is not None:
                await run_in_threadpool(desk.postman.stop)
            hub.stop()

    app = FastAPI(
        title="warroom",
        version=__version__,
        description="Incidents, their commands and their journal. Every change is one command.",
        openapi_url="/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=life,
        separate_input_output_schemas=False,
    )
    app.state.hub = hub
    for routes in (command_routes(desk.hall, porter), read_routes(desk, porter, hub)):
        app.include_router(routes, dependencies=[Depends(_documented_only)])
    for routes in (health_routes(desk, porter, metrics, hub), status_routes(desk, porter)):
        app.include_router(routes)
    _handle(app)

    def bounded(client: str, status: int, reason: str) -> None:
        metrics.refused(status)
        audit.write("refused", status=status, reason=reason, client=client)

    if box is not None:  # what is added first stands innermost
        app.add_middleware(Ingest, hall=desk.hall, box=box, intakes=desk.intakes, porter=porter)
    app.add_middleware(Dress, metrics=metrics)
    app.add_middleware(Bounds, limits=desk.limits, report=bounded)
    _document(app, {ADDRESS: operation()} if box is not None else {})
    return app


@asynccontextmanager
async def _delivered(
    desk: Desk, doors: "tuple[Opened, ...]", box: Letterbox | None
) -> AsyncIterator[None]:
    """Take mail in at the doors until the block ends."""
    if box is None or not doors:
        yield
        return
    from warroom.server.mail import MailRoom  # noqa: PLC0415 - needs a library that few need

    room = MailRoom(doors, box, desk.hall.now, desk.limits.ingest_bytes)
    await room.start()
    try:
        yield
    finally:
        room.stop()


def _handle(app: FastAPI) -> None:
    @app.exception_handler(Refused)
    async def _refused(_: Request, error: Exception) -> Response:
        assert isinstance(error, Refused)  # noqa: S101 - what it was registered for
        return refusal(error)

    @app.exception_handler(JournalError)
    async def _journal(request: Request, error: Exception) -> Response:
        assert isinstance(error, JournalError)  # noqa: S101 - what it was registered for
        return await _refused(request, of_journal(error))

    @app.exception_handler(RequestValidationError)
    async def _invalid(_: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # noqa: S101 - what it was registered for
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        # An address that names nothing possible names nothing.
        status = 404 if first["loc"][0] == "path" else 422
        return answer(Problem(status=status, reason=f"{where}: {first['msg']}"))

    @app.exception_handler(HTTPException)
    async def _http(_: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101 - what it was registered for
        problem = Problem(status=error.status_code, reason=str(error.detail))
        return answer(problem, error.headers)


async def _documented_only(request: Request) -> None:
    """Refuse a parameter that the document does not name: a misspelt one is not passed over."""
    if not request.query_params:
        return
    operations = request.app.openapi()["paths"][request.scope["route"].path]
    parameters = operations[request.method.lower()].get("parameters", ())
    known = {one["name"] for one in parameters if one["in"] == "query"}
    for name in request.query_params:
        if name not in known:
            raise Refused(
                422,
                f"query.{clean_line(name, 60)}: there is no such parameter",
                f"There are {', '.join(sorted(known))}." if known else "There is none.",
            )


def _document(app: FastAPI, more: Mapping[str, Any]) -> None:
    """Describe the bodies, which are read by hand: strictly, and before any conversion.

    Args:
        app: Whose document it is.
        more: Paths that are no routes of it.
    """
    generate = app.openapi

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            found = generate()
            references, definitions = schemas()
            found["components"]["schemas"].update(definitions)
            found["paths"].update(more)
            for name, reference in references.items():
                operation = found["paths"][f"/v1/commands/{name}"]["post"]
                operation["requestBody"] = {
                    "required": True,
                    "content": {"application/json": {"schema": reference}},
                }
            for name, path in found["paths"].items():
                for operation in path.values():
                    if name.startswith("/v1/"):
                        operation["responses"].setdefault("422", described(422))
                    _refusals(operation["responses"])
            app.openapi_schema = found
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]  # how FastAPI wants it to be replaced


def _refusals(responses: dict[str, Any]) -> None:
    """Say that a refusal is JSON, also on a route whose answers are something else."""
    schema = {"$ref": "#/components/schemas/Problem"}
    for status, response in responses.items():
        if int(status) >= HTTPStatus.BAD_REQUEST:
            response["content"] = {"application/json": {"schema": schema}}
