"""Pure: what a notice says, as the recipient may see it."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from services.notify.dossier import ANSWERS, ICE, HoldWindow, Kind, Notice, Span
from services.notify.words import BASIS, CAME_LATE, CORRECTS, ENDS, SCOPE, SENTENCES, VERSION, WHY
from shared.domain.decision import Outcome
from shared.domain.events import DecisionRecorded

_HOUR = timedelta(hours=1)
#: Outcomes under which ICE may know the times of a window.
_TIMES_FOR_ICE = frozenset({Outcome.HOLD, Outcome.NOTIFY_ONLY})


def local(instant: datetime | None, zone: str) -> str | None:
    """Write an instant with the offset of the facility's zone, RFC 3339."""
    return None if instant is None else instant.astimezone(_zone(zone)).isoformat()


def _zone(name: str) -> tzinfo:
    # An instant is the same in every zone, and a notice must not fail for the sake of how it is shown.
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return UTC


def visible_window(recipient: str, decision: DecisionRecorded, window: HoldWindow | None) -> HoldWindow | None:
    """Give the window if this recipient may know its times: ICE only where the outcome and the law allow it."""
    if recipient != ICE or (decision.ice_answer == "full" and decision.outcome in _TIMES_FOR_ICE):
        return window
    return None


def visible_release(recipient: str, decision: DecisionRecorded) -> datetime | None:
    """Give when release is due or expected if this recipient may know: ICE only where outcome and law allow it."""
    if recipient != ICE or (decision.ice_answer == "full" and decision.outcome in _TIMES_FOR_ICE):
        return decision.release_at
    return None


def span_of(recipient: str, decision: DecisionRecorded, window: HoldWindow | None) -> Span | None:
    """Give the instants that a notice to this recipient names."""
    seen = visible_window(recipient, decision, window)
    return Span(seen.opens_at, seen.closes_at) if seen else None


def answer(
    notice: Notice, decision: DecisionRecorded, window: HoldWindow | None, *, at: datetime, sent: bool = False
) -> dict[str, Any]:
    """Give the content of a notice on a decision or on its window, as of ``at``."""
    zone = decision.time_zone
    seen = visible_window(notice.recipient, decision, window)
    shown = _window(seen, zone)
    is_full = notice.recipient != ICE or decision.ice_answer == "full"
    content = _head(notice, zone, at if sent else None) | {
        "decision_id": str(decision.id),
        "case_id": str(decision.case_id),
        "detainer_id": decision.detainer_id,
        "facility_ori": notice.facility_ori,
        "booking_number": notice.booking_number,
        "number": decision.number,
        "outcome": decision.outcome,
        "policy": decision.policy if is_full else None,
        "rule": decision.rule if is_full else None,
        "citation": decision.citation if is_full else None,
        "decided_at": local(decision.decided_at, zone),
        "decided_by": decision.decided_by if is_full else None,
        "window": shown,
        "release_at": local(visible_release(notice.recipient, decision), zone),
        "supersedes": str(decision.supersedes) if decision.supersedes else None,
    }
    if notice.kind is Kind.PERSON_COPY:
        content["person_copy"] = _paper(notice, decision)
    content["text"] = _text(notice, content, seen, at)
    return content


def _paper(notice: Notice, decision: DecisionRecorded) -> dict[str, Any]:
    """Say where the paper is, in which languages and forms, and which duties it meets."""
    path = f"/v1/jails/{quote(notice.facility_ori, safe='')}/notices/{notice.id}"
    return {
        "copy": f"{path}/copy",
        "served": f"{path}/served",
        "languages": ["en", "es"],
        "formats": ["html", "pdf"],
        "owed": list(decision.person_copy),
    }


def retold(
    body: Mapping[str, Any], notice: Notice, window: HoldWindow | None, zone: str, *, at: datetime
) -> dict[str, Any]:
    """Give a planned content as it is at ``at``: for a jail that no later decision speaks to any more."""
    content = {**body, **_head(notice, zone, at), "window": _window(window, zone)}
    content["text"] = _text(notice, content, window, at)
    return content


def undecided(notice: Notice, *, zone: str, at: datetime, sent: bool = False) -> dict[str, Any]:
    """Give the content of a notice that decides nothing: a detainer is tied to no booking, or an answer is recalled."""
    decided = (
        "decision_id",
        "outcome",
        "policy",
        "rule",
        "citation",
        "decided_at",
        "decided_by",
        "window",
        "release_at",
        "supersedes",
    )
    content = _head(notice, zone, at if sent else None) | {
        "case_id": str(notice.case_id) if notice.case_id else None,
        "detainer_id": notice.detainer_id,
        "facility_ori": notice.facility_ori,
        "booking_number": notice.booking_number,
        "number": notice.number,
        **dict.fromkeys(decided),
    }
    content["text"] = _text(notice, content, None, at)
    return content


def _head(notice: Notice, zone: str, sent_at: datetime | None) -> dict[str, Any]:
    return {
        "id": str(notice.id),
        "kind": notice.kind.value,
        "recipient": notice.recipient,
        "sent_at": local(sent_at, zone),
        "due_by": local(notice.due_by, zone),
        "came_late": notice.came_late,
        "replaces": str(notice.replaces) if notice.replaces else None,
        "words": VERSION,
    }


def _window(window: HoldWindow | None, zone: str) -> dict[str, Any] | None:
    if window is None:
        return None
    return {
        "opens_at": local(window.opens_at, zone),
        "closes_at": local(window.closes_at, zone),
        "clock": window.clock,
        "evidence": window.evidence,
        "ended_at": local(window.ended_at, zone),
        "ended_by": window.ended_by,
    }


def _text(notice: Notice, content: Mapping[str, Any], window: HoldWindow | None, at: datetime) -> str:
    """Put the sentences together; every one ends on what it does not speak of."""
    values = {**content, **(content["window"] or {})}
    if window is not None:
        values["left"] = _hours(window.closes_at - at)
        values["why"] = WHY.get(window.ended_by or "", "it was ended")
    names = [_sentence(notice.kind, content["outcome"], window)]
    if notice.kind in ANSWERS and content["outcome"] == Outcome.HOLD and window is not None:
        names.append("HOLD.window" if window.is_live else "hold_ended.closed")
    elif notice.kind in ANSWERS and content["outcome"] in _TIMES_FOR_ICE and content["release_at"]:
        names.append("release")
    sentences = [SENTENCES[name] for name in names]
    if content["citation"]:
        sentences.append(BASIS)
    if notice.replaces:
        sentences.insert(0, CORRECTS if notice.kind is Kind.CORRECTION else ENDS)
    if notice.came_late:
        sentences.append(CAME_LATE)
    return " ".join(sentence.format_map(values) for sentence in (*sentences, SCOPE))


def _sentence(kind: Kind, outcome: str | None, window: HoldWindow | None) -> str:
    """Name the sentence; without a window that may be shown, a notice on it says the answer alone."""
    if kind is Kind.HOLD_ENDED:
        if window is None:
            return "hold_ended.untimed"
        return "hold_ended" if window.is_live else "hold_ended.closed"
    if kind is Kind.PERSON_COPY:
        return kind.value
    if kind in ANSWERS or window is None:
        return outcome or kind.value
    return kind.value


def _hours(left: timedelta) -> str:
    hours = max(1, round(left / _HOUR))
    return "1 hour" if hours == 1 else f"{hours} hours"
