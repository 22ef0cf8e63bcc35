"""What cannot be handled is set aside with its bytes and its case is marked; everyone else's goes on."""

from shared.kafka.producer import OutMessage
from shared.kafka.topics import Topic
from tests.support.builders import (
    BOOKED,
    NUMBER,
    ORI,
    a_booking,
    a_cancellation,
    a_detainer,
    a_transfer,
    an_event_json,
    facts_told,
)
from tests.support.line import Line, as_message

KEY = f"{ORI}/{NUMBER}".encode()
POISON = OutMessage(Topic.DETAINERS, KEY, b'{"specversion":"1.0","id":"p","source":"/ice","data":{')
BAD_DATE = OutMessage(
    Topic.DETAINERS, KEY, an_event_json(a_detainer(issued_at="on Tuesday", person={"family_name": "Example"}))
)


async def marks(line: Line) -> list[tuple[int, int]]:
    """Give version and number of events set aside, of each case."""
    rows = await line.rows("SELECT version, parked_events FROM intake.cases ORDER BY case_id")
    return [(row.version, row.parked_events) for row in rows]


async def test_poison_is_kept_with_its_bytes(line: Line) -> None:
    """An operator sees where it came from, why, and can look at every byte of it."""
    await line.hear(a_booking())
    await line.take(POISON)
    (row,) = await line.rows("SELECT topic, part, position, code, message, message_key, state FROM intake.parked")
    assert tuple(row) == ("ice.detainers.v1", 0, 0, "not_json", POISON.value, KEY, "parked")
    assert await line.alarms() == ["event_parked"]
    assert [letter.topic for letter in line.told].count(Topic.PARKED) == 1


async def test_poison_marks_the_case_of_its_key(line: Line) -> None:
    """Nobody can read what it says of whom, but its key names the booking: that case waits with it."""
    await line.hear(a_booking())
    line.told.clear()
    await line.take(POISON)
    assert await marks(line) == [(2, 1)]
    assert [letter.topic for letter in line.told].count(Topic.CASES) == 1


async def test_poison_for_a_booking_not_yet_heard_of_marks_it_beforehand(line: Line) -> None:
    """The mark must not depend on which came first: the booking queues behind what is unread."""
    await line.take(POISON)
    await line.hear(a_booking())
    assert await line.state(a_booking()) == ("waiting", "behind_parked")
    assert await line.rows("SELECT custody, parked_events FROM intake.cases") == [("awaited", 1)]


async def test_what_can_only_end_a_hold_does_not_queue(line: Line) -> None:
    """A lost cancellation must not leave a hold standing: it goes by what is unread, and other news waits behind."""
    await line.hear(a_booking(), a_detainer())
    await line.take(POISON)
    await line.hear(facts_told(facts={"gang_database": True}), a_cancellation())
    assert await line.state(a_cancellation()) == ("applied", None)
    assert await line.state(facts_told()) == ("waiting", "behind_parked")
    folded = await line.value("SELECT convert_from(folded, 'UTF8') FROM intake.cases")
    assert '"status":"cancelled"' in folded


async def test_doubled_poison_is_set_aside_once(line: Line) -> None:
    """The same bytes under the same name, in one batch or in two, are one thing for an operator to look at."""
    await line.step("2012-02-22 12:00")
    await line.take(BAD_DATE, BAD_DATE)
    await line.take(BAD_DATE)
    assert await line.value("SELECT count(*) FROM intake.parked") == 1
    assert (await marks(line), await line.alarms()) == ([(1, 1)], ["event_parked"])


async def test_nothing_personal_leaves_with_what_is_set_aside(line: Line) -> None:
    """The word on the topic, the alarm and the reason name places and kinds, never what somebody wrote."""
    await line.step("2012-02-22 12:00")
    await line.take(BAD_DATE)
    (row,) = await line.rows("SELECT reason, place FROM intake.parked")
    assert row.place == "/data/issued_at"
    (told,) = [letter for letter in line.told if letter.topic == Topic.PARKED]
    (alarm,) = await line.rows("SELECT subject || detail AS said FROM intake.alarms")
    for text in (row.reason, told.message.decode(), told.key, alarm.said):
        assert "Example" not in text
        assert "Tuesday" not in text


async def test_a_key_of_another_shape_is_not_repeated(line: Line) -> None:
    """Somebody may have put a name into a key; the parked id stands for it, and no case is marked."""
    await line.take(OutMessage(Topic.DETAINERS, b"Example, Ana Maria", b"{"))
    (told,) = line.told
    (row,) = await line.rows("SELECT id, case_key, case_id FROM intake.parked")
    assert (told.key, row.case_key, row.case_id) == (str(row.id), None, None)


async def test_an_unregistered_facility_is_set_aside(line: Line) -> None:
    """Without a register entry there is no law and no clock: a person registers it, then retries."""
    stranger = a_booking(facility_ori="TX2270000")
    transferred = a_transfer(to_facility_ori="TX2270000")
    await line.hear(stranger, a_booking(id="known"), transferred)
    assert await line.state(stranger) == ("parked", "unknown_facility")
    assert await line.state(transferred) == ("parked", "unknown_facility")
    assert await line.state(a_booking(id="known")) == ("applied", None)
    assert await marks(line) == [(2, 1)]


async def test_neighbours_in_the_batch_go_on(line: Line) -> None:
    """One event that cannot be read and one that cannot be taken leave the third as if alone."""
    await line.step(BOOKED)
    ahead = a_booking("2012-02-25 10:00", booking_number="12-000009", id="ahead")
    await line.take(POISON, as_message(ahead), as_message(a_booking()))
    assert await line.state(a_booking()) == ("applied", None)
    assert await line.state(ahead) == ("parked", "time_ahead")
    assert await line.value("SELECT array_agg(code ORDER BY code) FROM intake.parked") == ["not_json", "time_ahead"]


async def test_another_body_under_a_name_set_aside_is_set_aside_too(line: Line) -> None:
    """A mended event needs a new id: under the old one nobody can know which was meant, so both bodies are kept."""
    await line.step("2012-02-22 12:00")
    await line.take(BAD_DATE)
    await line.hear(a_booking(), a_detainer())
    assert await line.state(a_detainer()) == ("parked", "id_reused")
    assert await line.value("SELECT array_agg(code ORDER BY position) FROM intake.parked") == ["data", "id_reused"]
    mended = a_detainer(id="mended")
    await line.hear(mended)
    assert await line.state(mended) == ("waiting", "behind_parked")
