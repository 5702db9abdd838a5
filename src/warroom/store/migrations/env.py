"""How Alembic runs the migrations: on the connection and in the transaction it is given."""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    version_table="warroom_version",
)
context.run_migrations()
