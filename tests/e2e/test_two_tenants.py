"""Two jails on one service: whatever one asks by the other's ids is answered as for ids that nobody gave out."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import asyncpg
import httpx
import pytest

from tests.e2e.story import a_story, written
from tests.e2e.up import played, ready, started

MINE, THEIRS, NOBODYS = "CT0002300", "CT0009300", "CT0099900"
#: What the other jail's ids are, straight from the database; of cases and notices those that never were ours.
_THEIRS = {
    "case_id": "SELECT case_id FROM intake.cases c WHERE facility_ori = $1 AND NOT EXISTS (SELECT FROM intake.journal j"
    " WHERE j.case_id = c.case_id AND j.facility_ori <> $1) ORDER BY case_id DESC LIMIT 1",
    "review_id": "SELECT id FROM decision.reviews WHERE facility_ori = $1 LIMIT 1",
    "notice_id": "SELECT id FROM notify.notices WHERE recipient = 'jail:' || $1 LIMIT 1",
    "event_id": "SELECT id FROM intake.inbox WHERE facility_ori = $1 AND sender = 'jail' AND state = 'applied' LIMIT 1",
    "number": "SELECT booking_number FROM intake.cases WHERE facility_ori = $1 LIMIT 1",
    "parked_id": "SELECT id FROM intake.parked WHERE $1 <> '' LIMIT 1",
    "alarm_id": "SELECT id FROM intake.alarms WHERE $1 <> '' LIMIT 1",
}
#: Parameters that name nothing of anybody's.
_PUBLIC = {"kind", "version", "policy_id", "file"}
#: Of these nothing is any jail's.
_NOBODYS = ("delegation_id", "burst_id")
_UUIDS = ("case_id", "review_id", "notice_id", "parked_id", "alarm_id", "endpoint_id", *_NOBODYS)
#: Bodies that are in order, so that it is not they that are refused.
_BODIES = {
    "receipt": {"signed_by": "desk officer"},
    "receipts": {"ids": [], "signed_by": "desk officer"},
    "disable": {"reason": "to be tried"},
    "retry": {"reason": "to be tried"},
    "discard": {"reason": "to be tried"},
    "clear": {"reason": "to be tried"},
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Play the story to its end, and give its data directory."""
    place = tmp_path_factory.mktemp("tenants")
    code, end = played(place / "d", written(a_story(), place))
    assert (code, end["violations"]) == (0, [])
    return place / "d"


def questions(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Give method and path of every route that takes an id."""
    for path, methods in document["paths"].items():
        names = set(re.findall(r"{(\w+)}", path))
        if names and not names & _PUBLIC:
            yield from ((method, path) for method in methods)


def filled(path: str, ids: Mapping[str, str]) -> str:
    """Put ids into a path."""
    return re.sub(r"{(\w+)}", lambda name: quote(ids[name[1]], safe=""), path)


def ask(client: httpx.Client, method: str, path: str, ids: Mapping[str, str]) -> tuple[int, str]:
    """Ask, and give status and body with the ids taken out."""
    body = _BODIES.get(path.rpartition("/")[2], {}) if method != "get" else None
    answer = client.request(method, filled(path, ids), json=body, params={"wait": "0"} if method == "get" else None)
    said = answer.text
    for value in sorted(ids.values(), key=len, reverse=True):
        said = said.replace(value, "ID").replace(quote(value, safe=""), "ID")
    return answer.status_code, re.sub(r'"(as_of|now)":\s*"[^"]*"', "", said)


async def the_ids_of(url: str, ori: str) -> dict[str, str]:
    """Read ids of a jail's out of the database."""
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        return {name: str(await connection.fetchval(query, ori)) for name, query in _THEIRS.items()}
    finally:
        await connection.close()


async def test_another_jails_ids_are_as_ids_that_nobody_gave_out(folder: Path) -> None:
    """Every route of every service with an id in its path, asked by one jail: status and body are the same."""
    with started(folder) as up:
        run = ready(up, folder)
        theirs = await the_ids_of(run["database"], THEIRS) | {"ori": THEIRS}
        theirs |= {name: str(uuid4()) for name in _NOBODYS}
        assert "None" not in theirs.values()
        with _as(run, "notify", THEIRS) as other:
            made = other.post("/v1/endpoints", json={"url": "https://jail.example/notices"})
            theirs["endpoint_id"] = made.json()["id"]
        nobodys = {name: str(uuid4()) if name in _UUIDS else f"nobodys-{name}" for name in theirs} | {"ori": NOBODYS}
        asked, differing, owners = 0, [], set()
        for service in ("intake", "decision", "notify"):
            with _as(run, service, MINE) as client:
                for method, path in questions(client.get("/openapi.json").json()):
                    # Once under the other's facility, and once its ids under our own.
                    for mine in _places(path):
                        asked += 1
                        here, there = (ask(client, method, path, ids | mine) for ids in (theirs, nobodys))
                        if here != there or (here[0] < 400 and not _may_be_asked(path, mine)):
                            differing.append((method, path, here, there))
            with _as(run, service, THEIRS) as client:
                gets = [path for method, path in questions(client.get("/openapi.json").json()) if method == "get"]
                asked_by_owner = [path for path in gets if not path.endswith("/stream")]
                owners |= {path for path in asked_by_owner if ask(client, "get", path, theirs)[0] == httpx.codes.OK}
    assert differing == []
    assert asked > 30
    # They are the other's ids indeed: their owner gets an answer.
    assert {"/v1/cases/{case_id}", "/v1/events/{event_id}", "/v1/endpoints/{endpoint_id}"} <= owners


def _places(path: str) -> tuple[dict[str, str], ...]:
    """Give the facilities to ask under; our own stream would go on for ever, and has no other id in it."""
    return ({}, {"ori": MINE}) if "{ori}" in path and not path.endswith("/stream") else ({},)


def _as(run: Mapping[str, Any], service: str, ori: str) -> httpx.Client:
    key = run["keys"][f"jail:{ori}"]
    return httpx.Client(base_url=run["urls"][service], headers={"Authorization": f"Bearer {key}"}, timeout=60)


def _may_be_asked(path: str, mine: Mapping[str, str]) -> bool:
    """Tell whether a jail may ask this of itself: its feed, and for a hold on a number that it does not have."""
    return bool(mine) and path.rpartition("/")[2] in ("notices", "receipts", "release-check")
