"""Walk a case's chain of records and name the first that does not fit: pure.

Each record's digest covers the digest before it, its case, place, kind, instant and body. So a record that was
edited, moved, or taken out of the middle shows. A chain whose end was cut off, head and all, is whole in itself:
only checkpoints kept outside this database can show that.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.outbox.journal import GENESIS, link


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One record of a journal, as it is stored."""

    case_id: UUID
    seq: int
    at: datetime
    kind: str
    facility_ori: str
    detainer_id: str | None
    body: bytes
    prev: bytes
    digest: bytes


@dataclass(frozen=True, slots=True)
class Head:
    """Where the chain stands, as whoever appends reads it."""

    seq: int
    digest: bytes


@dataclass(frozen=True, slots=True)
class Misfit:
    """Something that does not fit: in which journal, on which case, at which record, and how."""

    journal: str
    case_id: UUID
    #: None: it is about the chain, or about a row that no record speaks of.
    seq: int | None
    what: str


def first_misfit(journal: str, case_id: UUID, entries: Sequence[Entry], head: Head | None) -> Misfit | None:
    """Name the first record of a chain that does not fit; ``entries`` come in the order of their places."""
    last, seq = GENESIS, 0
    for entry in entries:
        for what in _troubles(entry, seq + 1, last):
            return Misfit(journal, case_id, entry.seq, what)
        last, seq = entry.digest, entry.seq
    if head is None:
        return Misfit(journal, case_id, None, f"the head of its {seq} records is gone") if entries else None
    if (head.seq, head.digest) != (seq, last):
        return Misfit(journal, case_id, seq, f"the head stands at record {head.seq}, the chain ends with {seq}")
    return None


def _troubles(entry: Entry, expected: int, last: bytes) -> Iterator[str]:
    """Say how a record does not fit to the one before it."""
    if entry.seq != expected:
        yield f"it follows on record {expected - 1}: {_missing(expected, entry.seq)}"
    own = link(
        entry.prev,
        entry.case_id,
        entry.seq,
        kind=entry.kind,
        at=entry.at,
        facility_ori=entry.facility_ori,
        detainer_id=entry.detainer_id,
        body=entry.body,
    )
    if entry.digest != own:
        yield "its digest is not that of what it says"
    if entry.prev != last:
        yield f"it does not continue record {expected - 1}"


def _missing(first: int, found: int) -> str:
    return f"record {first} is missing" if found == first + 1 else f"records {first} to {found - 1} are missing"
