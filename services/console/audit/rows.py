"""Hold the rows that records speak of against the journal: decisions, holds, notices, receipts, cases: pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

import msgspec

from services.console.audit.chains import Entry, Head, Misfit, first_misfit
from shared.domain.case import CustodyCase
from shared.domain.events import DecisionRecorded
from shared.outbox.journal import canonical

Row = Mapping[str, Any]

JOURNALS = ("intake", "decision", "notify")
_read_told = msgspec.json.Decoder(DecisionRecorded).decode
_read_case = msgspec.json.Decoder(CustodyCase).decode

#: Columns of a decision that repeat what was told.
_TOLD = (
    "case_id",
    "detainer_id",
    "number",
    "facility_ori",
    "booking_number",
    "case_version",
    "outcome",
    "policy",
    "rule",
    "citation",
    "decided_at",
    "decided_by",
    "due_by",
    "supersedes",
)
#: What the record of a notice's planning says of its row, and that of a hold of its.
_NOTICE = ("kind", "recipient", "case_id", "detainer_id", "facility_ori", "decision_id", "number", "outcome", "due_by")
_HOLD = ("case_id", "detainer_id", "facility_ori", "decision_id", "opens_at", "closes_at", "clock")


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRecords:
    """Everything that is kept of one case, or of one notice that has no case."""

    case_id: UUID
    entries: Mapping[str, Sequence[Entry]]
    heads: Mapping[str, Head]
    #: Rows with their snapshot's ``facts`` and ``salt``, both None once it was erased.
    decisions: Sequence[Row] = ()
    windows: Sequence[Row] = ()
    notices: Sequence[Row] = ()
    receipts: Sequence[Row] = ()
    #: ``version`` and ``folded``; None where intake keeps no case of this id.
    case: Row | None = None
    #: ``source``, ``id``, ``state`` and ``seal``, which is None once the event itself was erased.
    events: Sequence[Row] = ()
    #: ``id`` and ``seal`` of each answer that waits for nobody any more.
    answers: Sequence[Row] = ()


@dataclass(slots=True)
class Tally:
    """What was checked, and what did not fit."""

    chains: int = 0
    records: int = 0
    decisions: int = 0
    snapshots_erased: int = 0
    events: int = 0
    events_erased: int = 0
    answers: int = 0
    holds: int = 0
    notices: int = 0
    receipts: int = 0
    misfits: list[Misfit] = field(default_factory=list)


def check(one: CaseRecords, tally: Tally) -> None:
    """Check one case's chains, then the rows that the sound ones speak of."""
    rows = {"intake": _intake, "decision": _decision, "notify": _notify}
    for journal in JOURNALS:
        entries = one.entries.get(journal, ())
        tally.chains += bool(entries)
        tally.records += len(entries)
        misfit = first_misfit(journal, one.case_id, entries, one.heads.get(journal))
        # In a broken chain the first break is named; what its records say proves nothing any more.
        tally.misfits += [misfit] if misfit else rows[journal](one, entries)
    tally.decisions += len(one.decisions)
    tally.snapshots_erased += sum(row["facts"] is None for row in one.decisions)
    tally.events += len(one.events)
    tally.events_erased += sum(row["seal"] is None and row["state"] == "applied" for row in one.events)
    tally.answers += len(one.answers)
    tally.holds += len(one.windows)
    tally.notices += len(one.notices)
    tally.receipts += len(one.receipts)


def _intake(one: CaseRecords, entries: Sequence[Entry]) -> Iterator[Misfit]:
    """Hold the events as they came against the records of their coming, and the case against the last of a change."""
    yield from _events(one, entries)
    changes = [(entry, body) for entry in entries if entry.kind == "case.changed" and (body := _body(entry))]
    if one.case is None:
        return
    if not changes:
        yield Misfit("intake", one.case_id, None, "no record speaks of the case")
        return
    entry, body = changes[-1]
    if body.get("version") != one.case["version"]:
        yield Misfit("intake", one.case_id, entry.seq, f"the case stands at version {one.case['version']}")
        return
    try:
        folded = sha256(canonical(_read_case(one.case["folded"]))).hexdigest()
    except msgspec.MsgspecError:
        folded = None
    if folded != body.get("folded"):
        yield Misfit("intake", one.case_id, entry.seq, "the case as it stands is not the one it has the digest of")


def _events(one: CaseRecords, entries: Sequence[Entry]) -> Iterator[Misfit]:
    """Hold what events say against their seals; one of a case that was taken in by another is asked for there."""
    is_here = not any(entry.kind == "case.merged" for entry in entries)
    left = {(row["source"], row["id"]): row for row in one.events}
    for entry in entries:
        for source, event_id, seal in _body(entry).get("came", ()):
            row = left.pop((source, event_id), None)
            if row is None and is_here:
                yield Misfit("intake", one.case_id, entry.seq, f"its event {event_id} of {source} is gone")
            elif row is not None and row["seal"] not in (None, seal):
                yield Misfit("intake", one.case_id, entry.seq, f"event {event_id} of {source} is not as it came")
    for row in left.values():
        if row["state"] == "applied":
            yield Misfit("intake", one.case_id, None, f"event {row['id']} of {row['source']} has no record")


def _decision(one: CaseRecords, entries: Sequence[Entry]) -> Iterator[Misfit]:
    """Hold each decision against its record, and ask for the record of each decision."""
    rows = {str(row["id"]): row for row in one.decisions}
    answers = {str(row["id"]): row["seal"] for row in one.answers}
    for entry in entries:
        if entry.kind != "decision.recorded":
            continue
        body = _body(entry)
        for answer_id, seal in body.get("answers", ()):
            if answers.get(answer_id) != seal:
                yield Misfit("decision", one.case_id, entry.seq, f"answer {answer_id} is gone or not as it was given")
        row = rows.pop(str(body.get("decision")), None)
        for what in ["its decision is gone"] if row is None else _of_decision(entry, body, row):
            yield Misfit("decision", one.case_id, entry.seq, what)
            break
    for number, row in sorted((row["number"], row) for row in rows.values()):
        yield Misfit("decision", one.case_id, None, f"decision {row['id']} (number {number}) has no record")


def _of_decision(entry: Entry, body: Row, row: Row) -> Iterator[str]:
    """Say how a decision's row differs from what its record has the digest of."""
    name = f"decision {row['id']}"
    if sha256(row["told"]).hexdigest() != body.get("told"):
        yield f"{name}: what was told is not what the record has the digest of"
        return
    told = _read_told(row["told"])
    window = told.window
    expected = {column: getattr(told, column) for column in _TOLD} | {
        "opens_at": window and window.opens_at,
        "closes_at": window and window.closes_at,
        "clock": window and window.clock,
    }
    yield from (f"{name}: {column} is not what was told" for column, said in expected.items() if row[column] != said)
    if (entry.facility_ori, entry.detainer_id) != (told.facility_ori, told.detainer_id):
        yield f"{name}: the record is filed under another facility or detainer"
    digests = {"explanation": sha256(row["explanation"]).hexdigest(), "snapshot": row["snapshot_digest"].hex()}
    yield from (
        f"{name}: {what} is not the one of the record" for what, is_ in digests.items() if is_ != body.get(what)
    )
    if row["facts"] is not None and sha256(row["salt"] + row["facts"]).digest() != row["snapshot_digest"]:
        yield f"{name}: the facts looked at are not those the record has the digest of"
    plain = {"as_of": row["as_of"], "rulebook": row["rulebook_digest"], "rulebook_version": row["rulebook_version"]}
    yield from (
        f"{name}: {what} is not that of the record" for what, is_ in plain.items() if not _same(is_, body.get(what))
    )


def _notify(one: CaseRecords, entries: Sequence[Entry]) -> Iterator[Misfit]:
    """Hold notices, receipts and holds against what the records say of them."""
    bodies = [(entry, _body(entry)) for entry in entries]
    for entry, body in bodies:
        # Row security reads these two columns, and no digest covers them: a record filed elsewhere is seen elsewhere.
        if any(name in body and getattr(entry, name) != body[name] for name in ("facility_ori", "detainer_id")):
            yield Misfit("notify", one.case_id, entry.seq, "the record is filed under another facility or detainer")
    planned = [pair for pair in bodies if pair[0].kind == "notice.planned"]
    yield from _each(one, planned, "notice_id", one.notices, "notice", _NOTICE)
    received = [pair for pair in bodies if pair[0].kind == "notice.acknowledged"]
    yield from _each(one, received, "notice_id", one.receipts, "receipt of notice", ("recipient",))
    by_window = {body.get("window_id"): (entry, body) for entry, body in bodies if entry.kind.startswith("hold.")}
    yield from _each(one, list(by_window.values()), "window_id", one.windows, "hold", (*_HOLD, "ended_at", "ended_by"))


def _each(
    one: CaseRecords,
    bodies: Iterable[tuple[Entry, Row]],
    key: str,
    rows: Sequence[Row],
    name: str,
    columns: Sequence[str],
) -> Iterator[Misfit]:
    """Hold every row against the record that names it; one without the other is a misfit as well."""
    left = {str(row["id"]): row for row in rows}
    for entry, body in bodies:
        row = left.pop(str(body.get(key)), None)
        if row is None:
            yield Misfit("notify", one.case_id, entry.seq, f"its {name} {body.get(key)} is gone")
        elif wrong := [column for column in columns if not _same(row[column], body.get(column))]:
            what = f"{name} {row['id']}: {', '.join(wrong)} not as the record says"
            yield Misfit("notify", one.case_id, entry.seq, what)
    yield from (Misfit("notify", one.case_id, None, f"{name} {key} has no record") for key in sorted(left))


def _body(entry: Entry) -> Row:
    """Read a record's body; its digest holds, so it is as it was written."""
    body = msgspec.json.decode(entry.body)
    return body if isinstance(body, dict) else {}


def _same(stored: Any, said: Any) -> bool:
    """Compare a column with what JSON has of it: instants by the instant, ids by their text."""
    if isinstance(stored, datetime) and isinstance(said, str):
        return stored == datetime.fromisoformat(said)
    return bool((str(stored) if isinstance(stored, UUID) else stored) == said)
