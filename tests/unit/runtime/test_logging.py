"""Logs: known fields only, and of an exception its kind and place, never its text."""

import json

import pytest
import structlog

from shared.runtime.logging import FIELDS, keep_known, set_up_logging

PERSONAL = {"family_name", "given_names", "birth_date", "person", "a_number", "fin", "ucn", "sid", "booking", "message"}


def test_what_nobody_listed_is_dropped() -> None:
    """Names, birth dates and numbers of persons are on no list, so they reach no line."""
    line = {"event": "case.decided", "case_id": "1", **dict.fromkeys(PERSONAL, "Xanthippe")}
    assert keep_known(None, "", line) == {"event": "case.decided", "case_id": "1"}
    assert set() == PERSONAL & FIELDS


def test_an_exception_leaves_its_text_behind(capsys: pytest.CaptureFixture[str]) -> None:
    """Drivers quote the values they choke on: the line says what kind it was and where."""
    set_up_logging("intake", "1", "json")
    try:
        log = structlog.get_logger()
        try:
            int("Xanthippe")
        except ValueError:
            log.exception("event.unhandled", topic="t", family_name="Xanthippe")
        line = json.loads(capsys.readouterr().err)
    finally:
        structlog.reset_defaults()
        structlog.contextvars.clear_contextvars()
    assert (line["event"], line["service"], line["topic"]) == ("event.unhandled", "intake", "t")
    assert line["exception"].startswith("ValueError at test_logging.py:")
    assert "Xanthippe" not in json.dumps(line)
