"""Pure: take back what was told of a detainer, or tell it anew; each notice names the one it takes the place of.

A recall ends the hold that was told: doubt is no authority. Whatever is decided afterwards is told as a
correction, but a hold that was recalled does not open again.
"""

from dataclasses import replace
from typing import Literal

from services.notify import compose, hold
from services.notify.dossier import ANSWERS, ICE, Dossier, Kind, Notice, Stage, jail
from services.notify.draft import Moment, draft
from shared.domain.events import DecisionRecorded

Action = Literal["recall", "correct"]


def acted_on(dossier: Dossier, action: Action, moment: Moment) -> Dossier:
    """Give the dossier after the action; one of which nobody was told anything is left as it is."""
    decision = dossier.decision
    if decision is None:
        return dossier
    last = [one for who in (jail(decision.facility_ori), ICE) if (one := _last(dossier, who)) is not None]
    if not last:
        return dossier
    planned = tuple(_dropped(notice) for notice in dossier.notices)
    dossier = replace(dossier, notices=planned)
    if action == "recall":
        dossier = hold.called_off(dossier, moment)
        new = [_recall(notice, decision, moment) for notice in last]
    else:
        new = [_correction(notice, dossier, decision, moment) for notice in last]
    return replace(dossier, notices=(*dossier.notices, *new))


def _last(dossier: Dossier, recipient: str) -> Notice | None:
    """Give the last answer that a recipient may have read, unless it was recalled already."""
    read = [one for one in dossier.notices if one.recipient == recipient and one.is_out and one.kind in ANSWERS]
    return read[-1] if read and read[-1].kind is not Kind.RECALL else None


def _dropped(notice: Notice) -> Notice:
    is_unsent = notice.kind in ANSWERS and notice.stage is Stage.PLANNED
    return replace(notice, stage=Stage.REPLACED) if is_unsent else notice


def _recall(last: Notice, decision: DecisionRecorded, moment: Moment) -> Notice:
    made = draft(
        moment,
        Kind.RECALL,
        last.recipient,
        decision,
        None,
        send_at=moment.now,
        due_by=moment.grace_ends_at,
        replaces=last.id,
    )
    made = replace(made, outcome=None, rule=None, said=None, release_at=None)
    return replace(made, body=compose.undecided(made, zone=decision.time_zone, at=moment.now))


def _correction(last: Notice, dossier: Dossier, decision: DecisionRecorded, moment: Moment) -> Notice:
    window = hold.window_of(dossier.windows, decision)
    return draft(
        moment,
        Kind.CORRECTION,
        last.recipient,
        decision,
        window,
        send_at=moment.now,
        due_by=moment.grace_ends_at,
        replaces=last.id,
    )
