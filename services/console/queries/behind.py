"""Which deadlines wait behind a topic whose reader is in trouble: those of the cases whose messages are not read."""

from collections.abc import Sequence

from services.console.lag.looks import TopicNow
from services.console.lag.model import TROUBLE, Status
from services.console.messages.browse import Logs
from services.console.queries.deadlines import Deadline
from shared.domain.errors import KafkaAway

#: So many unread messages of a partition are looked at; behind the first ones the deadlines are no nearer.
_MOST = 200


async def behind(topic: TopicNow, deadlines: Sequence[Deadline], logs: Logs) -> list[Deadline]:
    """Give the deadlines of the cases whose messages wait unread, the nearest first; none while nobody can look."""
    if topic.status is Status.UNKNOWN:
        return []
    keys: set[str] = set()
    for one in topic.partitions:
        at = one.judged.position
        if one.judged.waiting and at is not None and one.judged.status in TROUBLE:
            try:
                unread = await logs.stretch(topic.topic, one.partition, at, min(at + _MOST, one.judged.end))
            except KafkaAway:
                return []
            keys |= {(stored.record.key or b"").decode("utf-8", "replace") for stored in unread}
    return [one for one in deadlines if _names(one) & keys]


def _names(one: Deadline) -> set[str]:
    booking = f"{one.place.ori}/{one.booking_number}" if one.booking_number else ""
    return {name for name in (str(one.case_id or ""), booking, one.detainer_id) if name}
