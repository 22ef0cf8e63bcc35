"""The OpenAPI document, made whole: keys, and the problems with which any route may answer.

What a route says of itself comes from its code. What all of them have in common is added here, so that a
client made from the document knows every answer it can get.
"""

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from shared.http.repeats import HEADER, LONGEST, METHODS, NOT_HERE, SHORTEST

#: The form of every error (RFC 9457).
_PROBLEM = {
    "title": "Problem",
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "description": "urn:countersign:problem:…, which never changes its meaning"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "what was not done, and how to mend it"},
        "errors": {"type": "array", "items": {"type": "object", "additionalProperties": True}},
    },
    "additionalProperties": True,
}
#: What any request that acts may bring along, so that it can be sent twice.
_REPEATABLE = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "description": "A random id of this one request: sent again with it, nothing is done twice, and within a day the"
    " answer is the same.",
    "schema": {"type": "string", "minLength": SHORTEST, "maxLength": LONGEST, "pattern": "^[!-~]*$"},
}
_MEANINGS: Mapping[str, str] = {
    "400": "The request cannot be read: no strict JSON, or a cursor of somebody else's making.",
    "401": "No valid key came with it.",
    "403": "The key is not for this.",
    "404": "There is no such thing, or none that this key may see.",
    "409": "It does not fit what stands by now; `type` says how.",
    "413": "The body is too long.",
    "415": "The body is encoded, or of a kind that this route does not take.",
    "422": "The request does not have the form this route takes.",
    "429": "This key has asked too often.",
    "503": "The database or the broker does not answer; try again shortly.",
}


def route_id(route: APIRoute) -> str:
    """Name an operation by its tag and function, so that a client's methods have short names that stay."""
    return f"{route.tags[0]}_{route.name}" if route.tags else route.name


def whole(app: FastAPI, open_paths: frozenset[str]) -> dict[str, Any]:
    """Give the document of an app with what all its routes have in common."""
    document = get_openapi(title=app.title, version=app.version, routes=app.routes)
    parts = document.setdefault("components", {})
    schemas = parts.setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    schemas["Problem"] = _PROBLEM
    parts["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer", "description": "an API key"}}
    _name_bodies(document["paths"], schemas)
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            _complete(path, method, operation, is_open=path in open_paths)
    return document


def _name_bodies(paths: dict[str, Any], schemas: dict[str, Any]) -> None:
    """Put the forms that routes read among the named schemas, so that clients have a class for each."""
    for operation in (each for operations in paths.values() for each in operations.values()):
        for content in operation.get("requestBody", {}).get("content", {}).values():
            if "title" in content["schema"]:
                schema = dict(content["schema"])
                schemas |= schema.pop("$defs", {})
                schemas[schema["title"]] = schema
                content["schema"] = {"$ref": f"#/components/schemas/{schema['title']}"}


def _complete(path: str, method: str, operation: dict[str, Any], *, is_open: bool) -> None:
    if method.upper() in METHODS and not is_open and path not in NOT_HERE:
        operation.setdefault("parameters", []).append(_REPEATABLE)
    codes = set() if is_open else {"401", "403", "429", "503"}
    if operation.get("parameters"):
        codes |= {"400", "404", "422"} if "{" in path else {"400", "422"}
    if "requestBody" in operation:
        codes |= {"400", "413", "415", "422"}
    if method != "get" and not is_open:
        # A body may name what is not there, or not for this key.
        codes |= {"404", "409"}
    answers = operation["responses"]
    answers.pop("422", None)
    for code in sorted(codes):
        answers.setdefault(code, _problem(code))
    if not is_open:
        operation["security"] = [{"key": []}]


def _problem(code: str) -> dict[str, Any]:
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {"description": _MEANINGS[code], "content": content}
