"""The group state machine, moment by moment and without a socket."""

from itertools import count

from hypothesis import example, given, settings
from hypothesis import strategies as st

from shared.embedded.broker.codes import Code
from shared.embedded.broker.group import FIRST_WAIT_S, Group
from shared.embedded.broker.members import Application, Joined, State, Synced


def says(instance: str | None = None, metadata: bytes = b"", session_s: float = 10.0) -> Application:
    """Give an application to join; a dynamic one unless an instance is named."""
    return Application("client", instance, "consumer", (("roundrobin", metadata),), session_s, session_s)


class Room:
    """A group and a clock that a test moves."""

    def __init__(self) -> None:
        self.group = Group()
        self.now = 0.0
        self._tickets = count()

    def join(self, name: str, application: Application, fresh: str = "") -> int:
        """Ask to join; give the ticket."""
        ticket = next(self._tickets)
        self.group.join(ticket, name, fresh or f"m{ticket}", application, self.now)
        return ticket

    def sync(self, name: str, shares: dict[str, bytes] | None = None, instance: str | None = None) -> int:
        """Give or ask for the sharing; give the ticket."""
        ticket = next(self._tickets)
        self.group.sync(ticket, name, instance, self.group.generation, shares or {}, self.now)
        return ticket

    def wait(self, seconds: float) -> None:
        """Let time pass, with every tick that falls due on the way."""
        end = self.now + seconds
        while (due := self.group.next_tick()) is not None and due <= end:
            self.now = max(self.now, due)
            self.group.tick(self.now)
        self.now = end

    def joined(self, ticket: int) -> Joined | None:
        """Give the answer to a join, if there is one yet."""
        found = dict(self.group.answers).get(ticket)
        assert found is None or isinstance(found, Joined)
        return found

    def synced(self, ticket: int) -> Synced | None:
        """Give the answer to a sync, if there is one yet."""
        found = dict(self.group.answers).get(ticket)
        assert found is None or isinstance(found, Synced)
        return found


def a_stable_pair() -> Room:
    """Give a group of static members a (the leader) and b with their shares."""
    room = Room()
    room.join("", says("a"), "a1")
    room.join("", says("b"), "b1")
    room.wait(FIRST_WAIT_S)
    room.sync("a1", {"a1": b"A", "b1": b"B"})
    room.sync("b1")
    assert room.group.state is State.STABLE
    return room


def test_members_who_start_together_are_shared_out_once() -> None:
    """The first member waits a moment, so that the second is in the same generation."""
    room = Room()
    first = room.join("", says(), "a1")
    assert room.joined(first) is None
    second = room.join("", says(), "b1")
    room.wait(FIRST_WAIT_S)
    leader, follower = room.joined(first), room.joined(second)
    assert leader is not None
    assert follower is not None
    assert (leader.generation, follower.generation) == (1, 1)
    assert [name for name, _, _ in leader.members] == ["a1", "b1"]
    assert follower.members == ()


def test_a_follower_waits_for_the_leaders_sharing() -> None:
    """A sync before the leader's is answered with the share as soon as the leader has spoken."""
    room = Room()
    room.join("", says(), "a1")
    room.join("", says(), "b1")
    room.wait(FIRST_WAIT_S)
    early = room.sync("b1")
    assert room.synced(early) is None
    room.sync("a1", {"a1": b"A", "b1": b"B"})
    assert room.synced(early) == Synced(Code.NONE, b"B")


def test_a_static_member_takes_its_old_place() -> None:
    """The follower that returns has its share in the same generation, and nobody else is asked to move."""
    room = a_stable_pair()
    back = room.joined(room.join("", says("b"), "b2"))
    assert back == Joined(Code.NONE, "b2", 1, "roundrobin", "a1")
    assert room.synced(room.sync("b2", instance="b")) == Synced(Code.NONE, b"B")
    assert room.group.heartbeat("a1", 1, room.now) is Code.NONE


def test_a_returning_leader_is_answered_as_a_follower() -> None:
    """It is named no leader, so it shares nothing out, yet the group counts it as the leader."""
    room = a_stable_pair()
    back = room.joined(room.join("", says("a"), "a2"))
    assert back == Joined(Code.NONE, "a2", 1, "roundrobin", "a1")
    assert room.group.leader == "a2"
    assert room.synced(room.sync("a2", instance="a")) == Synced(Code.NONE, b"A")


def test_a_static_member_with_other_topics_shares_out_anew() -> None:
    """What it asks for has changed, so the old share will not do."""
    room = a_stable_pair()
    back = room.join("", says("b", metadata=b"other topics"), "b2")
    assert room.joined(back) is None
    assert room.group.heartbeat("a1", 1, room.now) is Code.REBALANCE_IN_PROGRESS


def test_the_replaced_name_is_fenced() -> None:
    """The old process is refused when it joins or syncs under its instance, and unknown without."""
    room = a_stable_pair()
    room.join("", says("b"), "b2")
    fenced = room.joined(room.join("b1", says("b")))
    assert fenced is not None
    assert fenced.code is Code.FENCED_INSTANCE_ID
    assert room.synced(room.sync("b1", instance="b")) == Synced(Code.FENCED_INSTANCE_ID)
    assert room.group.heartbeat("b1", 1, room.now) is Code.UNKNOWN_MEMBER_ID
    assert room.group.may_commit("b1", 1, room.now) is Code.UNKNOWN_MEMBER_ID


def test_a_join_that_waits_is_fenced_when_its_place_is_taken() -> None:
    """Two processes of one name that start together: the later one stays, the earlier one hears so."""
    room = Room()
    first = room.join("", says("a"), "a1")
    second = room.join("", says("a"), "a2")
    answer = room.joined(first)
    assert answer is not None
    assert answer.code is Code.FENCED_INSTANCE_ID
    room.wait(FIRST_WAIT_S)
    kept = room.joined(second)
    assert kept is not None
    assert kept.code is Code.NONE


def test_a_silent_member_is_dropped_after_its_session() -> None:
    """Until then its place is kept; afterwards the other is asked to join anew."""
    room = a_stable_pair()
    room.wait(9.0)
    assert room.group.heartbeat("a1", 1, room.now) is Code.NONE
    room.wait(1.5)
    assert set(room.group.members) == {"a1"}
    assert room.group.heartbeat("a1", 1, room.now) is Code.REBALANCE_IN_PROGRESS


def test_who_does_not_rejoin_in_time_is_left_behind() -> None:
    """A rebalance ends when everyone has come, or when waiting has gone on long enough."""
    room = a_stable_pair()
    newcomer = room.join("", says("c"), "c1")
    room.join("a1", says("a"))
    assert room.joined(newcomer) is None
    room.wait(10.0)
    joined = room.joined(newcomer)
    assert joined is not None
    assert (joined.code, joined.generation) == (Code.NONE, 2)
    assert set(room.group.members) == {"a1", "c1"}


def test_a_rebalance_refuses_those_who_wait_for_their_share() -> None:
    """A newcomer before the leader has spoken sends the waiting follower back to join."""
    room = Room()
    room.join("", says(), "a1")
    room.join("", says(), "b1")
    room.wait(FIRST_WAIT_S)
    waiting = room.sync("b1")
    room.join("", says(), "c1")
    assert room.synced(waiting) == Synced(Code.REBALANCE_IN_PROGRESS)


def test_a_member_with_another_protocol_is_refused() -> None:
    """Nobody could share out between members that have no protocol in common."""
    room = a_stable_pair()
    stranger = Application("client", None, "consumer", (("sticky", b""),), 10.0, 10.0)
    answer = room.joined(room.join("", stranger))
    assert answer is not None
    assert answer.code is Code.INCONSISTENT_GROUP_PROTOCOL


def test_only_members_commit_while_there_are_any() -> None:
    """An administrator may set offsets of an empty group, and of no other."""
    room = Room()
    assert room.group.may_commit("", -1, room.now) is Code.NONE
    room = a_stable_pair()
    assert room.group.may_commit("", -1, room.now) is Code.UNKNOWN_MEMBER_ID
    assert room.group.may_commit("a1", 0, room.now) is Code.ILLEGAL_GENERATION
    assert room.group.may_commit("a1", 1, room.now) is Code.NONE


def test_the_last_to_leave_empties_the_group() -> None:
    """An empty group has no leader, no tick to come, and takes the next member like the first."""
    room = a_stable_pair()
    assert room.group.leave("a1", room.now) is Code.NONE
    assert room.group.leave("b1", room.now) is Code.NONE
    assert room.group.leave("b1", room.now) is Code.UNKNOWN_MEMBER_ID
    assert (room.group.state, room.group.leader, room.group.next_tick()) == (State.EMPTY, "", None)


_STEPS = st.lists(
    st.tuples(
        st.sampled_from(["join", "rejoin", "sync", "beat", "leave", "wait"]),
        st.sampled_from(["a", "b", "c"]),
        st.floats(0.0, 12.0),
    ),
    max_size=40,
)


@given(_STEPS)
@settings(max_examples=200, deadline=None)
@example([("join", "a", 0.0), ("wait", "a", 1.0), ("join", "c", 0.0), ("join", "a", 0.0), ("join", "b", 0.0)])
def test_every_caller_is_answered_in_the_end(steps: list[tuple[str, str, float]]) -> None:
    """Whatever members do, each ticket gets one answer, and every static name has one holder."""
    room = Room()
    names: dict[str, str] = {}
    asked: list[int] = []
    for what, who, seconds in steps:
        name = names.get(who, "")
        if what == "join":
            names[who] = f"{who}-{len(asked)}"
            asked.append(room.join("", says(who), names[who]))
        elif what == "rejoin":
            asked.append(room.join(name, says(who), f"{who}-again-{len(asked)}"))
        elif what == "sync":
            asked.append(room.sync(name, dict.fromkeys(room.group.members, b"x"), instance=who))
        elif what == "beat":
            room.group.heartbeat(name, room.group.generation, room.now)
        elif what == "leave":
            room.group.leave(name, room.now)
        else:
            room.wait(seconds)
        assert sorted(room.group.static.values()) == sorted(room.group.members)
        if room.group.members and room.group.state is not State.PREPARING:
            assert room.group.leader in room.group.members
    room.wait(100.0)
    assert sorted(ticket for ticket, _ in room.group.answers) == sorted(asked)
