"""Tokens in the team's database: every server over it knows a new or revoked one at once."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update

from warroom.core.access import Token
from warroom.core.codec import decode_time, encode_time
from warroom.store.journal import SqlJournal
from warroom.store.tables import TOKEN


class TokenStore:
    """The tokens beside a journal; methods block and may be called from any thread."""

    def __init__(self, journal: SqlJournal) -> None:
        self._transactions = journal.transactions

    def add(self, token: Token) -> None:
        """Keep a token.

        Raises:
            JournalError: It could not be kept.
        """
        row = {
            "id": token.id,
            "person": token.person,
            "scopes": json.dumps(token.scopes),
            "clients": json.dumps(token.clients),
            "digest": token.digest,
            "created_at": encode_time(token.created_at),
            "expires_at": None if token.expires_at is None else encode_time(token.expires_at),
            "revoked_at": None,
        }
        self._transactions.write(lambda c: c.execute(insert(TOKEN), row))

    def all(self) -> Sequence[Token]:
        """Return every token ever made, the oldest first."""
        query = select(TOKEN).order_by(TOKEN.c.created_at, TOKEN.c.id)
        return self._transactions.read(lambda c: tuple(_token(row) for row in c.execute(query)))

    def revoke(self, name: str, now: datetime) -> bool:
        """End a token; False: there is none of that id that had not ended before."""
        change = (
            update(TOKEN)
            .where(TOKEN.c.id == name, TOKEN.c.revoked_at.is_(None))
            .values(revoked_at=encode_time(now))
        )
        return self._transactions.write(lambda c: c.execute(change).rowcount) > 0


def _token(row: Any) -> Token:
    return Token(
        id=row.id,
        person=row.person,
        scopes=tuple(json.loads(row.scopes)),
        clients=tuple(json.loads(row.clients)),
        digest=bytes(row.digest),
        created_at=decode_time(row.created_at),
        expires_at=None if row.expires_at is None else decode_time(row.expires_at),
        revoked_at=None if row.revoked_at is None else decode_time(row.revoked_at),
    )
