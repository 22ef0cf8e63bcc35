"""The table of topics, read as the design states it."""

import pytest

from shared.kafka.topics import RETENTION_MS, TOPICS, Topic, topic_for

SERVICES = {"intake", "decision", "notify", "console"}


def test_every_topic_stands_in_the_table() -> None:
    """Seven topics of six partitions, but one for what is set aside, each with writer and reader."""
    assert set(TOPICS) == set(Topic)
    assert [TOPICS[topic].partitions for topic in Topic] == [6, 6, 6, 6, 6, 6, 1]
    assert all(shape.writers and shape.readers for shape in TOPICS.values())
    assert {who for shape in TOPICS.values() for who in shape.writers | shape.readers} == SERVICES


def test_records_are_kept_a_fortnight() -> None:
    """Longer than any outage we plan for, and no longer, since persons stand in them."""
    assert RETENTION_MS == 14 * 24 * 60 * 60 * 1000


@pytest.mark.parametrize(
    ("event", "topic"),
    [
        ("booking.created", "jail.bookings.v1"),
        ("match.withdrawn", "fingerprint.matches.v1"),
        ("custody.assumed", "ice.detainers.v1"),
        ("case.changed", "custody.cases.v1"),
        ("review.opened", "custody.decisions.v1"),
        ("hold.closed", "custody.notices.v1"),
    ],
)
def test_every_event_has_its_topic(event: str, topic: str) -> None:
    """The topic follows from the event's type alone."""
    assert topic_for(event) == topic


def test_an_event_without_a_topic_is_an_error() -> None:
    """Nothing is sent just anywhere."""
    with pytest.raises(KeyError):
        topic_for("booking.imagined")


def test_no_event_goes_to_two_topics() -> None:
    """Each type stands in the table once."""
    listed = [event for shape in TOPICS.values() for event in shape.events]
    assert len(listed) == len(set(listed))
