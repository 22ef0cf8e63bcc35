"""The queries with which decisions are heard: the dossiers of a batch are loaded and locked whole."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from services.notify.dossier import Dossier, HoldWindow, Notice
from services.notify.rows import NOTICE, notice_from, read_decision, window_from
from shared.db.session import ReadSession, WriteSession
from shared.domain.events import DecisionRecorded

#: A detainer on a case.
Key = tuple[UUID, str]

#: Who plans ``unmatched`` notices and who hears decisions must not overlook each other: 1 is this lock's name.
_UNMATCHED_LOCK = "hashtext('countersign.notify.unmatched'), 1"
_KEYS = "unnest(CAST(:cases AS uuid[]), CAST(:detainers AS text[])) AS k (case_id, detainer_id)"


async def shut_out_hearing(session: WriteSession) -> None:
    """Wait until no decision is being heard, and let none be heard until the end of this transaction."""
    await session.one(f"SELECT pg_advisory_xact_lock({_UNMATCHED_LOCK})")


async def load(session: WriteSession, decisions: Iterable[DecisionRecorded], now: datetime) -> dict[Key, Dossier]:
    """Lock the dossiers that decisions speak of, in key order, and give them; new ones are empty."""
    first = {(decision.case_id, decision.detainer_id): decision for decision in decisions}
    keys = sorted(first)
    await session.one(f"SELECT pg_advisory_xact_lock_shared({_UNMATCHED_LOCK})")
    rows = await session.all(
        "INSERT INTO notify.dossiers AS d"
        " (case_id, detainer_id, facility_ori, booking_number, number, outcome, decision, heard_at)"
        " SELECT u.case_id, u.detainer_id, u.ori, u.booking, 0, '', '', CAST(:now AS timestamptz)"
        " FROM unnest(CAST(:cases AS uuid[]), CAST(:detainers AS text[]), CAST(:oris AS text[]),"
        " CAST(:bookings AS text[])) AS u (case_id, detainer_id, ori, booking)"
        " ORDER BY u.case_id, u.detainer_id"
        # Written as it was, which locks it, so that what is given back is what stands once it is ours.
        " ON CONFLICT (case_id, detainer_id) DO UPDATE SET number = d.number"
        " RETURNING case_id, detainer_id, number, decision, recalled_number",
        now=now,
        oris=[first[key].facility_ori for key in keys],
        bookings=[first[key].booking_number for key in keys],
        cases=[case for case, _ in keys],
        detainers=[detainer for _, detainer in keys],
    )
    # Where nothing was decided before there can be no window.
    decided = sorted((row.case_id, row.detainer_id) for row in rows if row.number)
    windows = await windows_of(session, decided, lock=True) if decided else {}
    notices = await _notices_of(session, keys)
    return {
        (row.case_id, row.detainer_id): Dossier(
            decision=read_decision(row.decision) if row.number else None,
            windows=tuple(windows.get((row.case_id, row.detainer_id), ())),
            notices=tuple(notices[row.case_id, row.detainer_id]),
            recalled_number=row.recalled_number,
        )
        for row in rows
    }


async def windows_of(session: ReadSession, keys: Sequence[Key], *, lock: bool = False) -> dict[Key, list[HoldWindow]]:
    """Give all windows of the detainers, the first opened first."""
    rows = await session.all(
        f"SELECT w.* FROM notify.windows w JOIN {_KEYS} USING (case_id, detainer_id) ORDER BY w.opens_at, w.id"
        + (" FOR UPDATE OF w" if lock else ""),
        cases=[case for case, _ in keys],
        detainers=[detainer for _, detainer in keys],
    )
    found: dict[Key, list[HoldWindow]] = defaultdict(list)
    for row in rows:
        found[row.case_id, row.detainer_id].append(window_from(row))
    return found


async def _notices_of(session: WriteSession, keys: Sequence[Key]) -> dict[Key, list[Notice]]:
    """Give and lock what was or will be said of the detainers, in the order of sending.

    An ``unmatched`` notice knew no case, or another: it goes by its detainer alone.
    """
    rows = await session.all(
        f"SELECT {NOTICE}, coalesce(d.told, n.body) AS content"
        " FROM notify.notices n JOIN notify.deliveries d ON d.notice_id = n.id"
        " WHERE d.state <> 'replaced' AND n.id IN ("
        f"SELECT o.id FROM notify.notices o JOIN {_KEYS} USING (case_id, detainer_id) UNION "
        "SELECT u.id FROM notify.notices u WHERE u.kind = 'unmatched'"
        " AND u.detainer_id = ANY (CAST(:detainers AS text[]))) ORDER BY n.id FOR UPDATE OF d",
        cases=[case for case, _ in keys],
        detainers=[detainer for _, detainer in keys],
    )
    of_detainer: dict[str, list[Key]] = defaultdict(list)
    for key in keys:
        of_detainer[key[1]].append(key)
    found: dict[Key, list[Notice]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: (row.position is None, row.position or 0)):
        case = (row.case_id, row.detainer_id)
        for key in of_detainer[row.detainer_id] if row.kind == "unmatched" else [case]:
            found[key].append(notice_from(row))
    return found
