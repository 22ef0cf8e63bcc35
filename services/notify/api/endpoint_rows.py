"""Endpoints as requests see and write them, under row security: what is not the caller's is not there."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from services.notify.api.endpoint_forms import NewEndpoint, Owner
from shared.db.session import ReadSession, WriteSession
from shared.http.access import Caller
from shared.http.problems import Problem, not_found
from shared.runtime.ids import UuidV7

#: Endpoints of one recipient that count at a time: each notice goes to every one of them.
MOST_ENDPOINTS = 10
_IDS = UuidV7()


async def owned(session: ReadSession, endpoint_id: UUID) -> Row[Any]:
    """Give an endpoint that row security lets the caller see; another's is not there."""
    row = await session.one("SELECT * FROM notify.endpoints WHERE id = :id", id=endpoint_id)
    if row is None:
        raise not_found()
    return row


async def insert(
    session: WriteSession, endpoint_id: UUID, owner: Owner, body: NewEndpoint, caller: Caller, now: datetime
) -> None:
    """Write an endpoint down, unproven; a Problem when it is one too many or registered already."""
    rows = await session.all(
        "SELECT url FROM notify.endpoints WHERE recipient = :recipient AND state <> 'disabled'",
        recipient=owner.recipient,
    )
    if len(rows) >= MOST_ENDPOINTS:
        raise Problem(409, "too_many_endpoints", f"A recipient has at most {MOST_ENDPOINTS} endpoints.")
    done = await session.run(
        "INSERT INTO notify.endpoints (id, recipient, facility_ori, url, content, signature, state, state_since,"
        " state_reason, registered_at, registered_by) VALUES (:id, :recipient, :ori, :url, :content, :signature,"
        " 'unproven', :now, 'registered', :now, :by) ON CONFLICT (recipient, url) WHERE state <> 'disabled' DO NOTHING",
        id=endpoint_id,
        recipient=owner.recipient,
        ori=owner.facility_ori,
        url=body.url,
        content=body.content,
        signature=body.signature,
        now=now,
        by=caller.key_id,
    )
    if not done:
        raise Problem(409, "url_taken", "This URL is registered already; rotate its secret if it was lost.")


async def add_secret(session: WriteSession, endpoint_id: UUID, owner: Owner, secret: bytes) -> None:
    """Add a secret; nobody on this role reads it again."""
    await session.run(
        "INSERT INTO notify.endpoint_secrets (id, endpoint_id, recipient, facility_ori, secret)"
        " VALUES (:id, :endpoint, :recipient, :ori, :secret)",
        id=_IDS.new(),
        endpoint=endpoint_id,
        recipient=owner.recipient,
        ori=owner.facility_ori,
        secret=secret,
    )
