"""Speak to the running service as the holder of one of its keys."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx

from services.console.up.place import read_run
from services.console.up.run import data_dir
from shared.domain.errors import CountersignError

_TIMEOUT_S = 30.0


class NotDone(CountersignError):
    """The service refused, or cannot be reached."""


class NotReached(NotDone):
    """Nobody answers."""


class NotThere(NotDone):
    """The service knows nothing of the kind."""


class Client:
    """HTTP to the services of a data directory, with the key of one role."""

    def __init__(self, urls: Mapping[str, str], key: str) -> None:
        self._urls = urls
        self._http = httpx.Client(timeout=_TIMEOUT_S, headers={"Authorization": f"Bearer {key}"})

    @classmethod
    def of(cls, root: Path | None, role: str) -> "Client":
        """Open the client of a data directory's running service; raises NotRunning."""
        run = read_run(data_dir(root))
        if role not in run["keys"]:
            raise NotDone(f"{data_dir(root)} holds no key for {role}: it has {', '.join(sorted(run['keys']))}")
        return cls(run["urls"], run["keys"][role])

    def ask(
        self, method: str, service: str, path: str, body: Any = None, params: Mapping[str, str] | None = None
    ) -> Any:
        """Ask a service and give its answer; raises NotDone with the problem it tells of."""
        try:
            answer = self._http.request(method, self._urls[service] + path, json=body, params=params)
        except httpx.TransportError as error:
            raise NotReached(
                f"{service} cannot be reached at {self._urls[service]}: is `countersign up` running?"
            ) from error
        if answer.is_error:
            kind = NotThere if answer.status_code == httpx.codes.NOT_FOUND else NotDone
            raise kind(_trouble(answer))
        return answer.json() if answer.content else None

    def ask_each(self, method: str, services: Sequence[str], path: str, body: Any = None) -> tuple[str, Any]:
        """Ask service after service until one knows what is meant; give which did, and its answer."""
        trouble = NotThere("nobody was asked")
        for service in services:
            try:
                return service, self.ask(method, service, path, body)
            except NotThere as error:
                trouble = error
        raise trouble

    def every(self, service: str, path: str, params: Mapping[str, str] | None = None) -> Iterator[dict[str, Any]]:
        """Yield all items of a paged list."""
        after: str | None = None
        while True:
            found = self.ask("GET", service, path, params={**(params or {}), **({"after": after} if after else {})})
            yield from found["items"]
            after = found["next"]
            if after is None or not found["items"]:
                return


def _trouble(answer: httpx.Response) -> str:
    try:
        told = answer.json()
    except ValueError:
        return f"{answer.status_code} {answer.reason_phrase}"
    if not isinstance(told, dict):
        return f"{answer.status_code} {told}"
    errors = "; ".join(
        f"{one.get('where')} {one.get('how')}" for one in told.get("errors", ()) if isinstance(one, dict)
    )
    detail = told.get("detail") or told.get("title") or answer.reason_phrase
    return f"{answer.status_code} {detail}" + (f" ({errors})" if errors else "")
