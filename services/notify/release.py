"""Pure: "may I release?", answered from live authority alone; whatever is no such authority is no hold."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.notify.dossier import Dossier
from shared.domain.decision import Outcome
from shared.domain.errors import CalendarExhausted
from shared.domain.events import DecisionRecorded
from shared.domain.window import ClockRule, earliest


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """Whether there is an immigration hold at this instant, and if so until when."""

    reason: str
    citation: str | None = None
    #: None where there is no hold.
    until: datetime | None = None
    #: Release has not been reported as due: the jail must post that event.
    post_release_due: bool = False


UNKNOWN = Check(reason="No detainer on a booking of this number is known here, so there is no immigration hold.")


def check(dossiers: Sequence[Dossier], now: datetime) -> Check:
    """Answer for all detainers on a booking: the longest hold there is, or why there is none."""
    checks = [_of(dossier.decision, dossier, now) for dossier in dossiers if dossier.decision]
    holds = [each for each in checks if each.until is not None]
    if holds:
        return max(holds, key=lambda each: each.until or now)
    return checks[0] if checks else UNKNOWN


def is_release_unreported(decision: DecisionRecorded, now: datetime) -> bool:
    """Tell whether state custody goes on as far as the jail has reported."""
    return decision.gone_at is None and (decision.release_due_at is None or decision.release_due_at > now)


def _of(decision: DecisionRecorded, dossier: Dossier, now: datetime) -> Check:
    if dossier.is_recalled:
        return Check(reason="There is no immigration hold: what was decided is recalled.", citation=decision.citation)
    for window in dossier.windows:
        if window.is_live and window.opens_at <= now < window.closes_at:
            return Check(reason="The hold window is open.", citation=window.citation, until=window.closes_at)
    if decision.outcome == Outcome.HOLD and not decision.other_custody and is_release_unreported(decision, now):
        until = _would_end(decision, dossier, now)
        if until is not None:
            reason = "A hold is allowed once release is due; report that release is due now."
            return Check(reason=reason, citation=decision.citation, until=until, post_release_due=True)
    return Check(reason=_why_not(decision, dossier), citation=decision.citation)


def _would_end(decision: DecisionRecorded, dossier: Dossier, now: datetime) -> datetime | None:
    """Give when a hold would end if release fell due now; None where that cannot be said, since doubt is no hold."""
    try:
        # The receipt of the papers is not told to us, so a clock that counts from it gives no answer here.
        end = earliest([ClockRule(name) for name in decision.clocks], now, decision.time_zone).at
    except (ValueError, CalendarExhausted):
        return None
    end = min([end, *(window.closes_at for window in dossier.windows if window.is_live)])
    return end if end > now else None


def _why_not(decision: DecisionRecorded, dossier: Dossier) -> str:
    if decision.other_custody:
        return (
            "There is no immigration hold. Custody on a judge's criminal warrant is other custody, of which this does"
            " not speak."
        )
    if decision.gone_at is not None:
        return "There is no immigration hold: custody at this jail has ended."
    if decision.outcome == Outcome.HOLD and any(not window.is_live for window in dossier.windows):
        return "There is no immigration hold any more: the hold window has closed."
    return {
        Outcome.HOLD: "There is no immigration hold: no hold window is open.",
        Outcome.NOTIFY_ONLY: "There is no immigration hold: the law lets the jail tell ICE, and no more.",
        Outcome.REVIEW: "There is no immigration hold: a person has yet to decide, and until then nothing is held.",
    }.get(Outcome(decision.outcome), "There is no immigration hold: the request is not to be honoured.")
