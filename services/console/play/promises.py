"""Did all end as promised? Each broken promise is named, with what it was broken for. Pure."""

from collections.abc import Iterator

from services.console.play.model import EventLine, Play
from services.console.play.records import Records, Window
from services.console.play.sender import event_name
from services.console.play.verdict import Refused, has_run


def violations(records: Records, play: Play, refused: Refused) -> list[str]:
    """Give every promise that was not kept; empty when all ended as promised."""
    return [
        *_events(records, play, refused),
        *_decisions(records),
        *_holds(records),
        *_windows(records),
        *_notices(records),
        *_left(records),
    ]


def _events(records: Records, play: Play, refused: Refused) -> Iterator[str]:
    """Each event is applied, set aside, refused, discarded, or waits with an operator told (P1)."""
    states = {event.name: event.state for event in records.events}
    told = {one.name for one in records.waiting if one.is_told}
    aside = {one.name for one in records.aside if one.service == "intake"}
    for name, state in states.items():
        if state == "accepted" or (state == "waiting" and name not in told and not aside):
            yield f"event {name[1]} of {name[0]} is {state}, and nobody was told"
        if state == "parked" and name not in aside:
            yield f"event {name[1]} of {name[0]} counts as set aside and is not there to be looked at"
    # What could not be read at all is set aside without a name.
    if (None, None) in aside:
        return
    sent = {event_name(line) for line in play.lines if isinstance(line, EventLine)}
    for name in sorted(sent - states.keys() - refused.keys() - aside):
        yield f"event {name[1]} of {name[0]} was sent and is nowhere"


def _decisions(records: Records) -> Iterator[str]:
    """Every detainer on a known booking has exactly one standing decision, its numbers without a gap (P3)."""
    standing = {(one.case_id, one.detainer_id): one for one in records.standings}
    for case in records.cases:
        if case.custody == "awaited":
            continue
        for detainer_id in case.detainers:
            one = standing.get((case.id, detainer_id))
            if one is None or one.number == 0:
                yield f"detainer {detainer_id} on case {case.id} has no standing decision"
    for one in records.standings:
        if one.number != one.top or one.count != one.top:
            yield (
                f"detainer {one.detainer_id} on case {one.case_id}: decision {one.number} stands, of {one.count} with"
                f" numbers up to {one.top}"
            )


def _holds(records: Records) -> Iterator[str]:
    """No hold without rule and citation; and once release is due, none without a window or other custody (P4)."""
    for one in records.standings:
        if one.number and not (one.rule and one.citation):
            yield f"the decision on detainer {one.detainer_id} names no rule or no citation"
        is_due = one.outcome == "HOLD" and one.told.get("release_due_at") and not one.told.get("gone_at")
        if is_due and not one.has_window and not one.told.get("other_custody"):
            yield f"detainer {one.detainer_id} is held past release with neither window nor other custody"


def _windows(records: Records) -> Iterator[str]:
    """Every window is closed, and its jail was told in time (P5)."""
    for window in records.windows:
        if window.ended_at is None:
            yield f"window {window.id} is not closed; it was to close at {window.closes_at.isoformat()}"
        elif has_run(window) and not _end_was_told(window):
            yield f"the end of window {window.id} was not told in time"


def _end_was_told(window: Window) -> bool:
    """Tell whether the jail had it when it was due: by the closing, or at once where the hold ended early."""
    return any(delivered_at is not None and delivered_at <= due_by for due_by, delivered_at in window.told)


def _notices(records: Records) -> Iterator[str]:
    """Nothing was late (P6), and nobody's last word contradicts what stands (P7)."""
    for one in records.late:
        yield f"{one.kind} {one.notice_id} to {one.recipient} was late; due {one.due_by.isoformat()}"
    standing = {(one.case_id, one.detainer_id): one.outcome for one in records.standings}
    for word in records.last_words:
        stands = standing.get((word.case_id, word.detainer_id))
        if word.outcome is not None and stands is not None and word.outcome != stands:
            yield f"{word.recipient} was last told {word.outcome} on detainer {word.detainer_id}, and {stands} stands"


def _left(records: Records) -> Iterator[str]:
    """Nothing is still to be sent, and the clock ran on until no timer was left."""
    for service, letters in records.letters.items():
        yield f"{letters} messages of {service} were never published"
    for service, due_at in records.timers.items():
        yield f"{service} still has a timer, due {due_at.isoformat()}"
