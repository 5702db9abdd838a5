"""The journal and its projections in SQLite or PostgreSQL. Rows never leave this package."""

from warroom.store.journal import SqlJournal
from warroom.store.opening import default_anchors, open_journal
from warroom.store.transactions import Tuning

__all__ = ["SqlJournal", "Tuning", "default_anchors", "open_journal"]
