"""Conditions in words: what a lawyer reads is what the rulebook applies."""

from datetime import date
from typing import Any

import pytest

from services.decision.policy.load import load_rulebook
from services.decision.policy.words import in_words


@pytest.mark.parametrize(
    ("tree", "said"),
    [
        ({"fact": "gang_database"}, "a gang database names the person"),
        ({"not": {"fact": "wobbler"}}, "not: a wobbler"),
        ({"fact": "detainer_form", "in": ["I-247N", "I-247G"]}, "detainer form is I-247N or I-247G"),
        ({"fact": "ice_admin_warrant", "is": None}, "ice admin warrant is none"),
        ({"fact": "judicial_warrant", "is": "civil"}, "judicial warrant is a judge's civil warrant"),
        ({"fact": "detainer_issued_at", "before": date(2017, 4, 2)}, "detainer issued at is before 2017-04-02"),
        ({"fact": "offense_date", "from": date(2024, 12, 1)}, "offense date is 2024-12-01 or later"),
        ({"fact": "hours_since_papers_received", "at_least": 48}, "hours since papers received is 48 or more"),
        ({"fact": "date", "within_years": 5}, "date within 5 years of the decision"),
        (
            {"fact": "date", "within_years": 5, "of": "instant_arrest_date", "from_release": True},
            "date within 5 years of the instant arrest, from release where a prison term was served",
        ),
        (
            {"some": "convictions", "where": {"all": [{"fact": "level", "is": "felony"}, {"fact": "violent"}]}},
            "a conviction that is: level is felony, and violent",
        ),
        (
            {"all": [{"not": {"some": "charges", "where": {"fact": "indictable"}}}, {"fact": "ca_registrant"}]},
            "(no charge that is: indictable), and now on the sex or arson register",
        ),
        (
            {"any": [{"all": [{"fact": "violent"}, {"fact": "wobbler"}]}, {"fact": "indictable"}]},
            "(violent, and a wobbler), or indictable",
        ),
    ],
)
def test_each_form_is_said_in_words(tree: dict[str, Any], said: str) -> None:
    """Each comparison, and brackets around what belongs together."""
    assert in_words(tree) == said


def test_every_condition_of_the_rulebook_can_be_said() -> None:
    """None is left empty, and none shows a name as the pages spell it."""
    for _, rule in load_rulebook().rules():
        if rule.tree is not None:
            assert in_words(rule.tree)
            assert "_" not in in_words(rule.tree)
