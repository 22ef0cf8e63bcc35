"""The peer's services: events to decisions, decisions to notices; each handler one session, one commit.

It does less than ours: it correlates by booking number alone, keeps no hold windows, no warnings and no row security,
and forgets a message if it dies between commit and publishing.
"""

import hashlib
import json
import os
import sys
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import msgspec
import uvloop
from faststream import FastStream
from faststream.kafka import KafkaBroker, KafkaMessage
from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from benchmarks.load import FACILITIES
from benchmarks.peer.models import Audit, Base, Case, Decision, Event, Heard, Notice
from services.decision.judge import Matter, Ruling, rule_on
from services.decision.policy.load import load_rulebook
from shared.domain.case import CustodyCase, Detainer, HeardEvent
from shared.domain.fold import fold
from shared.outbox.journal import canonical
from shared.runtime.tz_data import tz_data

TOPICS = os.environ["PEER_TOPICS"]
INBOUND = [f"{TOPICS}.{topic}" for topic in ("jail.bookings.v1", "fingerprint.matches.v1", "ice.detainers.v1")]
DECIDED = f"{TOPICS}.decisions"

engine = create_async_engine(os.environ["PEER_DATABASE_URL"])
new_session = async_sessionmaker(engine, expire_on_commit=False)
rulebook = load_rulebook()
broker = KafkaBroker(os.environ["PEER_KAFKA"], acks="all", enable_idempotence=True)


class CloudEvent(BaseModel):
    """An event as it comes in."""

    id: str
    source: str
    type: str
    time: datetime
    data: dict[str, Any]


class Decided(BaseModel):
    """What the deciding service tells the telling one."""

    id: UUID
    decision_id: UUID
    case_id: UUID
    detainer_id: str
    facility_ori: str
    outcome: str
    rule: str
    citation: str
    due_by: datetime
    number: int


async def audit(session: AsyncSession, case_id: UUID, kind: str, body: dict[str, Any]) -> None:
    """Add a line to the case's chain."""
    last = await session.scalar(
        select(Audit).where(Audit.case_id == case_id).order_by(Audit.seq.desc()).limit(1).with_for_update()
    )
    prev = last.digest if last else bytes(32)
    digest = hashlib.sha256(prev + canonical(body)).digest()
    seq = last.seq + 1 if last else 1
    session.add(Audit(case_id=case_id, seq=seq, at=datetime.now(UTC), kind=kind, body=body, prev=prev, digest=digest))


async def case_of(session: AsyncSession, event: CloudEvent) -> Case:
    """Find or make the case of a booking."""
    ori, number = event.data["facility_ori"], event.data["booking_number"]
    case = await session.scalar(
        select(Case).where(Case.facility_ori == ori, Case.booking_number == number).with_for_update()
    )
    if case is None:
        case = Case(facility_ori=ori, booking_number=number, events=[])
        session.add(case)
        await session.flush()
    return case


async def json_of(message: KafkaMessage) -> Any:
    """Read the body; the framework itself knows plain application/json only."""
    return json.loads(message.body)


@broker.subscriber(*INBOUND, group_id=f"{TOPICS}-deciding", auto_offset_reset="earliest", decoder=json_of)
async def on_event(event: CloudEvent) -> None:
    """Keep the event, fold its case, decide its detainers, tell of what is new."""
    async with new_session() as session:
        if await session.get(Event, (event.source, event.id)) is not None:
            return
        case = await case_of(session, event)
        digest = hashlib.sha256(canonical(event.data)).digest()
        case.events.append(Event(**event.model_dump(), heard_at=datetime.now(UTC), digest=digest))
        folded = fold(_heard(one) for one in case.events)
        case.version += 1
        case.custody = folded.custody.value
        await audit(session, case.id, "case.changed", {"version": case.version, "custody": case.custody})
        told = [made for detainer in folded.detainers if (made := await decide(session, case, folded, detainer))]
        await session.commit()
    for one in told:
        await broker.publish(one, DECIDED, key=str(one.case_id).encode())


async def decide(session: AsyncSession, case: Case, folded: CustodyCase, detainer: Detainer) -> Decided | None:
    """Decide one detainer; None where what stands still stands."""
    standing = await session.scalar(
        select(Decision)
        .where(Decision.case_id == case.id, Decision.detainer_id == detainer.detainer_id)
        .order_by(Decision.number.desc())
        .limit(1)
    )
    matter = Matter(
        case=folded,
        detainer=detainer,
        facility=FACILITIES[case.facility_ori],
        parked_events=0,
        standing=None,
        answer=None,
        tz_data=tz_data(),
    )
    now = datetime.now(UTC)
    ruling = rule_on(matter, rulebook, now)
    if standing and (standing.outcome, standing.rule) == (ruling.finding.outcome.value, ruling.finding.rule):
        return None
    made = _decision(case, detainer, ruling, (standing.number if standing else 0) + 1, now)
    session.add(made)
    await audit(session, case.id, "decision.recorded", {"decision": str(made.id), "outcome": made.outcome})
    return Decided(
        id=uuid4(),
        decision_id=made.id,
        case_id=case.id,
        detainer_id=made.detainer_id,
        facility_ori=case.facility_ori,
        outcome=made.outcome,
        rule=made.rule,
        citation=made.citation,
        due_by=made.due_by,
        number=made.number,
    )


@broker.subscriber(DECIDED, group_id=f"{TOPICS}-telling", auto_offset_reset="earliest")
async def on_decision(decided: Decided) -> None:
    """Write a notice for the jail and one for ICE."""
    async with new_session() as session:
        if await session.get(Heard, decided.id) is not None:
            return
        session.add(Heard(id=decided.id))
        now = datetime.now(UTC)
        for recipient in (f"jail:{decided.facility_ori}", "ice"):
            body = decided.model_dump(mode="json") | {"recipient": recipient, "sent_at": now.isoformat()}
            session.add(
                Notice(
                    decision_id=decided.decision_id,
                    recipient=recipient,
                    kind="decision",
                    due_by=decided.due_by,
                    sent_at=now,
                    body=body,
                )
            )
        await audit(session, decided.case_id, "notice.sent", {"decision": str(decided.decision_id)})
        await session.commit()


def _heard(event: Event) -> HeardEvent:
    return HeardEvent(
        source=event.source,
        id=event.id,
        type=event.type,
        time=event.time,
        heard_at=event.heard_at,
        data=event.data,
        sequence=None,
    )


def _decision(case: Case, detainer: Detainer, ruling: Ruling, number: int, now: datetime) -> Decision:
    finding = ruling.finding
    return Decision(
        id=uuid4(),
        case_id=case.id,
        detainer_id=detainer.detainer_id,
        number=number,
        outcome=finding.outcome.value,
        rule=finding.rule,
        citation=finding.citation,
        due_by=ruling.due_by,
        decided_at=now,
        snapshot=msgspec.json.decode(canonical(ruling.facts)),
        explanation=msgspec.json.decode(canonical(finding)),
    )


async def main(role: str) -> None:
    """Make the tables, or run until told to stop: all of it, or one of the two services."""
    if role == "tables":
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        return
    await FastStream(broker).run()


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1]))
