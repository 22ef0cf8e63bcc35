"""Say a condition in words that a lawyer reads without help."""

from typing import Any

from services.decision.policy.trees import Tree

#: What a flag says when it is up; other facts are called by their names.
_FLAGS = {
    "acting_under_287g": "the officers act under a 287(g) agreement",
    "ca_registrant": "now on the sex or arson register",
    "covered_crime": "a covered crime",
    "ct_pa25_29_listed": "on the list of P.A. 25-29",
    "detainer_facially_sufficient": "the form is sufficient on its face",
    "detainer_operative_only_on_conviction": "the form is operative only upon conviction",
    "detainer_served_on_subject": "the form was served on the person",
    "detainer_subject_matches_inmate": "the form's identifiers match the person",
    "domestic_violence": "of domestic violence",
    "federal_aggravated_felony": "a federal aggravated felony",
    "final_order_lodged": "the final order is lodged with the jail",
    "final_order_of_removal": "there is a final order of removal",
    "final_order_signed_by_federal_judge": "a federal judge signed the final order",
    "gang_database": "a gang database names the person",
    "hold_exhausted": "the one permitted period has run",
    "illegal_reentry": "removed, and illegally back",
    "in_criminal_custody": "the person is in criminal custody",
    "indictable": "indictable",
    "judicial_subpoena": "a judge's subpoena asks for it",
    "listed_7282_5_a3": "on the list of section 7282.5(a)(3)",
    "magistrate_probable_cause": "a magistrate found probable cause",
    "outstanding_warrant": "a warrant is outstanding",
    "pending_bond": "a charge is pending in the State and bond is not posted",
    "prior_removal": "removed before",
    "prop47_reclassified": "reduced by Proposition 47",
    "public_safety_risk_finding": "a risk to public safety was found",
    "release_date_public": "the release date is public anyway",
    "serious_or_violent": "serious or violent",
    "state_prison": "punishable by state prison",
    "terrorist_screening_match": "a possible match in terrorist screening",
    "violent": "violent",
    "violent_or_serious": "violent or serious",
    "wobbler": "a wobbler",
    "youthful_offender": "a youthful-offender finding",
}
_REFERENCES = {"as_of": "the decision", "instant_arrest_date": "the instant arrest"}
_PAPERS = {"criminal": "a judge's criminal warrant", "civil": "a judge's civil warrant", "unverified": "not verified"}


def in_words(tree: Tree) -> str:
    """Say a condition; parts in brackets belong together."""
    if "any" in tree:
        return ", or ".join(_part(each) for each in tree["any"])
    if "all" in tree:
        return ", and ".join(_part(each) for each in tree["all"])
    if "not" in tree:
        return _denied(tree["not"])
    if "some" in tree:
        return f"a {tree['some'].removesuffix('s')} that is: {in_words(tree['where'])}"
    return _fact(tree)


def _part(tree: Tree) -> str:
    """Say one of several parts."""
    several = {"any", "all", "some"} & (tree.keys() | tree.get("not", {}).keys())
    return f"({in_words(tree)})" if several else in_words(tree)


def _denied(tree: Tree) -> str:
    """Say that something is not so."""
    if "some" in tree:
        return f"no {tree['some'].removesuffix('s')} that is: {in_words(tree['where'])}"
    return f"not: {_part(tree)}"


def _fact(tree: Tree) -> str:
    """Say one comparison."""
    fact = tree["fact"]
    name = fact.replace("_", " ")
    if "within_years" in tree:
        since = _REFERENCES[tree.get("of", "as_of")]
        release = ", from release where a prison term was served" if tree.get("from_release") else ""
        return f"{name} within {tree['within_years']} years of {since}{release}"
    if "at_least" in tree:
        return f"{name} is {tree['at_least']} or more"
    if "before" in tree:
        return f"{name} is before {tree['before']}"
    if "from" in tree:
        return f"{name} is {tree['from']} or later"
    if "is" in tree or "in" in tree:
        values = tree["in"] if "in" in tree else [tree["is"]]
        return f"{name} is {' or '.join(_value(each) for each in values)}"
    return _FLAGS.get(fact) or f"{name}"


def _value(value: Any) -> str:
    """Say a code."""
    return "none" if value is None else _PAPERS.get(value, str(value).replace("_", " "))
