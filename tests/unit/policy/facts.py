"""Facts for the policy tests: a base set, and hypothesis strategies over the vocabulary."""

from datetime import date
from typing import Any

from hypothesis import strategies as st

from services.decision.policy.vocabulary import LISTS, WORDS, Kind, Mark, Word

Facts = dict[str, Any]

#: Days on which different instruments of each page govern.
QUESTIONS = (
    ("US-FED", date(2012, 3, 15)),
    ("US-FED", date(2018, 6, 1)),
    ("CT", date(2012, 2, 21)),
    ("CT", date(2012, 3, 5)),
    ("CT", date(2013, 6, 1)),
    ("CT", date(2014, 6, 1)),
    ("CT", date(2015, 6, 1)),
    ("CT", date(2020, 6, 1)),
    ("CT", date(2026, 6, 1)),
    ("TX", date(2011, 5, 2)),
    ("TX", date(2017, 9, 10)),
    ("TX", date(2018, 6, 1)),
    ("IL-COOK", date(2013, 3, 1)),
    ("IL", date(2019, 2, 1)),
    ("MA", date(2018, 1, 10)),
    ("NYC-DOC", date(2012, 6, 1)),
    ("NYC-DOC", date(2013, 8, 1)),
    ("NYC-DOC", date(2016, 2, 1)),
    ("NYC-NYPD", date(2016, 2, 1)),
    ("NYC-NYPD", date(2019, 2, 1)),
    ("CA", date(2014, 6, 1)),
    ("CA", date(2018, 6, 1)),
    ("NJ", date(2020, 2, 1)),
    ("WA", date(2020, 1, 1)),
    ("OR", date(2021, 9, 1)),
    ("CO", date(2026, 1, 1)),
    ("MD", date(2026, 6, 1)),
    ("VT", date(2024, 5, 1)),
    ("FL", date(2020, 1, 1)),
    ("GA", date(2024, 8, 1)),
    ("NC", date(2025, 1, 15)),
    ("NC", date(2025, 10, 1)),
)

#: Days on either side of what the rules count from those dates, in years or from a boundary.
DAYS = ("1990-01-01", "2006-06-01", "2012-06-01", "2014-02-03", "2017-04-01", "2017-04-02", "2017-04-03", "2024-12-05")


def sound_request(**changes: Any) -> Facts:
    """Give the facts of a detainer with nothing wrong about it, and what is changed of them."""
    return {
        "agency": "state_corrections",
        "charges": [],
        "convictions": [],
        "detainer_form": "I-247",
        "detainer_status": "active",
        "detainer_basis": "pending_removal_proceedings",
        "detainer_subject_matches_inmate": True,
        "detainer_served_on_subject": True,
        "us_citizen_claim": "none",
        **changes,
    }


def known(word: Word) -> st.SearchStrategy[Any]:
    """Draw a value that the word may have and that says something."""
    match word.kind:
        case Kind.FLAG:
            return st.booleans()
        case Kind.CODE:
            return st.sampled_from([code for code in word.codes if code is not None])
        case Kind.TEXT:
            return st.sampled_from(
                ["CT", "NY", "foreign", "Commissioner of Correction", "DOC reviewer", "shift supervisor"]
            )
        case Kind.DAY:
            return st.sampled_from(DAYS)
        case Kind.NUMBER:
            return st.sampled_from([1, 47.5, 48, 60])
        case Kind.PAPER:
            return st.fixed_dictionaries(
                {
                    "type": st.sampled_from(
                        ["criminal_arrest_warrant", "judge_signed_civil_detention_warrant", "claimed"]
                    ),
                    "verified": st.booleans(),
                }
            )


def unknowable(word: Word) -> bool:
    """Say whether a null of this word means unknown."""
    return word.null is Mark.UNKNOWN


def drawn(word: Word) -> st.SearchStrategy[Any]:
    """Draw a known value, or the null that means unknown."""
    return st.one_of(st.none(), known(word)) if unknowable(word) else known(word)


offences = {
    name: st.lists(
        st.fixed_dictionaries({}, optional={attribute: drawn(word) for attribute, word in words.items()}),
        max_size=2,
    )
    for name, words in LISTS.items()
}
facts = st.builds(
    lambda changed, agency: {**sound_request(agency=agency), **changed},
    st.fixed_dictionaries(
        {},
        optional={
            **{name: drawn(word) for name, word in WORDS.items() if name != "as_of"},
            **offences,
        },
    ),
    st.sampled_from(["state_corrections", "city_corrections", "city_police", "county_sheriff", "probation"]),
)
#: Records with gaps in what Connecticut asks for, few enough to try every completion.
gappy = st.builds(
    lambda changed: sound_request(**changed),
    st.fixed_dictionaries(
        {
            "gang_database": st.none(),
            "detainer_form": st.sampled_from(["I-247", "I-247N"]),
            "convictions": st.lists(
                st.fixed_dictionaries(
                    {"level": st.sampled_from([None, "felony", "misdemeanor"])},
                    optional={
                        "class": st.sampled_from([None, "A", "D"]),
                        "violent": st.sampled_from([None, True, False]),
                        "jurisdiction": st.sampled_from(["CT", "NY", "foreign"]),
                    },
                ),
                max_size=1,
            ),
        },
        optional={
            "terrorist_screening_match": st.sampled_from([None, True]),
            "public_safety_risk_finding": st.none(),
            "final_order_of_removal": st.booleans(),
        },
    ),
)
questions = st.sampled_from(QUESTIONS)
