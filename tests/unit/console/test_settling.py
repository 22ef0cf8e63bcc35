"""The commands on what is set aside and on alarms ask the service that knows, and say how it went."""

import json
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from services.console.cli import app

ID = "0135a000-0000-7000-8000-000000000001"
OTHER = "0135a000-0000-7000-8000-000000000002"
ASIDE = {"id": ID, "service": "decision", "code": "unhandled", "parked_at": "2012-02-22T10:00:00Z", "case_key": None}
FORMER = {"id": OTHER, "service": "intake", "code": "data", "parked_at": "2012-02-21T10:00:00Z", "place": "/data/x"}
ALARM = {"id": ID, "service": "notify", "kind": "event_parked", "since": "2012-02-22T10:00:00Z"}

Asked = list[tuple[str, Any]]
Run = Callable[..., Result]


def page(*items: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """Give a list's only page."""
    return 200, {"items": list(items), "next": None}


#: What the services answer; on all else they know nothing.
ANSWERS: dict[str, tuple[int, dict[str, Any]]] = {
    "GET /intake/v1/parked?state=parked": page(FORMER),
    "GET /decision/v1/parked?state=parked": page(ASIDE),
    "GET /notify/v1/parked?state=parked": page(),
    "GET /intake/v1/parked?state=retried": page(),
    "GET /decision/v1/parked?state=retried": page(),
    "GET /notify/v1/parked?state=retried": page(FORMER),
    f"GET /decision/v1/parked/{ID}": (200, {**ASIDE, "shape": {"data": "int"}}),
    f"POST /decision/v1/parked/{ID}/retry": (409, {"detail": "It cannot be handled yet"}),
    f"POST /decision/v1/parked/{ID}/discard": (200, {"status": "discarded"}),
    f"POST /notify/v1/alarms/{ID}/clear": (200, {"status": "cleared"}),
    "POST /intake/v1/waiting/d%2F1/discard": (200, {"status": "discarded"}),
    "GET /intake/v1/alarms": page(),
    "GET /decision/v1/alarms": page(),
    "GET /notify/v1/alarms": page(ALARM),
    "GET /watchdog/v1/alarms": page(),
}


@pytest.fixture
def asked() -> Asked:
    """Give what the services were asked."""
    return []


@pytest.fixture
def run(tmp_path: Path, asked: Asked) -> Iterator[Run]:
    """Run a command against services that answer as said above, all behind one port."""

    class Desk(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            what = f"{self.command} {self.path}"
            length = int(self.headers.get("content-length", 0))
            asked.append((what, json.loads(self.rfile.read(length)) if length else None))
            status, told = ANSWERS.get(what, (404, {"detail": "Nothing of the kind."}))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(told).encode())

        do_POST = do_GET  # noqa: N815 - the server's own spelling

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the server's own spelling
            """Say nothing on the terminal."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Desk)
    thread = Thread(target=server.serve_forever)
    thread.start()
    where = f"http://127.0.0.1:{server.server_port}"
    urls = {name: f"{where}/{name}" for name in ("intake", "decision", "notify", "watchdog")}
    (tmp_path / "run.json").write_text(json.dumps({"urls": urls, "keys": {"operator": "o-key"}}))
    yield lambda *words: CliRunner().invoke(app, [*words, "--data-dir", str(tmp_path)])
    server.shutdown()
    thread.join()
    server.server_close()


def test_all_services_are_asked_what_they_set_aside(run: Run) -> None:
    """One list, oldest first, whoever set it aside; as JSON whole, and as a table that lines up."""
    done = run("parked", "list", "--json")
    assert (done.exit_code, json.loads(done.stdout)) == (0, [FORMER, ASIDE])
    shown = run("parked", "list").stdout.splitlines()
    assert shown[0].strip() == "Set aside (2)"
    rows = [line for line in shown if "2012-02-2" in line]
    assert ["intake" in rows[0], "decision" in rows[1]] == [True, True]
    assert rows[0].index("intake") == rows[1].index("decision")
    assert json.loads(run("parked", "list", "--state", "retried", "--json").stdout) == [FORMER]


def test_one_is_shown_by_the_service_that_has_it(run: Run, asked: Asked) -> None:
    """Nobody needs to know which service set it aside: they are asked in turn, and no further than needed."""
    done = run("parked", "show", ID, "--json")
    assert (done.exit_code, json.loads(done.stdout)["shape"]) == (0, {"data": "int"})
    assert [what for what, _ in asked] == [f"GET /intake/v1/parked/{ID}", f"GET /decision/v1/parked/{ID}"]
    assert '{"data": "int"}' in run("parked", "show", ID).stdout


def test_one_is_let_go_with_a_reason(run: Run, asked: Asked) -> None:
    """The reason goes along, and the answer says which service it was."""
    done = run("parked", "discard", ID, "--reason", "sent again", "--json")
    assert json.loads(done.stdout) == {"id": ID, "service": "decision", "status": "discarded"}
    assert asked[-1] == (f"POST /decision/v1/parked/{ID}/discard", {"reason": "sent again"})


def test_what_still_cannot_be_handled_is_found_wrong(run: Run) -> None:
    """A retry that fails exits with 1 and says so; it does not go on to ask other services."""
    done = run("parked", "retry", ID, "--reason", "mended")
    assert done.exit_code == 1
    assert "cannot be handled yet" in done.stderr


def test_alarms_of_all_services_are_listed_and_cleared(run: Run, asked: Asked) -> None:
    """An alarm is cleared by its id, with a reason, wherever it was raised."""
    assert json.loads(run("alarm", "list", "--json").stdout) == [ALARM]
    done = run("alarm", "clear", ID, "--reason", "looked into", "--json")
    assert json.loads(done.stdout) == {"id": ID, "service": "notify", "status": "cleared"}
    assert asked[-1] == (f"POST /notify/v1/alarms/{ID}/clear", {"reason": "looked into"})


def test_an_event_that_waits_is_let_go(run: Run, asked: Asked) -> None:
    """It is named by its source and id, whatever signs the id holds."""
    done = run("waiting", "discard", "d/1", "--source", "/ice/x", "--reason", "no such person", "--json")
    assert json.loads(done.stdout) == {"status": "discarded"}
    assert asked[-1] == (
        "POST /intake/v1/waiting/d%2F1/discard",
        {"source": "/ice/x", "reason": "no such person"},
    )


@pytest.mark.parametrize("words", [["parked", "show"], ["parked", "discard"], ["parked", "retry"], ["alarm", "clear"]])
def test_what_nobody_knows_is_found_wrong(words: list[str], run: Run) -> None:
    """An id that no service knows exits with 1; one that is no id, or no reason given, with 2."""
    why = [] if words[-1] == "show" else ["--reason", "because"]
    assert run(*words, OTHER, *why).exit_code == 1
    assert run(*words, "no-id", *why).exit_code == 2
    if why:
        assert run(*words, OTHER).exit_code == 2
