"""Open a play: the sample, a file of events, or a public data set."""

import csv
import gzip
import zlib
from pathlib import Path

from services.console.play.jsonl import read_jsonl, write_jsonl
from services.console.play.model import EventLine, Line, PersonLine, Play, SetAside, by_instant
from services.console.play.sample import sample
from services.console.play.shuffle import shuffled
from services.console.play.travis import COLUMNS, read_travis
from shared.domain.errors import NotAPlay

__all__ = [
    "EventLine",
    "Line",
    "PersonLine",
    "Play",
    "SetAside",
    "by_instant",
    "open_play",
    "write_jsonl",
]

_GZIP_MAGIC = b"\x1f\x8b"


def open_play(what: str, *, format: str | None = None, shuffle: int | None = None) -> Play:  # noqa: A002 - the option's own name
    """Open the play that ``what`` names: ``sample``, or the path of a file, gzipped or not.

    The format (``cloudevents``, ``travis``) is known from the file unless it is given. ``shuffle`` is
    the seed of a doubled and permuted telling of the same. Raises NotAPlay.
    """
    play = sample() if what == "sample" else _read(Path(what), format)
    return play if shuffle is None else shuffled(play, shuffle)


def _read(path: Path, given: str | None) -> Play:
    rows = _rows(path)
    name = path.name.removesuffix(".gz")
    form = given or _form_of(rows)
    if form == "cloudevents":
        return read_jsonl(rows, name=name)
    if form == "travis":
        return _travis(rows, name)
    raise NotAPlay(f"{path.name} is in no form that can be played: JSON Lines of CloudEvents, or the Travis stream")


def _travis(rows: list[str], name: str) -> Play:
    try:
        return read_travis(csv.DictReader(rows), name=name)
    except csv.Error as error:
        raise NotAPlay(f"{name} is not sound CSV: {error}") from error


def _rows(path: Path) -> list[str]:
    """Every row of the file, unzipped; what is not UTF-8 is replaced, for its row to be set aside."""
    try:
        raw = path.read_bytes()
        text = (gzip.decompress(raw) if raw.startswith(_GZIP_MAGIC) else raw).decode("utf-8-sig", "replace")
    except (OSError, EOFError, zlib.error) as error:
        raise NotAPlay(f"{path} cannot be read: {error}") from error
    # Only line feeds part rows: JSON and CSV may hold the rarer separators within a value.
    return text.split("\n")


def _form_of(rows: list[str]) -> str | None:
    """Know a file by its first row that says anything."""
    first = next((row.strip() for row in rows if row.strip()), "")
    if first.startswith("{"):
        return "cloudevents"
    header = {cell.strip('"') for cell in first.split(",")}
    return "travis" if set(COLUMNS) <= header else None
