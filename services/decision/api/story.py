"""A case's whole story in time order: what was sent, what people answered, what each service wrote down of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from services.decision.api.places import instant_and_texts
from shared.db.session import ReadSession
from shared.http.paging import cursor

#: The three journals, each case's in its own order; at one instant, in the order in which word goes round.
_JOURNALS = " UNION ALL ".join(
    f"SELECT at, '{step} {service}' AS writer, to_char(seq, 'FM00000000000000000000') AS place, kind, detainer_id,"
    f" body, NULL AS source, NULL AS id, NULL AS state, NULL AS reason, CAST(NULL AS timestamptz) AS heard_at"
    f" FROM {service}.journal WHERE case_id = :case"
    for step, service in enumerate(("intake", "decision", "notify"), start=1)
)
#: Events stand at the time they happened, and say when they were heard; what they held is not told here.
_EVENTS = (
    "SELECT time, '0 sender', source || ' ' || id, type, detainer_id, NULL, source, id, state, reason, heard_at"
    " FROM intake.inbox WHERE case_id = :case"
)
#: What reviewers answered; each decision that came of it follows in decision's journal.
_ANSWERS = (
    "SELECT answered_at, '1 decision', CAST(id AS text), 'answer.given', detainer_id,"
    " convert_to(CAST(jsonb_build_object('review_id', review_id, 'answer', answer, 'office', office,"
    " 'reason_code', reason_code, 'rationale', rationale, 'answered_by', answered_by) AS text), 'UTF8'),"
    " NULL, NULL, NULL, NULL, NULL FROM decision.answers WHERE case_id = :case"
)
#: What a second person said of an answer, and what was done with a review.
_SECONDS = (
    "SELECT at, '1 decision', CAST(answer_id AS text) || ' 2', CASE WHEN approves THEN 'answer.approved'"
    " ELSE 'answer.refused' END, NULL, convert_to(CAST(jsonb_build_object('review_id', review_id, 'answer_id',"
    " answer_id, 'office', office, 'rationale', rationale, 'by_key', by_key) AS text), 'UTF8'),"
    " NULL, NULL, NULL, NULL, NULL FROM decision.approvals WHERE case_id = :case"
)
_ACTS = (
    "SELECT at, '1 decision', CAST(id AS text), 'review.' || act, NULL, convert_to(CAST(jsonb_build_object("
    "'review_id', review_id, 'by_key', by_key, 'to_key', to_key, 'rationale', reason) AS text), 'UTF8'),"
    " NULL, NULL, NULL, NULL, NULL FROM decision.review_acts WHERE case_id = :case"
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where the last item of a page stood."""

    at: datetime
    writer: str
    place: str


def place(after: str | None) -> Place | None:
    """Read a cursor; None for the beginning."""
    read = instant_and_texts(after, texts=2)
    return Place(read[0], *read[1]) if read is not None else None


async def told(
    session: ReadSession, case_id: UUID, after: Place | None, most: int, *, rationales: bool
) -> tuple[list[dict[str, Any]], str | None]:
    """Give a page of the story that the session may see, and the cursor of the next one.

    ``rationales`` tells as well what reviewers wrote in their own words, which is not for every caller.
    """
    rows = await session.all(
        f"SELECT * FROM ({_JOURNALS} UNION ALL {_EVENTS} UNION ALL {_ANSWERS}"
        f" UNION ALL {_SECONDS} UNION ALL {_ACTS}) AS story"
        ' WHERE CAST(:at AS timestamptz) IS NULL OR (at, writer COLLATE "C", place COLLATE "C")'
        " > (CAST(:at AS timestamptz), CAST(:writer AS text), CAST(:place AS text))"
        ' ORDER BY at, writer COLLATE "C", place COLLATE "C" LIMIT :most',
        case=case_id,
        at=after.at if after else None,
        writer=after.writer if after else None,
        place=after.place if after else None,
        most=most,
    )
    last = rows[-1] if len(rows) == most else None
    following = cursor(last.at.isoformat(), last.writer, last.place) if last is not None else None
    return [_item(row, rationales=rationales) for row in rows], following


def _item(row: Any, *, rationales: bool) -> dict[str, Any]:
    if row.body is not None:
        body = msgspec.json.decode(row.body)
        if not rationales and row.kind.startswith(("answer.", "review.")):
            body.pop("rationale", None)
    else:
        body = {"source": row.source, "id": row.id, "state": row.state, "reason": row.reason, "heard_at": row.heard_at}
    return {
        "at": row.at,
        "kind": row.kind,
        "service": row.writer.partition(" ")[2],
        "detainer_id": row.detainer_id,
        "body": body,
    }
