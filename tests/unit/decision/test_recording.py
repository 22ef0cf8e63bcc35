"""What is written down of a ruling can be read again, and is the same bytes each time."""

from uuid import UUID

import msgspec
import pytest

from services.decision.judge import Matter, Ruling, rule_on
from services.decision.policy.model import finding_as_json
from services.decision.recording import (
    Place,
    explanation_bytes,
    read_snapshot,
    read_told,
    snapshot_bytes,
    told_bytes,
    told_of,
)
from shared.outbox.journal import canonical
from tests.support.builders import NUMBER, ORI, at
from tests.unit.decision.matters import ASKED, LAW, RELEASE_DUE, a_hold, a_matter, answered, ruled

PLACE = Place(
    id=UUID(int=1),
    case_id=UUID(int=2),
    case_version=3,
    facility_ori=ORI,
    booking_number=NUMBER,
    number=4,
    supersedes=None,
)
WHEN = "2012-02-24 18:00"
RULINGS = {
    "asked": (a_matter(*ASKED), ruled(a_matter(*ASKED), "2012-02-22 11:00")),
    "declined": (answered(a_matter(*ASKED), "decline"), ruled(answered(a_matter(*ASKED), "decline"), WHEN)),
    "lapsed": (a_matter(*ASKED, RELEASE_DUE), ruled(a_matter(*ASKED, RELEASE_DUE), WHEN)),
    "held": a_hold(),
}


@pytest.mark.parametrize(("matter", "ruling"), RULINGS.values(), ids=RULINGS)
def test_an_explanation_is_the_finding_in_plain_words(matter: Matter, ruling: Ruling) -> None:
    """Written straight from the finding, it is byte for byte what the commands and routes show of it."""
    assert matter.case.detainers
    assert explanation_bytes(ruling) == canonical(finding_as_json(ruling.finding))


@pytest.mark.parametrize(("matter", "ruling"), RULINGS.values(), ids=RULINGS)
def test_a_snapshot_is_enough_to_decide_again(matter: Matter, ruling: Ruling) -> None:
    """Read back from its bytes it gives the same ruling."""
    written = snapshot_bytes(matter, ruling)
    seen = read_snapshot(written)
    again = Matter(
        case=seen.case,
        detainer=seen.case.detainers[0],
        facility=seen.facility,
        parked_events=seen.parked_events,
        standing=matter.standing,
        answer=seen.answer,
        tz_data=seen.tz_data,
    )
    when = at("2012-02-22 11:00") if ruling.question else at(WHEN)
    second = rule_on(again, LAW, when)
    assert snapshot_bytes(again, second) == written
    assert told_bytes(told_of(PLACE, again, second, when)) == told_bytes(told_of(PLACE, matter, ruling, when))


def test_what_was_told_reads_back() -> None:
    """A decision's row holds the whole decision, window and evidence included."""
    matter, ruling = a_hold()
    told = told_of(PLACE, matter, ruling, at(WHEN))
    read = read_told(told_bytes(told))
    assert (read.id, read.number, read.outcome) == (PLACE.id, 4, "HOLD")
    assert read.window is not None
    assert told_bytes(read) == told_bytes(told)


@pytest.mark.parametrize("read", [read_told, read_snapshot])
@pytest.mark.parametrize("what", [b"x", b"{}", b'{"as_of":1}'])
def test_what_is_neither_is_refused(read: type, what: bytes) -> None:
    """Bytes that were tampered with are named as such, not guessed at."""
    with pytest.raises(msgspec.MsgspecError):
        read(what)
