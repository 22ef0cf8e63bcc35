"""Make accounts, open and close them: as the database's owner, never through a page."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.console.accounts.passwords import hashed, new_password
from shared.http.access import Role, new_key
from shared.http.tokens import SigningKey
from shared.runtime.clock import machine_now
from shared.runtime.ids import UuidV7


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAccount:
    """An account to be made."""

    name: str
    role: Role
    office: str | None = None
    #: ``issuer subject`` of who signs in elsewhere; None for a local account with a password.
    subject: str | None = None


async def make(
    connection: AsyncConnection, accounts: Sequence[NewAccount], *, keep: Callable[[str], str] = hashed
) -> dict[str, str]:
    """Make the accounts that are not there yet; give the passwords of the new local ones, which nobody keeps.

    ``keep`` gives what is kept of a password.
    """
    passwords = {}
    for account in accounts:
        known = await connection.execute(
            text("SELECT 1 FROM console.accounts WHERE name = :name"), {"name": account.name}
        )
        if known.first() is not None:
            continue
        password = None if account.subject else new_password()
        await _insert(connection, account, keep(password) if password is not None else None)
        if password is not None:
            passwords[account.name] = password
    return passwords


async def _insert(connection: AsyncConnection, account: NewAccount, kept: str | None) -> None:
    key, now = new_key(), machine_now()
    values = {
        "key": key.id,
        # Nobody gets the secret of this key: it is spoken for by the console, and by nobody else.
        "digest": secrets.token_bytes(32),
        "role": account.role.value,
        "label": f"console account {account.name}",
        "office": account.office,
        "id": UuidV7().new(),
        "name": account.name,
        "hash": kept,
        "subject": account.subject,
        "now": now,
    }
    await connection.execute(
        text(
            "INSERT INTO access.keys (id, digest, role, oris, sources, label, office, issued_at)"
            " VALUES (:key, :digest, :role, '{}', '{}', :label, :office, :now)"
        ),
        values,
    )
    await connection.execute(
        text(
            "INSERT INTO console.accounts (id, name, key_id, password_hash, subject, made_at)"
            " VALUES (:id, :name, :key, :hash, :subject, :now)"
        ),
        values,
    )


async def listed(connection: AsyncConnection) -> list[dict[str, object]]:
    """Give every account, without what it keeps secret."""
    rows = await connection.execute(
        text(
            "SELECT a.name, k.role, k.office, a.key_id, a.subject IS NOT NULL AS signs_in_elsewhere,"
            " f.confirmed_at AS second_factor_since, a.locked_at, a.closed_at"
            " FROM console.accounts a JOIN access.keys k ON k.id = a.key_id"
            " LEFT JOIN console.second_factors f ON f.account_id = a.id ORDER BY a.name"
        )
    )
    return [dict(row) for row in rows.mappings()]


async def unlock(connection: AsyncConnection, name: str) -> bool:
    """Open an account that too many wrong passwords have locked; tell whether there was one."""
    return await _change(connection, name, "failures = 0, failing_since = NULL, locked_at = NULL")


async def close(connection: AsyncConnection, name: str) -> bool:
    """Close an account for good: its sessions end with it, and its key is revoked."""
    now = machine_now()
    done = await _change(connection, name, "closed_at = coalesce(closed_at, :now)", now=now)
    await connection.execute(
        text(
            "UPDATE access.keys SET revoked_at = coalesce(revoked_at, :now)"
            " WHERE id = (SELECT key_id FROM console.accounts WHERE name = :name)"
        ),
        {"now": now, "name": name},
    )
    return done


async def new_password_for(connection: AsyncConnection, name: str) -> str | None:
    """Give a local account another password, and end its sessions; None where there is none of that name."""
    password = new_password()
    done = await _change(
        connection,
        name,
        "password_hash = :hash, failures = 0, failing_since = NULL, locked_at = NULL",
        "password_hash IS NOT NULL",
        hash=hashed(password),
    )
    await connection.execute(
        text("DELETE FROM console.sessions WHERE account_id = (SELECT id FROM console.accounts WHERE name = :name)"),
        {"name": name},
    )
    return password if done else None


async def take_away_factor(connection: AsyncConnection, name: str) -> bool:
    """Take somebody's second factor away, with its recovery codes and the sessions; tell whether there was one."""
    of_account = "account_id = (SELECT id FROM console.accounts WHERE name = :name)"
    await connection.execute(text(f"DELETE FROM console.recovery_codes WHERE {of_account}"), {"name": name})
    await connection.execute(text(f"DELETE FROM console.sessions WHERE {of_account}"), {"name": name})
    gone = await connection.execute(text(f"DELETE FROM console.second_factors WHERE {of_account}"), {"name": name})
    return gone.rowcount > 0


async def _change(
    connection: AsyncConnection, name: str, change: str, only: str = "true", **values: str | datetime | UUID
) -> bool:
    done = await connection.execute(
        text(f"UPDATE console.accounts SET {change} WHERE name = :name AND {only}"), {"name": name, **values}
    )
    return done.rowcount > 0


async def trust(connection: AsyncConnection, signing_key: str) -> None:
    """Let the services know the console by the public half of its key."""
    await connection.execute(
        text(
            "INSERT INTO access.signers (name, public_key, since) VALUES ('console', :public, :now)"
            " ON CONFLICT (name) DO UPDATE SET public_key = excluded.public_key, since = excluded.since"
            " WHERE access.signers.public_key <> excluded.public_key"
        ),
        {"public": SigningKey.of(signing_key).public, "now": machine_now()},
    )
