"""The journal and its projections in SQLite or PostgreSQL. Rows never leave this package."""

from warroom.store.backup import Copy, backup, restore
from warroom.store.journal import SqlJournal
from warroom.store.moving import Moved, move
from warroom.store.opening import default_anchors, open_journal
from warroom.store.post import SqlInbox, SqlOutbox
from warroom.store.tokens import TokenStore
from warroom.store.transactions import Tuning

__all__ = [
    "Copy",
    "Moved",
    "SqlInbox",
    "SqlJournal",
    "SqlOutbox",
    "TokenStore",
    "Tuning",
    "backup",
    "default_anchors",
    "move",
    "open_journal",
    "restore",
]
