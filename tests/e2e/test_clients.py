"""The APIs as outsiders meet them: by curl from the docs, by a generated client, by a tool that sends nonsense."""

import importlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shared.runtime.clock import machine_now
from tests.e2e.up import ready, started

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Start everything in the machine's own time; give the path of run.json, and what it says."""
    folder = tmp_path_factory.mktemp("clients") / "d"
    with started(folder) as up:
        yield folder / "run.json", ready(up, folder)


def test_the_walk_through_does_what_it_says(run: tuple[Path, dict[str, Any]]) -> None:
    """Every command of docs/liaison.md, in its order, ends well: lodge, poll, sign, cancel, correction."""
    for tool in ("curl", "jq"):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not here")
    commands = "\n".join(re.findall(r"```sh\n(.*?)```", (ROOT / "docs" / "liaison.md").read_text(), re.DOTALL))
    done = subprocess.run(  # noqa: S603  # our own documentation
        ["/bin/bash", "-o", "pipefail", "-c", commands],
        env={"PATH": os.environ["PATH"], "RUN": str(run[0])},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("true\n") == 13


@pytest.fixture(scope="module")
def clients(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Make clients of the documents with openapi-python-client, without a word of complaint, and let them be found."""
    folder = tmp_path_factory.mktemp("made")
    for service in ("intake", "decision", "notify"):
        document = ROOT / "docs" / "api" / f"{service}.openapi.json"
        words = [
            "generate",
            "--path",
            str(document),
            "--meta",
            "none",
            "--output-path",
            str(folder / f"{service}_client"),
        ]
        done = subprocess.run(  # noqa: S603  # a tool of ours
            [str(BIN / "openapi-python-client"), *words, "--fail-on-warning"],
            env={"PATH": f"{BIN}:{os.environ['PATH']}"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
    sys.path.insert(0, str(folder))
    yield folder
    sys.path.remove(str(folder))


def _api(service: str, path: str) -> Any:
    return importlib.import_module(f"{service}_client.{path}")


def test_a_generated_client_runs_the_same_day(run: tuple[Path, dict[str, Any]], clients: Path) -> None:
    """Lodge, poll, sign, cancel, be corrected: all with the classes that a generator made of our documents."""
    assert clients.is_dir()
    urls, keys = run[1]["urls"], run[1]["keys"]
    number, detainer = "TRY-MADE", "HAR-TRY-MADE"
    at = machine_now().isoformat()
    place = {"facility_ori": "CT0009300", "booking_number": number}
    nothing = {"terrorist_screening_match": False, "outstanding_warrant": False, "gang_database": False}
    record = {"charges": [], "convictions": [], "facts": nothing}
    person = {"family_name": "Example", "given_names": "Luz", "birth_date": "1990-01-31", "sex": "F"}
    events = _api("intake", "api.events.events_post_events")
    cloud_event = _api("intake", "models").CloudEvent
    taken = _api("intake", "models").EventsTaken

    def send(key: str, source: str, kind: str, data: dict[str, Any]) -> None:
        event = {"specversion": "1.0", "id": f"{kind}-{number}", "source": source, "type": kind, "time": at}
        body = cloud_event.from_dict({**event, "data": {**place, **data}})
        with _api("intake", "client").AuthenticatedClient(base_url=urls["intake"], token=keys[key]) as client:
            said = events.sync(client=client, body=body)
        assert isinstance(said, taken), said
        assert not said.rejected

    send("jail:CT0009300", "/jails/CT0009300", "booking.created", {"booked_at": at, "person": person, **record})
    paper = {"kind": "judicial", "type": "judge_signed_civil_detention_warrant", "issuer": "US Magistrate Judge"}
    lodged = {"form": "I-247A", "requests": ["hold"], "basis": "final_order", "person": person, "issued_at": at}
    send(
        "ice",
        "/ice/hartford",
        "detainer.lodged",
        {"detainer_id": detainer, "warrants": [{**paper, "verified": True}], **lodged},
    )
    send("jail:CT0009300", "/jails/CT0009300", "detainer.served", {"detainer_id": detainer, "served_at": at})
    made = _api("notify", "client")
    client = made.AuthenticatedClient(base_url=urls["notify"], token=keys["ice"], timeout=made.httpx.Timeout(60))
    feed, receipt = _api("notify", "api.ice.ice_responses"), _api("notify", "api.ice.ice_receipt")
    form = _api("notify", "models").Receipt

    def receive(after: str | None) -> Any:
        more = {"after": after} if after else {}
        for _ in range(6):
            page = feed.sync(client=client, wait=20.0, detainer_id=detainer, **more)
            if page.items:
                return page
        raise AssertionError("nothing came")

    with client:
        first = receive(None)
        answer = first.items[0]
        assert (answer.kind.value, answer.outcome.value, answer.state.value) == ("decision", "HOLD", "delivered")
        assert answer.citation
        signed = receipt.sync(client=client, notice_id=str(answer.id), body=form(signed_by="liaison desk"))
        assert signed.id == answer.id
        send("ice", "/ice/hartford", "detainer.cancelled", {"detainer_id": detainer, "reason": "lifted"})
        correction = receive(first.next_).items[0]
    assert (correction.kind.value, correction.replaces, correction.outcome.value) == (
        "correction",
        answer.id,
        "RELEASE",
    )
    with made.AuthenticatedClient(base_url=urls["notify"], token="cs_no_key") as nobody:
        assert feed.sync(client=nobody).type_ == "urn:countersign:problem:unauthenticated"


@pytest.mark.parametrize("service", ["intake", "decision", "notify"])
def test_nonsense_is_answered_as_documented(run: tuple[Path, dict[str, Any]], service: str, tmp_path: Path) -> None:
    """Schemathesis, negative and stateful, with a key of each role: no 5xx, and no answer the document lacks."""
    urls, keys = run[1]["urls"], run[1]["keys"]
    roles = {"intake": ("ice", "operator"), "decision": ("reviewer",), "notify": ("jail:CT0009300", "operator")}
    for role in roles[service]:
        words = [f"{urls[service]}/openapi.json", "--header", f"Authorization: Bearer {keys[role]}"]
        assert _schemathesis(words, tmp_path) == "", role


def _schemathesis(words: list[str], folder: Path) -> str:
    """Run it with few examples; give what it complains of."""
    checks = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
    done = subprocess.run(  # noqa: S603  # a tool of ours
        [str(BIN / "schemathesis"), "run", *words, *("--mode", "all", "--checks", checks, "--seed", "7"),
         *("--max-examples", "4", "--phases", "examples,fuzzing,stateful", "--exclude-path-regex", "stream$"),
         *("--generation-database", "none", "--no-color", "--request-timeout", "40")],
        capture_output=True, text=True, check=False, cwd=folder,
    )  # fmt: skip
    return "" if done.returncode == 0 else done.stdout[-6000:] + done.stderr[-2000:]
