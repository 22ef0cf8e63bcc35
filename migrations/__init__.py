"""Alembic: the database, one numbered step after another."""
