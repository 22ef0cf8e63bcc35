"""Save what changed in dossiers, with as many statements for a thousand of them as for one."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from services.notify.dossier import Dossier, HoldWindow, Notice, Stage
from services.notify.feed import Outgoing
from services.notify.rows import write
from shared.db.session import WriteSession
from shared.domain.events import DecisionRecorded


async def save_all(
    session: WriteSession, changes: Sequence[tuple[Dossier, Dossier]], leaving: Sequence[Outgoing], now: datetime
) -> None:
    """Write what lies between two states of each dossier; new notices that are ``leaving`` count as sent."""
    windows = [w for before, after in changes for w in after.windows if w not in before.windows]
    known = {w.id for before, _ in changes for w in before.windows}
    await _save_windows(session, [w for w in windows if w.id in known])
    await _add_windows(session, [w for w in windows if w.id not in known])
    notices = [n for before, after in changes for n in after.notices if n not in before.notices]
    told = {n.id for before, _ in changes for n in before.notices}
    await add_notices(session, [n for n in notices if n.id not in told], now, leaving)
    await _save_deliveries(session, [n for n in notices if n.id in told])
    await _save_decisions(session, [after.decision for _, after in changes if after.decision], now)


async def _save_windows(session: WriteSession, windows: Sequence[HoldWindow]) -> None:
    if windows:
        await session.later(
            "UPDATE notify.windows w SET closes_at = u.closes_at, state = u.state, ended_at = u.ended_at,"
            " ended_by = u.ended_by FROM unnest(CAST(:ids AS uuid[]), CAST(:closes AS timestamptz[]),"
            " CAST(:states AS text[]), CAST(:ended AS timestamptz[]), CAST(:by AS text[]))"
            " AS u (id, closes_at, state, ended_at, ended_by) WHERE w.id = u.id",
            ids=[w.id for w in windows],
            closes=[w.closes_at for w in windows],
            states=[w.state for w in windows],
            ended=[w.ended_at for w in windows],
            by=[w.ended_by for w in windows],
        )


async def _add_windows(session: WriteSession, windows: Sequence[HoldWindow]) -> None:
    if windows:
        await session.later(
            "INSERT INTO notify.windows (id, case_id, detainer_id, decision_id, facility_ori, booking_number, opens_at,"
            " closes_at, clock, rule, citation, evidence, state, ended_at, ended_by)"
            " SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:cases AS uuid[]), CAST(:detainers AS text[]),"
            " CAST(:decisions AS uuid[]), CAST(:oris AS text[]), CAST(:bookings AS text[]),"
            " CAST(:opens AS timestamptz[]), CAST(:closes AS timestamptz[]), CAST(:clocks AS text[]),"
            " CAST(:rules AS text[]), CAST(:citations AS text[]), CAST(:evidence AS bytea[]), CAST(:states AS text[]),"
            " CAST(:ended AS timestamptz[]), CAST(:by AS text[]))",
            ids=[w.id for w in windows],
            cases=[w.case_id for w in windows],
            detainers=[w.detainer_id for w in windows],
            decisions=[w.decision_id for w in windows],
            oris=[w.facility_ori for w in windows],
            bookings=[w.booking_number for w in windows],
            opens=[w.opens_at for w in windows],
            closes=[w.closes_at for w in windows],
            clocks=[w.clock for w in windows],
            rules=[w.rule for w in windows],
            citations=[w.citation for w in windows],
            evidence=[write(w.evidence) for w in windows],
            states=[w.state for w in windows],
            ended=[w.ended_at for w in windows],
            by=[w.ended_by for w in windows],
        )


async def add_notices(
    session: WriteSession, notices: Sequence[Notice], now: datetime, leaving: Sequence[Outgoing] = ()
) -> None:
    """Write notices down, each with where it stands."""
    if not notices:
        return
    await session.later(
        "INSERT INTO notify.notices (id, kind, recipient, case_id, detainer_id, decision_id, number, window_id,"
        " facility_ori, booking_number, outcome, rule, replaces, due_by, came_late, body, planned_at)"
        " SELECT *, CAST(:now AS timestamptz) FROM unnest(CAST(:ids AS uuid[]), CAST(:kinds AS text[]),"
        " CAST(:recipients AS text[]), CAST(:cases AS uuid[]), CAST(:detainers AS text[]),"
        " CAST(:decisions AS uuid[]), CAST(:numbers AS int[]), CAST(:windows AS uuid[]), CAST(:oris AS text[]),"
        " CAST(:bookings AS text[]), CAST(:outcomes AS text[]), CAST(:rules AS text[]), CAST(:replaces AS uuid[]),"
        " CAST(:due AS timestamptz[]), CAST(:late AS boolean[]), CAST(:bodies AS bytea[]))",
        now=now,
        ids=[n.id for n in notices],
        kinds=[n.kind for n in notices],
        recipients=[n.recipient for n in notices],
        cases=[n.case_id for n in notices],
        detainers=[n.detainer_id for n in notices],
        decisions=[n.decision_id for n in notices],
        numbers=[n.number for n in notices],
        windows=[n.window_id for n in notices],
        oris=[n.facility_ori for n in notices],
        bookings=[n.booking_number for n in notices],
        outcomes=[n.outcome for n in notices],
        rules=[n.rule for n in notices],
        replaces=[n.replaces for n in notices],
        due=[n.due_by for n in notices],
        late=[n.came_late for n in notices],
        bodies=[write(n.body) for n in notices],
    )
    await _add_deliveries(session, notices, {each.notice.id: each for each in leaving}, now)


async def _add_deliveries(
    session: WriteSession, notices: Sequence[Notice], leaving: Mapping[UUID, Outgoing], now: datetime
) -> None:
    sent = [leaving.get(n.id) for n in notices]
    await session.later(
        "INSERT INTO notify.deliveries (notice_id, recipient, facility_ori, window_id, state, send_at, due_by,"
        " sent_at, position, told, receipt_by)"
        " SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:recipients AS text[]), CAST(:oris AS text[]),"
        " CAST(:windows AS uuid[]), CAST(:states AS text[]), CAST(:sends AS timestamptz[]),"
        " CAST(:due AS timestamptz[]), CAST(:sent AS timestamptz[]), CAST(:places AS bigint[]), CAST(:told AS bytea[]),"
        " CAST(:receipts AS timestamptz[]))",
        ids=[n.id for n in notices],
        recipients=[n.recipient for n in notices],
        oris=[n.facility_ori for n in notices],
        windows=[n.window_id for n in notices],
        states=[Stage.SENT if out else n.stage for n, out in zip(notices, sent, strict=True)],
        sends=[n.send_at for n in notices],
        due=[n.due_by for n in notices],
        sent=[now if out else None for out in sent],
        places=[out.position if out else None for out in sent],
        told=[write(out.told) if out else None for out in sent],
        receipts=[out.receipt_by if out else None for out in sent],
    )


async def _save_deliveries(session: WriteSession, notices: Sequence[Notice]) -> None:
    if notices:
        await session.later(
            "UPDATE notify.deliveries d SET state = u.state, send_at = u.send_at, due_by = u.due_by"
            " FROM unnest(CAST(:ids AS uuid[]), CAST(:states AS text[]), CAST(:sends AS timestamptz[]),"
            " CAST(:due AS timestamptz[])) AS u (id, state, send_at, due_by) WHERE d.notice_id = u.id",
            ids=[n.id for n in notices],
            states=[n.stage for n in notices],
            sends=[n.send_at for n in notices],
            due=[n.due_by for n in notices],
        )


async def _save_decisions(session: WriteSession, decisions: Sequence[DecisionRecorded], now: datetime) -> None:
    if decisions:
        await session.later(
            "UPDATE notify.dossiers d SET facility_ori = u.ori, booking_number = u.booking, number = u.number,"
            " outcome = u.outcome, decision = u.decision, heard_at = :now"
            " FROM unnest(CAST(:cases AS uuid[]), CAST(:detainers AS text[]), CAST(:oris AS text[]),"
            " CAST(:bookings AS text[]), CAST(:numbers AS int[]), CAST(:outcomes AS text[]),"
            " CAST(:decisions AS bytea[])) AS u (case_id, detainer_id, ori, booking, number, outcome, decision)"
            " WHERE d.case_id = u.case_id AND d.detainer_id = u.detainer_id",
            now=now,
            cases=[d.case_id for d in decisions],
            detainers=[d.detainer_id for d in decisions],
            oris=[d.facility_ori for d in decisions],
            bookings=[d.booking_number for d in decisions],
            numbers=[d.number for d in decisions],
            outcomes=[d.outcome for d in decisions],
            decisions=[write(d) for d in decisions],
        )
