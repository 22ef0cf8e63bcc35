"""The person's copy: owed where the law says so, anew when the answer changes, and plain in both languages."""

from dataclasses import replace
from typing import Any

import pytest

from services.decision.copies import COPY_DUTIES
from services.decision.policy.load import load_rulebook
from services.notify import compose, plan
from services.notify.copies.html import as_html
from services.notify.copies.pdf import as_pdf
from services.notify.copies.sheet import Sheet, sheet_of
from services.notify.copies.words import LANGUAGES
from services.notify.dossier import Dossier, Kind, Margins, Notice, Stage, jail
from services.notify.draft import Moment
from shared.domain.events import DecisionRecorded
from shared.runtime.ids import UuidV7
from tests.support.decisions import NOW, ORI, a_decision, a_hold

OWED = ("copy-to-person-and-counsel",)


def moment() -> Moment:
    """Give the instant at which everything here is planned."""
    return Moment(now=NOW, margins=Margins(), new_id=UuidV7().new)


def owed(decision: DecisionRecorded, **more: Any) -> DecisionRecorded:
    """Give the same decision where a copy is owed."""
    return replace(decision, person_copy=OWED, **more)


def copies(dossier: Dossier) -> list[Notice]:
    """Give the person's copies that stand."""
    return [n for n in dossier.notices if n.kind is Kind.PERSON_COPY and n.stage is not Stage.REPLACED]


def out(dossier: Dossier) -> Dossier:
    """Let all that is planned be fetched."""
    fetched = [replace(n, stage=Stage.DELIVERED) if n.stage is Stage.PLANNED else n for n in dossier.notices]
    return replace(dossier, notices=tuple(fetched))


def a_sheet(language: str, decision: DecisionRecorded) -> Sheet:
    """Write the copy of a decision."""
    dossier = plan.after(Dossier(), owed(decision), moment())
    (copy,) = copies(dossier)
    window = dossier.windows[0] if dossier.windows else None
    told = compose.answer(copy, owed(decision), window, at=NOW, sent=True)
    return sheet_of(told, LANGUAGES[language])


def test_every_duty_that_a_copy_meets_is_one_of_the_rulebook() -> None:
    """A name that no page uses would never fire."""
    assert set(load_rulebook().told_duties) >= COPY_DUTIES


def test_no_copy_where_no_law_owes_one() -> None:
    """Jail and ICE are told, and nobody prints anything."""
    assert copies(plan.after(Dossier(), a_decision(), moment())) == []


def test_a_copy_goes_through_the_jail_at_once() -> None:
    """Also of a REVIEW, which jail and ICE are told of only later: the person may have something to say."""
    dossier = plan.after(Dossier(), owed(a_decision(outcome="REVIEW")), moment())
    (copy,) = copies(dossier)
    assert (copy.recipient, copy.send_at, copy.outcome) == (jail(ORI), NOW, "REVIEW")
    assert copy.body is not None
    assert copy.body["person_copy"]["owed"] == list(OWED)
    assert copy.body["person_copy"]["copy"].startswith(f"/v1/jails/{ORI}/notices/")


def test_the_same_answer_brings_no_second_copy_and_another_replaces_it() -> None:
    """A copy in the person's hands is replaced by name; one that nobody has fetched just falls away."""
    first = out(plan.after(Dossier(), owed(a_decision(outcome="REVIEW")), moment()))
    same = plan.after(first, owed(a_decision(outcome="REVIEW"), number=2), moment())
    assert len(copies(same)) == 1
    other = plan.after(same, owed(a_decision(outcome="RELEASE", rule="no-exception"), number=3), moment())
    before, after = copies(other)
    assert after.replaces == before.id
    unfetched = plan.after(Dossier(), owed(a_decision(outcome="REVIEW")), moment())
    changed = plan.after(unfetched, owed(a_decision(outcome="RELEASE"), number=2), moment())
    assert [copy.replaces for copy in copies(changed)] == [None]


def test_a_deadline_brings_a_copy_that_names_it() -> None:
    """The hold was allowed before; now that its window is known the person is told until when."""
    dossier = out(plan.after(Dossier(), owed(replace(a_hold(), window=None, release_due_at=None)), moment()))
    dossier = plan.after(dossier, owed(a_hold(), number=2), moment())
    assert len(copies(dossier)) == 2
    assert copies(dossier)[-1].said is not None


def test_nobody_is_handed_a_copy_who_is_gone() -> None:
    """Where there is no person there is no paper."""
    assert copies(plan.after(Dossier(), owed(a_decision(), gone_at=NOW), moment())) == []


def test_a_copy_changes_nothing_of_what_the_jail_is_told() -> None:
    """With and without it the same answers, warnings and ends are planned."""
    plain, with_copy = (plan.after(Dossier(), decision, moment()) for decision in (a_hold(), owed(a_hold())))
    assert [n.kind for n in plain.notices] == [n.kind for n in with_copy.notices if n.kind is not Kind.PERSON_COPY]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("outcome", ["HOLD", "NOTIFY_ONLY", "RELEASE", "REVIEW"])
def test_a_copy_says_all_that_it_must(language: str, outcome: str) -> None:
    """The request, the answer, the deadline, the law, how to object: under six headings, without a brace left over."""
    decision = a_hold() if outcome == "HOLD" else a_decision(outcome=outcome)
    sheet = a_sheet(language, decision)
    assert len(sheet.sections) == 6
    text = " ".join(paragraph for _, paragraphs in sheet.sections for paragraph in paragraphs)
    assert decision.citation in text
    assert decision.detainer_id in text
    assert "(855) 448-6903" in text
    assert "{" not in text
    assert ("2012-02-28 17:00" in text) == (outcome == "HOLD")
    assert not any(word in text.lower() for word in ("alien", "must release", "be freed", "deben liberar"))


def test_the_languages_say_the_same() -> None:
    """As many paragraphs, outcomes and lines to fill in; each with its own version."""
    english, spanish = LANGUAGES["en"], LANGUAGES["es"]
    assert set(english.answers) == set(spanish.answers)
    assert len(english.object) == len(spanish.object)
    assert len(english.served) == len(spanish.served)
    assert english.version != spanish.version


def test_html_is_escaped_and_loads_nothing() -> None:
    """A detainer's number may hold anything, and is text."""
    page = as_html(a_sheet("es", a_decision(detainer_id="<script>alert(1)</script>")))
    assert '<html lang="es">' in page
    assert "<script" not in page
    assert "Qué se pidió" in page
    assert "http" not in page


@pytest.mark.parametrize("language", LANGUAGES)
def test_pdf_is_made_and_the_same_again(language: str) -> None:
    """The same notice gives the same bytes, whatever letters its numbers have."""
    sheet = a_sheet(language, replace(a_hold(), detainer_id="HAR-ñ-日本"))
    made = as_pdf(sheet)
    assert made.startswith(b"%PDF-")
    assert made == as_pdf(sheet)
