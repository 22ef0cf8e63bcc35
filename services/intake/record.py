"""Pure: what is written down beside a case that changed: the journal's line, alarms, who was booked."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from services.intake import store
from services.intake.desk import Desk, Work
from services.intake.inbound import InboundEvent
from services.intake.store import Fate, Name
from services.intake.waiting_list import BEHIND_PARKED
from shared.db.casebook import CaseFile
from shared.outbox import journal
from shared.outbox.alarms import Alarm
from shared.outbox.inbox import Heard


def entry(work: Work, file: CaseFile | None, seals: Mapping[store.Name, str], now: datetime) -> journal.Record:
    """Give the journal's line of a case's new version, or of events that made none; each event comes with its seal."""
    came = {"came": [[*name, seals[name]] for name in work.news]} if work.news else {}
    if file is None:
        return journal.Record(
            case_id=work.case_id, at=now, kind="events.kept", facility_ori=work.facility_ori, body=came
        )
    return journal.Record(
        case_id=file.case_id,
        at=now,
        kind="case.changed",
        facility_ori=file.facility_ori,
        body={
            "version": file.version,
            "moved": sorted(work.moved),
            "custody": file.case.custody.value,
            "events": len(work.kept),
            "folded": hashlib.sha256(journal.canonical(file.case)).hexdigest(),
            **came,
        },
    )


def alarms(
    changed: Sequence[tuple[Work, CaseFile]],
    waiting: Sequence[tuple[InboundEvent, str]],
    now: datetime,
) -> list[Alarm]:
    """Give what an operator must see: conflicts on cases, and events whose numbers disagree."""
    conflicts = [
        Alarm(
            kind="case_conflict",
            subject=f"{conflict.event.source} {conflict.event.id}",
            detail=f"{conflict.kind}: {conflict.detail}",
            since=now,
            case_id=file.case_id,
            facility_ori=file.facility_ori,
        )
        for _, file in changed
        for conflict in file.case.conflicts
    ]
    disagreeing = [
        Alarm(
            kind="event_waiting",
            subject=f"{event.source} {event.id}",
            detail=f"{event.type}: its numbers speak for different bookings; link it or let it go",
            since=now,
            facility_ori=event.facility_ori,
        )
        for event, reason in waiting
        if reason == "ties_disagree"
    ]
    return conflicts + disagreeing


def persons(desk: Desk) -> dict[UUID, tuple[str, object]]:
    """Give who was booked on which case, with its facility."""
    return {
        case_id: (desk.works[case_id].facility_ori, item.event.data.get("person"))
        for item, case_id, _ in desk.placed
        if item.event.type == "booking.created" and item.event.data.get("person") is not None
    }


def fates(desk: Desk, fresh: Mapping[Name, InboundEvent]) -> list[Fate]:
    """Give what became of each event heard for the first time: on its case, or waiting for one, and why."""
    placed = [
        Fate(fresh[item.name], "applied", doubt, case_id) for item, case_id, doubt in desk.placed if item.name in fresh
    ]
    queued = [
        Fate(fresh[item.name], "waiting", BEHIND_PARKED, case_id) for item, case_id in desk.queued if item.name in fresh
    ]
    return placed + queued + [Fate(fresh[item.name], "waiting", reason) for item, reason in desk.waiting]


def moved(desk: Desk, fresh: Mapping[Name, InboundEvent]) -> Sequence[tuple[Name, str, str | None, UUID | None]]:
    """Give what became of events that were heard before and had waited: state, reason, case."""
    placed = [(item.name, "applied", doubt, case_id) for item, case_id, doubt in desk.placed if item.name not in fresh]
    return placed + [
        (item.name, "waiting", BEHIND_PARKED, case_id) for item, case_id in desk.queued if item.name not in fresh
    ]


def follow(traces: dict[str, str], heard: Sequence[Heard[InboundEvent]], desk: Desk) -> None:
    """Let a case's messages go on under the trace of an event that was put on it: from its key to the case's."""
    keys = {(one.message.source, one.message.id): (one.record.key or b"").decode("utf-8", "replace") for one in heard}
    for item, case_id, _ in desk.placed:
        trace = traces.get(keys.get(item.name, ""))
        if trace is not None:
            traces[str(case_id)] = trace
