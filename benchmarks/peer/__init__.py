"""The plain peer: the same work in the usual style, one event at a time, with FastStream and SQLAlchemy's ORM."""
