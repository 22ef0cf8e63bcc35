"""What a receiver's answer proves, and what it asks for."""

from datetime import UTC, datetime, timedelta

import pytest

from services.notify.channels.answer import Result, read

NOW = datetime(2026, 11, 21, 20, tzinfo=UTC)
ID = "0135b160-b700-7d43-9e44-7c8d9e0f1a23"
SECONDS = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("status", "body", "result"),
    [
        (200, f'{{"id":"{ID}"}}', Result.CONFIRMED),
        (202, f'{{"id":"{ID}","more":[1]}}', Result.CONFIRMED),
        (200, "", Result.UNCONFIRMED),
        (204, "", Result.UNCONFIRMED),
        (200, "<html>Please sign in</html>", Result.UNCONFIRMED),
        (200, '{"id":"another"}', Result.UNCONFIRMED),
        (200, f'["{ID}"]', Result.UNCONFIRMED),
        (200, f'{{"data":{{"id":"{ID}"}}}}', Result.UNCONFIRMED),
        (200, "[" * 4000, Result.UNCONFIRMED),
        (200, "\udcff", Result.UNCONFIRMED),
        (301, f'{{"id":"{ID}"}}', Result.REDIRECTED),
        (410, "", Result.GONE),
        (400, "", Result.REFUSED),
        (404, f'{{"id":"{ID}"}}', Result.REFUSED),
        (429, "", Result.REFUSED),
        (500, f'{{"id":"{ID}"}}', Result.REFUSED),
        (101, "", Result.REFUSED),
    ],
)
def test_only_an_echo_of_the_id_in_a_success_confirms(status: int, body: str, result: Result) -> None:
    """A page of 200 proves that something answered, not that the notice arrived."""
    assert read(status, body.encode(errors="surrogateescape"), None, ID, NOW).result is result


@pytest.mark.parametrize(
    ("status", "header", "wait"),
    [
        (429, "120", 120 * SECONDS),
        (503, "0", 0 * SECONDS),
        (429, "Sat, 21 Nov 2026 20:01:00 GMT", 60 * SECONDS),
        (429, "Sat, 21 Nov 2026 19:00:00 GMT", 0 * SECONDS),
        (429, "99999999999999999999", timedelta(days=7)),
        (429, "soon", None),
        (429, "-5", None),
        (429, "١٢", None),
        (429, None, None),
        (500, "120", None),
        (200, "120", None),
    ],
)
def test_what_a_receiver_asks_for_is_heard(status: int, header: str | None, wait: timedelta | None) -> None:
    """Seconds or a date with 429 and 503; nonsense is no wish, and no wish is longer than a week."""
    assert read(status, b"", header, ID, NOW).retry_after == wait
