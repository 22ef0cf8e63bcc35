"""The review queue over HTTP: who sees it, who may take what, and in what order."""

from uuid import UUID, uuid4

from shared.http.access import Role
from tests.integration.decision.conftest import Stage
from tests.integration.decision.questions import ASKED, an_answer, the_review
from tests.support.builders import (
    DETAINER,
    ORI,
    at,
)


async def test_an_open_review_shows_the_question_and_no_person(stage: Stage) -> None:
    """A reviewer sees the facts, the rule that asks and whose office answers; names and numbers are not there."""
    case_id = await stage.hear(*ASKED)
    response = await (await stage.reviewer()).get("/v1/reviews")
    (review,) = response.json()["items"]
    assert review["case_id"] == str(case_id)
    assert (review["state"], review["office"]) == ("open", "Commissioner of Correction")
    assert review["question"]["rule"] == "case-by-case"
    assert review["question"]["facts"]["detainer_form"] == "I-247"
    assert "Example" not in response.text
    assert "A012345678" not in response.text


async def test_a_claim_keeps_others_away(stage: Stage) -> None:
    """Claiming one's own again changes nothing; somebody else gets 409 for claim and answer."""
    await stage.hear(*ASKED)
    one, two = await stage.reviewer(), await stage.reviewer()
    review = await the_review(one)
    first, again = [await one.post(f"/v1/reviews/{review['id']}/claim") for _ in range(2)]
    assert first.status_code == again.status_code == 200
    assert first.json() == again.json()
    assert first.json()["state"] == "claimed"
    for act, body in (("claim", None), ("answer", an_answer())):
        refused = await two.post(f"/v1/reviews/{review['id']}/{act}", json=body)
        assert (refused.status_code, refused.json()["type"]) == (409, "urn:countersign:problem:review_claimed")
    assert (await one.post(f"/v1/reviews/{review['id']}/answer", json=an_answer())).status_code == 202


async def test_reviews_are_for_those_who_see_all(stage: Stage) -> None:
    """Jails, ICE and bureaus are no callers of the queue; only a reviewer claims and answers."""
    await stage.hear(*ASKED)
    review_id = (await the_review(await stage.reviewer()))["id"]
    for role in (Role.JAIL, Role.ICE, Role.BUREAU):
        assert (await (await stage.client(role, oris=(ORI,))).get("/v1/reviews")).status_code == 403
    operator = await stage.client(Role.OPERATOR)
    assert (await operator.get("/v1/reviews")).status_code == 200
    assert (await operator.post(f"/v1/reviews/{review_id}/claim")).status_code == 403
    assert (await operator.post(f"/v1/reviews/{review_id}/answer", json=an_answer())).status_code == 403


async def test_a_review_that_is_not_there_is_404(stage: Stage) -> None:
    """An id that nobody gave out names nothing."""
    client = await stage.reviewer()
    for act, body in (("claim", None), ("answer", an_answer())):
        assert (await client.post(f"/v1/reviews/{uuid4()}/{act}", json=body)).status_code == 404


async def test_the_queue_is_paged_by_urgency(stage: Stage) -> None:
    """The most urgent comes first, a cursor goes on after it, and a made-up one is refused."""
    for _ in range(3):
        await stage.hear(*ASKED)
    await stage.run(
        "UPDATE decision.reviews SET due_by = due_by - interval '1 hour'"
        " WHERE id = (SELECT CAST(max(CAST(id AS text)) AS uuid) FROM decision.reviews)"
    )
    client = await stage.reviewer()
    items = (await client.get("/v1/reviews", params={"detainer_id": DETAINER})).json()["items"]
    assert [item["due_by"] for item in items] == sorted(item["due_by"] for item in items)
    assert len({UUID(item["id"]) for item in items}) == 3
    rest = await client.get("/v1/reviews", params={"after": stage.cursor(items[0]["due_by"], items[0]["id"])})
    assert [item["id"] for item in rest.json()["items"]] == [item["id"] for item in items[1:]]
    for made_up in (
        "x",
        stage.cursor("soon", items[0]["id"]),
        stage.cursor(at("2012-02-22 03:14"), "1"),
        stage.cursor(1),
    ):
        assert (await client.get("/v1/reviews", params={"after": made_up})).status_code == 400
    assert (await client.get("/v1/reviews", params={"detainer_id": "none"})).json() == {"items": [], "next": None}
