"""A rulebook is taken whole or refused whole, and the refusal says where and how to mend it."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from services.decision.policy.load import RULEBOOK_DIR, load_rulebook
from shared.domain.errors import RulebookUnsound

Edit = Callable[[str, str, str], Path]


@pytest.fixture
def edit(tmp_path: Path) -> Edit:
    """Give a function that copies the rulebook and changes one text in one file."""

    def change(name: str, old: str, new: str) -> Path:
        folder = tmp_path / "rulebook"
        shutil.copytree(RULEBOOK_DIR, folder)
        text = (folder / name).read_text(encoding="utf-8")
        assert old in text
        (folder / name).write_text(text.replace(old, new, 1), encoding="utf-8")
        return folder

    return change


def test_the_rulebook_has_a_version_and_a_digest() -> None:
    """Both name what was loaded, and loading again gives the same."""
    one, other = load_rulebook(), load_rulebook()
    assert one.version >= 1
    assert re.fullmatch(r"sha256:[0-9a-f]{64}", one.digest)
    assert (one.version, one.digest) == (other.version, other.digest)


def test_a_comment_does_not_change_the_digest(edit: Edit) -> None:
    """The digest is of what the pages say, not of how they are laid out."""
    assert load_rulebook(edit("tx.yaml", "# Texas.", "# The State of Texas.")).digest == load_rulebook().digest


def test_a_date_changes_the_digest(edit: Edit) -> None:
    """One day more or less is another rulebook."""
    moved = edit("tx.yaml", "to: 2024-12-31", "to: 2024-12-30")
    assert load_rulebook(moved).digest != load_rulebook().digest


@pytest.mark.parametrize(
    ("name", "old", "new", "told"),
    [
        ("tx.yaml", "outcome: HOLD", "outcome: KEEP", r"tx.yaml:\d+: outcome: .*HOLD, NOTIFY_ONLY"),
        ("tx.yaml", "    default: {name: must-comply, outcome: HOLD}\n", "", r"tx.yaml:\d+: default: .*add it"),
        ("tx.yaml", "when: {answered: decline}", "when: {answered: perhaps}", r"tx.yaml:\d+: when: .*never"),
        ("tx.yaml", "revision: 1", "revision: one", r"tx.yaml:\d+: revision: .*whole number"),
        ("tx.yaml", "revision: 1", "revison: 1", r"tx.yaml:\d+: revision: .*missing"),
        ("tx.yaml", "title: Texas", "title: Texas\ntitle: Again", r"tx.yaml:\d+: title: .*twice"),
        ("tx.yaml", "to: 2017-09-24", "to: 2017-09-25", r"tx.yaml:\d+: instruments: tx-sb4-enjoined@1 and tx-sb4@1"),
        ("tx.yaml", "to: 2017-09-24", "to: 2016-09-24", r"tx.yaml:\d+: to: .*before it begins"),
        ("tx.yaml", "to: 2017-09-24", "to: soon", r"tx.yaml:\d+: to: .*a day like"),
        ("tx.yaml", "traits: [mandate, civil-by-rules]", "traits: [mandat]", r"tx.yaml:\d+: traits: .*mandate"),
        ("tx.yaml", "regulation: FED_48_BIZ", "regulation: FED_48", r"tx.yaml:\d+: regulation: .*FED_48_BIZ"),
        ("tx.yaml", "fact: lawful_status_claim", "fact: lawful_status", r"tx.yaml:\d+: .*no fact is called"),
        ("tx.yaml", "confidence: solid", "confidence: sure", r"tx.yaml:\d+: confidence: .*shaky"),
        ("tx.yaml", "id: tx-2a060", "id: tx-sb4", r"tx-sb4@1 stands twice"),
        ("tx.yaml", "name: must-comply", "name: proof-offered", r"tx.yaml:\d+: .*proof-offered stands twice"),
        ("tx.yaml", "jurisdiction: TX", "jurisdiction: CT", r"jurisdiction: CT stands twice"),
        ("tx.yaml", "instruments:", "instruments: [", r"tx.yaml:\d+: .*YAML"),
        ("ct.yaml", "fact: level, is: felony", "fact: level, is: grave", r"ct.yaml:\d+: is: level is never 'grave'"),
        ("ct.yaml", "some: convictions", "some: crimes", r"ct.yaml:\d+: some: .*charges, convictions"),
        ("ct.yaml", "agencies: [state_corrections]", "agencies: [jail]", r"ct.yaml:\d+: agencies: .*city_police"),
        ("ct.yaml", "review_office: DOC reviewer", "review_office: null", r"ct.yaml:\d+: when: 'answered' needs"),
        (
            "tx.yaml",
            "duties: [tell-person-why-held]",
            "duties: [tell-person]",
            r"tx.yaml:\d+: duties: .*tell-person-why",
        ),
        ("rulebook.yaml", "owed_to: person\n", "owes: person\n", r"rulebook.yaml:\d+: owed_to: .*missing"),
        ("rulebook.yaml", "since: 2011-12-29", "since: 2011", r"rulebook.yaml:\d+: since: .*a day"),
        ("rulebook.yaml", "duties:\n", "duties: none\nduty:\n", r"rulebook.yaml:\d+: .*not known here"),
        ("us-fed.yaml", "      of: [HOLD]\n", "", r"us-fed.yaml:\d+: name: .*of: \[HOLD\]"),
        ("us-fed.yaml", "before: 2017-04-02", "before: 2017", r"us-fed.yaml:\d+: before: .*a day"),
        ("us-fed.yaml", "I-247D: FLAT_48", "I-247D: FLAT", r"us-fed.yaml:\d+: I-247D: "),
        (
            "us-fed.yaml",
            "when: {fact: hold_exhausted}",
            "when: {fact: hold_exhausted, is: true}",
            r"compared with flag",
        ),
        ("us-fed.yaml", "when: {fact: hold_exhausted}", "when: [hold_exhausted]", r"a condition is a mapping"),
        ("us-fed.yaml", "        any:\n", "        either:\n", r"us-fed.yaml:\d+: when: a condition is"),
        ("us-fed.yaml", "order:\n", "ordering:\n", r"us-fed.yaml"),
        ("tx.yaml", "title: Texas", "title: 7", r"tx.yaml:\d+: title: .*a text"),
        ("tx.yaml", "revision: 1", "revision: 1\n    colour: red", r"tx.yaml:\d+: colour: .*not known"),
        ("tx.yaml", "- {from: 1997-04-01, to: 2017-08-31}", "- 1997", r"tx.yaml:\d+: .*should be a mapping"),
        ("ct.yaml", "any: [{answered: honor},", "any: [] #", r"ct.yaml:\d+: .*'any' takes a list"),
        ("nj.yaml", "within_years: 5", "within_years: 0", r"nj.yaml:\d+: within_years: .*whole years, not 0"),
        ("nj.yaml", "within_years: 5", "within_years: 5, of: age", r"nj.yaml:\d+: of: years are"),
        ("nj.yaml", "fact: date, within_years: 5", "fact: date, is: 5", r"nj.yaml:\d+: is: .*or within_years"),
        ("nyc-doc.yaml", "of: instant_arrest_date", "of: birthday", r"nyc-doc.yaml:\d+: of: .*instant_arrest_date"),
        ("nyc-doc.yaml", "from_release: true", "from_release: 1", r"nyc-doc.yaml:\d+: of: "),
        ("ca.yaml", "date, within_years: 15", "date, from: 2003-01-01", r"ca.yaml:\d+: .*two days here"),
        ("nc.yaml", "at_least: 48", "at_least: 48.5", r"nc.yaml:\d+: at_least: .*whole number"),
        ("nc.yaml", "at_least: 48", "is: 48", r"nc.yaml:\d+: is: .*at_least"),
        ("nj.yaml", "in: [1, 2]", "in: []", r"nj.yaml:\d+: in: 'in' takes a list"),
        ("nj.yaml", "in: [1, 2]", "in: [1, 7]", r"nj.yaml:\d+: in: degree is never 7"),
        ("nyc-nypd.yaml", "clock: NYPD_48_BIZ", "clock: NYPD", r"nyc-nypd.yaml:\d+: clock: .*NYPD_48_BIZ"),
        ("nc.yaml", "REVIEW, confidence: fair", "REVIEW, confidence: much", r"nc.yaml:\d+: confidence: .*solid"),
        ("ma.yaml", "because: decided that day by the Supreme Judicial Court", "because: 7", r"ma.yaml:\d+: because"),
        ("fl.yaml", "{name: must-comply,", "{name: must-comply, when: {fact: gang_database},", r"fl.yaml:\d+: when"),
        ("wa.yaml", "&clocks {regulation: FED_48_BIZ, form: true}", "&clocks {form: true}", r"court-order holds with"),
        ("ga.yaml", "duties: [verify", "duties: [7, verify", r"ga.yaml:\d+: duties: .*list of texts"),
        ("ny.yaml", "sources: [nycourts-wells]", "sources: []", r"ny.yaml:\d+: sources: .*one at least"),
        (
            "ca.yaml",
            "        citation: Cal. Gov. Code 7284.4(b),(h),(i) and",
            "        citation: 7 #",
            r"ca.yaml:\d+: citation",
        ),
        ("rulebook.yaml", "version: 3", "version: 0", r"rulebook.yaml:\d+: version"),
    ],
)
def test_an_unsound_page_is_refused(edit: Edit, name: str, old: str, new: str, told: str) -> None:
    """Whatever is wrong with one page, nothing is loaded, and the text leads to the line."""
    with pytest.raises(RulebookUnsound, match=told):
        load_rulebook(edit(name, old, new))


@pytest.mark.parametrize("name", ["rulebook.yaml", "us-fed.yaml"])
def test_the_cover_and_the_federal_page_are_needed(edit: Edit, name: str) -> None:
    """Without them there is no version, and no order of the tests."""
    folder = edit("tx.yaml", "title: Texas", "title: Texas")
    (folder / name).unlink()
    with pytest.raises(RulebookUnsound, match=rf"{name}:1: file: missing"):
        load_rulebook(folder)


def test_a_page_that_is_no_mapping_is_refused(edit: Edit) -> None:
    """An empty file is no law."""
    folder = edit("tx.yaml", "title: Texas", "title: Texas")
    (folder / "ut.yaml").write_text("", encoding="utf-8")
    with pytest.raises(RulebookUnsound, match=r"ut\.yaml:1"):
        load_rulebook(folder)
