"""Every route asks who is calling."""

import re
from collections.abc import Iterator

import pytest
from fastapi.dependencies.models import Dependant

from shared.http.access import allowing
from shared.http.app import OPEN
from tests.house.services import ROUTERS, paths, routes

#: How the dependency that asks is told from others: by the function that made it.
_ASKS = allowing().__qualname__


def _calls(dependant: Dependant) -> Iterator[str]:
    for each in dependant.dependencies:
        yield getattr(each.call, "__qualname__", "")
        yield from _calls(each)


@pytest.mark.parametrize("service", ROUTERS)
def test_every_route_asks_who_is_calling(service: str) -> None:
    """A route either stands in the short list of open ones, which hold no data, or takes a key."""
    silent = [
        f"{route.name} {route.path}"
        for route in routes(service)
        if route.path not in OPEN and _ASKS not in _calls(route.dependant)
    ]
    assert silent == []


@pytest.mark.parametrize("service", ROUTERS)
def test_the_walk_sees_every_path(service: str) -> None:
    """What the application answers on is what was walked: no route comes in by another door."""
    assert paths(service) == {re.sub(r":\w+}", "}", route.path) for route in routes(service)}


@pytest.mark.parametrize("service", ROUTERS)
def test_no_path_or_query_asks_for_a_person(service: str) -> None:
    """Names, birth dates and federal numbers never stand in a URL, where logs and proxies keep them."""
    personal = {"name", "family_name", "given_names", "birth_date", "a_number", "fin", "ucn", "sid"}
    asked = {
        param.name
        for route in routes(service)
        for param in (*route.dependant.path_params, *route.dependant.query_params)
    }
    assert asked & personal == set()
