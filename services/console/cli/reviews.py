"""``countersign review``: what the law leaves to a person, from the queue to the second signature."""

from typing import Annotated, Any

import typer

from services.console.cli.client import Client
from services.console.cli.options import AsJson, DataDir, Why
from services.console.cli.say import as_json, items, note, printer, table

app = typer.Typer(help="Questions for a person.", no_args_is_help=True)

_QUEUE = ("id", "state", "answer_by", "due_by", "facility_ori", "booking_number", "detainer_id", "office", "claimed_by")
_WHOLE = ("answer_id", "outcome", "reason_code", "answered_by", "answered_at", "needs_second", "approved", "second_by")

ReviewId = Annotated[str, typer.Argument(metavar="ID", help="The review's id.")]
As = Annotated[str, typer.Option("--as", help="Whose key to use: reviewer or reviewer2.")]
Rationale = Annotated[str, typer.Option(help="The reason in your own words.")]


@app.command("list")
def list_reviews(data_dir: DataDir = None, json: AsJson = False) -> None:
    """List the reviews that are open, the most urgent first."""
    found = sorted(Client.of(data_dir, "reviewer").every("decision", "/v1/reviews"), key=lambda one: str(one["due_by"]))
    items("Reviews", found, _QUEUE, json_wanted=json)


@app.command("show")
def show(review_id: ReviewId, data_dir: DataDir = None, json: AsJson = False) -> None:
    """Show a review: the question, every answer beside what the rule says, and all that was done with it."""
    found = Client.of(data_dir, "reviewer").ask("GET", "decision", f"/v1/reviews/{review_id}")
    if json:
        as_json(found)
        return
    out = printer()
    out.print(table("Review", ("what", "is"), [(name, found[name]) for name in _QUEUE]))
    out.print(table("Question", ("what", "is"), list(found["question"].items())))
    out.print(table("Answers", _WHOLE, [[one.get(name) for name in _WHOLE] for one in found["answers"]]))
    for one in found["answers"]:
        out.print(table("Without the answer", ("what", "is"), list((one["rule_said"] or {}).items())))
    acts = ("at", "act", "by_key", "to_key", "reason")
    out.print(table("Acts", acts, [[one.get(name) for name in acts] for one in found["acts"]]))


@app.command("claim")
def claim(review_id: ReviewId, reviewer: As = "reviewer", data_dir: DataDir = None, json: AsJson = False) -> None:
    """Take a review, so that nobody else works on it for a while."""
    told = Client.of(data_dir, reviewer).ask("POST", "decision", f"/v1/reviews/{review_id}/claim")
    _say(told, f"review {review_id} is yours until {told['claimed_until']}", json_wanted=json)


@app.command("release")
def release(review_id: ReviewId, reviewer: As = "reviewer", data_dir: DataDir = None, json: AsJson = False) -> None:
    """Let a review go that you have claimed."""
    told = Client.of(data_dir, reviewer).ask("POST", "decision", f"/v1/reviews/{review_id}/release")
    _say(told, f"review {review_id} is open to others", json_wanted=json)


@app.command("delegate")
def delegate(
    review_id: ReviewId,
    to: Annotated[str, typer.Option(help="The id of the reviewer's key; see `review reviewers`.")],
    reason: Why,
    reviewer: As = "reviewer",
    data_dir: DataDir = None,
    json: AsJson = False,
) -> None:
    """Hand a review to another reviewer."""
    body = {"to": to, "reason": reason}
    told = Client.of(data_dir, reviewer).ask("POST", "decision", f"/v1/reviews/{review_id}/delegate", body)
    _say(told, f"review {review_id} is with {to}", json_wanted=json)


@app.command("answer")
def answer(
    review_id: ReviewId,
    outcome: Annotated[str, typer.Option(help="HOLD or RELEASE.")],
    reason_code: Annotated[str, typer.Option(help="The reason in one word; see `review reasons`.")],
    rationale: Rationale,
    reviewer: As = "reviewer",
    data_dir: DataDir = None,
    json: AsJson = False,
) -> None:
    """Claim a review and answer it; refused where the law leaves no room for the answer."""
    client = Client.of(data_dir, reviewer)
    client.ask("POST", "decision", f"/v1/reviews/{review_id}/claim")
    body = {"outcome": outcome, "reason_code": reason_code, "rationale": rationale}
    told = client.ask("POST", "decision", f"/v1/reviews/{review_id}/answer", body)
    said = f"review {review_id} is answered: {outcome}"
    if told["status"] == "proposed":
        said = f"{outcome} is proposed for review {review_id}; it counts once a second person has approved it"
    _say(told, said, json_wanted=json)


@app.command("approve")
def approve(
    review_id: ReviewId,
    rationale: Rationale,
    reviewer: As = "reviewer2",
    data_dir: DataDir = None,
    json: AsJson = False,
) -> None:
    """Approve the answer that somebody else has proposed."""
    told = _second(Client.of(data_dir, reviewer), review_id, "approve", rationale)
    _say(told, f"the answer to review {review_id} is approved", json_wanted=json)


@app.command("refuse")
def refuse(
    review_id: ReviewId,
    rationale: Rationale,
    reviewer: As = "reviewer2",
    data_dir: DataDir = None,
    json: AsJson = False,
) -> None:
    """Refuse the answer that somebody else has proposed, or take your own back."""
    told = _second(Client.of(data_dir, reviewer), review_id, "refuse", rationale)
    _say(told, f"the answer to review {review_id} is refused, and the question open again", json_wanted=json)


@app.command("reasons")
def reasons(data_dir: DataDir = None, json: AsJson = False) -> None:
    """List the reasons that have a name."""
    found = list(Client.of(data_dir, "reviewer").every("decision", "/v1/reviews/reasons"))
    items("Reasons", found, ("code", "meaning"), json_wanted=json)


@app.command("reviewers")
def reviewers(data_dir: DataDir = None, json: AsJson = False) -> None:
    """List the keys that answer reviews."""
    found = list(Client.of(data_dir, "reviewer").every("decision", "/v1/reviews/reviewers"))
    items("Reviewers", found, ("id", "office", "label"), json_wanted=json)


@app.command("absent")
def absent(
    to: Annotated[str, typer.Option(help="The id of the key that stands in; see `review reviewers`.")],
    until: Annotated[str, typer.Option(help="Until when: RFC 3339 with offset.")],
    reason: Why,
    reviewer: As = "reviewer",
    data_dir: DataDir = None,
    json: AsJson = False,
) -> None:
    """Let another reviewer answer for your office from now on, while you are away."""
    body = {"to": to, "ends_at": until, "reason": reason}
    told = Client.of(data_dir, reviewer).ask("POST", "decision", "/v1/reviews/delegations", body)
    _say(told, f"{to} answers for {told['office']} until {told['ends_at']}", json_wanted=json)


@app.command("delegations")
def delegations(data_dir: DataDir = None, json: AsJson = False) -> None:
    """List who stands in for whom."""
    found = list(Client.of(data_dir, "reviewer").every("decision", "/v1/reviews/delegations"))
    columns = ("id", "office", "from_key", "to_key", "starts_at", "ends_at", "reason")
    items("Delegations", found, columns, json_wanted=json)


@app.command("back")
def back(
    delegation_id: Annotated[str, typer.Argument(metavar="ID", help="The delegation's id.")],
    reason: Why,
    reviewer: As = "reviewer",
    data_dir: DataDir = None,
    json: AsJson = False,
) -> None:
    """End a delegation before its time."""
    path = f"/v1/reviews/delegations/{delegation_id}/end"
    told = Client.of(data_dir, reviewer).ask("POST", "decision", path, {"reason": reason})
    _say(told, f"delegation {delegation_id} is over", json_wanted=json)


def _second(client: Client, review_id: str, act: str, rationale: str) -> Any:
    """Say something of the answer that the review shows at this moment, and of no other."""
    proposal = client.ask("GET", "decision", f"/v1/reviews/{review_id}")["proposal"]
    body = {"answer_id": proposal["answer_id"] if proposal else "", "rationale": rationale}
    return client.ask("POST", "decision", f"/v1/reviews/{review_id}/{act}", body)


def _say(told: Any, said: str, *, json_wanted: bool) -> None:
    if json_wanted:
        as_json(told)
    else:
        note(said)
