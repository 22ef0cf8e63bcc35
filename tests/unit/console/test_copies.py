"""The person's copy as its case shows it: to be printed, and who says that the person has it."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from services.console.assets import Assets
from services.console.queries.case import Told
from services.console.queries.copies import Copy, Handed
from services.console.render import Pages
from services.console.words_of import EVERYWHERE

_NOW = datetime(2026, 6, 3, 18, tzinfo=UTC)
_ZONE = "America/Los_Angeles"
_ID, _CASE = UUID(int=7), UUID(int=8)


def _told() -> Told:
    return Told(
        id=_ID,
        kind="person_copy",
        recipient="jail:CA0190000",
        detainer_id="LOS-1",
        outcome="NOTIFY_ONLY",
        state="acknowledged",
        send_at=_NOW,
        due_by=_NOW,
        sent_at=_NOW,
        delivered_at=_NOW,
        acknowledged_at=_NOW,
        late_since=None,
        unacknowledged_since=None,
        receipt_by=None,
        attempts=0,
    )


def _shown(*handed: Handed) -> str:
    pages = Pages.load(Assets(), banner="", **EVERYWHERE)
    copies = [Copy(notice=_told(), ori="CA0190000", handed=handed)]
    return pages.part("copies", _NOW, copies=copies, case_id=_CASE, zone=_ZONE)


def test_a_copy_that_nobody_has_handed_over_says_so() -> None:
    """And leads to both languages."""
    shown = _shown()
    assert "nobody has said that the person has it" in shown
    for language in ("en", "es"):
        assert f'href="/cases/{_CASE}/copies/CA0190000/{_ID}?language={language}"' in shown


def test_a_record_says_who_when_and_in_which_language() -> None:
    """What the jail has said itself, and what an operator wrote down on its word, are told apart."""
    by_jail = Handed(
        notice_id=_ID, served_at=_NOW, served_by="desk 4", language="es", manner="read_aloud", by_jail=True
    )
    ours = Handed(
        notice_id=_ID,
        served_at=_NOW + timedelta(hours=1),
        served_by="badge 12",
        language="en",
        manner="refused",
        by_jail=False,
    )
    shown = _shown(by_jail, ours)
    assert "read aloud in Spanish" in shown
    assert "by desk 4" in shown
    assert "offered, and refused in English" in shown
    assert shown.count("on the jail&#39;s word") + shown.count("on the jail's word") == 1
    assert "nobody has said" not in shown
