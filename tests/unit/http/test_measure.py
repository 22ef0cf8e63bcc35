"""What a process tells Prometheus of itself: names of ours, and never what was asked for."""

from typing import Any, cast

import httpx
import pytest
from fastapi import APIRouter, FastAPI
from prometheus_client import REGISTRY

from shared.http.app import make_app
from shared.http.measure import figures
from shared.runtime.health import Progress

_CANARY = "canary-7c1d"
_router = APIRouter()


@_router.get("/v1/things/{name}")
async def _thing(name: str) -> dict[str, str]:
    return {"name": name}


@_router.get("/v1/broken")
async def _broken() -> None:
    raise ValueError(_CANARY)


@pytest.fixture
def app() -> FastAPI:
    """Give an application with two routes of its own."""
    nothing = cast("Any", None)
    return make_app("measured", sessions=nothing, keys=nothing, progress=Progress(), routers=[_router])


def _asked(method: str, route: str, status: str) -> float:
    labels = {"service": "measured", "method": method, "route": route, "status": status}
    return REGISTRY.get_sample_value("countersign_http_answer_seconds_count", labels) or 0.0


async def _ask(app: FastAPI, method: str, path: str) -> int:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
        return (await client.request(method, path)).status_code


@pytest.mark.parametrize(
    ("method", "path", "counted"),
    [
        ("GET", f"/v1/things/{_CANARY}", ("GET", "/v1/things/{name}", "200")),
        ("GET", f"/{_CANARY}", ("GET", "none", "404")),
        ("POST", f"/v1/things/{_CANARY}", ("POST", "/v1/things/{name}", "405")),
        (_CANARY.upper(), "/healthz", ("other", "/healthz", "405")),
        ("GET", "/v1/broken", ("GET", "/v1/broken", "500")),
    ],
)
async def test_an_answer_is_counted_by_the_template_of_its_route(
    app: FastAPI, method: str, path: str, counted: tuple[str, str, str]
) -> None:
    """Whoever puts a name into a path or a method does not find it again in a label."""
    before = _asked(*counted)
    status = await _ask(app, method, path)
    assert str(status) == counted[2]
    assert _asked(*counted) == before + 1
    assert _CANARY not in bytes(figures("measured", Progress()).body).decode().lower()


def test_a_loop_tells_its_age_and_whether_it_has_stopped() -> None:
    """One that hangs grows old; one that has stopped on purpose says so, even if it never came round."""
    seconds = [0.0]
    progress = Progress(lambda: seconds[0])
    progress.beat("events")
    progress.stop("timers", "a calendar that ends")
    seconds[0] = 45.0
    told = bytes(figures("measured", progress).body).decode()
    assert 'countersign_loop_age_seconds{loop="events",service="measured"} 45.0' in told
    assert 'countersign_loop_stopped{loop="events",service="measured"} 0.0' in told
    assert 'countersign_loop_stopped{loop="timers",service="measured"} 1.0' in told
    assert "calendar" not in told


def test_a_figure_is_told_by_whoever_makes_it_and_by_nobody_else() -> None:
    """Elsewhere it would stand at nothing, which reads as well; and an alert on its absence would never fire."""
    told = {
        service: bytes(figures(service, Progress()).body).decode()
        for service in ("intake", "decision", "notify", "console")
    }
    for name, maker in {
        "countersign_unsent_notice_due_seconds ": "notify",
        "countersign_figures_age_seconds ": "console",
        "countersign_liberty_at_risk_hours ": "console",
    }.items():
        assert [service for service, words in told.items() if name in words] == [maker]
