"""Signing in and out: who it is, whether the account is open, and the session that follows.

All of it is in the machine's time. What is written down of a try is who, when and how it ended, never what was typed.
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from services.console.accounts.factors import Factors
from services.console.accounts.passwords import is_right
from services.console.accounts.person import PEOPLE, Person
from shared.db.session import ReadSession, Sessions, WriteSession
from shared.http.access import Role
from shared.runtime.clock import machine_now
from shared.runtime.ids import Ids

_ACCOUNT = (
    "SELECT a.id, a.name, a.key_id, a.password_hash, a.failures, a.failing_since, a.locked_at, a.closed_at,"
    " k.role, k.office, k.revoked_at FROM console.accounts a JOIN access.keys k ON k.id = a.key_id"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """How long a session lives, and when tries are too many."""

    idle: timedelta
    longest: timedelta
    tries: int
    within: timedelta


@dataclass(frozen=True, slots=True)
class Door:
    """Lets people in."""

    sessions: Sessions
    ids: Ids
    rules: Rules
    factors: Factors
    now: Callable[[], datetime] = machine_now

    async def sign_in(self, name: str, password: str, code: str = "") -> str | None:
        """Give the token of a new session; None for a wrong password or code, a locked account, or nobody's name."""
        async with self.sessions.reading() as session:
            account = await session.one(f"{_ACCOUNT} WHERE a.name = :name", name=name.replace("\x00", ""))
        right = await is_right(account.password_hash if account else None, password)
        async with self.sessions.transaction() as session:
            if account is None:
                await self._note(session, None, "refused")
                return None
            # Counted under the account's lock: many tries at one instant are many tries.
            account = await session.one(f"{_ACCOUNT} WHERE a.id = :id FOR UPDATE OF a", id=account.id)
            return await self._judge(session, account, code, right=right)

    async def _judge(self, session: WriteSession, account: Any, code: str, *, right: bool) -> str | None:
        """Let in who proves both; a wrong code counts as a wrong password does, and nobody is told which it was."""
        if right and account.locked_at is None and _is_open(account):
            proof = await self.factors.proof(session, account.id, code)
            if proof is not None:
                return await self._begin(session, account.id, "recovered" if proof == "recovery" else "signed_in")
            right = False
        if not right and account.locked_at is None:
            await self._count(session, account)
        how = "locked" if account.locked_at is not None else "refused" if _is_open(account) else "closed"
        await self._note(session, account.id, how)
        return None

    async def knows_password(self, person: Person, password: str) -> bool:
        """Tell whether somebody who is signed in knows the password too; a wrong one counts as at the sign-in."""
        async with self.sessions.reading() as session:
            account = await session.one(f"{_ACCOUNT} WHERE a.id = :id", id=person.account_id)
        right = await is_right(account.password_hash if account else None, password)
        if not right:
            async with self.sessions.transaction() as session:
                account = await session.one(f"{_ACCOUNT} WHERE a.id = :id FOR UPDATE OF a", id=person.account_id)
                if account is not None and account.locked_at is None:
                    await self._count(session, account)
                await self._note(session, person.account_id, "refused")
        return right

    async def has_set_up(self, person: Person) -> None:
        """Write down that somebody's second factor is in use from now on."""
        async with self.sessions.transaction() as session:
            await self._note(session, person.account_id, "factor_set")

    async def sign_in_as(self, subject: str) -> str | None:
        """Give the token of a new session for whom an issuer vouches; None where no open account is theirs."""
        async with self.sessions.transaction() as session:
            account = await session.one(f"{_ACCOUNT} WHERE a.subject = :subject FOR UPDATE OF a", subject=subject)
            if account is None or account.locked_at is not None or not _is_open(account):
                await self._note(session, account.id if account else None, "closed")
                return None
            return await self._begin(session, account.id)

    async def _count(self, session: WriteSession, account: Any) -> None:
        now = self.now()
        is_fresh = account.failing_since is None or now - account.failing_since > self.rules.within
        failures = 1 if is_fresh else account.failures + 1
        await session.run(
            "UPDATE console.accounts SET failures = :failures, failing_since = :since, locked_at = :locked"
            " WHERE id = :id",
            failures=failures,
            since=now if is_fresh else account.failing_since,
            locked=now if failures >= self.rules.tries else None,
            id=account.id,
        )

    async def _begin(self, session: WriteSession, account_id: UUID, how: str = "signed_in") -> str:
        token, now = secrets.token_urlsafe(32), self.now()
        await session.run(
            "UPDATE console.accounts SET failures = 0, failing_since = NULL WHERE id = :id", id=account_id
        )
        await session.run("DELETE FROM console.sessions WHERE seen_at < :old", old=now - self.rules.longest)
        await session.run(
            "INSERT INTO console.sessions (digest, account_id, csrf, began_at, seen_at)"
            " VALUES (:digest, :account, :csrf, :now, :now)",
            digest=digest_of(token),
            account=account_id,
            csrf=secrets.token_urlsafe(24),
            now=now,
        )
        await self._note(session, account_id, how)
        return token

    async def _note(self, session: WriteSession, account_id: UUID | None, how: str) -> None:
        await session.run(
            "INSERT INTO console.sign_ins (id, account_id, at, result) VALUES (:id, :account, :now, :how)",
            id=self.ids.new(),
            account=account_id,
            now=self.now(),
            how=how,
        )

    async def person(self, token: str | None) -> Person | None:
        """Give who a session's token belongs to; None when it has ended, or never was."""
        if not token:
            return None
        async with self.sessions.transaction() as session:
            row = await _open_session(session, digest_of(token), self.now(), self.rules)
            if row is None:
                return None
            if self.now() - row.seen_at > timedelta(seconds=30):
                await session.run(
                    "UPDATE console.sessions SET seen_at = :now WHERE digest = :digest",
                    now=self.now(),
                    digest=digest_of(token),
                )
        return Person(
            account_id=row.id,
            name=row.name,
            key_id=row.key_id,
            role=Role(row.role),
            office=row.office,
            csrf=row.csrf,
            must_set_up=row.lacks_factor and Role(row.role) in self.factors.roles,
        )

    async def is_open(self, token: str | None) -> bool:
        """Tell whether a session still lives, without keeping it alive: a stream is nobody at the desk."""
        async with self.sessions.reading() as session:
            return await _open_session(session, digest_of(token or ""), self.now(), self.rules) is not None

    async def sign_out(self, token: str, person: Person) -> None:
        """End a session."""
        async with self.sessions.transaction() as session:
            await session.run(
                "UPDATE console.sessions SET ended_at = :now WHERE digest = :digest AND ended_at IS NULL",
                now=self.now(),
                digest=digest_of(token),
            )
            await self._note(session, person.account_id, "signed_out")


async def _open_session(session: ReadSession, digest: bytes, now: datetime, rules: Rules) -> Any:
    row = await session.one(
        "SELECT a.id, a.name, a.key_id, a.locked_at, a.closed_at, k.role, k.office, k.revoked_at, s.csrf, s.seen_at,"
        " a.subject IS NULL AND NOT EXISTS (SELECT FROM console.second_factors f WHERE f.account_id = a.id"
        " AND f.confirmed_at IS NOT NULL) AS lacks_factor"
        " FROM console.sessions s JOIN console.accounts a ON a.id = s.account_id JOIN access.keys k ON k.id = a.key_id"
        " WHERE s.digest = :digest AND s.ended_at IS NULL AND s.seen_at > :idle AND s.began_at > :longest",
        digest=digest,
        idle=now - rules.idle,
        longest=now - rules.longest,
    )
    return row if row is not None and row.locked_at is None and _is_open(row) else None


def _is_open(account: Any) -> bool:
    return account.closed_at is None and account.revoked_at is None and Role(account.role) in PEOPLE


def digest_of(token: str) -> bytes:
    """Give what is kept of a session's token: who reads the table gets no session."""
    return hashlib.sha256(token.encode()).digest()


def is_same(one: str, other: str) -> bool:
    """Compare two secrets in a time that tells nothing."""
    return hmac.compare_digest(one.encode(), other.encode())
