"""Errors as ``application/problem+json`` (RFC 9457): a stable type, what is wrong, how to mend it."""

from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

log = structlog.get_logger()

MEDIA_TYPE = "application/problem+json"


class Problem(Exception):
    """An answer that says what went wrong; values the caller sent are never repeated."""

    def __init__(self, status: int, code: str, detail: str, **members: Any) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.members = members
        self.headers: dict[str, str] = {}


def not_found() -> Problem:
    """Give the one answer for what does not exist and for what is not the caller's to see."""
    return Problem(404, "not_found", "There is nothing here under this name that your key may see.")


def _answer(
    status: int, code: str, detail: str, members: dict[str, Any], headers: dict[str, str] | None = None
) -> JSONResponse:
    body = {
        "type": f"urn:countersign:problem:{code}",
        "title": code.replace("_", " "),
        "status": status,
        "detail": detail,
    }
    return JSONResponse(body | members, status_code=status, media_type=MEDIA_TYPE, headers=headers)


async def _problem(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Problem)  # noqa: S101 - registered for this class alone
    return _answer(error.status, error.code, error.detail, error.members, error.headers)


async def _http(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101
    if error.status_code == 404:  # noqa: PLR2004
        problem = not_found()
        return _answer(problem.status, problem.code, problem.detail, {})
    code = {405: "method_not_allowed"}.get(error.status_code, "refused")
    return _answer(error.status_code, code, str(error.detail), {}, dict(error.headers or {}))


async def _invalid(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    errors = [
        {"where": "/" + "/".join(str(step) for step in e["loc"]), "what": e["type"], "how": e["msg"]}
        for e in error.errors()
    ]
    return _answer(422, "invalid_request", "The request does not have the form this route takes.", {"errors": errors})


async def _ours(request: Request, error: Exception) -> JSONResponse:
    """Answer for a fault of ours; the log says where it arose, and nothing of what was asked."""
    log.error("request.failed", method=request.method, exc_info=error)
    return _answer(500, "our_fault", "This failed through a fault of ours, and it is in our log.", {})


def speak_problems(app: FastAPI) -> None:
    """Let every error of an app leave as problem+json, without a trace of its inside."""
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(Exception, _ours)
