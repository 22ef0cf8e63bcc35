"""The forms of the endpoints' routes: what is sent in, and how endpoints and attempts are shown."""

from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Row

from services.notify.channels.answer import Answer
from services.notify.channels.signature import Scheme
from services.notify.dossier import ICE, jail
from services.notify.message import Content
from shared.http.access import Caller, Role
from shared.http.problems import Problem, not_found


class NewEndpoint(BaseModel):
    """Where the caller wants its notices; a jail key of several facilities says for which."""

    model_config = ConfigDict(extra="forbid", strict=True)

    url: str = Field(min_length=1, max_length=1000)
    content: Content = "full"
    signature: Scheme = "hmac"
    facility_ori: str | None = Field(default=None, max_length=32)


class Again(BaseModel):
    """Which notices are to be sent once more."""

    model_config = ConfigDict(extra="forbid", strict=True)

    ids: list[str] = Field(min_length=1, max_length=100)


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose endpoint it is."""

    recipient: str
    facility_ori: str | None


def owner_of(caller: Caller, ori: str | None) -> Owner:
    """Give the owner that a caller means; another's facility is not there."""
    if caller.role is Role.ICE:
        if ori is not None:
            raise Problem(422, "invalid_request", "ICE's endpoints belong to no facility; leave facility_ori out.")
        return Owner(ICE, None)
    if ori is None:
        if len(caller.oris) != 1:
            raise Problem(422, "invalid_request", "Your key is for several facilities; say which in facility_ori.")
        (ori,) = caller.oris
    if ori not in caller.oris:
        raise not_found()
    return Owner(jail(ori), ori)


def endpoint_line(row: Row[Any]) -> dict[str, Any]:
    """Show an endpoint, without its secrets."""
    return {
        "id": str(row.id),
        "recipient": row.recipient,
        "facility_ori": row.facility_ori,
        "url": row.url,
        "content": row.content,
        "signature": row.signature,
        "state": row.state,
        "state_since": row.state_since,
        "state_reason": row.state_reason,
        "failures": row.failures,
        "failing_since": row.failing_since,
        "registered_at": row.registered_at,
        "registered_by": row.registered_by,
    }


def attempt_line(answered: Answer) -> dict[str, Any]:
    """Show how an attempt ended."""
    return {"result": answered.result, "status": answered.status, "took_ms": answered.took_ms}
