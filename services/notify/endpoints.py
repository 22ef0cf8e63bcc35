"""Webhook endpoints as the pipeline sees them: state, health and secrets; their owners' view is the API's."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from services.notify.channels.answer import Answer
from services.notify.channels.signature import Scheme
from services.notify.message import Content
from services.notify.record import SCHEMA
from shared.db.session import ReadSession, WriteSession
from shared.outbox.alarms import Alarm, raise_all
from shared.runtime.clock import machine_now
from shared.runtime.ids import Ids


class EndpointState(StrEnum):
    """Whether notices go to an endpoint."""

    #: It has not answered a test yet.
    UNPROVEN = "unproven"
    ACTIVE = "active"
    #: It failed for long; only the ends of holds are sent to it until its owner enables it again.
    SUSPENDED = "suspended"
    #: By its owner.
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where a recipient wants its notices sent."""

    id: UUID
    recipient: str
    facility_ori: str | None
    url: str
    content: Content
    signature: Scheme
    state: EndpointState
    #: In a row, since when.
    failures: int
    failing_since: datetime | None


@dataclass(frozen=True, slots=True)
class Attempted:
    """One attempt at an endpoint, as it is recorded; ``message_id`` is the notice's, or the test's."""

    message_id: UUID
    facility_ori: str | None
    way: str
    answer: Answer


def endpoint_from(row: Row[Any]) -> Endpoint:
    """Read a row of ``notify.endpoints``."""
    return Endpoint(
        id=row.id,
        recipient=row.recipient,
        facility_ori=row.facility_ori,
        url=row.url,
        content=row.content,
        signature=row.signature,
        state=EndpointState(row.state),
        failures=row.failures,
        failing_since=row.failing_since,
    )


async def locked(session: WriteSession, endpoint_id: UUID) -> Endpoint:
    """Give an endpoint, and let nobody else claim for it or judge it before this transaction ends."""
    row = await session.one("SELECT * FROM notify.endpoints WHERE id = :id FOR NO KEY UPDATE", id=endpoint_id)
    if row is None:
        raise LookupError(f"there is no endpoint {endpoint_id}, though endpoints are never deleted")
    return endpoint_from(row)


async def keys_of(session: ReadSession, endpoint_id: UUID) -> list[bytes]:
    """Give the secrets that sign, the newest first; how long one still does after a rotation is machine time."""
    rows = await session.all(
        "SELECT secret FROM notify.endpoint_secrets WHERE endpoint_id = :id"
        " AND (retires_at IS NULL OR retires_at > :machine) ORDER BY id DESC",
        id=endpoint_id,
        machine=machine_now(),
    )
    return [row.secret for row in rows]


async def write_attempts(
    session: WriteSession, ids: Ids, endpoint: Endpoint, attempts: Sequence[Attempted], now: datetime
) -> None:
    """Record attempts; each is a row for good."""
    await session.run(
        "INSERT INTO notify.attempts"
        " (id, notice_id, facility_ori, recipient, way, at, result, endpoint_id, status, took_ms)"
        " SELECT u.id, u.message, u.ori, :recipient, u.way, CAST(:now AS timestamptz), u.result,"
        " CAST(:endpoint AS uuid), u.status, u.took FROM unnest(CAST(:ids AS uuid[]), CAST(:messages AS uuid[]),"
        " CAST(:oris AS text[]), CAST(:ways AS text[]), CAST(:results AS text[]), CAST(:statuses AS int[]),"
        " CAST(:tooks AS int[])) AS u (id, message, ori, way, result, status, took)",
        recipient=endpoint.recipient,
        now=now,
        endpoint=endpoint.id,
        ids=[ids.new() for _ in attempts],
        messages=[each.message_id for each in attempts],
        oris=[each.facility_ori for each in attempts],
        ways=[each.way for each in attempts],
        results=[each.answer.result for each in attempts],
        statuses=[each.answer.status for each in attempts],
        tooks=[each.answer.took_ms for each in attempts],
    )


async def set_state(
    session: WriteSession, endpoint_id: UUID, state: EndpointState, reason: str, now: datetime, *, was: Sequence[str]
) -> bool:
    """Change the state of an endpoint that is in one of those named; its record of failures begins anew."""
    done = await session.run(
        "UPDATE notify.endpoints SET state = :state, state_since = :now, state_reason = :reason, failures = 0,"
        " failing_since = NULL WHERE id = :id AND state = ANY (CAST(:was AS text[]))",
        id=endpoint_id,
        state=state,
        reason=reason,
        now=now,
        was=list(was),
    )
    return done == 1


async def activate(session: WriteSession, ids: Ids, endpoint: Endpoint, now: datetime, *, was: Sequence[str]) -> None:
    """Send notices to an endpoint that has answered a test, and tell a person: a stolen key must not go unseen."""
    if await set_state(session, endpoint.id, EndpointState.ACTIVE, "answered a test", now, was=was):
        detail = (
            f"Notices of {endpoint.recipient} go to a webhook from now on, beside the feed. If the recipient has not"
            " asked for this, disable the webhook and revoke the key that registered it."
        )
        await _call(session, ids, endpoint, "endpoint_activated", detail, now)


async def suspend(session: WriteSession, ids: Ids, endpoint: Endpoint, why: str, now: datetime) -> None:
    """Stop sending to an endpoint, and call a person; its notices lie in the feed, as they always did."""
    if await set_state(session, endpoint.id, EndpointState.SUSPENDED, why, now, was=[EndpointState.ACTIVE]):
        detail = (
            f"A webhook of {endpoint.recipient} was suspended: {why}. Its notices lie in the feed alone, but for the"
            " ends of holds; ask the recipient to mend and enable it."
        )
        await _call(session, ids, endpoint, "endpoint_suspended", detail, now)


async def _call(session: WriteSession, ids: Ids, endpoint: Endpoint, kind: str, detail: str, now: datetime) -> None:
    alarm = Alarm(
        kind=kind,
        subject=f"{endpoint.id} {now.isoformat()}",
        detail=detail,
        since=now,
        facility_ori=endpoint.facility_ori,
        contact=await contact_of(session, endpoint.facility_ori),
    )
    await raise_all(session, SCHEMA, ids, [alarm])


async def contact_of(session: ReadSession, ori: str | None) -> str:
    """Give whom a facility has named; for ICE, who is no facility, and where nobody is named: the operator."""
    row = await session.one("SELECT contact FROM intake.facilities WHERE ori = :ori", ori=ori)
    return row.contact or "operator" if row else "operator"
