"""The person's copy through the jail's API: printed in two languages, and its service recorded."""

from dataclasses import replace
from datetime import datetime, timedelta

from tests.integration.notify.conftest import Office
from tests.support.decisions import NOW, ORI, OTHER_ORI, a_hold, local

SERVED = {
    "served_at": "2012-02-22T10:20:00-05:00",
    "served_by": "shift desk",
    "language": "es",
    "manner": "in_person",
}


async def the_copy(office: Office) -> str:
    """Let a copy be owed, and give its path."""
    await office.hear(replace(a_hold(), person_copy=("copy-to-person",)))
    await office.settle()
    (item,) = [item for item in await office.feed() if item["kind"] == "person_copy"]
    path: str = item["person_copy"]["copy"]
    assert path == f"/v1/jails/{ORI}/notices/{item['id']}/copy"
    return path


async def test_a_copy_is_printed_in_two_languages_and_forms(office: Office) -> None:
    """HTML to read and PDF to print, with the deadline of the notice as it was sent; ICE's feed has none."""
    path = await the_copy(office)
    english = await office.get("jail", path)
    assert english.headers["content-type"] == "text/html; charset=utf-8"
    assert "2012-02-28 17:00" in english.text
    spanish = await office.get("jail", f"{path}?language=es")
    assert "Si usted cree que esto está mal" in spanish.text
    for language in ("en", "es"):
        pdf = await office.get("auditor", f"{path}?language={language}&format=pdf")
        assert (pdf.headers["content-type"], pdf.content[:5]) == ("application/pdf", b"%PDF-")
    assert all(item["kind"] != "person_copy" for item in await office.feed("ice"))


async def test_another_jail_and_another_notice_have_no_copy(office: Office) -> None:
    """Both answer as if there were none; so does a language that we do not write."""
    path = await the_copy(office)
    assert (await office.get("other_jail", path)).status_code == 404
    assert (await office.get("other_jail", path.replace(ORI, OTHER_ORI))).status_code == 404
    assert (await office.get("ice", path)).status_code == 403
    (order,) = [item for item in await office.feed() if item["kind"] == "decision"]
    assert (await office.get("jail", f"/v1/jails/{ORI}/notices/{order['id']}/copy")).status_code == 404
    assert (await office.get("jail", f"{path}?language=xx")).status_code == 422


async def test_service_is_recorded_once_and_stays(office: Office) -> None:
    """The same hand-over told twice is one record; a further one is another; one to come is refused."""
    path = (await the_copy(office)).replace("/copy", "/served")
    for _ in range(2):
        told = await office.post("jail", path, SERVED)
        assert told.status_code == 201, told.text
    await office.post("jail", path, {**SERVED, "manner": "read_aloud"})
    listed = (await office.get("operator", path)).json()["items"]
    assert [(one["manner"], one["language"]) for one in listed] == [("in_person", "es"), ("read_aloud", "es")]
    for wrong in ({"served_at": "2012-02-23T10:20:00-05:00"}, {"served_at": "noon"}, {"manner": "by_mail"}):
        assert (await office.post("jail", path, {**SERVED, **wrong})).status_code == 422
    assert (await office.post("ice", path, SERVED)).status_code == 403


async def test_an_operator_writes_down_what_the_jail_has_told_another_way(office: Office) -> None:
    """The record is the jail's, and says that it was our operator's key that made it."""
    path = (await the_copy(office)).replace("/copy", "/served")
    assert (await office.post("operator", path, SERVED)).status_code == 201
    (one,) = (await office.get("jail", path)).json()["items"]
    assert (one["served_by"], one["language"]) == ("shift desk", "es")


async def test_a_copy_stays_as_it_was_sent(office: Office) -> None:
    """What the person holds can be had again word for word, though another has taken its place."""
    path = await the_copy(office)
    before = (await office.get("jail", path)).text
    ended = replace(a_hold(number=2, outcome="RELEASE"), window=None, person_copy=("copy-to-person",), rule="cancelled")
    await office.at(local("22 11:00"))
    await office.hear(ended)
    await office.settle()
    copies = [item for item in await office.feed() if item["kind"] == "person_copy"]
    assert [copy["outcome"] for copy in copies] == ["HOLD", "RELEASE"]
    assert copies[1]["replaces"] == copies[0]["id"]
    assert (await office.get("jail", path)).text == before


async def alarms(office: Office) -> list[tuple[object, ...]]:
    """Give who was called for copies that were not handed over, and by when they should have been."""
    return await office.database.all(
        "SELECT subject, contact, due FROM notify.alarms WHERE kind = 'copy_not_handed_over' ORDER BY since, subject"
    )


async def owed(office: Office) -> list[tuple[str, datetime]]:
    """Give the copies that are still to be handed over."""
    rows = await office.database.all(
        "SELECT notice_id, hand_by FROM notify.copies_owed WHERE settled_at IS NULL ORDER BY hand_by, notice_id"
    )
    return [(str(notice_id), by) for notice_id, by in rows if isinstance(by, datetime)]


async def test_a_copy_that_nobody_handed_over_calls_a_person(office: Office) -> None:
    """At the instant by which it was owed, once; that the jail has signed for it says nothing of the person."""
    await the_copy(office)
    await office.sign()
    ((notice_id, by),) = await owed(office)
    assert by >= NOW + timedelta(hours=4)
    await office.at(by - timedelta(seconds=1))
    assert await alarms(office) == []
    await office.at(by)
    await office.at(by + timedelta(days=1))
    assert await alarms(office) == [(notice_id, "operator", by)]


async def test_a_copy_that_was_handed_over_calls_nobody(office: Office) -> None:
    """However it reached the person; afterwards nothing of it is waited for."""
    path = (await the_copy(office)).replace("/copy", "/served")
    ((_, by),) = await owed(office)
    assert (await office.post("jail", path, SERVED | {"manner": "refused"})).status_code == 201
    assert await owed(office) == []
    await office.at(by + timedelta(days=1))
    assert await alarms(office) == []


async def test_of_copies_that_replace_one_another_the_last_one_is_owed(office: Office) -> None:
    """The person is to have the answer as it stands; a jail that hands over each of them does no harm."""
    path = (await the_copy(office)).replace("/copy", "/served")
    ended = replace(a_hold(number=2, outcome="RELEASE"), window=None, person_copy=("copy-to-person",), rule="cancelled")
    await office.at(local("22 11:00"))
    await office.hear(ended)
    await office.settle()
    copies = [item["id"] for item in await office.feed() if item["kind"] == "person_copy"]
    ((notice_id, by),) = await owed(office)
    assert [notice_id] == copies[1:]
    await office.post("jail", path, SERVED)
    assert len(await owed(office)) == 1
    await office.at(by)
    assert [subject for subject, *_ in await alarms(office)] == [notice_id]


async def test_another_jail_settles_nothing(office: Office) -> None:
    """Neither its own word nor its key counts for a copy that is not its own."""
    path = (await the_copy(office)).replace("/copy", "/served")
    assert (await office.post("other_jail", path, SERVED)).status_code == 404
    assert len(await owed(office)) == 1
