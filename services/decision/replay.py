"""Decide again: every recorded decision from what was looked at then, held against what was recorded: pure.

The whole of a ruling is worked out anew, not the policy's finding alone: facts from the case, the finding, what
time makes of it (lapses, windows and their end, due_by), who decided, and the bytes that were told. What stood
before is taken from the decision before, so a chain that was broken shows as well. Not worked out anew:
the fold of the events into the case, and the reviewer's answer, which are read from the snapshot as they were.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

import msgspec

from services.decision.judge import Law, Matter, Standing, rule_on
from services.decision.recording import (
    Place,
    Snapshot,
    explanation_bytes,
    read_snapshot,
    read_told,
    snapshot_bytes,
    told_bytes,
    told_of,
)
from shared.domain.decision import Outcome
from shared.domain.events import DecisionRecorded, WindowTold
from shared.outbox.journal import canonical


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A decision's row with its snapshot; both parts of the snapshot are None once it has been erased."""

    id: UUID
    case_id: UUID
    detainer_id: str
    number: int
    outcome: str
    policy: str
    rule: str
    citation: str
    decided_by: str
    as_of: datetime
    decided_at: datetime
    opens_at: datetime | None
    closes_at: datetime | None
    clock: str | None
    due_by: datetime
    rulebook_version: int
    rulebook_digest: str
    snapshot_digest: bytes
    told: bytes
    explanation: bytes
    facts: bytes | None
    salt: bytes | None


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as it was recorded."""

    decision: Stored
    what: str
    stored: str
    again: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """What became of one decision."""

    decision: Stored
    #: The time zone data it was counted with; None: the snapshot was erased, and nothing can be decided again.
    tz_data: str | None
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class _Before:
    """What the decisions before leave behind for one detainer."""

    told: DecisionRecorded | None = None
    window: WindowTold | None = None

    def then(self, told: DecisionRecorded) -> "_Before":
        return _Before(told, told.window or self.window)

    @property
    def standing(self) -> Standing | None:
        """Give what stood, in the judge's words."""
        if self.told is None:
            return None
        return Standing(
            outcome=Outcome(self.told.outcome),
            policy=self.told.policy,
            rule=self.told.rule,
            facility_ori=self.told.facility_ori,
            due_by=self.told.due_by,
            window=self.window,
            spent=self.told.window is None and self.window is not None,
            release_at=self.told.release_at,
        )


class _Unreadable(Exception):
    """A part of a stored decision is not what its name says."""


#: The columns that repeat what was told; each must be what is decided again.
_COLUMNS = ("outcome", "policy", "rule", "citation", "decided_by", "decided_at", "due_by")


def replay(decisions: Iterable[Stored], law: Law) -> Iterator[Replayed]:
    """Decide each again; ``decisions`` come by case and detainer, and in the order of their numbers."""
    of: tuple[UUID, str] | None = None
    before = _Before()
    for one in decisions:
        if of != (one.case_id, one.detainer_id):
            of, before = (one.case_id, one.detainer_id), _Before()
        try:
            told = _told(one)
        except _Unreadable as trouble:
            yield _unread(one, trouble)
        else:
            yield _replayed(one, told, before, law)
            before = before.then(told)


def _replayed(one: Stored, told: DecisionRecorded, before: _Before, law: Law) -> Replayed:
    if one.facts is None or one.salt is None:
        return Replayed(decision=one, tz_data=None, differences=())
    try:
        matter = _matter(one, _snapshot(one), before.standing)
    except _Unreadable as trouble:
        return _unread(one, trouble)
    found = [Difference(one, *named) for named in _compare(one, told, before, matter, law)]
    return Replayed(decision=one, tz_data=matter.tz_data, differences=tuple(found))


def _unread(one: Stored, trouble: _Unreadable) -> Replayed:
    found = Difference(one, str(trouble), "cannot be read", "")
    return Replayed(decision=one, tz_data="", differences=(found,))


def _told(one: Stored) -> DecisionRecorded:
    try:
        return read_told(one.told)
    except msgspec.MsgspecError as error:
        raise _Unreadable("told") from error


def _snapshot(one: Stored) -> Snapshot:
    try:
        return read_snapshot(one.facts or b"")
    except msgspec.MsgspecError as error:
        raise _Unreadable("snapshot") from error


def _matter(one: Stored, seen: Snapshot, standing: Standing | None) -> Matter:
    """Put together again what the judge looked at."""
    detainer = next((each for each in seen.case.detainers if each.detainer_id == one.detainer_id), None)
    if detainer is None:
        raise _Unreadable("snapshot")
    return Matter(
        case=seen.case,
        detainer=detainer,
        facility=seen.facility,
        parked_events=seen.parked_events,
        standing=standing,
        answer=seen.answer,
        tz_data=seen.tz_data,
    )


def _compare(
    one: Stored, told: DecisionRecorded, before: _Before, matter: Matter, law: Law
) -> Iterator[tuple[str, str, str]]:
    """Name each difference with what is stored and what comes out again."""
    ruling = rule_on(matter, law, told.decided_at)
    place = Place(
        id=one.id,
        case_id=one.case_id,
        case_version=told.case_version,
        facility_ori=told.facility_ori,
        booking_number=told.booking_number,
        number=one.number,
        supersedes=before.told.id if before.told else None,
    )
    again = told_of(place, matter, ruling, told.decided_at)
    yield from _columns(one, again, ruling.as_of)
    if told_bytes(again) != one.told:
        yield from _fields(told, again)
    explanation = explanation_bytes(ruling)
    if explanation != one.explanation:
        yield from _inside("explanation", one.explanation, explanation)
    snapshot = snapshot_bytes(matter, ruling)
    if snapshot != one.facts:
        yield from _inside("snapshot", one.facts or b"", snapshot)
    if sha256((one.salt or b"") + (one.facts or b"")).digest() != one.snapshot_digest:
        yield "snapshot_digest", one.snapshot_digest.hex(), "not the digest of the snapshot"


def _columns(one: Stored, again: DecisionRecorded, as_of: datetime) -> Iterator[tuple[str, str, str]]:
    window = again.window
    pairs: list[tuple[str, Any, Any]] = [(name, getattr(one, name), getattr(again, name)) for name in _COLUMNS]
    pairs += [
        ("as_of", one.as_of, as_of),
        ("opens_at", one.opens_at, window and window.opens_at),
        ("closes_at", one.closes_at, window and window.closes_at),
        ("clock", one.clock, window and window.clock),
    ]
    yield from ((name, str(stored), str(new)) for name, stored, new in pairs if stored != new)


def _fields(told: DecisionRecorded, again: DecisionRecorded) -> Iterator[tuple[str, str, str]]:
    """Name the fields that were told otherwise; the bytes may differ though every field reads the same."""
    is_named = False
    for field in fields(told):
        stored, new = (msgspec.json.encode(getattr(one, field.name)) for one in (told, again))
        if stored != new:
            is_named = True
            yield f"told.{field.name}", stored.decode(), new.decode()
    if not is_named:
        yield "told", "other bytes", "the same fields"


def _inside(what: str, stored: bytes, again: bytes) -> Iterator[tuple[str, str, str]]:
    """Name the keys of a stored JSON object that differ."""
    try:
        old, new = msgspec.json.decode(stored), msgspec.json.decode(again)
    except msgspec.MsgspecError:
        yield what, "cannot be read", ""
        return
    if not isinstance(old, Mapping) or old == new:
        yield what, "other bytes", "the same content"
        return
    for key in sorted(old.keys() | new.keys()):
        if old.get(key) != new.get(key):
            yield f"{what}.{key}", canonical(old.get(key)).decode(), canonical(new.get(key)).decode()
