"""Pure: how many notices are normal. More of them in a short time wait for a person; the end of a hold never does.

What is counted are decisions and openings, once each however many are told of them, by facility and by policy
version: a broken sender floods a facility, a broken page of the rulebook all the places it governs. Time is the
clock's, and what counts is the instant at which a notice would go out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from services.notify.dossier import Kind, Notice
from shared.domain.decision import Outcome


class Scope(StrEnum):
    """What a burst is a burst of."""

    FACILITY = "facility"
    #: A policy version.
    POLICY = "policy"


Key = tuple[Scope, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """More than so many units within the span are a burst; 0 counts nothing. The reasons stand with the settings."""

    span: timedelta = timedelta(minutes=15)
    facility: int = 250
    policy: int = 1000
    #: What keeps nobody is not kept back beyond this before it is due: silence is no answer.
    last_chance: timedelta = timedelta(minutes=15)

    def of(self, key: Key) -> int:
        """Give the limit of a key."""
        return self.facility if key[0] is Scope.FACILITY else self.policy


#: The settings' own defaults.
USUAL = Limits()


@dataclass(frozen=True, slots=True)
class Candidate:
    """A notice that would go out now, and the policy version it goes by."""

    notice: Notice
    policy: str

    @property
    def keys(self) -> tuple[Key, Key]:
        """Give what it counts for."""
        return (Scope.FACILITY, self.notice.facility_ori), (Scope.POLICY, self.policy)

    @property
    def unit(self) -> tuple[UUID | None, Kind]:
        """Give what is counted once, though jail and ICE are both told."""
        return self.notice.decision_id, self.notice.kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """What went out lately, and where a person has been called or has spoken."""

    waits: Mapping[Key, int]
    ends: Mapping[Key, int]
    #: Keys that wait for a person.
    shut: frozenset[Key] = frozenset()
    #: Keys that a person lets pass for a while.
    let_pass: frozenset[Key] = frozenset()


@dataclass(slots=True)
class Sifted:
    """What becomes of the candidates."""

    #: Held back, by which key, and until when at most; None: until a person lets it go.
    held: dict[UUID, tuple[Key, datetime | None]] = field(default_factory=dict)
    #: Keys that have just become a burst.
    bursts: list[Key] = field(default_factory=list)
    #: Keys with more ends of holds than is normal: they go out, and a person is told.
    ends: list[Key] = field(default_factory=list)
    #: Units to be counted, by key; ends apart.
    waits_counted: dict[Key, int] = field(default_factory=dict)
    ends_counted: dict[Key, int] = field(default_factory=dict)


def may_wait(notice: Notice) -> bool:
    """Tell whether a notice may be kept back: an answer, or an opening; never what takes a hold away."""
    if notice.kind is Kind.CORRECTION:
        return notice.outcome == Outcome.HOLD
    return notice.kind in (Kind.DECISION, Kind.HOLD_OPENED)


def sift(candidates: Sequence[Candidate], flow: Flow, limits: Limits, now: datetime) -> Sifted:
    """Judge the candidates in their order; both copies of a unit have one fate."""
    made = Sifted()
    fates: dict[Any, Key | None] = {}
    for each in candidates:
        if each.notice.kind is Kind.HOLD_ENDED:
            if each.unit not in fates:
                fates[each.unit] = None
                _count_end(each, flow, limits, made)
        elif may_wait(each.notice):
            if each.unit not in fates:
                fates[each.unit] = _count(each, flow, limits, made)
            key = fates[each.unit]
            if key is not None:
                made.held[each.notice.id] = key, _until(each.notice, limits, now)
    return made


def _count(each: Candidate, flow: Flow, limits: Limits, made: Sifted) -> Key | None:
    """Count a unit; give the key that keeps it back, if one does."""
    keeps = None
    for key in each.keys:
        if limits.of(key) == 0:
            continue
        made.waits_counted[key] = made.waits_counted.get(key, 0) + 1
        if key in flow.let_pass:
            continue
        is_over = flow.waits.get(key, 0) + made.waits_counted[key] > limits.of(key)
        if is_over and key not in flow.shut and key not in made.bursts:
            made.bursts.append(key)
        if keeps is None and (key in flow.shut or key in made.bursts):
            keeps = key
    return keeps


def _count_end(each: Candidate, flow: Flow, limits: Limits, made: Sifted) -> None:
    for key in each.keys:
        if limits.of(key) == 0:
            continue
        made.ends_counted[key] = made.ends_counted.get(key, 0) + 1
        if flow.ends.get(key, 0) + made.ends_counted[key] == limits.of(key) + 1:
            made.ends.append(key)


def _until(notice: Notice, limits: Limits, now: datetime) -> datetime | None:
    """Give the last moment for what holds nobody; a HOLD is not told before a person lets it go."""
    if notice.outcome == Outcome.HOLD:
        return None
    return max(now, notice.due_by - limits.last_chance)
