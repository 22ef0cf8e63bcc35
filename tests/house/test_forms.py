"""Every answer in JSON has a form, so that a client made from the documents gives objects and not anything."""

from collections.abc import Iterator
from typing import Any

import pytest

from services.console.cli.api import SERVICES, openapi

_JSON = ("application/json", "application/problem+json")
#: A schema is one of these, or it says what there is in it; ``additionalProperties`` alone says nothing.
_SAYS = ("$ref", "items", "properties", "anyOf", "allOf", "oneOf", "enum", "const")


def _answers(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            for code, answer in operation["responses"].items():
                for media, content in answer.get("content", {}).items():
                    yield f"{method} {path} {code} {media}", content


@pytest.mark.parametrize("service", SERVICES)
def test_no_answer_in_json_is_without_a_form(service: str) -> None:
    """A named form for each route and each status; a route that answers nothing says so with 204."""
    formless = [
        name
        for name, content in _answers(openapi(service))
        if name.endswith(_JSON) and not any(word in content.get("schema", {}) for word in _SAYS)
    ]
    assert formless == []


@pytest.mark.parametrize("service", SERVICES)
def test_every_list_says_what_is_in_it_and_how_to_go_on(service: str) -> None:
    """The form of all lists: items of a named form, and a cursor or null."""
    document = openapi(service)
    forms = document["components"]["schemas"]
    lists = {name: form for name, form in forms.items() if {"items", "next"} <= form.get("properties", {}).keys()}
    assert lists
    for name, form in lists.items():
        assert "$ref" in form["properties"]["items"]["items"], name


@pytest.mark.parametrize("service", SERVICES)
def test_every_route_that_acts_takes_an_idempotency_key(service: str) -> None:
    """But for events, which are told apart by their own source and id."""
    for path, operations in openapi(service)["paths"].items():
        for method, operation in operations.items():
            names = {each["name"] for each in operation.get("parameters", [])}
            expected = method != "get" and path != "/v1/events"
            assert ("Idempotency-Key" in names) == expected, f"{method} {path}"
