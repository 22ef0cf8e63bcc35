"""Matters for the judge: one woman, one detainer, Connecticut, the last week of February 2012."""

from dataclasses import replace
from typing import Any

from services.decision.judge import Answer, Matter, Ruling, Standing, question_digest, question_of, rule_on
from services.decision.policy.load import load_rulebook
from shared.domain.case import HeardEvent
from shared.domain.fold import fold
from shared.domain.ids import Ori
from shared.domain.jurisdiction import Agency, Facility
from tests.support.builders import (
    DUE,
    ORI,
    ZONE,
    a_booking,
    a_detainer,
    a_match,
    a_release_due,
    at,
)

LAW = load_rulebook()
COMMISSIONER = "Commissioner of Correction"
JAIL = Facility(ori=Ori(ORI), name="New Haven", jurisdiction="CT", agency=Agency.STATE_CORRECTIONS, time_zone=ZONE)
ASKED = (a_booking(), a_match(), a_detainer())
RELEASE_DUE = a_release_due(DUE)
#: Two working days from Friday 2012-02-24 at 17:00: the weekend does not count.
CLOSES = at("2012-02-28 17:00")


def a_matter(*events: HeardEvent, **more: Any) -> Matter:
    """Give the file of one detainer with nothing decided yet."""
    case = fold(events)
    plain: dict[str, Any] = {
        "facility": JAIL,
        "parked_events": 0,
        "standing": None,
        "answer": None,
        "detainer": case.detainers[0],
    }
    return Matter(case=case, **{**plain, **more})


def ruled(matter: Matter, when: str) -> Ruling:
    """Decide at a local time."""
    return rule_on(matter, LAW, at(when))


def answered(
    matter: Matter, answer: str = "honor", when: str = "2012-02-23 09:00", office: str = COMMISSIONER
) -> Matter:
    """Let an office answer the question that the matter put at that time."""
    asked = ruled(replace(matter, answer=None), when).facts
    digest = question_digest(question_of(asked))
    return replace(matter, answer=Answer(answer=answer, office=office, answered_at=at(when), question_digest=digest))


def standing_of(ruling: Ruling, **more: Any) -> Standing:
    """Let a ruling stand, as the dossier keeps it."""
    plain: dict[str, Any] = {
        "outcome": ruling.finding.outcome,
        "policy": ruling.finding.policy,
        "rule": ruling.finding.rule,
        "facility_ori": ruling.facility_ori,
        "due_by": ruling.due_by,
        "window": ruling.window,
        "release_at": ruling.release_at,
        "spent": False,
    }
    return Standing(**{**plain, **more})


def a_hold(*events: HeardEvent, when: str = "2012-02-24 18:00") -> tuple[Matter, Ruling]:
    """Give a hold that runs: honoured on Thursday, release due on Friday at 17:00."""
    matter = answered(a_matter(*ASKED, RELEASE_DUE, *events))
    ruling = ruled(matter, when)
    return matter, ruling
