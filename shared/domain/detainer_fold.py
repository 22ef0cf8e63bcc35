"""ICE's part of the fold: detainers with their forms, papers, service and end."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from shared.domain.case import Conflict, Detainer, DetainerStatus, HeardEvent, Json
from shared.domain.departure import Left
from shared.domain.hearing import instant, ref, text
from shared.domain.identity import Booked

#: The official forms that ask something of a jail (law/messages.md, section 4).
KNOWN_FORMS = frozenset({"I-247", "I-247D", "I-247N", "I-247X", "I-247A", "I-247G"})
#: Those that ask for no more than notice.
NOTICE_FORMS = frozenset({"I-247N", "I-247G"})
KNOWN_BASES = frozenset(
    {
        "final_order",
        "pending_removal_proceedings",
        "biometric_and_records_check",
        "investigation_initiated_only",
    }
)
#: Signed by immigration officers: never judicial, whatever the sender calls them.
ADMINISTRATIVE_FORMS = ("I-205", "I-200")
JUDICIAL_TYPES = frozenset({"criminal_arrest_warrant", "judge_signed_civil_detention_warrant", "claimed"})


@dataclass(slots=True)
class IceSide:
    """What ICE's events amount to so far; cancellations may come before what they cancel."""

    lodged: dict[str, list[HeardEvent]] = field(default_factory=dict)
    cancelled: dict[str, tuple[datetime, datetime]] = field(default_factory=dict)
    served: set[str] = field(default_factory=set)
    conflicts: list[Conflict] = field(default_factory=list)

    def hear(self, event: HeardEvent) -> None:
        """Sort one event to its detainer."""
        cancelled = text(event.data, "cancels")
        detainer_id = cancelled or text(event.data, "detainer_id") or ""
        if cancelled or event.type == "detainer.cancelled":
            self.cancelled.setdefault(detainer_id, (event.time, event.heard_at))
        elif event.type == "detainer.served":
            self.served.add(detainer_id)
        else:
            self._lodge(detainer_id, event)

    def _lodge(self, detainer_id: str, event: HeardEvent) -> None:
        forms = self.lodged.setdefault(detainer_id, [])
        if forms and detainer_id in self.cancelled:
            detail = "lodged again under the same detainer id after its cancellation"
            self.conflicts.append(Conflict(kind="lodged_after_cancelled", event=ref(event), detail=detail))
        forms.append(event)

    def detainers(self, booked: Booked, left: Left | None) -> Iterable[Detainer]:
        """Each detainer as it stands, in the order of lodging."""
        for detainer_id, forms in self.lodged.items():
            status, ended_at, ended_heard_at = self._end(detainer_id, left)
            # A form issued again after the person left changes nothing of what stood then.
            before = [form for form in forms if left is None or form.time <= left.gone.at] or forms[:1]
            first, data = before[0], _latest_form(before)
            yield Detainer(
                detainer_id=detainer_id,
                event=ref(first),
                status=status,
                form=text(data, "form") or "unknown",
                lodged_at=first.time,
                heard_at=min(form.heard_at for form in forms),
                issued_at=instant(data, "issued_at", before[-1].time),
                requests=tuple(data.get("requests") or ()),
                basis=text(data, "basis"),
                operative_only_on_conviction=data.get("operative_only_on_conviction") is True,
                ice_admin_warrant=_admin_warrant(data),
                judicial_warrant=_judicial_warrant(data),
                served=detainer_id in self.served,
                facially_sufficient=_is_sufficient(data),
                matches_inmate=booked.is_person_of(data),
                ended_at=ended_at,
                ended_heard_at=ended_heard_at,
            )

    def _end(self, detainer_id: str, left: Left | None) -> tuple[DetainerStatus, datetime | None, datetime | None]:
        """Give cancelled, if that came before the person left; else over with the leaving."""
        cancelled = self.cancelled.get(detainer_id)
        if cancelled and (left is None or cancelled[0] < left.gone.at):
            return DetainerStatus.CANCELLED, *cancelled
        if left:
            return DetainerStatus.OVER, left.gone.at, left.heard_at
        return DetainerStatus.ACTIVE, None, None


def _latest_form(forms: list[HeardEvent]) -> Json:
    """Lay the last form's statements, over those of the forms before it."""
    if len(forms) == 1:
        return forms[0].data
    merged: dict[str, Any] = {}
    for form in forms:
        merged.update(form.data)
    return merged


def _is_sufficient(data: Json) -> bool:
    """Tell whether the form, on its face, is an official one, filled in with known marks and asking for a hold.

    A form that could ask for a hold and does not is no error of ICE's; but no hold comes of it unseen.
    """
    form, basis, requests = text(data, "form"), text(data, "basis"), data.get("requests")
    return (
        data.get("facially_sufficient") is not False
        and form in KNOWN_FORMS
        and (basis is None or basis in KNOWN_BASES)
        and (requests is None or form in NOTICE_FORMS or "hold" in requests)
    )


def _warrants(data: Json) -> Iterable[tuple[str, Mapping[str, Any]]]:
    for warrant in data.get("warrants") or ():
        yield (text(warrant, "form") or "").upper(), warrant


def _admin_warrant(data: Json) -> str | None:
    """Give the administrative warrant that came with the form; of both kinds, the one to remove."""
    forms = {form for form, _ in _warrants(data)}
    return next((form for form in ADMINISTRATIVE_FORMS if form in forms), None)


def _judicial_warrant(data: Json) -> Json | None:
    """Give the strongest paper said to be a judge's; a verified criminal warrant before all others."""
    papers = [
        as_judicial(warrant)
        for form, warrant in _warrants(data)
        if warrant.get("kind") == "judicial" and form not in ADMINISTRATIVE_FORMS
    ]
    return max(papers, key=strength, default=None)


def as_judicial(warrant: Mapping[str, Any]) -> dict[str, Any]:
    """Put a warrant in the rulebook's words; a type that we do not know is no more than claimed."""
    kind = warrant.get("type")
    known = kind in JUDICIAL_TYPES
    verified = known and warrant.get("verified") is True
    return {"type": kind if known else "claimed", "issuer": warrant.get("issuer"), "verified": verified}


def strength(warrant: Mapping[str, Any]) -> tuple[bool, bool, str]:
    """Orders papers by what they can carry: verified first, criminal first."""
    verified, kind = warrant["verified"], warrant["type"]
    return verified, kind == "criminal_arrest_warrant", f"{kind} {warrant['issuer']}"
