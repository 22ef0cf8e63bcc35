"""JSON Schemas of the events a service takes or tells, made from the very types that check them."""

from collections.abc import Mapping
from typing import Any

import msgspec
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from shared.http.problems import not_found
from shared.http.shapes import Documents

router = APIRouter(tags=["documents"])

#: The one version of every event type so far.
VERSION = 1


def schema_of(kind: str, shape: Any) -> dict[str, Any]:
    """Give the JSON Schema (2020-12) of an event type's ``data``; unknown further fields are kept and ignored."""
    schema = msgspec.json.schema(shape)
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": f"/schemas/{kind}/{VERSION}"}
    return head | {"title": kind} | schema


def list_schemas(shapes: Mapping[str, Any]) -> list[str]:
    """Name the schemas of a service."""
    return [f"/schemas/{kind}/{VERSION}" for kind in sorted(shapes)]


@router.get("/schemas", response_model=Documents)
async def index(request: Request) -> dict[str, list[str]]:
    """List the schemas of the event types that this service takes or tells."""
    return {"items": list_schemas(request.app.state.shapes)}


class SchemaResponse(JSONResponse):
    """A JSON Schema, and said to be one."""

    media_type = "application/schema+json"


@router.get("/schemas/{kind}/{version}", response_class=SchemaResponse)
async def schema(request: Request, kind: str, version: str) -> SchemaResponse:
    """Give the schema of one event type's data."""
    shapes: Mapping[str, Any] = request.app.state.shapes
    if kind not in shapes or version != str(VERSION):
        raise not_found()
    return SchemaResponse(schema_of(kind, shapes[kind]))
