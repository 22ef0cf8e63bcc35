"""Pure: what a decision means for hold windows and notices; who is told what, by when.

A decision turns a dossier into the next one, and nothing else does: taking decisions one after the other or
many in one batch gives the same windows and the same notices.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from services.notify import compose, hold
from services.notify.dossier import ANSWERS, ICE, Dossier, HoldWindow, Kind, Notice, Stage, jail
from services.notify.draft import NOTHING, Moment, answer_for, draft
from shared.domain.decision import Outcome
from shared.domain.events import DecisionRecorded


@dataclass(frozen=True, slots=True)
class _News:
    """What a recipient has not been told: a first answer, or a correction of what it was told."""

    kind: Kind
    replaces: UUID | None = None


def after(dossier: Dossier, decision: DecisionRecorded, moment: Moment) -> Dossier:
    """Give the dossier as it stands once a decision was heard; one already overtaken changes nothing."""
    if decision.number <= dossier.number:
        return dossier
    dossier = replace(dossier, decision=decision)
    dossier = hold.settle(dossier, decision, moment)
    dossier = hold.open_new(dossier, decision, moment)
    return _answer(dossier, decision, moment)


def _answer(dossier: Dossier, decision: DecisionRecorded, moment: Moment) -> Dossier:
    """Overtake the answers still unsent, and plan what a recipient has not been told yet."""
    notices = [_overtaken(notice) for notice in dossier.notices]
    window = hold.window_of(dossier.windows, decision)
    due = {jail(decision.facility_ori): decision.due_by}
    if decision.ice_answer != NOTHING:
        due[ICE] = decision.ice_due_by
    for recipient, due_by in due.items():
        read = [n for n in notices if n.recipient == recipient and n.is_out and n.kind is not Kind.PERSON_COPY]
        news = _news(read, recipient, decision, window)
        if news is not None:
            notices.append(_answering(news, recipient, decision, window, due_by, moment))
    notices += _copy(notices, decision, window, moment)
    return replace(dossier, notices=tuple(notices))


def _copy(
    notices: Sequence[Notice], decision: DecisionRecorded, window: HoldWindow | None, moment: Moment
) -> list[Notice]:
    """Plan the person's copy where the law owes one: at once, and anew when answer or deadline change."""
    if not decision.person_copy or decision.gone_at is not None:
        return []
    to = jail(decision.facility_ori)
    last = next((n for n in reversed(notices) if n.kind is Kind.PERSON_COPY and n.recipient == to and n.is_out), None)
    live = window if window is not None and window.is_live else None
    says = (*answer_for(to, decision), compose.span_of(to, decision, live))
    if last is not None and (last.outcome, last.rule, last.said) == says:
        return []
    due_by = moment.grace_ends_at if decision.due_by <= moment.now or decision.came_late else decision.due_by
    replaces = last.id if last is not None else None
    return [draft(moment, Kind.PERSON_COPY, to, decision, live, send_at=moment.now, due_by=due_by, replaces=replaces)]


def _overtaken(notice: Notice) -> Notice:
    is_unsent = (notice.kind in ANSWERS or notice.kind is Kind.PERSON_COPY) and notice.stage is Stage.PLANNED
    return replace(notice, stage=Stage.REPLACED) if is_unsent else notice


def _answering(
    news: _News,
    recipient: str,
    decision: DecisionRecorded,
    window: HoldWindow | None,
    due_by: datetime,
    moment: Moment,
) -> Notice:
    """Give the notice of an answer: at once, but for a REVIEW, which is told while there is still time."""
    if due_by <= moment.now or decision.came_late:
        due_by = moment.grace_ends_at
    send_at = moment.now
    if decision.outcome == Outcome.REVIEW:
        send_at = max(send_at, due_by - moment.margins.review_told)
    return draft(
        moment,
        news.kind,
        recipient,
        decision,
        window,
        send_at=send_at,
        due_by=due_by,
        replaces=news.replaces,
        came_late=decision.came_late,
    )


def _news(
    read: Sequence[Notice], recipient: str, decision: DecisionRecorded, window: HoldWindow | None
) -> _News | None:
    """Give what is new to a recipient that has ``read`` so much; None when it knows it all."""
    answers = [notice for notice in read if notice.kind in ANSWERS]
    if not answers:
        return _News(Kind.DECISION)
    if (answers[-1].outcome, answers[-1].rule) != answer_for(recipient, decision):
        return _News(Kind.CORRECTION, answers[-1].id)
    if _is_release_moved(answers[-1], recipient, decision, window):
        return _News(Kind.CORRECTION, answers[-1].id)
    span = compose.span_of(recipient, decision, window)
    if window is None or span is None or not window.is_live:
        return None
    # A jail that is cut off acts on the last closing instant it read, so an earlier one must reach it.
    for notice in reversed(read):
        if notice.said is not None and notice.said.opens_at == span.opens_at:
            return _News(Kind.CORRECTION, notice.id) if notice.said.closes_at > span.closes_at else None
    return None


def _is_release_moved(told: Notice, recipient: str, decision: DecisionRecorded, window: HoldWindow | None) -> bool:
    """Tell whether ICE was told another instant of release; a window's own notices tell it by themselves."""
    if recipient != ICE or window is not None or decision.gone_at is not None:
        return False
    return told.release_at != compose.visible_release(recipient, decision)
