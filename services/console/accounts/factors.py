"""Second factors of local accounts: set up once, asked for at each sign-in, and demanded of the roles that need one."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.console.accounts import codes
from services.console.accounts.codes import Sealer
from services.console.accounts.person import Person
from shared.db.session import Sessions, WriteSession
from shared.http.access import Role
from shared.runtime.clock import machine_now


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How it stands with somebody's second factor."""

    #: Since when it is asked for; None where there is none yet.
    since: datetime | None
    #: What the app is to be given; only between the beginning and the first right code.
    seed: str | None
    recovery_codes_left: int


@dataclass(frozen=True, slots=True)
class Factors:
    """Keeps second factors; without a sealer none can be set up, and none is asked for."""

    sessions: Sessions
    sealer: Sealer | None = None
    roles: frozenset[Role] = frozenset()
    now: Callable[[], datetime] = machine_now

    async def standing(self, person: Person) -> Standing:
        """Tell how it stands with somebody's."""
        async with self.sessions.reading() as session:
            row = await session.one(
                "SELECT f.sealed, f.confirmed_at, (SELECT count(*) FROM console.recovery_codes c"
                " WHERE c.account_id = f.account_id AND c.used_at IS NULL) AS codes"
                " FROM console.second_factors f WHERE f.account_id = :account",
                account=person.account_id,
            )
        if row is None:
            return Standing(since=None, seed=None, recovery_codes_left=0)
        seed = self._opened(person.account_id, row.sealed) if row.confirmed_at is None else None
        return Standing(since=row.confirmed_at, seed=seed, recovery_codes_left=row.codes)

    async def begin(self, person: Person) -> None:
        """Make what an app's codes are made from; one that was confirmed is never replaced."""
        if self.sealer is None:
            return
        sealed = self.sealer.seal(person.account_id, codes.new_seed())
        async with self.sessions.transaction() as session:
            await session.run(
                "INSERT INTO console.second_factors AS f (account_id, sealed, made_at) VALUES (:account, :sealed, :now)"
                " ON CONFLICT (account_id) DO UPDATE SET sealed = excluded.sealed, made_at = excluded.made_at"
                " WHERE f.confirmed_at IS NULL",
                account=person.account_id,
                sealed=sealed,
                now=self.now(),
            )

    async def confirm(self, person: Person, code: str) -> list[str] | None:
        """Take it into use by a first right code; gives recovery codes, shown once. None for a wrong code."""
        async with self.sessions.transaction() as session:
            row = await session.one(
                "SELECT sealed FROM console.second_factors WHERE account_id = :account AND confirmed_at IS NULL"
                " FOR UPDATE",
                account=person.account_id,
            )
            seed = self._opened(person.account_id, row.sealed) if row is not None else None
            step = codes.proven_step(seed, code, self.now(), 0) if seed is not None else None
            if step is None or self.sealer is None:
                return None
            fresh = codes.recovery_codes()
            await session.run(
                "UPDATE console.second_factors SET confirmed_at = :now, last_step = :step WHERE account_id = :account",
                account=person.account_id,
                step=step,
                now=self.now(),
            )
            await session.run(
                "INSERT INTO console.recovery_codes (account_id, digest)"
                " SELECT :account, unnest(CAST(:digests AS bytea[]))",
                account=person.account_id,
                digests=[self.sealer.digest(person.account_id, one) for one in fresh],
            )
        return fresh

    async def proof(self, session: WriteSession, account: UUID, code: str) -> str | None:
        """Tell how a code proves a person: 'none' wanted, by the 'app', by 'recovery'; None where it does not.

        A code proves once: the same six digits, heard a second time, are wrong.
        """
        row = await session.one(
            "SELECT sealed, last_step FROM console.second_factors"
            " WHERE account_id = :account AND confirmed_at IS NOT NULL FOR UPDATE",
            account=account,
        )
        if row is None:
            return "none"
        seed = self._opened(account, row.sealed)
        step = codes.proven_step(seed, code, self.now(), row.last_step) if seed is not None else None
        if step is not None:
            await session.run(
                "UPDATE console.second_factors SET last_step = :step WHERE account_id = :account",
                step=step,
                account=account,
            )
            return "app"
        return "recovery" if await self._spend(session, account, code) else None

    async def _spend(self, session: WriteSession, account: UUID, code: str) -> bool:
        if self.sealer is None or not code:
            return False
        spent = await session.one(
            "UPDATE console.recovery_codes SET used_at = :now"
            " WHERE account_id = :account AND digest = :digest AND used_at IS NULL RETURNING 1 AS done",
            now=self.now(),
            account=account,
            digest=self.sealer.digest(account, code),
        )
        return spent is not None

    def _opened(self, account: UUID, sealed: bytes) -> str | None:
        return self.sealer.opened(account, bytes(sealed)) if self.sealer is not None else None
