"""A chain of records: whatever single change is made to it, it is named."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.console.audit.chains import Entry, Head, first_misfit
from shared.outbox.journal import GENESIS, canonical, link

CASE = UUID(int=1)
BEGIN = datetime(2012, 2, 22, 15, tzinfo=UTC)
LENGTH = 6


def digest_of(one: Entry) -> bytes:
    """Make an entry's digest as the journal does."""
    return link(
        one.prev,
        one.case_id,
        one.seq,
        kind=one.kind,
        at=one.at,
        facility_ori=one.facility_ori,
        detainer_id=one.detainer_id,
        body=one.body,
    )


def a_chain() -> list[Entry]:
    """Give a whole chain of six records."""
    made, prev = list[Entry](), GENESIS
    for seq in range(1, LENGTH + 1):
        one = Entry(
            case_id=CASE,
            seq=seq,
            at=BEGIN + timedelta(minutes=seq),
            kind="decision.recorded",
            facility_ori="CT0009300",
            detainer_id=None,
            body=canonical({"number": seq}),
            prev=prev,
            digest=b"",
        )
        made.append(replace(one, digest=digest_of(one)))
        prev = made[-1].digest
    return made


WHOLE = a_chain()
HEAD = Head(LENGTH, WHOLE[-1].digest)
places = st.integers(0, LENGTH - 1)


def named(entries: list[Entry], head: Head | None = HEAD) -> int | None:
    """Give the place of the record that is named; fails where nothing is found."""
    found = first_misfit("decision", CASE, entries, head)
    assert found is not None
    assert (found.journal, found.case_id) == ("decision", CASE)
    return found.seq


def test_a_whole_chain_fits() -> None:
    """Nothing was touched, and nothing is found; nor in a case without records."""
    assert first_misfit("decision", CASE, WHOLE, HEAD) is None
    assert first_misfit("decision", CASE, [], None) is None


@given(places, st.sampled_from(["body", "at", "kind", "prev", "digest"]))
def test_a_record_that_was_edited_is_named(place: int, part: str) -> None:
    """Body, instant, kind and both digests: each edit is named at the record itself."""
    new: dict[str, Any] = {
        "body": b"{}",
        "at": BEGIN,
        "kind": "decision.forgotten",
        "prev": bytes(31) + b"x",
        "digest": bytes(31) + b"x",
    }
    entries = [replace(one, **{part: new[part]}) if at == place else one for at, one in enumerate(WHOLE)]
    assert named(entries) == place + 1


@given(places)
def test_an_edit_with_its_digest_made_anew_is_named_by_the_next(place: int) -> None:
    """Who recomputes one digest breaks the link of the record after it, or the head."""
    one = WHOLE[place]
    edited = replace(one, body=b"{}")
    entries = [replace(edited, digest=digest_of(edited)) if each is one else each for each in WHOLE]
    assert named(entries) == min(place + 2, LENGTH)


@given(places)
def test_a_record_taken_out_is_named_by_the_next(place: int) -> None:
    """A gap in the places, or a head that stands beyond the end."""
    entries = [one for at, one in enumerate(WHOLE) if at != place]
    assert named(entries) == (place + 2 if place < LENGTH - 1 else LENGTH - 1)


@given(places, places)
def test_records_that_changed_places_are_named(one: int, other: int) -> None:
    """Two records with their places exchanged: the first of the two is named."""
    entries = list(WHOLE)
    entries[one], entries[other] = (replace(WHOLE[other], seq=one + 1), replace(WHOLE[one], seq=other + 1))
    if one == other:
        assert first_misfit("decision", CASE, entries, HEAD) is None
    else:
        assert named(entries) == min(one, other) + 1


def test_several_missing_records_are_counted() -> None:
    """The words say which places are empty."""
    found = first_misfit("decision", CASE, [WHOLE[0], *WHOLE[3:]], HEAD)
    assert found is not None
    assert "records 2 to 3 are missing" in found.what


@pytest.mark.parametrize("head", [None, Head(LENGTH, GENESIS), Head(LENGTH + 1, HEAD.digest)])
def test_a_head_that_does_not_fit_is_named(head: Head | None) -> None:
    """The head is gone, has another digest, or stands at another place."""
    assert named(WHOLE, head) in (None, LENGTH)


def test_an_end_cut_off_with_its_head_is_whole_in_itself() -> None:
    """The chain alone cannot show it; that takes a checkpoint kept elsewhere."""
    assert first_misfit("decision", CASE, WHOLE[:-1], Head(LENGTH - 1, WHOLE[-2].digest)) is None
