"""The journal and its projections in SQLite or PostgreSQL. Rows never leave this package."""

from warroom.store.backup import Copy, backup, restore
from warroom.store.journal import SqlJournal
from warroom.store.opening import default_anchors, open_journal
from warroom.store.post import SqlInbox, SqlOutbox
from warroom.store.tokens import TokenStore
from warroom.store.transactions import Tuning

__all__ = [
    "Copy",
    "SqlInbox",
    "SqlJournal",
    "SqlOutbox",
    "TokenStore",
    "Tuning",
    "backup",
    "default_anchors",
    "open_journal",
    "restore",
]
