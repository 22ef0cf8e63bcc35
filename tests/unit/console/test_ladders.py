"""A ladder is set by command: each rung read strictly, the whole of it sent, and told how the test mails went."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from services.console.cli import app, ladders

RUN = CliRunner()
DESK, CHIEF = "30 Shift desk <desk@jail.example>", "120.5  Jail administrator <chief@jail.example>"


class Notify:
    """Stands in for the running service, and writes down what it is sent."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str, Any]] = []
        self.result = "handed"

    def of(self, _: Path | None, role: str) -> "Notify":
        """Give itself as whoever asks."""
        self.role = role
        return self

    def ask(self, method: str, service: str, path: str, body: Any) -> Any:
        """Answer as the route does."""
        self.sent.append((f"{method} {service}{path}", self.role, body))
        tested = {"tested": {"result": self.result, "code": 250}}
        return {"items": [rung | {"rung": n} | tested for n, rung in enumerate(body["rungs"], 1)], "next": None}


@pytest.fixture
def notify(monkeypatch: pytest.MonkeyPatch) -> Notify:
    """Put the stand-in where the client is."""
    service = Notify()
    monkeypatch.setattr(ladders, "Client", service)
    return service


def test_a_jails_ladder_is_set_whole(notify: Notify) -> None:
    """With its own key, and for its own facility."""
    done = RUN.invoke(app, ["ladder", "set", "--as", "jail:CT0009300", "--rung", DESK, "--rung", CHIEF, "--json"])
    assert done.exit_code == 0, done.stderr
    rungs = [
        {"name": "Shift desk", "address": "desk@jail.example", "after_minutes": 30.0},
        {"name": "Jail administrator", "address": "chief@jail.example", "after_minutes": 120.5},
    ]
    assert notify.sent == [("PUT notify/v1/ladders", "jail:CT0009300", {"rungs": rungs, "facility_ori": "CT0009300"})]
    assert [rung["rung"] for rung in json.loads(done.stdout)] == [1, 2]


def test_ices_ladder_is_of_no_facility_and_can_be_taken_away(notify: Notify) -> None:
    """An empty ladder: the operator alone is called."""
    assert RUN.invoke(app, ["ladder", "clear", "--as", "ice"]).exit_code == 0
    assert notify.sent == [("PUT notify/v1/ladders", "ice", {"rungs": []})]


def test_a_test_mail_that_was_not_taken_is_found_wrong(notify: Notify) -> None:
    """The ladder stands, and somebody on it cannot be reached: exit code 1, with the name."""
    notify.result = "refused"
    done = RUN.invoke(app, ["ladder", "set", "--as", "ice", "--rung", DESK])
    assert done.exit_code == 1
    assert "Shift desk" in done.stderr
    assert "refused" in done.stderr


@pytest.mark.parametrize("rung", ["desk@jail.example", "30 <desk@jail.example>", "soon Desk <d@j.example>", "30 Desk"])
def test_what_is_no_rung_is_used_wrongly(notify: Notify, rung: str) -> None:
    """Nothing is sent."""
    assert RUN.invoke(app, ["ladder", "set", "--as", "ice", "--rung", rung]).exit_code == 2
    assert notify.sent == []
