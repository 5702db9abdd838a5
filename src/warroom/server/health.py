"""Whether the server lives, whether it can work, and how much it does."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel
from starlette.responses import PlainTextResponse

from warroom.core.access import READ, Token
from warroom.core.journal import JournalError
from warroom.server.auth import Porter
from warroom.server.desk import Desk
from warroom.server.metrics import CONTENT_TYPE, Gauge, Metrics
from warroom.server.problems import documented, of_journal
from warroom.server.streams import Hub


class Health(BaseModel):
    """It answers."""

    ok: bool
    seq: int = 0
    """Of the last event, where the store was asked."""


def health_routes(desk: Desk, porter: Porter, metrics: Metrics, hub: Hub) -> APIRouter:
    """Return the routes for whoever watches the server."""
    router = APIRouter(tags=["health"])
    hall = desk.hall

    @router.get("/healthz", responses=documented())
    async def healthz() -> Health:
        """Say that the process lives; asks nobody else."""
        return Health(ok=True)

    @router.get("/readyz", responses=documented())
    def readyz() -> Health:
        """Say that the store answers; 503 if it does not."""
        try:
            return Health(ok=True, seq=hall.end().seq)
        except JournalError as error:
            raise of_journal(error) from error

    @router.get(
        "/metrics",
        response_class=PlainTextResponse,
        responses={
            200: {"content": {"text/plain": {"schema": {"type": "string"}}}},
            **documented(401, 403),
        },
    )
    def metrics_(
        request: Request, token: Annotated[Token, Depends(porter.need(READ))]
    ) -> PlainTextResponse:
        """Return counters for Prometheus."""
        porter.whole(request, token)
        gauges: list[Gauge] = [
            ("warroom_journal_seq", "Last event of the journal.", {}, float(hall.end().seq))
        ]
        streams = float(hub.open.total())
        gauges.append(("warroom_streams", "Streams of events that are open.", {}, streams))
        by_priority = {"P1": 0, "P2": 0, "P3": 0}
        for incident in hall.incidents():
            by_priority[incident.priority.value] += 1
        for priority, count in by_priority.items():
            labels = {"priority": priority}
            gauges.append(("warroom_open_incidents", "Open incidents.", labels, float(count)))
        return PlainTextResponse(metrics.text(gauges), media_type=CONTENT_TYPE)

    return router
