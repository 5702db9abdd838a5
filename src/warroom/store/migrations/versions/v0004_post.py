"""Messages that came in, the signals in them, and what is to be sent."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create the three tables, empty."""
    op.create_table(
        "inbox",
        sa.Column("id", _NUMBER, sa.Identity(), primary_key=True, nullable=False),
        sa.Column("intake", sa.Text(), nullable=False),
        sa.Column("delivery", sa.Text(), nullable=False),
        sa.Column("received_at", sa.Text(), nullable=False),
        sa.Column("headers", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("pulled", _NUMBER, nullable=False),
        sa.Column("standing", sa.Text(), nullable=False),
        sa.Column("incident", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.UniqueConstraint("intake", "delivery", name="inbox_delivery"),
        sqlite_strict=True,
    )
    op.create_index("ix_inbox_standing", "inbox", ["standing"])
    op.create_table(
        "signal",
        sa.Column("source", sa.Text(), primary_key=True, nullable=False),
        sa.Column("key", sa.Text(), primary_key=True, nullable=False),
        sa.Column("group", sa.Text(), nullable=False),
        sa.Column("incident", sa.Text(), nullable=False),
        sa.Column("firing", _NUMBER, nullable=False),
        sa.Column("last_at", sa.Text(), nullable=False),
        sa.Column("times", _NUMBER, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("ix_signal_group", "signal", ["source", "group"])
    op.create_table(
        "outbox",
        sa.Column("key", sa.Text(), primary_key=True, nullable=False),
        sa.Column("incident", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("to", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.Column("next_at", sa.Text(), nullable=False),
        sa.Column("attempts", _NUMBER, nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("ended", sa.Text(), nullable=False),
        sqlite_strict=True,
    )
    op.create_index("ix_outbox_ended", "outbox", ["ended", "next_at"])
