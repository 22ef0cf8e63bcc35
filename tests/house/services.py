"""The services' applications as their mains make them, for tests that look at their routes."""

from collections.abc import Iterator
from typing import Any, cast

from fastapi import APIRouter
from fastapi.routing import APIRoute

from services.decision import api as decision
from services.intake import api as intake
from services.notify import main as notify
from shared.http.app import COMMON, make_app

ROUTERS: dict[str, tuple[APIRouter, ...]] = {
    "intake": intake.ROUTERS,
    "decision": decision.ROUTERS,
    "notify": notify.ROUTERS,
}


def routes(service: str) -> Iterator[APIRoute]:
    """Walk every route of a service, its own and the common ones."""
    for router in (*ROUTERS[service], *COMMON):
        for route in router.routes:
            assert isinstance(route, APIRoute), f"{route} is no route that asks anything"
            yield route


def paths(service: str) -> set[str]:
    """Give every path that the finished application answers on, as its OpenAPI document has them."""
    nothing = cast("Any", None)
    app = make_app(service, sessions=nothing, keys=nothing, progress=nothing, routers=ROUTERS[service])
    return set(app.openapi()["paths"])
