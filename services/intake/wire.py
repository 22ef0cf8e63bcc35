"""What each inbound type says on the wire: the fields we read, by their senders' names.

Fields that are not named here are kept and ignored. Forms, codes and reasons are free texts: one that
nobody knows goes to a person later, and is no reason to refuse an event.
"""

from typing import Annotated, Any

from msgspec import Meta, Struct

from services.intake.wire_parts import (
    Basis,
    Change,
    Charge,
    Claim,
    Conviction,
    Facts,
    Form,
    Ids,
    Instant,
    LiftCode,
    MaybeNumber,
    Number,
    OfPaper,
    Ori,
    Person,
    Request,
    Result,
    Text,
    Warrant,
    Whither,
)


class AtBooking(Struct, frozen=True, kw_only=True):
    """What every event of a jail on one booking says."""

    facility_ori: Ori
    booking_number: Number


class BookingCreated(AtBooking, frozen=True, kw_only=True):
    """A person came into custody."""

    booked_at: Instant
    arrested_at: Instant | None = None
    arresting_ori: Text = None
    person: Person | None = None
    ids: Ids | None = None
    charges: list[Charge] | None = None
    convictions: list[Conviction] | None = None
    facts: Facts | None = None
    expected_release_at: Instant | None = None


class FactsChanged(AtBooking, frozen=True, kw_only=True):
    """Policy facts, charges or convictions became known or changed."""

    effective_at: Instant | None = None
    reported_by: Text = None
    person: Person | None = None
    ids: Ids | None = None
    charges: list[Charge] | None = None
    convictions: list[Conviction] | None = None
    facts: Facts | None = None


class BondChanged(AtBooking, frozen=True, kw_only=True):
    """Bond was set, tendered, refused or posted."""

    change: Change
    at: Instant | None = None
    tendered_at: Instant | None = None
    amount_usd: str | int | float | None = None
    bond_type: Text = None
    refused_reason: Text = None


class Transferred(AtBooking, frozen=True, kw_only=True):
    """The person went to another facility."""

    to_facility_ori: Ori
    to_booking_number: Number
    at: Instant | None = None
    reason: Text = None


class ReleaseScheduled(AtBooking, frozen=True, kw_only=True):
    """When the person is expected to go free; null takes the expectation back."""

    expected_at: Instant | None
    reason: Text = None


class ReleaseIsDue(AtBooking, frozen=True, kw_only=True):
    """State authority ended, or an earlier event that said so is taken back."""

    due_at: Instant | None = None
    reason: Text = None
    retracts: Annotated[str, Meta(max_length=256)] | None = None

    def __post_init__(self) -> None:
        """Refuse an event that says neither."""
        if self.due_at is None and not self.retracts:
            raise ValueError("Neither `due_at` nor `retracts` is told")


class Released(AtBooking, frozen=True, kw_only=True):
    """The person left the jail."""

    released_at: Instant | None = None
    reason: Text = None
    released_to: Whither = None


class CitizenshipClaimed(AtBooking, frozen=True, kw_only=True):
    """U.S. citizenship was asserted, proof was provided, or it was verified."""

    claim: Claim
    at: Instant | None = None
    document: Text = None
    verified_by: Text = None


class AtFacility(Struct, frozen=True, kw_only=True):
    """What events from outside the jail say; they may not know the booking number."""

    facility_ori: Ori
    booking_number: MaybeNumber = None
    ids: Ids | None = None


class MatchReported(AtFacility, frozen=True, kw_only=True):
    """An answer to a fingerprint search; never authority to hold."""

    result: Result
    tcn: MaybeNumber = None
    tcr: MaybeNumber = None
    as_submitted: Person | None = None
    as_on_file: Person | None = None


class MatchWithdrawn(AtFacility, frozen=True, kw_only=True):
    """An answer was taken back."""

    tcn: Number
    tcr: MaybeNumber = None
    reason: Text = None


class DetainerLodged(AtFacility, frozen=True, kw_only=True):
    """A form of the I-247 family came in; with ``cancels`` it cancels that detainer and lodges nothing."""

    detainer_id: Number
    form: Form = None
    form_revision: Text = None
    requests: list[Request] | None = None
    basis: Basis = None
    operative_only_on_conviction: OfPaper = None
    facially_sufficient: OfPaper = None
    person: Person | None = None
    warrants: list[Warrant] | None = None
    issuing_office: Text = None
    issued_at: Instant | None = None
    cancels: MaybeNumber = None


class DetainerServed(AtFacility, frozen=True, kw_only=True):
    """A copy reached the person."""

    detainer_id: Number
    served_at: Instant | None = None
    manner: Text = None
    served_by: Text = None


class DetainerCancelled(AtFacility, frozen=True, kw_only=True):
    """ICE no longer asks."""

    detainer_id: Number
    cancelled_at: Instant | None = None
    reason: Text = None
    lift_code: LiftCode = None


class CustodyAssumed(AtFacility, frozen=True, kw_only=True):
    """ICE took the person."""

    detainer_id: MaybeNumber = None
    assumed_at: Instant | None = None
    officer: Text = None


#: Every inbound type and the shape of its data, version 1.
SHAPES: dict[str, Any] = {
    "booking.created": BookingCreated,
    "booking.facts_changed": FactsChanged,
    "booking.bond_changed": BondChanged,
    "booking.transferred": Transferred,
    "booking.release_scheduled": ReleaseScheduled,
    "booking.release_due": ReleaseIsDue,
    "booking.released": Released,
    "booking.citizenship_claimed": CitizenshipClaimed,
    "match.reported": MatchReported,
    "match.withdrawn": MatchWithdrawn,
    "detainer.lodged": DetainerLodged,
    "detainer.served": DetainerServed,
    "detainer.cancelled": DetainerCancelled,
    "custody.assumed": CustodyAssumed,
}
VERSION = 1
