"""Strict bodies: counted while they stream in, no duplicate keys, no NUL, nothing compressed."""

import json
from typing import Any, NoReturn, TypeVar

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shared.http.problems import Problem

M = TypeVar("M", bound=BaseModel)


class Reason(BaseModel):
    """Why a person does something."""

    model_config = ConfigDict(extra="forbid", strict=True)

    reason: str = Field(min_length=1, max_length=500)


EVENT_BYTES = 64 * 1024
BATCH_BYTES = 4 * 1024 * 1024


async def read_body(request: Request, most_bytes: int) -> bytes:
    """Read the body, and stop reading as soon as it is too long."""
    if request.headers.get("content-encoding", "identity") != "identity":
        raise Problem(415, "encoded_body", "Send the body as it is, without Content-Encoding.")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most_bytes:
            raise Problem(413, "too_large", f"The body has more than {most_bytes} bytes; send less at a time.")
    return bytes(body)


def _constant(_: str) -> NoReturn:
    raise ValueError("NaN and Infinity are no JSON")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return found


def strict_json(body: bytes) -> Any:
    """Read JSON as DESIGN asks; a Problem says what is wrong without repeating it."""
    try:
        text = body.decode("utf-8")
        value = json.loads(text, object_pairs_hook=_once, parse_constant=_constant)
    except (ValueError, RecursionError) as error:
        raise Problem(400, "invalid_json", "The body is not strict JSON in UTF-8: one value, no key twice.") from error
    if "\x00" in text or "\\u0000" in text:
        raise Problem(400, "invalid_json", "The body holds a NUL character; take it out.")
    return value


def takes(model: type[BaseModel]) -> dict[str, Any]:
    """Say in a route's OpenAPI which body it reads; the route checks the bytes itself, so the framework cannot know."""
    # The document's own room for schemas; `whole` moves them there.
    schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


async def read_model(request: Request, model: type[M]) -> M:
    """Read a small JSON body into a model that a person wrote the form of; unknown fields are refused."""
    value = strict_json(await read_body(request, EVENT_BYTES))
    try:
        return model.model_validate(value)
    except ValidationError as error:
        errors = [
            {"where": "/" + "/".join(str(step) for step in e["loc"]), "what": e["type"], "how": e["msg"]}
            for e in error.errors(include_url=False, include_input=False, include_context=False)
        ]
        raise Problem(
            422, "invalid_request", "The body does not have the form this route takes.", errors=errors
        ) from error
