"""The journal: events that can only be added, and the head that says where they end."""

import sqlalchemy as sa
from alembic import context, op

from warroom.store.chain import genesis

revision = "0001"
down_revision = None

APPLICATION_ID = 0x5741524D
"""Tells a journal from any other SQLite file ("WARM")."""

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

_SQLITE = """
CREATE TRIGGER event_no_update BEFORE UPDATE ON event
BEGIN SELECT RAISE(ABORT, 'the journal is append-only: an event cannot be changed'); END;
CREATE TRIGGER event_no_delete BEFORE DELETE ON event
BEGIN SELECT RAISE(ABORT, 'the journal is append-only: an event cannot be deleted'); END;
CREATE TRIGGER event_in_order BEFORE INSERT ON event
WHEN NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM event)
  OR EXISTS (SELECT 1 FROM event WHERE hash = NEW.hash)
  OR EXISTS (SELECT 1 FROM event WHERE command_id = NEW.command_id AND part = NEW.part)
  OR EXISTS (SELECT 1 FROM event WHERE incident = NEW.incident AND version = NEW.version)
BEGIN SELECT RAISE(ABORT, 'the journal is append-only: an event follows the last one'); END;
CREATE TRIGGER head_no_delete BEFORE DELETE ON head
BEGIN SELECT RAISE(ABORT, 'the journal is append-only: the head cannot be deleted'); END;
CREATE TRIGGER head_forward BEFORE UPDATE ON head
WHEN NEW.seq < OLD.seq OR NEW.journal_id <> OLD.journal_id OR NEW.incidents < OLD.incidents
BEGIN SELECT RAISE(ABORT, 'the journal is append-only: the head moves forward only'); END;
"""

_POSTGRES = """
CREATE FUNCTION warroom_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'the journal is append-only' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE FUNCTION warroom_in_order() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM event) THEN
    RAISE EXCEPTION 'the journal is append-only: an event follows the last one'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE FUNCTION warroom_forward() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.seq < OLD.seq OR NEW.journal_id <> OLD.journal_id OR NEW.incidents < OLD.incidents THEN
    RAISE EXCEPTION 'the journal is append-only: the head moves forward only'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER event_no_change BEFORE UPDATE OR DELETE ON event
  FOR EACH ROW EXECUTE FUNCTION warroom_refuse();
CREATE TRIGGER event_no_truncate BEFORE TRUNCATE ON event
  FOR EACH STATEMENT EXECUTE FUNCTION warroom_refuse();
CREATE TRIGGER event_in_order BEFORE INSERT ON event
  FOR EACH ROW EXECUTE FUNCTION warroom_in_order();
CREATE TRIGGER head_no_delete BEFORE DELETE ON head
  FOR EACH ROW EXECUTE FUNCTION warroom_refuse();
CREATE TRIGGER head_no_truncate BEFORE TRUNCATE ON head
  FOR EACH STATEMENT EXECUTE FUNCTION warroom_refuse();
CREATE TRIGGER head_forward BEFORE UPDATE ON head
  FOR EACH ROW EXECUTE FUNCTION warroom_forward();
"""


def upgrade() -> None:
    """Create the two tables, their triggers, and a journal with a random name and no events."""
    op.create_table(
        "event",
        sa.Column("seq", _NUMBER, primary_key=True, autoincrement=False, nullable=False),
        sa.Column("incident", sa.Text(), nullable=False),
        sa.Column("version", _NUMBER, nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("command_id", sa.Text(), nullable=False),
        sa.Column("part", _NUMBER, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("prev", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.UniqueConstraint("incident", "version", name="event_place"),
        sa.UniqueConstraint("command_id", "part", name="event_command"),
        sa.UniqueConstraint("hash", name="event_hash"),
        sa.CheckConstraint("seq > 0", name="event_seq_positive"),
        sqlite_strict=True,
    )
    head = op.create_table(
        "head",
        sa.Column("id", _NUMBER, primary_key=True, autoincrement=False, nullable=False),
        sa.Column("seq", _NUMBER, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("journal_id", sa.Text(), nullable=False),
        sa.Column("incidents", _NUMBER, nullable=False),
        sa.CheckConstraint("id = 1", name="head_single"),
        sqlite_strict=True,
    )
    connection = op.get_bind()
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"PRAGMA application_id={APPLICATION_ID}")
        for statement in _SQLITE.strip().split("END;\n"):
            connection.exec_driver_sql(statement.removesuffix("END;") + "END;")
    else:
        connection.exec_driver_sql(_POSTGRES)
    journal_id = context.config.attributes["journal_id"]
    first = {"id": 1, "seq": 0, "hash": genesis(journal_id), "journal_id": journal_id}
    connection.execute(head.insert().values(**first, incidents=0))
