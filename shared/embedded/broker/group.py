"""A consumer group as a state machine: no clock, no sockets; moments are seconds handed in."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.embedded.broker.codes import Code
from shared.embedded.broker.members import Application, Joined, Member, State, Synced, in_common

#: A new group waits this long for others, so that members who start together are shared out once.
FIRST_WAIT_S = 0.1


@dataclass(slots=True)
class Group:
    """Members, a generation, and answers that are ready: ``answers`` holds (ticket, answer)."""

    state: State = State.EMPTY
    generation: int = 0
    protocol: str = ""
    protocol_type: str = ""
    leader: str = ""
    members: dict[str, Member] = field(default_factory=dict)
    static: dict[str, str] = field(default_factory=dict)
    answers: list[tuple[int, Joined | Synced]] = field(default_factory=list)
    _not_before: float = 0.0
    _no_later: float = 0.0

    def join(self, ticket: int, name: str, fresh_name: str, says: Application, now: float) -> None:
        """Take a member in, or anew; ``fresh_name`` is used when it has no name yet."""
        holder = self.static.get(says.instance) if says.instance else None
        refusal = self._refusal(name, holder, says)
        if refusal is not Code.NONE:
            self.answers.append((ticket, Joined(refusal, name)))
        elif holder and not name:
            self._take_over(ticket, holder, fresh_name, says, now)
        elif name:
            self._rejoin(ticket, self.members[name], says, now)
        else:
            self._add(fresh_name, says, now).joining = ticket
            self._prepare(now)

    def _refusal(self, name: str, holder: str | None, says: Application) -> Code:
        if holder and name and holder != name:
            return Code.FENCED_INSTANCE_ID
        if name and name not in self.members:
            return Code.UNKNOWN_MEMBER_ID
        others = [m.says for m in self.members.values() if m.name not in {name, holder}]
        if others and (says.protocol_type != self.protocol_type or not in_common([says, *others])):
            return Code.INCONSISTENT_GROUP_PROTOCOL
        return Code.NONE if says.protocols else Code.INCONSISTENT_GROUP_PROTOCOL

    def _add(self, name: str, says: Application, now: float) -> Member:
        member = self.members[name] = Member(name, says, now + says.session_s)
        if says.instance:
            self.static[says.instance] = name
        self.protocol_type = says.protocol_type
        return member

    def _take_over(self, ticket: int, holder: str, name: str, says: Application, now: float) -> None:
        """Give a static member that has come back its old place; whoever held it is fenced.

        In a stable group nothing else moves. Even a leader is then answered as a
        follower, by its old name, so that it fetches the old sharing and makes no new one.
        """
        old = self.members.pop(holder)
        self._refuse_pending(old, Code.FENCED_INSTANCE_ID)
        new = self._add(name, says, now)
        new.assignment = old.assignment
        was_leader = self.leader
        if self.leader == holder:
            self.leader = name
        if self.state is State.STABLE and new.metadata(self.protocol) == old.metadata(self.protocol):
            self.answers.append((ticket, Joined(Code.NONE, name, self.generation, self.protocol, was_leader)))
        else:
            new.joining = ticket
            self._prepare(now)

    def _rejoin(self, ticket: int, member: Member, says: Application, now: float) -> None:
        changed = member.says.protocols != says.protocols
        member.says = says
        member.alive_until = now + says.session_s
        settled = self.state is State.COMPLETING or (self.state is State.STABLE and member.name != self.leader)
        if settled and not changed:
            self.answers.append((ticket, self._welcome(member)))
            return
        if member.joining is not None:
            self.answers.append((member.joining, Joined(Code.UNKNOWN_MEMBER_ID, member.name)))
        member.joining = ticket
        self._prepare(now)

    def _prepare(self, now: float) -> None:
        """Begin to share out anew, unless that is under way."""
        if self.state is not State.PREPARING:
            for member in self.members.values():
                self._refuse_sync(member, Code.REBALANCE_IN_PROGRESS)
            self._not_before = now + FIRST_WAIT_S if self.state is State.EMPTY else now
            self._no_later = now + max(m.says.rebalance_s for m in self.members.values())
            self.state = State.PREPARING
        self._complete_when_ready(now)

    def _complete_when_ready(self, now: float) -> None:
        all_here = all(m.joining is not None for m in self.members.values())
        if now < self._not_before or not (all_here or now >= self._no_later):
            return
        for member in [m for m in self.members.values() if m.joining is None]:
            self._forget(member)
        self.generation += 1
        if not self.members:
            self.state, self.leader, self.protocol = State.EMPTY, "", ""
            return
        if self.leader not in self.members:
            self.leader = next(iter(self.members))
        common = in_common(m.says for m in self.members.values())
        self.protocol = next(n for n, _ in self.members[self.leader].says.protocols if n in common)
        self.state = State.COMPLETING
        for member in self.members.values():
            self._answer_join(member, now)

    def _answer_join(self, member: Member, now: float) -> None:
        member.alive_until = now + member.says.session_s
        member.assignment = b""
        if member.joining is not None:
            self.answers.append((member.joining, self._welcome(member)))
            member.joining = None

    def _welcome(self, member: Member) -> Joined:
        everyone = tuple((m.name, m.says.instance, m.metadata(self.protocol)) for m in self.members.values())
        return Joined(
            Code.NONE,
            member.name,
            self.generation,
            self.protocol,
            self.leader,
            everyone if member.name == self.leader else (),
        )

    def sync(
        self,
        ticket: int,
        name: str,
        instance: str | None,
        generation: int,
        shares: Mapping[str, bytes],
        now: float,
    ) -> None:
        """Take the leader's sharing, and give each member its part once it is there."""
        code = self._standing(name, generation, instance)
        if code is Code.NONE and self.state is State.PREPARING:
            code = Code.REBALANCE_IN_PROGRESS
        if code is not Code.NONE:
            self.answers.append((ticket, Synced(code)))
            return
        member = self.members[name]
        member.alive_until = now + member.says.session_s
        self._refuse_sync(member, Code.REBALANCE_IN_PROGRESS)
        member.syncing = ticket
        if self.state is State.COMPLETING and name == self.leader:
            self.state = State.STABLE
            for each in self.members.values():
                each.assignment = shares.get(each.name, b"")
        if self.state is State.STABLE:
            self._hand_out(now)

    def _hand_out(self, now: float) -> None:
        for member in self.members.values():
            if member.syncing is not None:
                self.answers.append((member.syncing, Synced(Code.NONE, member.assignment)))
                member.syncing = None
                member.alive_until = now + member.says.session_s

    def _standing(self, name: str, generation: int, instance: str | None = None) -> Code:
        if instance and self.static.get(instance, name) != name:
            return Code.FENCED_INSTANCE_ID
        if name not in self.members:
            return Code.UNKNOWN_MEMBER_ID
        return Code.NONE if generation == self.generation else Code.ILLEGAL_GENERATION

    def heartbeat(self, name: str, generation: int, now: float) -> Code:
        """Hear that a member lives; tell it when it should join anew."""
        code = self._standing(name, generation)
        if code is not Code.NONE:
            return code
        member = self.members[name]
        member.alive_until = now + member.says.session_s
        return Code.REBALANCE_IN_PROGRESS if self.state is State.PREPARING else Code.NONE

    def may_commit(self, name: str, generation: int, now: float) -> Code:
        """Say whether offsets may be committed: by members, and by anyone while the group is empty."""
        if generation < 0 and not name and not self.members:
            return Code.NONE
        code = self._standing(name, generation)
        if code is not Code.NONE:
            return code
        self.members[name].alive_until = now + self.members[name].says.session_s
        return Code.REBALANCE_IN_PROGRESS if self.state is State.COMPLETING else Code.NONE

    def leave(self, name: str, now: float) -> Code:
        """Let a member go, and share out what it had."""
        if name not in self.members:
            return Code.UNKNOWN_MEMBER_ID
        self._remove(self.members[name], now)
        return Code.NONE

    def tick(self, now: float) -> None:
        """Drop members that were silent too long, and end waiting that has gone on long enough."""
        for member in list(self.members.values()):
            waits = member.joining is not None or member.syncing is not None
            is_here = member.name in self.members  # dropping one may have ended the wait for another
            if is_here and not waits and member.alive_until <= now:
                self._remove(member, now)
        if self.state is State.PREPARING:
            self._complete_when_ready(now)

    def next_tick(self) -> float | None:
        """Tell when ``tick`` has something to do at the earliest; None: never."""
        moments = [m.alive_until for m in self.members.values() if m.joining is None and m.syncing is None]
        if self.state is State.PREPARING:
            all_here = all(m.joining is not None for m in self.members.values())
            moments.append(self._not_before if all_here else self._no_later)
        return min(moments, default=None)

    def _remove(self, member: Member, now: float) -> None:
        self._forget(member)
        if self.state is State.PREPARING:
            self._complete_when_ready(now)
        elif self.members:
            self._prepare(now)
        else:
            self.generation += 1
            self.state, self.leader, self.protocol = State.EMPTY, "", ""

    def _forget(self, member: Member) -> None:
        self._refuse_pending(member, Code.UNKNOWN_MEMBER_ID)
        del self.members[member.name]
        if member.says.instance:
            self.static.pop(member.says.instance, None)

    def _refuse_pending(self, member: Member, code: Code) -> None:
        if member.joining is not None:
            self.answers.append((member.joining, Joined(code, member.name)))
            member.joining = None
        self._refuse_sync(member, code)

    def _refuse_sync(self, member: Member, code: Code) -> None:
        if member.syncing is not None:
            self.answers.append((member.syncing, Synced(code)))
            member.syncing = None
