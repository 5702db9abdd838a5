"""Who may do what over the network: tokens, their scopes and the clients they are limited to."""

import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import datetime

READ = "read"
ACT = "act"
RUN = "run"
ADMIN = "admin"
SCOPES = (READ, ACT, RUN, ADMIN)
INGEST = "ingest:"
"""Followed by the name of a source, whose reports such a token may bring in and nothing else."""

_SOURCE = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_TOKEN = re.compile(r"wr_([0-9a-z]{8,16})_([A-Za-z0-9_-]{43})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """What is kept of a token: never the token itself."""

    id: str
    person: str
    """Under whose name it acts."""
    scopes: tuple[str, ...]
    clients: tuple[str, ...]
    """Whose incidents it reaches; none: everybody's."""
    digest: bytes
    """SHA-256 of the whole token. It holds 256 random bits: there is nothing to slow down."""
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None

    def may(self, scope: str) -> bool:
        """Whether the scope is among its own; `admin` may everything except to bring reports in."""
        return scope in self.scopes or (ADMIN in self.scopes and not scope.startswith(INGEST))

    def reaches(self, client: str) -> bool:
        """Whether incidents of that client are within its rights."""
        return not self.clients or client in self.clients

    def ended(self, now: datetime) -> str:
        """Return why it is no longer good; empty: it is."""
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at is not None and self.expires_at <= now else ""


def is_scope(text: str) -> bool:
    """Whether a text names a scope."""
    if text.startswith(INGEST):
        return _SOURCE.fullmatch(text.removeprefix(INGEST)) is not None
    return text in SCOPES


def compose(name: str, secret: str) -> str:
    """Return a token as its owner gets to see it, once."""
    return f"wr_{name}_{secret}"


def identity(token: str) -> str | None:
    """Return the id that a token claims; None: it has not the form of one."""
    found = _TOKEN.fullmatch(token)
    return found.group(1) if found else None


def digest(token: str) -> bytes:
    """Return what is kept of a token."""
    return hashlib.sha256(token.encode("ascii", "replace")).digest()


_NOBODY = digest("")


def matches(known: Token | None, token: str) -> bool:
    """Whether a token is the known one, in a time that does not tell how close it came."""
    same = hmac.compare_digest(_NOBODY if known is None else known.digest, digest(token))
    return same and known is not None
