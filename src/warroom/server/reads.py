"""Routes that read: incidents, the queue, timelines, and the journal for whoever keeps a copy."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response
from pydantic import BaseModel

from warroom.core.access import READ, Token
from warroom.core.codec import encode
from warroom.core.postmortem import draft
from warroom.core.queue import rank, why_here
from warroom.core.state import Incident
from warroom.core.views import incident_view, timeline_view
from warroom.server.auth import Porter
from warroom.server.desk import Desk
from warroom.server.problems import documented
from warroom.server.streams import EventStream, Hub

Name = Annotated[str, Path(pattern=r"^([Ii][Nn][Cc]-)?[0-9]{1,15}$", examples=["INC-7"])]
Position = Annotated[int, Query(ge=0, le=2**53)]


class Incidents(BaseModel):
    """Incidents, in the order of their opening or of urgency."""

    incidents: list[dict[str, Any]]


class Timeline(BaseModel):
    """What happened, told in order."""

    incident: str
    version: int
    entries: list[dict[str, Any]]


class Postmortem(BaseModel):
    """The document as it stands."""

    incident: str
    version: int
    """How many times it was saved; 0: the draft that the facts make."""
    final: bool
    text: str


class JournalPage(BaseModel):
    """A piece of the journal as it was hashed."""

    journal: str
    seq: int
    """Of its last event."""
    hash: str
    """Of its last event."""
    links: list[dict[str, Any]]


class Me(BaseModel):
    """Whose token this is."""

    person: str
    scopes: list[str]
    clients: list[str]
    expires_at: str | None


def read_routes(desk: Desk, porter: Porter, hub: Hub) -> APIRouter:
    """Return the routes for tokens with the scope `read`."""
    router = APIRouter(prefix="/v1", tags=["reading"])
    hall = desk.hall
    Reader = Annotated[Token, Depends(porter.need(READ))]  # noqa: N806 - a type in all but name
    plain = documented(401, 403, 422)
    named = documented(401, 403, 404, 422)

    @router.get("/me", responses=documented(401, 403))
    def me(token: Reader) -> Me:
        """Say whose token this is, and what it may."""
        ends = None if token.expires_at is None else token.expires_at.isoformat()
        return Me(
            person=token.person,
            scopes=list(token.scopes),
            clients=list(token.clients),
            expires_at=ends,
        )

    @router.get("/incidents", responses=plain)
    def incidents(
        token: Reader,
        *,
        closed: bool = False,
        q: Annotated[str, Query(max_length=200)] = "",
    ) -> Incidents:
        """List open incidents (or all), or those that hold all the words of `q`."""
        found = hall.search(q) if q.strip() else hall.incidents(include_closed=closed)
        now = hall.now()
        return Incidents(
            incidents=[incident_view(i, now) for i in found if token.reaches(i.client)]
        )

    @router.get("/queue", responses=documented(401, 403))
    def queue(token: Reader) -> Incidents:
        """List open incidents, the most urgent first, each with why it stands there."""
        now = hall.now()
        rows = rank([i for i in hall.incidents() if token.reaches(i.client)], now)
        return Incidents(
            incidents=[
                {
                    **incident_view(row.incident, now),
                    "why": list(row.reasons),
                    "why_here": why_here(rows, place),
                    "snoozed": row.snoozed,
                }
                for place, row in enumerate(rows)
            ]
        )

    def known(request: Request, token: Token, name: str) -> Incident:
        return porter.reached(request, token, hall.incident(name))

    @router.get("/incidents/{incident}", responses=named)
    def incident_(request: Request, token: Reader, incident: Name) -> dict[str, Any]:
        """Show one incident with its clocks."""
        return incident_view(known(request, token, incident), hall.now())

    @router.get("/incidents/{incident}/timeline", responses=named)
    def timeline_(request: Request, token: Reader, incident: Name) -> Timeline:
        """Tell what happened in one incident."""
        state = known(request, token, incident)
        return Timeline(
            incident=state.id,
            version=state.version,
            entries=timeline_view(hall.records(state.id)),
        )

    @router.get("/incidents/{incident}/postmortem", responses=named)
    def postmortem(request: Request, token: Reader, incident: Name) -> Postmortem:
        """Return the postmortem, or the draft that the facts make."""
        state = known(request, token, incident)
        text = state.postmortem if state.postmortem_version else ""
        return Postmortem(
            incident=state.id,
            version=state.postmortem_version,
            final=state.postmortem_final_at is not None,
            text=text or draft(state, hall.records(state.id)),
        )

    @router.get("/journal", responses=plain)
    def journal(
        request: Request,
        token: Reader,
        *,
        since: Position = 0,
        limit: Annotated[int, Query(ge=1, le=1000)] = 500,
    ) -> JournalPage:
        """Return the events after a position, for a copy that proves itself by its hashes."""
        porter.whole(request, token)
        end = hall.end()
        return JournalPage(
            journal=end.journal,
            seq=end.seq,
            hash=end.hash,
            links=[_plain(link) for link in hall.links(since, limit)],
        )

    @router.get(
        "/events",
        response_class=Response,
        responses={
            200: {
                "description": "Events as they happen; `id` is the position to resume after.",
                "content": {"text/event-stream": {"schema": {"type": "string"}}},
            },
            **plain,
        },
    )
    async def events(
        request: Request,
        token: Reader,
        *,
        last_event_id: Annotated[int, Header(ge=0, le=2**53)] = 0,
    ) -> Response:
        """Stream the journal from a position on, with a sign of life every few seconds."""
        porter.whole(request, token)
        if hub.open[token.id] >= desk.limits.streams:
            porter.refuse(request, 429, "too many streams at once", "Close one.", token, 5.0)
        return EventStream(hub.after(last_event_id), desk.limits.stall_seconds, hub.held(token.id))

    return router


def _plain(value: object) -> dict[str, Any]:
    shown: Any = encode(value)
    return dict(shown)
