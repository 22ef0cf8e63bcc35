"""One question for a reviewer, how it is found, and the body that answers it."""

from typing import Any

import httpx

from tests.support.builders import (
    a_booking,
    a_detainer,
    a_match,
)

ASKED = (a_booking(), a_match(), a_detainer())


def an_answer(outcome: str = "HOLD", **more: Any) -> dict[str, Any]:
    """Give the body of an answer."""
    return {"outcome": outcome, "reason_code": "felony_record", "rationale": "Read the record.", **more}


async def the_review(client: httpx.AsyncClient) -> dict[str, Any]:
    """Give the one review that is open."""
    (review,) = (await client.get("/v1/reviews", params={"state": "open"})).json()["items"]
    found: dict[str, Any] = review
    return found
