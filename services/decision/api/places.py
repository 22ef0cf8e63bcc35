"""Read the cursors of decision's lists; a made-up one is refused, whatever is in it."""

from datetime import datetime
from uuid import UUID

from shared.http.paging import place_of
from shared.http.problems import Problem


def row_id(after: str | None) -> UUID | None:
    """Read a place in a list ordered by id; None for the beginning."""
    texts = _texts(after, 1)
    return _uuid(texts[0]) if texts is not None else None


def instant_and_id(after: str | None) -> tuple[datetime, UUID] | None:
    """Read a place in a list ordered by instant and id; None for the beginning."""
    texts = _texts(after, 2)
    return (_instant(texts[0]), _uuid(texts[1])) if texts is not None else None


def instant_and_texts(after: str | None, *, texts: int) -> tuple[datetime, list[str]] | None:
    """Read a place in a list ordered by instant and that many texts; None for the beginning."""
    found = _texts(after, 1 + texts)
    return (_instant(found[0]), found[1:]) if found is not None else None


def _texts(after: str | None, count: int) -> list[str] | None:
    place = place_of(after)
    if place is None:
        return None
    if len(place) != count or not all(isinstance(each, str) and "\x00" not in each for each in place):
        raise _made_up()
    return place


def _instant(text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise _made_up() from error
    if instant.tzinfo is None:
        raise _made_up()
    return instant


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise _made_up() from error


def _made_up() -> Problem:
    return Problem(400, "invalid_cursor", "This cursor is none of ours; begin without one.")
