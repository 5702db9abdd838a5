"""Which incidents have events of a kind, without reading every event."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Index the events by kind; with the incident in it, the index alone answers."""
    op.create_index("ix_event_kind", "event", ["kind", "incident"])
