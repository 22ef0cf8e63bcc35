"""What became of attempts: delivered, to be tried again or given up; and what that says of the endpoint."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.notify import endpoints, retry, sends
from services.notify.arrive import arrived
from services.notify.channels.answer import Answer, Result
from services.notify.dossier import Kind
from services.notify.endpoints import Attempted, Endpoint
from services.notify.retry import Patience
from services.notify.sends import Letter
from shared.db.session import WriteSession
from shared.outbox.outbox import Outbox
from shared.runtime.ids import Ids


async def settle(
    session: WriteSession,
    outbox: Outbox,
    ids: Ids,
    patience: Patience,
    endpoint_id: UUID,
    answered: Sequence[tuple[Letter, Answer]],
    now: datetime,
) -> None:
    """Write down what became of each attempt: delivered, to be tried again, or given up; and judge the endpoint."""
    endpoint = await endpoints.locked(session, endpoint_id)
    attempts = [
        Attempted(letter.notice.id, letter.notice.facility_ori, "webhook", answer) for letter, answer in answered
    ]
    await endpoints.write_attempts(session, ids, endpoint, attempts, now)
    confirmed = [letter.notice.id for letter, answer in answered if answer.result is Result.CONFIRMED]
    failed = [(letter, answer) for letter, answer in answered if answer.result is not Result.CONFIRMED]
    await sends.close(session, endpoint_id, confirmed, "confirmed")
    await _try_again(session, endpoint, failed, patience, now)
    await arrived(session, outbox, confirmed, now)
    await _judge(session, ids, endpoint, [answer for _, answer in answered], patience, now)


async def _try_again(
    session: WriteSession,
    endpoint: Endpoint,
    failed: Sequence[tuple[Letter, Answer]],
    patience: Patience,
    now: datetime,
) -> None:
    next_at = [_next(endpoint, letter, answer, patience, now) for letter, answer in failed]
    if failed:
        await session.run(
            "UPDATE notify.sends s SET tries = s.tries + 1, result = u.result, leased_until = '-infinity',"
            " next_at = coalesce(u.next_at, s.next_at),"
            " state = CASE WHEN u.next_at IS NULL THEN 'failed' ELSE s.state END"
            " FROM unnest(CAST(:ids AS uuid[]), CAST(:results AS text[]), CAST(:next AS timestamptz[]))"
            " AS u (id, result, next_at)"
            " WHERE s.endpoint_id = :endpoint AND s.notice_id = u.id AND s.state = 'waiting'",
            endpoint=endpoint.id,
            ids=[letter.notice.id for letter, _ in failed],
            results=[answer.result for _, answer in failed],
            next=next_at,
        )


def _next(endpoint: Endpoint, letter: Letter, answer: Answer, patience: Patience, now: datetime) -> datetime | None:
    """Give when to try again; who says that it is gone is asked no more, but for the end of a hold."""
    if answer.result is Result.GONE and letter.notice.kind is not Kind.HOLD_ENDED:
        return None
    seed = f"{endpoint.id}/{letter.notice.id}"
    return retry.next_attempt(letter.notice, letter.tries + 1, now, patience, seed=seed, retry_after=answer.retry_after)


async def _judge(
    session: WriteSession, ids: Ids, endpoint: Endpoint, answers: Sequence[Answer], patience: Patience, now: datetime
) -> None:
    """Count failures in a row; suspend an endpoint that is dead or says that it is gone."""
    if any(answer.result is Result.CONFIRMED for answer in answers):
        if endpoint.failures:
            await session.run(
                "UPDATE notify.endpoints SET failures = 0, failing_since = NULL WHERE id = :id", id=endpoint.id
            )
        return
    failures, since = endpoint.failures + len(answers), endpoint.failing_since or now
    await session.run(
        "UPDATE notify.endpoints SET failures = :failures, failing_since = :since WHERE id = :id",
        id=endpoint.id,
        failures=failures,
        since=since,
    )
    last = answers[-1]
    if any(answer.result is Result.GONE for answer in answers):
        await endpoints.suspend(session, ids, endpoint, "it answers 410, gone", now)
    elif retry.is_dead(failures, since, now, patience):
        why = f"{failures} attempts failed in a row since {since.isoformat()}, the last was {last.result}"
        await endpoints.suspend(session, ids, endpoint, why, now)
