"""When a receipt is awaited, and when what failed is tried again."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from services.notify import plan, retry
from services.notify.dossier import Dossier, Kind, Margins, Notice
from services.notify.draft import Moment
from tests.support.decisions import CLOSES, DUE, NOW, a_hold, ids

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
MARGINS = Margins()


def a_notice(kind: Kind = Kind.DECISION) -> Notice:
    """Give a notice of a hold, as planned."""
    moment = Moment(now=NOW, margins=MARGINS, new_id=ids().__next__)
    return next(n for n in plan.after(Dossier(), a_hold(), moment).notices if n.kind is kind)


@pytest.mark.parametrize(
    ("kind", "due_by", "sent_at", "awaited"),
    [
        (Kind.DECISION, DUE, NOW, NOW + 4 * HOUR),
        (Kind.DECISION, DUE, DUE - HOUR, DUE),
        (Kind.DECISION, DUE, DUE, DUE + 15 * MINUTE),
        (Kind.DECISION, DUE, DUE + HOUR, DUE + 75 * MINUTE),
        (Kind.HOLD_ENDED, CLOSES, CLOSES - 15 * MINUTE, CLOSES),
        (Kind.HOLD_ENDED, CLOSES, CLOSES - 10 * HOUR, CLOSES),
    ],
)
def test_a_receipt_is_awaited_while_there_is_time(
    kind: Kind, due_by: datetime, sent_at: datetime, awaited: datetime
) -> None:
    """Four hours after sending, never beyond the due time; of an end of hold until it closes."""
    notice = replace(a_notice(kind), due_by=due_by)
    assert retry.receipt_by(notice, sent_at, MARGINS) == awaited
