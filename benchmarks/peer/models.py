"""The peer's tables, as SQLAlchemy's own tutorial would map them."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import DateTime, ForeignKey, LargeBinary, MetaData, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncAttrs
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

_INSTANT = DateTime(timezone=True)


class Base(AsyncAttrs, DeclarativeBase):
    """What all models share."""

    metadata = MetaData(schema="peer")


class Case(Base):
    """A custody case."""

    __tablename__ = "cases"
    __table_args__ = (UniqueConstraint("facility_ori", "booking_number"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    facility_ori: Mapped[str]
    booking_number: Mapped[str]
    version: Mapped[int] = mapped_column(default=0)
    custody: Mapped[str] = mapped_column(default="awaited")
    events: Mapped[list["Event"]] = relationship(back_populates="case", lazy="selectin")


class Event(Base):
    """An event that was heard: its name is the inbox's key."""

    __tablename__ = "events"

    source: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    type: Mapped[str]
    time: Mapped[datetime] = mapped_column(_INSTANT)
    heard_at: Mapped[datetime] = mapped_column(_INSTANT)
    data: Mapped[dict[str, Any]] = mapped_column(JSONB)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("peer.cases.id"), index=True)
    case: Mapped[Case] = relationship(back_populates="events")


class Decision(Base):
    """A decision on a detainer."""

    __tablename__ = "decisions"
    __table_args__ = (UniqueConstraint("case_id", "detainer_id", "number"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("peer.cases.id"))
    detainer_id: Mapped[str]
    number: Mapped[int]
    outcome: Mapped[str]
    rule: Mapped[str]
    citation: Mapped[str]
    due_by: Mapped[datetime] = mapped_column(_INSTANT)
    decided_at: Mapped[datetime] = mapped_column(_INSTANT)
    snapshot: Mapped[dict[str, Any]] = mapped_column(JSONB)
    explanation: Mapped[dict[str, Any]] = mapped_column(JSONB)


class Heard(Base):
    """A message of our own that was heard."""

    __tablename__ = "heard"

    id: Mapped[UUID] = mapped_column(primary_key=True)


class Notice(Base):
    """What a recipient is told."""

    __tablename__ = "notices"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    decision_id: Mapped[UUID] = mapped_column(index=True)
    recipient: Mapped[str] = mapped_column(index=True)
    kind: Mapped[str]
    due_by: Mapped[datetime] = mapped_column(_INSTANT)
    sent_at: Mapped[datetime] = mapped_column(_INSTANT)
    body: Mapped[dict[str, Any]] = mapped_column(JSONB)


class Audit(Base):
    """A line of a case's chain."""

    __tablename__ = "audit"

    case_id: Mapped[UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(_INSTANT)
    kind: Mapped[str]
    body: Mapped[dict[str, Any]] = mapped_column(JSONB)
    prev: Mapped[bytes] = mapped_column(LargeBinary)
    digest: Mapped[bytes] = mapped_column(LargeBinary)
