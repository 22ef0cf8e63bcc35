"""The rulebook over HTTP: its instruments, and what it makes of facts."""

from typing import Any

import pytest

from shared.http.access import ANYONE, Role
from tests.integration.decision.conftest import RULEBOOK, Stage

FACTS = {
    "agency": "state_corrections",
    "detainer_form": "I-247",
    "detainer_basis": "pending_removal_proceedings",
    "detainer_served_on_subject": True,
    "detainer_subject_matches_inmate": True,
    "detainer_status": "active",
    "in_criminal_custody": True,
}


def a_question(**more: Any) -> dict[str, Any]:
    """Ask what the Commissioner's law makes of a plain request."""
    return {"jurisdiction": "CT", "as_of": "2012-02-23", "facts": FACTS, **more}


@pytest.mark.parametrize("role", sorted(ANYONE))
async def test_anyone_signed_in_reads_the_rulebook(stage: Stage, role: Role) -> None:
    """Law is no secret: all but the scraper of figures may list, read and try it; nobody unnamed may."""
    client = await stage.client(role)
    listed = (await client.get("/v1/policies")).json()
    laws = {item["policy"]: item for item in listed["items"]}
    law = laws["ct-commissioner-2012@1"]
    assert law["binds"] == [{"from": "2012-02-22", "to": "2012-04-15", "agencies": ["state_corrections"]}]
    assert [rule["name"] for rule in law["rules"]][-1] == "case-by-case"
    assert all(rule["citation"] for each in laws.values() for rule in each["rules"])
    for name in ("ct-commissioner-2012", "ct-commissioner-2012@1"):
        assert (await client.get(f"/v1/policies/{name}")).json()["policy"] == law["policy"]
    assert (await client.get("/v1/policies/none")).status_code == 404
    assert (await client.post("/v1/policies/evaluate", json=a_question())).status_code == 200
    del client.headers["Authorization"]
    assert (await client.get("/v1/policies")).status_code == 401


async def test_evaluation_gives_the_outcome_and_its_grounds(stage: Stage) -> None:
    """The Commissioner's row asks, and names the office; with an answer it holds, on named clocks."""
    client = await stage.client(Role.JAIL)
    asked = (await client.post("/v1/policies/evaluate", json=a_question())).json()
    assert (asked["outcome"], asked["rule"]) == ("REVIEW", "case-by-case")
    assert asked["decider"] == "Commissioner of Correction"
    assert asked["rulebook"] == {"version": RULEBOOK.version, "digest": RULEBOOK.digest}
    answer = {"reviewer_decision": "honor", "reviewer": "Commissioner of Correction"}
    held = (await client.post("/v1/policies/evaluate", json=a_question(facts=FACTS | answer))).json()
    assert (held["outcome"], held["clock"]) == ("HOLD", ["FED_48_BIZ"])
    assert held["counterfactual"]["outcome"] != "HOLD"
    assert set(held) == {
        *("outcome", "policy", "rule", "citation", "confidence", "unknown", "near_misses", "counterfactual"),
        *("clock", "decider", "duties", "owed", "rulebook"),
    }


async def test_a_place_without_a_page_is_a_review(stage: Stage) -> None:
    """Never the federal baseline: nothing says that it governs there."""
    client = await stage.client(Role.OPERATOR)
    found = (await client.post("/v1/policies/evaluate", json=a_question(jurisdiction="ZZ"))).json()
    assert found["outcome"] == "REVIEW"


@pytest.mark.parametrize("as_of", ["0001-01-01", "9999-12-31"])
async def test_the_ends_of_the_calendar_are_dates_like_others(stage: Stage, as_of: str) -> None:
    """No date and no odd fact is more than the rulebook can take."""
    client = await stage.client(Role.OPERATOR)
    odd = {"convictions": 7, "charges": [[{}]], "detainer_form": {"a": []}, "agency": [], "reviewer": 1e300}
    for facts in (FACTS, odd, {}):
        found = await client.post("/v1/policies/evaluate", json=a_question(as_of=as_of, facts=facts))
        assert found.json()["outcome"] in {"HOLD", "NOTIFY_ONLY", "RELEASE", "REVIEW"}


@pytest.mark.parametrize(
    ("more", "where"),
    [
        ({"as_of": "2012-02-30"}, "/as_of"),
        ({"as_of": "20120222"}, "/as_of"),
        ({"as_of": 7}, "/as_of"),
        ({"facts": ["Ana Maria"]}, "/facts"),
        ({"jurisdiction": ""}, "/jurisdiction"),
        ({"person": "Ana Maria"}, "/person"),
    ],
)
async def test_a_bad_question_is_told_where(stage: Stage, more: dict[str, Any], where: str) -> None:
    """The answer names the place that is wrong and repeats nothing of what was sent."""
    client = await stage.client(Role.JAIL)
    response = await client.post("/v1/policies/evaluate", json=a_question(**more))
    assert (response.status_code, response.headers["content-type"]) == (422, "application/problem+json")
    assert [error["where"] for error in response.json()["errors"]] == [where]
    for sent in ("Ana Maria", "2012-02-30", "20120222"):
        assert sent not in response.text
