"""What a record of a decision says of the answers behind it: a digest of each, with who approved it."""

from collections import defaultdict
from collections.abc import Collection
from uuid import UUID

from shared.db.session import ReadSession

#: Of answers ``a`` and their approvals ``p``: all that was said, by whom, to which question. An answer that still
#: waits for a second person is not sealed; nothing is added to one that is.
SEALED = (
    "SELECT a.id, a.case_id, a.detainer_id, encode(sha256(convert_to(CAST(jsonb_build_array(a.review_id, a.answer,"
    " a.office, a.reason_code, a.rationale, a.answered_by, a.person, extract(epoch FROM a.answered_at),"
    " encode(a.question_digest, 'hex'), p.approves, p.by_key, p.by_person, p.rationale, extract(epoch FROM p.at))"
    " AS text), 'UTF8')), 'hex') AS seal FROM decision.answers a LEFT JOIN decision.approvals p ON p.answer_id = a.id"
    " WHERE (p.answer_id IS NOT NULL OR NOT a.needs_second) AND a.case_id = ANY (CAST(:cases AS uuid[]))"
)


async def answer_seals(session: ReadSession, case_ids: Collection[UUID]) -> dict[tuple[UUID, str], list[list[str]]]:
    """Give (answer id, seal) of all answers to each detainer of the cases, in the order of their ids."""
    found: dict[tuple[UUID, str], list[list[str]]] = defaultdict(list)
    for row in await session.all(f"{SEALED} ORDER BY a.id", cases=list(case_ids)):
        found[row.case_id, row.detainer_id].append([str(row.id), row.seal])
    return found
