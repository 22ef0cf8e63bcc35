"""Wire to checked event: the ways of sending, the checks, the keys."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from services.intake.correlate import Identifier
from services.intake.messages import (
    BATCH,
    InboundEvent,
    Rejected,
    from_kafka,
    identifiers,
    read_batch,
    read_event,
    read_lines,
    topic_key,
)
from services.intake.wire import SHAPES
from shared.domain.case import HeardEvent
from shared.domain.errors import MalformedMessage
from tests.support.builders import (
    DETAINER,
    FIN,
    NUMBER,
    ORI,
    OTHER_NUMBER,
    OTHER_ORI,
    TCN,
    a_bond_change,
    a_booking,
    a_cancellation,
    a_charge,
    a_claim,
    a_detainer,
    a_match,
    a_pick_up,
    a_release,
    a_release_due,
    a_retraction,
    a_schedule,
    a_service,
    a_transfer,
    a_withdrawal,
    an_event_json,
    at,
    facts_told,
)

ONE_OF_EACH = [
    a_booking(charges=[a_charge()], convictions=[{"offense": "larceny", "date": "2009-02-01"}]),
    facts_told(facts={"gang_database": None}),
    a_bond_change(),
    a_transfer(),
    a_schedule(),
    a_release_due(),
    a_release(),
    a_claim(),
    a_match(),
    a_withdrawal(),
    a_detainer(),
    a_service(),
    a_cancellation(),
    a_pick_up(),
]


def read(event: HeardEvent, **attributes: Any) -> InboundEvent:
    """Read the event as one structured message."""
    return read_event(an_event_json(event, **attributes))


def refused(event: HeardEvent, **attributes: Any) -> MalformedMessage:
    """Give the error that the event is refused with."""
    with pytest.raises(MalformedMessage) as error:
        read(event, **attributes)
    return error.value


def test_there_is_one_of_each() -> None:
    """Every inbound type is read below."""
    assert {event.type for event in ONE_OF_EACH} == set(SHAPES)


@pytest.mark.parametrize("event", ONE_OF_EACH, ids=lambda event: event.type)
def test_every_way_of_sending_says_the_same(event: HeardEvent) -> None:
    """Structured, binary over HTTP and binary on Kafka give one event with one digest."""
    raw = an_event_json(event)
    said = json.loads(raw)
    data = json.dumps(said.pop("data"), indent=1).encode()
    over_http = {f"Ce-{name}": value for name, value in said.items() if name != "datacontenttype"}
    on_kafka = [(f"ce_{name}", value.encode()) for name, value in said.items() if name != "datacontenttype"]
    structured = read_event(raw)
    binary = read_event(data, content_type="application/json; charset=utf-8", headers=over_http)
    record = from_kafka(data, [*on_kafka, ("content-type", b"application/json"), ("trace", b"1")])
    assert structured.digest == binary.digest == record.digest == from_kafka(raw).digest
    assert structured.data == binary.data == record.data == event.data
    assert identifiers(structured) == identifiers(record)
    assert read_event(record.raw).digest == record.digest
    assert structured.heard(event.heard_at) == event


def test_header_values_are_percent_decoded() -> None:
    """HTTP headers carry no blanks or umlauts of their own."""
    said = json.loads(an_event_json(a_booking(id="Nr 1 ü")))
    data = json.dumps(said.pop("data")).encode()
    headers = {f"ce-{name}": value for name, value in said.items()} | {"ce-id": "Nr%201%20%C3%BC"}
    assert read_event(data, headers=headers).id == "Nr 1 ü"


def test_digest_knows_another_body() -> None:
    """The same id with another word in it is another event; key order and tracing are not."""
    digest = read(a_booking()).digest
    assert read(a_booking(facts={"age": 1})).digest != digest
    assert read(a_booking(), dataschema=None).digest != digest
    assert read(a_booking(), traceparent="00-1-2-03").digest == digest
    turned = dict(reversed(json.loads(an_event_json(a_booking())).items()))
    assert read_event(json.dumps(turned).encode()).digest == digest


def test_unknown_fields_are_kept_and_ignored() -> None:
    """A new field of a sender's, or an extension attribute, refuses nothing."""
    event = read(a_booking(shoe_size=38), vendorext="x", priority=3)
    assert event.data["shoe_size"] == 38


def test_unknown_codes_are_kept_as_they_are() -> None:
    """A form, basis, reason or claim that nobody knows goes to a person later, not to a crash."""
    assert read(a_detainer(form="I-999", basis="a hunch", requests=["dance"])).data["form"] == "I-999"
    assert read(a_release(reason="?", released_to="moon")).data["released_to"] == "moon"
    assert read(a_claim(claim="maybe")).data["claim"] == "maybe"


@pytest.mark.parametrize(
    ("attributes", "code", "where"),
    [
        ({"specversion": "0.3"}, "specversion", "/specversion"),
        ({"id": ""}, "attribute_id", "/id"),
        ({"id": 7}, "attribute_id", "/id"),
        ({"id": "x" * 257}, "attribute_id", "/id"),
        ({"id": "a\nb"}, "attribute_id", "/id"),
        ({"source": None}, "attribute_source", "/source"),
        ({"type": "booking.imagined", "dataschema": None}, "unknown_type", "/type"),
        ({"time": None}, "time", "/time"),
        ({"time": "2012-02-22"}, "time", "/time"),
        ({"time": "2012-02-22T03:14:00"}, "time", "/time"),
        ({"time": 1329897240}, "time", "/time"),
        ({"time": "9999-12-31T23:59:59-05:00"}, "year", "/time"),
        ({"dataschema": "/schemas/booking.created/2"}, "unknown_schema", "/dataschema"),
        ({"dataschema": "/schemas/booking.released/1"}, "unknown_schema", "/dataschema"),
        ({"data": None}, "data", "/data"),
        ({"data": [1]}, "data", "/data"),
        ({"sequence": ["1"]}, "attribute_sequence", "/sequence"),
    ],
)
def test_attributes_that_are_refused(attributes: dict[str, Any], code: str, where: str) -> None:
    """Each attribute is checked by itself and named by its place."""
    error = refused(a_booking(), **attributes)
    assert (error.code, error.where) == (code, where)
    assert error.how


@pytest.mark.parametrize(
    ("event", "where"),
    [
        (a_booking(facility_ori="ct0009300"), "/data/facility_ori"),
        (a_booking(facility_ori="CT0009300\n"), "/data/facility_ori"),
        (a_booking(booking_number=None), "/data/booking_number"),
        (a_booking(booking_number=" "), "/data/booking_number"),
        (a_booking(booking_number="1\n2"), "/data/booking_number"),
        (a_booking(booking_number="1" * 65), "/data/booking_number"),
        (a_booking(booked_at="yesterday"), "/data/booked_at"),
        (a_booking(charges=[{}, {"level": 3}]), "/data/charges/1/level"),
        (a_booking(charges=[{"class": 3}]), "/data/charges/0/class"),
        (a_booking(convictions=[{"date": "2009-02-30"}]), "/data/convictions/0/date"),
        (facts_told(facts={"gang_database": "no"}), "/data/facts/gang_database"),
        (a_release_due(due_at="2012-02-24T17:00:00"), "/data/due_at"),
        (a_release_due(due_at="0999-02-24T17:00:00Z"), "/data/due_at"),
        (a_detainer(warrants=[{"verified": "yes"}]), "/data/warrants/0/verified"),
        (a_cancellation(detainer_id=""), "/data/detainer_id"),
        (a_transfer(to_facility_ori="Hartford"), "/data/to_facility_ori"),
    ],
)
def test_data_that_is_refused(event: HeardEvent, where: str) -> None:
    """The place is a JSON pointer into the event."""
    error = refused(event)
    assert error.where == where
    assert error.code in {"data", "year"}


def test_missing_field_is_named() -> None:
    """What must be there and is not is said by name."""
    error = refused(a_booking(), data={"facility_ori": ORI, "booking_number": NUMBER})
    assert "booked_at" in str(error)
    assert error.where == "/data"


def test_release_due_says_an_instant_or_takes_one_back() -> None:
    """An event that says neither would have no effect, and is not taken as if it had."""
    error = refused(a_release_due(due_at=None))
    assert (error.where, error.code) == ("/data", "data")
    assert "due_at" in str(error)


def test_errors_never_repeat_what_was_sent() -> None:
    """Names and numbers in a refused message stay out of logs and answers."""
    for event in (
        a_booking(charges=[{"level": {"Secretname": "Secretname"}}]),
        a_booking(booking_number="Secretname\n"),
        a_booking(booked_at="Secretname"),
        facts_told(facts={"gang_database": "Secretname"}),
    ):
        error = refused(event)
        assert "Secretname" not in f"{error} {error.where} {error.how} {error.code}"
    with pytest.raises(MalformedMessage) as broken:
        read_event(b'{"Secretname":"Secretname", Secretname}')
    assert "Secretname" not in f"{broken.value}"
    assert broken.value.__cause__ is None


def test_times_are_instants() -> None:
    """An offset is read, and only the instant counts."""
    assert read(a_booking(), time="2012-02-22T03:14:00-05:00").time == datetime(2012, 2, 22, 8, 14, tzinfo=UTC)


def test_numbers_in_their_order_and_spelling() -> None:
    """A booking's numbers come from the strongest down, each in its one spelling."""
    ids = {"a_number": "a 12-345-678", "sid": "123456", "ucn": "123 456 ab7", "fin": " 11 ", "tcn": TCN}
    assert identifiers(read(a_booking(ids=ids))) == (
        Identifier("booking", f"{ORI}/{NUMBER}"),
        Identifier("tcn", TCN),
        Identifier("fin", "11"),
        Identifier("ucn", "123456AB7"),
        Identifier("sid", "CT123456"),
        Identifier("a_number", "A012345678"),
    )


def test_odd_numbers_are_warnings() -> None:
    """A misshapen number ties nothing and drops nothing."""
    event = read(a_match(ids={"ucn": "1234567890", "a_number": "A1", "sid": "?", "fin": FIN}))
    assert event.warnings == ("/data/ids/ucn", "/data/ids/sid", "/data/ids/a_number")
    assert identifiers(event) == (Identifier("tcn", TCN), Identifier("fin", FIN))


def test_transfer_names_both_bookings() -> None:
    """The old number leads, the new one follows."""
    assert identifiers(read(a_transfer())) == (
        Identifier("booking", f"{ORI}/{NUMBER}"),
        Identifier("booking", f"{OTHER_ORI}/{OTHER_NUMBER}"),
    )


def test_cancelling_form_names_what_it_cancels() -> None:
    """The detainer it cancels leads to the case; the form's own id follows."""
    event = read(a_detainer(booking_number=None, detainer_id="HAR-9", cancels=DETAINER, ids=None))
    assert identifiers(event) == (Identifier("detainer", DETAINER), Identifier("detainer", "HAR-9"))


@pytest.mark.parametrize(
    ("event", "key"),
    [
        (a_booking(booking_number=" 12-004711 "), f"{ORI}/{NUMBER}"),
        (a_match(), TCN),
        (a_match(tcr=None), TCN),
        (a_match(tcr=None, ids=None), "DHS0000012345"),
        (a_match(booking_number=NUMBER), f"{ORI}/{NUMBER}"),
        (a_detainer(booking_number=None), DETAINER),
        (a_detainer(booking_number=""), DETAINER),
        (a_pick_up(booking_number=None, detainer_id=None), ORI),
    ],
)
def test_topic_key(event: HeardEvent, key: str) -> None:
    """The booking where it is known, else the TCN or the detainer; never a person's number."""
    assert topic_key(read(event)) == key


def test_one_bad_event_leaves_its_neighbours_whole() -> None:
    """A batch comes back in order, each bad one with its own error and name."""
    bad = an_event_json(a_booking(id="bad", booked_at="?"))
    unreadable = b'{"id":"x","source":"s","a":"\\ud800"}'
    good = an_event_json(a_booking()), an_event_json(a_detainer())
    parts = [good[0], bad, unreadable, b"3", good[1]]
    first, second, third, fourth, last = read_batch(b"[" + b",\n".join(parts) + b"]")
    assert isinstance(first, InboundEvent)
    assert isinstance(last, InboundEvent)
    assert isinstance(second, Rejected)
    assert isinstance(third, Rejected)
    assert isinstance(fourth, Rejected)
    assert (second.id, second.error.where, second.raw) == ("bad", "/data/booked_at", bad)
    assert (third.id, third.error.code) == (None, "not_json")
    assert fourth.error.code == "not_cloudevent"


def test_lines_are_events() -> None:
    """NDJSON is read a line at a time, and a broken line breaks no other."""
    raw = an_event_json(a_booking()) + b"\n\n{nope\r\n" + an_event_json(a_detainer()) + b"\r\n"
    kinds = [type(event) for event in read_lines(raw)]
    assert kinds == [InboundEvent, Rejected, InboundEvent]


def test_batch_too_large_is_refused_whole() -> None:
    """More than four megabytes are not read at all."""
    with pytest.raises(MalformedMessage) as error:
        read_batch(b"[" + b" " * 4 * 1024 * 1024 + b"]")
    assert error.value.code == "too_large"


def test_batch_is_no_event() -> None:
    """A batch sent where one event belongs is named as such."""
    with pytest.raises(MalformedMessage) as error:
        read_event(b"[]", content_type=BATCH)
    assert error.value.code == "batch"


@pytest.mark.parametrize(
    ("value", "headers", "code"),
    [
        (None, [], "empty"),
        (b"{}", [("ce_specversion", b"\xff")], "header"),
        (b"<x/>", [("ce_specversion", b"1.0"), ("content-type", b"text/xml")], "content_type"),
        (b"[]", [], "not_cloudevent"),
    ],
)
def test_records_that_are_refused(value: bytes | None, headers: list[tuple[str, bytes]], code: str) -> None:
    """A record that is no event says why."""
    with pytest.raises(MalformedMessage) as error:
        from_kafka(value, headers)
    assert error.value.code == code


def test_retraction_and_sequence_are_read() -> None:
    """A retraction needs no instant of its own; a numeric sequence is a text to us."""
    assert read(a_retraction(a_release_due())).data["due_at"] is None
    assert read(a_booking(), sequence=7).sequence == "7"
    assert read(a_booking()).time == at("2012-02-22 03:14")
