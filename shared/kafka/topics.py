"""The topics: names, partitions, who writes and who reads. One table."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from shared.kafka.aio import create_topics

_DAY_MS = 86_400_000
#: How long records are kept; that is also how persons leave the inbound topics.
RETENTION_MS = 14 * _DAY_MS
#: Copies of each record, where the cluster has as many brokers.
REPLICAS = 3


class Topic(StrEnum):
    """Every topic there is."""

    #: People come into custody, move and go.
    BOOKINGS = "jail.bookings.v1"
    #: A fingerprint was found to be someone's.
    MATCHES = "fingerprint.matches.v1"
    #: ICE lodges, serves and cancels detainers.
    DETAINERS = "ice.detainers.v1"
    #: A case has changed.
    CASES = "custody.cases.v1"
    #: A decision was recorded.
    DECISIONS = "custody.decisions.v1"
    #: The life of each notice.
    NOTICES = "custody.notices.v1"
    #: What was set aside, and why.
    PARKED = "parked.v1"


@dataclass(frozen=True, slots=True)
class Shape:
    """How a topic is laid out and who has to do with it."""

    writers: frozenset[str]
    readers: frozenset[str]
    #: Event types on it; ``parked.v1`` takes what any service sets aside.
    events: tuple[str, ...]
    partitions: int = 6


def _shape(writers: str, readers: str, events: str, partitions: int = 6) -> Shape:
    return Shape(frozenset(writers.split()), frozenset(readers.split()), tuple(events.split()), partitions)


_BOOKING_EVENTS = """booking.created booking.facts_changed booking.bond_changed booking.transferred
    booking.release_scheduled booking.release_due booking.released booking.citizenship_claimed"""
_DETAINER_EVENTS = "detainer.lodged detainer.served detainer.cancelled custody.assumed"
_NOTICE_EVENTS = """notice.planned notice.sent notice.delivered notice.acknowledged notice.failed
    notice.replaced hold.opened hold.closing hold.closed"""

#: Outside of us, jails, bureaus and ICE write to the first three, and anyone may read the notices.
TOPICS: Mapping[Topic, Shape] = MappingProxyType(
    {
        Topic.BOOKINGS: _shape("intake", "intake", _BOOKING_EVENTS),
        Topic.MATCHES: _shape("intake", "intake", "match.reported match.withdrawn"),
        Topic.DETAINERS: _shape("intake", "intake", _DETAINER_EVENTS),
        Topic.CASES: _shape("intake", "decision", "case.changed"),
        Topic.DECISIONS: _shape("decision", "notify", "decision.recorded review.opened review.answered"),
        Topic.NOTICES: _shape("notify", "console", _NOTICE_EVENTS),
        Topic.PARKED: _shape("intake decision notify", "console", "", partitions=1),
    }
)
_BY_EVENT = {event: topic for topic, shape in TOPICS.items() for event in shape.events}


def topic_for(event_type: str) -> Topic:
    """Give the topic that events of this type go to; KeyError for a type that has none."""
    return _BY_EVENT[event_type]


async def ensure_topics(bootstrap: str) -> None:
    """Make the topics that are not there yet; those that are stay as they are."""
    wanted = {topic.value: shape.partitions for topic, shape in TOPICS.items()}
    await create_topics(bootstrap, wanted, replicas=REPLICAS, configs={"retention.ms": str(RETENTION_MS)})
