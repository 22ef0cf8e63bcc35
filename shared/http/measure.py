"""Measure what a process answers and whether its loops come round, and give the figures to Prometheus."""

from fastapi import Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.runtime.clock import machine_seconds
from shared.runtime.health import Progress
from shared.runtime.metrics import HTTP_ANSWER_SECONDS, LOOP_AGE_SECONDS, LOOP_STOPPED, ONLY_BY

#: For a request that no route answers: its path may be anything, and is no label.
_NO_ROUTE = "none"
_OUR_FAULT = 500
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"})


class Measured:
    """Times each answer up to its beginning, by the route's template and never by the path that was asked."""

    def __init__(self, app: ASGIApp, service: str) -> None:
        self._app = app
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request on, and look at the clock when its answer begins."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, has_begun = machine_seconds(), False

        async def heard(message: Message) -> None:
            nonlocal has_begun
            if message["type"] == "http.response.start":
                has_begun = True
                self._count(scope, message["status"], machine_seconds() - began)
            await send(message)

        try:
            await self._app(scope, receive, heard)
        except Exception:
            # Our own fault is answered further out, where nobody measures.
            if not has_begun:
                self._count(scope, _OUR_FAULT, machine_seconds() - began)
            raise

    def _count(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", _NO_ROUTE)
        method = scope["method"] if scope["method"] in _METHODS else "other"
        HTTP_ANSWER_SECONDS.labels(self._service, method, route, str(status)).observe(seconds)


def figures(service: str, progress: Progress) -> Response:
    """Give the metrics in Prometheus' text form."""
    for loop, age in progress.loops().items():
        LOOP_AGE_SECONDS.labels(service, loop).set(age)
    stopped = progress.reasons()
    for loop in progress.loops().keys() | stopped:
        LOOP_STOPPED.labels(service, loop).set(loop in stopped)
    own = ONLY_BY.get(service)
    told = generate_latest() + (generate_latest(own) if own else b"")
    return Response(told, media_type=CONTENT_TYPE_LATEST)
