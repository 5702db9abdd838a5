"""The projections: where each incident stands, and the words of its events."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

# Words come in already folded and split: the tokenizer has nothing left to decide.
_SQLITE = """
CREATE VIRTUAL TABLE document USING fts5(
  words, detail = none, prefix = '2 3',
  tokenize = 'unicode61 remove_diacritics 0'
)
"""

_POSTGRES = """
CREATE TABLE document (
  rowid BIGINT PRIMARY KEY,
  words TEXT NOT NULL,
  vector TSVECTOR GENERATED ALWAYS AS (array_to_tsvector(string_to_array(words, ' '))) STORED
);
CREATE INDEX document_vector ON document USING gin (vector);
"""


def upgrade() -> None:
    """Create empty projections; the store fills them from the events in the same transaction."""
    op.create_table(
        "incident",
        sa.Column("number", _NUMBER, primary_key=True, autoincrement=False, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("version", _NUMBER, nullable=False),
        sa.Column("last_hash", sa.LargeBinary(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("priority", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("phase", sa.Text(), nullable=False),
        sa.Column("client", sa.Text(), nullable=False),
        sa.Column("commander", sa.Text(), nullable=False),
        sa.Column("declared_at", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.Text(), nullable=False),
        sa.Column("started_at", sa.Text()),
        sa.Column("acknowledged_at", sa.Text()),
        sa.Column("contained_at", sa.Text()),
        sa.Column("resolved_at", sa.Text()),
        sa.Column("closed_at", sa.Text()),
        sa.Column("snoozed_until", sa.Text()),
        sa.UniqueConstraint("id", name="incident_name"),
        sqlite_strict=True,
    )
    op.create_index("ix_incident_closed_at", "incident", ["closed_at"])
    connection = op.get_bind()
    sqlite = connection.dialect.name == "sqlite"
    connection.exec_driver_sql(_SQLITE if sqlite else _POSTGRES)
