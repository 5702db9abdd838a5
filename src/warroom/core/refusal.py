"""What a decision is: events, or a refusal with its reason."""

from dataclasses import dataclass
from typing import TypeAlias

from warroom.core import events as e

TITLE_LIMIT = 200
TEXT_LIMIT = 200_000
"""Characters; what is larger belongs into a file that the incident points to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A rule says no."""

    reason: str
    """One sentence: what is refused and why."""
    hint: str = ""
    """What to do about it."""
    missing: tuple[str, ...] = ()


Decision: TypeAlias = tuple[e.Event, ...] | Refusal


def unfit(text: str, what: str) -> Refusal | None:
    """Return why a text is not kept: it is empty or too long."""
    if not text.strip():
        return Refusal(reason=f"{what} needs words")
    if len(text) > TEXT_LIMIT:
        return Refusal(reason=f"{what} of more than {TEXT_LIMIT} characters is not kept")
    return None
