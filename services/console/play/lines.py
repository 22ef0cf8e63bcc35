"""Open a play: the sample, a file of events, or a public data set."""

import csv
import gzip
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path

from services.console.play import foia, pierce
from services.console.play.jsonl import read_jsonl, write_jsonl
from services.console.play.model import EventLine, Line, PersonLine, Play, SetAside, by_instant
from services.console.play.sample import sample
from services.console.play.shuffle import shuffled
from services.console.play.travis import COLUMNS, read_travis
from services.console.simulate import program
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

#: The columns by which a data set is known.
_COLUMNS = {
    "travis": frozenset(COLUMNS),
    "foia-detainers": frozenset(foia.COLUMNS),
    "pierce": frozenset(pierce.COLUMNS),
}
#: Data sets whose rows stand alone, so that some of them can be played.
_BY_ROW = {"foia-detainers": foia.read_foia, "pierce": pierce.read_pierce}
_GZIP_MAGIC = b"\x1f\x8b"


def open_play(
    what: str,
    *,
    format: str | None = None,  # noqa: A002 - the option's own name
    shuffle: int | None = None,
    limit: int | None = None,
) -> Play:
    """Open the play that ``what`` names: ``sample``, ``secure-communities``, or the path of a file, gzipped or not.

    The format (``cloudevents``, ``travis``, ``foia-detainers``, ``pierce``) is known from the file unless
    it is given. ``shuffle`` is the seed of a doubled and permuted telling of the same; ``limit`` plays so
    many records of a data set whose rows stand alone, the same ones each time. Raises NotAPlay.
    """
    if what == "sample":
        play = _sample(limit)
    elif what.partition(":")[0] == program.NAME:
        play = program.play(what, limit)
    else:
        play = _read(Path(what), format, limit)
    return play if shuffle is None else shuffled(play, shuffle)


def _sample(limit: int | None) -> Play:
    _refuse(limit, "the sample")
    return sample()


def _refuse(limit: int | None, what: str) -> None:
    """Refuse a limit: part of a story in which people meet would be another story."""
    if limit is not None:
        raise NotAPlay(f"{what} is played whole; a limit goes with the detainer release and the Pierce bookings")


def _read(path: Path, given: str | None, limit: int | None) -> Play:
    rows = _rows(path)
    name = path.name.removesuffix(".gz")
    form = given or _form_of(rows)
    if form in _BY_ROW:
        return _data_set(partial(_BY_ROW[form], limit=limit), rows, name)
    if form in ("cloudevents", "travis"):
        _refuse(limit, name)
    if form == "cloudevents":
        return read_jsonl(rows, name=name)
    if form == "travis":
        return _data_set(read_travis, rows, name)
    raise NotAPlay(f"{path.name} is in no form that can be played: JSON Lines of CloudEvents, or a data set")


def _data_set(read: Callable[..., Play], rows: list[str], name: str) -> Play:
    """Read a public data set in CSV."""
    try:
        return read(csv.DictReader(rows), name=name)
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
    return next((form for form, columns in _COLUMNS.items() if columns <= header), None)
