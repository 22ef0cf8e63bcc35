"""Gives the group state machines their clock and their waiting callers."""

import asyncio
import itertools
from collections.abc import Mapping
from typing import cast

from shared.embedded.broker.codes import Code
from shared.embedded.broker.group import Group
from shared.embedded.broker.members import Application, Joined, Synced


class Coordinator:
    """All groups. Membership lives in memory: after a restart consumers join anew."""

    def __init__(self) -> None:
        self.groups: dict[str, Group] = {}
        self._tickets = itertools.count()
        self._callers: dict[int, asyncio.Future[Joined | Synced]] = {}
        self._timers: dict[str, asyncio.TimerHandle] = {}

    async def join(self, group: str, name: str, fresh_name: str, says: Application) -> Joined:
        """Take a consumer into a group; returns when all members have come."""
        machine = self.groups.setdefault(group, Group())
        ticket, answer = self._ticket()
        machine.join(ticket, name, fresh_name, says, self._now())
        self._after(group, machine)
        return cast("Joined", await answer)

    async def sync(
        self, group: str, name: str, instance: str | None, generation: int, shares: Mapping[str, bytes]
    ) -> Synced:
        """Give a member its partitions; returns when the leader has shared them out."""
        machine = self.groups.get(group)
        if machine is None:
            return Synced(Code.UNKNOWN_MEMBER_ID)
        ticket, answer = self._ticket()
        machine.sync(ticket, name, instance, generation, shares, self._now())
        self._after(group, machine)
        return cast("Synced", await answer)

    def heartbeat(self, group: str, name: str, generation: int) -> Code:
        """Hear that a member lives."""
        machine = self.groups.get(group)
        if machine is None:
            return Code.UNKNOWN_MEMBER_ID
        code = machine.heartbeat(name, generation, self._now())
        self._after(group, machine)
        return code

    def leave(self, group: str, name: str) -> Code:
        """Let a member go."""
        machine = self.groups.get(group)
        if machine is None:
            return Code.UNKNOWN_MEMBER_ID
        code = machine.leave(name, self._now())
        self._after(group, machine)
        return code

    def may_commit(self, group: str, name: str, generation: int) -> Code:
        """Say whether this caller may commit offsets of the group."""
        return self.groups.setdefault(group, Group()).may_commit(name, generation, self._now())

    def forget(self, group: str) -> None:
        """Drop a group that has no members."""
        self.groups.pop(group, None)
        timer = self._timers.pop(group, None)
        if timer is not None:
            timer.cancel()

    def close(self) -> None:
        """Stop all timers."""
        for timer in self._timers.values():
            timer.cancel()

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()

    def _ticket(self) -> tuple[int, asyncio.Future[Joined | Synced]]:
        ticket = next(self._tickets)
        future: asyncio.Future[Joined | Synced] = asyncio.get_running_loop().create_future()
        self._callers[ticket] = future
        return ticket, future

    def _after(self, name: str, machine: Group) -> None:
        """Hand out the answers that are ready, and come back when the next moment is due."""
        for ticket, answer in machine.answers:
            future = self._callers.pop(ticket)
            if not future.done():  # the caller may have hung up
                future.set_result(answer)
        machine.answers.clear()
        timer = self._timers.pop(name, None)
        if timer is not None:
            timer.cancel()
        due = machine.next_tick()
        if due is not None:
            loop = asyncio.get_running_loop()
            self._timers[name] = loop.call_at(due, self._tick, name, machine)

    def _tick(self, name: str, machine: Group) -> None:
        machine.tick(self._now())
        self._after(name, machine)
