"""What a service says of its own events and routes, to anyone who asks."""

import httpx
import pytest
from fastapi import FastAPI

from services.intake.wire import SHAPES
from shared.http.app import make_app
from shared.http.docs import page_of
from shared.runtime.health import Progress

NOTHING = object()


@pytest.fixture
def app() -> FastAPI:
    """Give an application of intake's events, without a database."""
    return make_app("intake", sessions=NOTHING, keys=NOTHING, progress=Progress(), routers=(), shapes=SHAPES)  # type: ignore[arg-type]


async def ask(app: FastAPI, path: str) -> httpx.Response:
    """Ask without any key."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x") as client:
        return await client.get(path)


async def test_every_event_type_has_its_schema(app: FastAPI) -> None:
    """The schema is the very type that checks the event: what it demands is what is refused."""
    listed = (await ask(app, "/schemas")).json()["items"]
    assert listed == [f"/schemas/{kind}/1" for kind in sorted(SHAPES)]
    for path in listed:
        answer = await ask(app, path)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/schema+json")
        assert answer.json()["$id"] == path
    lodged = (await ask(app, "/schemas/detainer.lodged/1")).json()["$defs"]["DetainerLodged"]
    assert {"facility_ori", "detainer_id"} <= set(lodged["required"])


@pytest.mark.parametrize("path", ["/schemas/detainer.lodged/2", "/schemas/nobody.knows/1"])
async def test_what_is_no_schema_is_not_found(app: FastAPI, path: str) -> None:
    """Another version or an unknown type is answered like any path that does not exist."""
    answer = await ask(app, path)
    assert (answer.status_code, answer.json()["type"]) == (404, "urn:countersign:problem:not_found")


async def test_the_page_of_routes_loads_nothing_from_elsewhere(app: FastAPI) -> None:
    """It lists each route, and names no foreign host."""
    answer = await ask(app, "/docs")
    assert answer.status_code == 200
    assert "/v1/alarms" in answer.text
    assert "http://" not in answer.text
    assert "https://" not in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_what_stands_in_a_document_is_shown_as_text() -> None:
    """A title or description is no markup."""
    document = {"info": {"title": "<b>"}, "paths": {"/x": {"get": {"description": "<script>"}}}}
    assert "<script>" not in page_of(document)
    assert "&lt;b&gt;" in page_of(document)
