"""Readers are woken by news of their own feed, and by whatever may have been missed."""

import asyncio

from services.notify.api.bell import Bell

JAIL, OTHER = "jail:CT0009300", "jail:CT0009400"


def test_a_call_wakes_those_it_names() -> None:
    """A thousand others go on waiting."""
    bell = Bell()
    mine, others = bell.ticket(JAIL), bell.ticket(OTHER)
    bell.ring(f"{JAIL} ice")
    assert (mine.is_set(), others.is_set()) == (True, False)


def test_a_call_that_names_nobody_is_for_all() -> None:
    """Too many names for one call."""
    bell = Bell()
    tickets = [bell.ticket(JAIL), bell.ticket(OTHER)]
    bell.ring("")
    assert all(ticket.is_set() for ticket in tickets)


def test_readers_of_one_feed_share_a_ticket_until_it_is_rung() -> None:
    """Nothing is kept for a reader that has gone."""
    bell = Bell()
    first = bell.ticket(JAIL)
    assert bell.ticket(JAIL) is first
    bell.ring(JAIL)
    assert bell.ticket(JAIL) is not first


def test_whoever_begins_or_ceases_to_hear_lets_all_look() -> None:
    """Between the two a call may have been missed; while deaf, one looks often."""
    bell = Bell()
    often = bell.look_again_s
    before = bell.ticket(JAIL)
    bell.hears()
    after = bell.ticket(JAIL)
    seldom = bell.look_again_s
    bell.is_deaf()
    assert (before.is_set(), after.is_set()) == (True, True)
    assert bell.look_again_s == often < seldom


def test_what_was_sent_here_is_rung_once() -> None:
    """The database calls it out as well; without its calls there is no other bell."""
    bell = Bell()
    deaf = bell.ticket(JAIL)
    bell.sent_here()
    bell.hears()
    hearing = bell.ticket(JAIL)
    bell.sent_here()
    assert (deaf.is_set(), hearing.is_set()) == (True, False)


async def test_a_ring_between_looking_and_waiting_is_not_lost() -> None:
    """The ticket was taken before."""
    bell = Bell()
    ticket = bell.ticket(JAIL)
    bell.ring(JAIL)
    async with asyncio.timeout(60):
        await bell.wait(ticket, 3600)
