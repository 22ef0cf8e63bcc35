"""Pure: a notice as the message of a webhook, whole or thin as the owner of the endpoint chose."""

from collections.abc import Mapping
from typing import Any, Literal

from services.notify.rows import write

#: ``full`` says all that the feed says; ``thin`` says that there is something to fetch, and how urgently.
Content = Literal["thin", "full"]

_THIN = ("id", "kind", "recipient", "facility_ori", "detainer_id", "sent_at", "due_by", "replaces")


def of_notice(told: Mapping[str, Any], content: Content) -> bytes:
    """Write the message; the same bytes at every attempt, so that a receiver sees that it is the same."""
    data = told if content == "full" else {name: told[name] for name in _THIN}
    return write({"type": f"notice.{told['kind']}", "timestamp": told["sent_at"], "data": data})


def of_test(message_id: str, at: str) -> bytes:
    """Write the message that asks an endpoint whether it speaks for its owner, and says nothing else."""
    data = {"id": message_id, "text": 'Answer 200 with {"id": …}, this id, to take notices here.'}
    return write({"type": "endpoint.test", "timestamp": at, "data": data})
