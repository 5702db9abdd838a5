"""Every answer that says no, in one form: a status, a sentence, and what to do."""

import math
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel, Field
from starlette.responses import JSONResponse

from warroom.core.decide import Refusal
from warroom.core.journal import (
    JournalBusy,
    JournalDamaged,
    JournalError,
    JournalFull,
    JournalGone,
)


class Problem(BaseModel):
    """Why not."""

    status: int
    reason: str
    """One sentence: what is refused and why."""
    hint: str = ""
    """What to do about it."""
    missing: list[str] = Field(default_factory=list)
    """What a rule found missing."""


class Refused(Exception):  # noqa: N818 - reads as what it is
    """Ends a request with a problem; `seconds` says after which time it may succeed."""

    def __init__(self, status: int, reason: str, hint: str = "", seconds: float = 0.0) -> None:
        super().__init__(reason)
        self.problem = Problem(status=status, reason=reason, hint=hint)
        self.seconds = seconds


def answer(problem: Problem, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """Return a problem as a response."""
    return JSONResponse(problem.model_dump(), problem.status, dict(headers or {}))


def refusal(error: Refused) -> JSONResponse:
    """Return the end of a request as a response."""
    headers = {}
    if error.seconds:
        headers["retry-after"] = str(max(1, math.ceil(error.seconds)))
    if error.problem.status == HTTPStatus.UNAUTHORIZED:
        headers["www-authenticate"] = "Bearer"
    return answer(error.problem, headers)


def of_refusal(refusal: Refusal) -> Problem:
    """Return what a rule said: the command was understood, and is not done."""
    return Problem(
        status=409, reason=refusal.reason, hint=refusal.hint, missing=list(refusal.missing)
    )


def of_journal(error: JournalError) -> Refused:
    """Return what the store said: either it will do so later, or never for this request."""
    if isinstance(error, JournalBusy | JournalFull | JournalGone | JournalDamaged):
        return Refused(503, error.what, error.hint, seconds=2.0)
    return Refused(422, error.what, error.hint)


_WORDS = {
    400: "The request is not HTTP that can be read.",
    401: "No token, or one that is not known, expired or revoked.",
    403: "The token may not do this.",
    404: "There is no such thing.",
    409: "A rule refuses; `reason` says which.",
    413: "The body is too large.",
    422: "The body or a parameter does not have the form asked for.",
    429: "Too many requests; `Retry-After` says when to come back.",
    431: "The headers are too large.",
    408: "The body came too slowly.",
    414: "The address is too long.",
    503: "The store cannot answer now; `Retry-After` says when to come back.",
}

_ALWAYS = (400, 408, 413, 414, 429, 431, 503)


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return what a route says in the OpenAPI document about the ways in which it refuses."""
    found = sorted({*statuses, *_ALWAYS})
    return {status: {"model": Problem, **described(status)} for status in found}


def described(status: int) -> dict[str, str]:
    """Return the same in words only, for a part of the document that is written by hand."""
    return {"description": _WORDS[status]}
