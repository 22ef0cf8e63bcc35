"""Places in the recipients' feeds, given out under a lock, and the writing down of what was sent."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from services.notify import mails, owed, sends
from services.notify.dossier import Margins, Notice
from services.notify.rows import write
from shared.db.session import WriteSession
from shared.runtime.ids import Ids

#: The way that every notice goes, whatever other ways there are: it lies in the recipient's feed until fetched.
_WAY, _RESULT = "pull", "in feed"
#: Under this name the database calls out whose feeds have news, as they are committed.
CHANNEL = "countersign_feeds"
#: No call may be longer than 8000 bytes: with more names than that it names nobody, and is for all.
_LONGEST_CALL = 7000


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A notice and its words as they go out."""

    notice: Notice
    told: dict[str, Any]
    #: When a receipt must be there, or a person is told.
    receipt_by: datetime
    #: The policy version it goes by; empty where nothing was decided.
    policy: str = ""
    #: The place in the recipient's feed, once it has one.
    position: int = 0


async def put(session: WriteSession, outgoing: Sequence[Outgoing], ids: Ids, now: datetime, margins: Margins) -> None:
    """Give each notice the next place in its recipient's feed, in the order given.

    The recipients' rows stay locked until the commit, so places appear in the order of commits and a reader
    that goes on from the last place it saw skips nothing.
    """
    placed = await place(session, outgoing)
    if not placed:
        return
    await session.later(
        "UPDATE notify.deliveries d SET state = 'sent', sent_at = :now, position = u.position, told = u.told,"
        " receipt_by = u.receipt_by FROM unnest(CAST(:ids AS uuid[]), CAST(:places AS bigint[]),"
        " CAST(:told AS bytea[]), CAST(:receipts AS timestamptz[])) AS u (id, position, told, receipt_by)"
        " WHERE d.notice_id = u.id",
        now=now,
        ids=[each.notice.id for each in placed],
        places=[each.position for each in placed],
        told=[write(each.told) for each in placed],
        receipts=[each.receipt_by for each in placed],
    )
    await note(session, placed, ids, now, margins)


async def place(session: WriteSession, outgoing: Sequence[Outgoing]) -> list[Outgoing]:
    """Lock the recipients' rows and give each notice its place; they are written down by the caller."""
    if not outgoing:
        return []
    places = await _places(session, [each.notice.recipient for each in outgoing])
    return [replace(each, position=position) for each, position in zip(outgoing, places, strict=True)]


async def note(session: WriteSession, placed: Sequence[Outgoing], ids: Ids, now: datetime, margins: Margins) -> None:
    """Keep the attempts, and let the notices go to their recipients' endpoints and up their ladders as well."""
    if not placed:
        return
    await session.later(
        "INSERT INTO notify.attempts (id, notice_id, facility_ori, recipient, way, at, result)"
        " SELECT u.*, :way, CAST(:now AS timestamptz), :result FROM unnest(CAST(:attempts AS uuid[]),"
        " CAST(:ids AS uuid[]), CAST(:oris AS text[]), CAST(:recipients AS text[])) AS u",
        way=_WAY,
        result=_RESULT,
        now=now,
        attempts=[ids.new() for _ in placed],
        ids=[each.notice.id for each in placed],
        oris=[each.notice.facility_ori for each in placed],
        recipients=[each.notice.recipient for each in placed],
    )
    await sends.plan(session, [each.notice for each in placed], now)
    await mails.plan(session, [each.notice for each in placed], now, margins.last_call)
    await owed.plan(session, [each.notice for each in placed], now, margins.hand_over)


async def _places(session: WriteSession, recipients: Sequence[str]) -> list[int]:
    """Move the recipients' rows on, in order, which locks them, and give each notice its place."""
    wanted = Counter(recipients)
    names = sorted(wanted)
    rows = await session.all(
        "WITH placed AS (INSERT INTO notify.recipients AS r (recipient, last_position)"
        " SELECT u.name, u.wanted FROM unnest(CAST(:names AS text[]), CAST(:wanted AS bigint[])) AS u (name, wanted)"
        " ORDER BY u.name"
        " ON CONFLICT (recipient) DO UPDATE SET last_position = r.last_position + excluded.last_position"
        " RETURNING recipient, last_position), called AS MATERIALIZED (SELECT pg_notify(:channel, :whose))"
        " SELECT placed.recipient, placed.last_position FROM placed, called",
        names=names,
        wanted=[wanted[name] for name in names],
        channel=CHANNEL,
        whose=_called_out(names),
    )
    last: dict[str, int] = {row.recipient: row.last_position - wanted[row.recipient] for row in rows}
    places = []
    for recipient in recipients:
        last[recipient] += 1
        places.append(last[recipient])
    return places


def _called_out(recipients: Sequence[str]) -> str:
    names = " ".join(recipients)
    return names if len(names) <= _LONGEST_CALL else ""


async def drop(session: WriteSession, notice_ids: Sequence[UUID]) -> None:
    """Mark notices that a later word has overtaken before they were sent."""
    if notice_ids:
        await session.later(
            "UPDATE notify.deliveries SET state = 'replaced' WHERE notice_id = ANY (CAST(:ids AS uuid[]))",
            ids=list(notice_ids),
        )
