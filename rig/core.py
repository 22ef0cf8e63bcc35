"""``python -m rig.core``: simulate the pure core alone, in memory: years of custody in seconds. Exits 1 on a violation.

Fold, judge and plan are the production functions; around them stands the least that lets time pass: events are
heard late, twice and in any order, timers fire at their instants, and after each step what must never be is asked.
"""

import argparse
import json
import random
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from services.decision.judge import Answer, Matter, Ruling, Standing, question_digest, rule_on
from services.decision.policy.evaluate import Rulebook
from services.decision.policy.load import load_rulebook
from services.decision.recording import Place, told_of
from services.notify import latest, plan
from services.notify.dossier import ANSWERS, ICE, Dossier, Kind, Margins, Stage, WindowState, jail
from services.notify.draft import NOTHING, Moment
from shared.domain.case import Custody, CustodyCase, HeardEvent
from shared.domain.decision import Outcome
from shared.domain.errors import DomainError
from shared.domain.events import DecisionRecorded
from shared.domain.fold import fold
from shared.domain.ids import Ori
from shared.domain.jurisdiction import Agency, Facility
from shared.runtime.clock import machine_seconds

_ZONES = {"TX": "America/Chicago", "IL": "America/Chicago", "CO": "America/Denver", "CA": "America/Los_Angeles"}
_FIRST, _LAST = datetime(2009, 1, 1, tzinfo=UTC), datetime(2025, 6, 1, tzinfo=UTC)
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_CASE = UUID(int=1)
_LONGEST_DAYS = 240
_YEAR_DAYS = 365.25


class Broken(AssertionError):
    """Something was that must never be."""


@dataclass
class Life:
    """One person's stay: what will be heard of it, and what the services would know at each instant."""

    chance: random.Random
    rulebook: Rulebook
    facility: Facility
    booked_at: datetime
    heard: list[HeardEvent] = field(default_factory=list)
    standing: Standing | None = None
    told: DecisionRecorded | None = None
    dossier: Dossier = field(default_factory=Dossier)
    answer: Answer | None = None
    wake_at: datetime | None = None
    numbers: int = 100
    count: Counter[str] = field(default_factory=Counter)
    closes: dict[datetime, datetime] = field(default_factory=dict)

    def run(self) -> float:
        """Live to the end; give the days in custody."""
        coming = sorted(self._story(), key=lambda pair: pair[0])
        last = max(event.time for _, event in coming)
        for at, event in coming:
            self._until(at)
            self.heard.append(event)
            self.count["events"] += 1
            self._decide(at)
            self._check(at)
        self._until(last + 30 * _DAY)
        return (last - self.booked_at) / _DAY

    # ---- what is heard

    def _story(self) -> Iterator[tuple[datetime, HeardEvent]]:
        """Give (heard at, event): mostly soon, sometimes days late, sometimes twice."""
        for event in self._events():
            for _ in range(1 if self.chance.random() > 0.1 else 2):
                late = timedelta(minutes=self.chance.choice((0, 1, 1, 1, 30, 300, 3000)))
                at = event.time + late
                yield at, replace(event, heard_at=at)

    def _events(self) -> Iterator[HeardEvent]:
        chance, booked = self.chance, self.booked_at
        length = timedelta(days=chance.uniform(1, _LONGEST_DAYS))
        due = booked + length
        person = {"family_name": "Example", "given_names": "Ana", "birth_date": "1984-05-03"}
        yield self._event("booking.created", booked, booked_at=booked.isoformat(), person=person)
        lodged = booked + timedelta(hours=chance.uniform(-2, 200))
        yield self._lodged(lodged, person)
        for n in range(chance.randint(0, 4)):
            at = booked + chance.random() * length
            facts = {chance.choice(("gang_database", "outstanding_warrant")): chance.choice((True, False, None))}
            yield self._event("booking.facts_changed", at, f"f{n}", facts=facts, convictions=self._convictions())
        if chance.random() < 0.2:
            at = booked + chance.uniform(0, 1.1) * length
            claim = chance.choice(("asserted", "verified", "verified"))
            yield self._event("booking.citizenship_claimed", at, claim=claim, at=at.isoformat())
        if chance.random() < 0.2:
            at = lodged + chance.uniform(-0.1, 1.1) * length
            yield self._event("detainer.cancelled", at, detainer_id="D", cancelled_at=at.isoformat(), reason="lifted")
        told = chance.uniform(-0.05, 0.0) * length
        yield self._event("booking.release_due", due + told, "due", due_at=due.isoformat(), reason="bond_posted")
        if chance.random() < 0.1:
            back: dict[str, Any] = {"due_at": None, "reason": "entered_in_error", "retracts": "due"}
            yield self._event("booking.release_due", due + chance.uniform(0, 50) * _HOUR, "back", **back)
        gone = due + chance.uniform(0, 200) * _HOUR
        if chance.random() < 0.5:
            yield self._event("custody.assumed", gone, detainer_id="D", assumed_at=gone.isoformat())
        else:
            out = {"released_at": gone.isoformat(), "reason": "bond_posted", "released_to": "street"}
            yield self._event("booking.released", gone, **out)

    def _lodged(self, at: datetime, person: dict[str, Any]) -> HeardEvent:
        warrants = [{"form": "I-200", "kind": "administrative"}] if self.chance.random() < 0.3 else []
        form = self.chance.choice(("I-247", "I-247", "I-247A", "I-247D"))
        said: dict[str, Any] = {"detainer_id": "D", "form": form, "requests": ["hold", "notify"], "warrants": warrants}
        said |= {"basis": self.chance.choice(("final_order", "pending_removal_proceedings"))}
        return self._event("detainer.lodged", at, **said, person=person, issued_at=at.isoformat(), cancels=None)

    def _convictions(self) -> list[dict[str, Any]]:
        if self.chance.random() < 0.7:
            return []
        return [{"offense": "assault", "level": self.chance.choice(("felony", "misdemeanor")), "status": "convicted"}]

    def _event(self, kind: str, when: datetime, name: str | None = None, **data: Any) -> HeardEvent:
        said = {"facility_ori": self.facility.ori, "booking_number": "1", **data}
        return HeardEvent(
            source="/x", id=name or f"{kind} {when}", type=kind, time=when, heard_at=when, data=said, sequence=None
        )

    # ---- what the services do

    def _id(self) -> UUID:
        self.numbers += 1
        return UUID(int=self.numbers)

    def _decide(self, now: datetime) -> None:
        case = fold(self.heard)
        if case.custody is Custody.AWAITED or not case.detainers:
            return
        matter = Matter(
            case=case,
            detainer=case.detainers[0],
            facility=self.facility,
            parked_events=0,
            standing=self.standing,
            answer=self.answer,
        )
        ruling = rule_on(matter, self.rulebook, now)
        self.count["rulings"] += 1
        self.wake_at = ruling.wake_at
        if not ruling.says_the_same(self.standing):
            self._record(matter, ruling, now)
        self._sure(case, now)

    def _record(self, matter: Matter, ruling: Ruling, now: datetime) -> None:
        place = Place(
            id=self._id(),
            case_id=_CASE,
            case_version=1,
            facility_ori=self.facility.ori,
            booking_number="1",
            number=(self.told.number if self.told else 0) + 1,
            supersedes=self.told.id if self.told else None,
        )
        self.told = told_of(place, matter, ruling, now)
        last = self.standing.window if self.standing else None
        self.standing = Standing(
            outcome=ruling.finding.outcome,
            policy=ruling.finding.policy,
            rule=ruling.finding.rule,
            facility_ori=self.facility.ori,
            due_by=ruling.due_by,
            window=ruling.window or last,
            spent=ruling.window is None and last is not None,
            release_at=ruling.release_at,
        )
        self.count["decisions"] += 1
        self.count[f"decisions {self.told.outcome}"] += 1
        self.count["windows"] += ruling.window is not None
        moment = Moment(now=now, margins=Margins(), new_id=self._id)
        self.dossier = plan.after(self.dossier, self.told, moment)
        if ruling.question is not None and self.chance.random() < 0.6:
            said = self.chance.choice(("honor", "decline"))
            self.answer = Answer(
                answer=said,
                office=ruling.finding.decider or "",
                answered_at=now,
                question_digest=question_digest(ruling.question),
            )
            self.wake_at = now + _HOUR

    def _until(self, instant: datetime) -> None:
        """Let every timer up to an instant fire at its own time."""
        while (due := self._next_due()) is not None and due <= instant:
            self._tick(due)
            if self.wake_at is not None and self.wake_at <= due:
                self.wake_at = None
                self._decide(due)
            self._check(due)

    def _next_due(self) -> datetime | None:
        windows = [
            w.opens_at if w.state is WindowState.PLANNED else w.closes_at for w in self.dossier.windows if w.is_live
        ]
        notices = [n.send_at for n in self.dossier.notices if n.stage is Stage.PLANNED]
        wake = [self.wake_at] if self.wake_at else []
        return min([*windows, *notices, *wake], default=None)

    def _tick(self, now: datetime) -> None:
        """Open and close windows, send what is due: as ``watch`` does with rows."""
        self.count["timers"] += 1
        windows = []
        for window in self.dossier.windows:
            moved = window
            if moved.state is WindowState.PLANNED and moved.opens_at <= now:
                moved = replace(moved, state=WindowState.OPEN)
            if moved.state is WindowState.OPEN and moved.closes_at <= now:
                moved = moved.closed(moved.closes_at, "clock")
            windows.append(moved)
        by_id = {window.id: window for window in windows}
        notices = []
        for notice in self.dossier.notices:
            stage = notice.stage
            if stage is Stage.PLANNED and notice.send_at <= now:
                own = by_id.get(notice.window_id) if notice.window_id else None
                stage = latest.fate(notice, self.dossier.decision, own, now)
                self.count["notices"] += stage is Stage.SENT
                late_end = notice.kind is Kind.HOLD_ENDED and stage is Stage.SENT and now > notice.due_by
                _must(not late_end, f"the end of a hold left at {now}, due by {notice.due_by}")
            notices.append(replace(notice, stage=stage))
        self.dossier = replace(self.dossier, windows=tuple(windows), notices=tuple(notices))

    # ---- what must never be

    def _sure(self, case: CustodyCase, now: datetime) -> None:
        """Ask of a decision what the law's own words promise."""
        assert self.told is not None  # noqa: S101 - it was just decided
        told = self.told
        _must(bool(told.citation and told.rule and told.policy), "a decision without rule or citation")
        if told.outcome != Outcome.HOLD:
            _must(told.window is None, "a window without a HOLD")
            return
        due = case.release_due.due_at if case.release_due and not case.gone else None
        open_ended = due is not None and due <= now and told.window is None and not told.other_custody
        _must(not open_ended, "held past release without a window")
        status = case.detainers[0].status.value
        _must(status != "cancelled" or told.other_custody, "a HOLD on a cancelled detainer")
        is_citizen = case.citizenship is not None and case.citizenship.claim == "verified"
        _must(not is_citizen or told.other_custody or case.gone is not None, "a HOLD of a citizen")

    def _check(self, now: datetime) -> None:
        """Ask of the dossier what notify promises."""
        for window in self.dossier.windows:
            first = self.closes.setdefault(window.opens_at, window.closes_at)
            _must(window.closes_at <= first, "a window closes later than before")
            self.closes[window.opens_at] = window.closes_at
            if window.is_live:
                _must(self._has_end(window.id, window.closes_at), "a live window without the notice of its end")
        live = sum(window.is_live for window in self.dossier.windows)
        _must(live <= 1, "two live windows")
        decision = self.dossier.decision
        if decision is None:
            return
        if decision.outcome != Outcome.HOLD:
            _must(live == 0, f"a window runs and {decision.outcome} stands")
        for recipient in (jail(self.facility.ori), ICE):
            if recipient != ICE or decision.ice_answer != NOTHING:
                self._told_rightly(recipient, decision, now)

    def _has_end(self, window_id: UUID, closes_at: datetime) -> bool:
        return any(
            n.window_id == window_id
            and n.kind is Kind.HOLD_ENDED
            and n.recipient == jail(self.facility.ori)
            and n.stage is not Stage.REPLACED
            and n.due_by <= closes_at
            for n in self.dossier.notices
        )

    def _told_rightly(self, recipient: str, decision: DecisionRecorded, now: datetime) -> None:
        answers = [n for n in self.dossier.notices if n.recipient == recipient and n.kind in ANSWERS]
        coming = [n for n in answers if n.stage is Stage.PLANNED]
        read = [n for n in answers if n.is_out]
        _must(bool(coming or read), f"{recipient} is told nothing")
        if not coming:
            _must(read[-1].outcome == decision.outcome, f"{recipient} was last told {read[-1].outcome} at {now}")


def _must(holds: bool, words: str) -> None:
    if not holds:
        raise Broken(words)


def _facilities(rulebook: Rulebook) -> list[Facility]:
    places = rulebook.jurisdictions()
    return [
        Facility(
            ori=Ori(f"{place}0000000"[:9]),
            name=place,
            jurisdiction=place,
            agency=agency,
            time_zone=_ZONES.get(place[:2], "America/New_York"),
        )
        for place in places
        for agency in (Agency.COUNTY_SHERIFF, Agency.STATE_CORRECTIONS, Agency.CITY_POLICE)
    ]


def main() -> None:
    """Simulate lives until so many case-years have passed."""
    asked = argparse.ArgumentParser(prog="python -m rig.core", description=__doc__)
    asked.add_argument("--case-years", type=float, default=50)
    asked.add_argument("--first-seed", type=int, default=1)
    options = asked.parse_args()
    rulebook = load_rulebook()
    facilities = _facilities(rulebook)
    began, days, seed = machine_seconds(), 0.0, options.first_seed
    count: Counter[str] = Counter()
    broken: list[str] = []
    while days < options.case_years * _YEAR_DAYS:
        chance = random.Random(seed)
        booked = _FIRST + chance.random() * (_LAST - _FIRST)
        life = Life(chance, rulebook, chance.choice(facilities), booked.replace(second=0, microsecond=0))
        try:
            days += life.run()
        except (Broken, DomainError) as error:
            broken.append(f"seed {seed}, {life.facility.jurisdiction} {life.facility.agency.value}: {error}")
            days += 1
        count.update(life.count)
        count["lives"] += 1
        seed += 1
    seconds = machine_seconds() - began
    report = {"case-years": round(days / _YEAR_DAYS, 1), "seconds": round(seconds, 1), **count, "broken": broken}
    print(json.dumps(report, indent=2))
    sys.exit(1 if broken else 0)


if __name__ == "__main__":
    main()
