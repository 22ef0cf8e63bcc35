"""Run the migrations over a connection that the caller hands in."""

from alembic import context

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=None,  # the migrations are the one truth; queries are SQL
    include_schemas=True,
    version_table_schema="runtime",
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
