"""Pure: when to try again, and when to call a person; all in the time that the notice's deadline lives in."""

from datetime import datetime

from services.notify.dossier import Kind, Margins, Notice


def receipt_by(notice: Notice, sent_at: datetime, margins: Margins) -> datetime:
    """Give the instant by which a receipt is awaited, while there still is time to reach the recipient otherwise.

    The end of a hold may be acknowledged until it is due, which is its closing: there is no time left after it.
    """
    due_by = max(notice.due_by, sent_at + margins.grace) if notice.due_by <= sent_at else notice.due_by
    return due_by if notice.kind is Kind.HOLD_ENDED else min(sent_at + margins.receipt, due_by)
