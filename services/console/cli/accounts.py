"""Make, list, open and close the console's accounts, in the database as its owner."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from sqlalchemy.ext.asyncio import AsyncConnection

from services.console.accounts import make
from services.console.accounts.person import PEOPLE
from services.console.cli.options import AsJson, DataDir
from services.console.cli.owner import owner_url
from services.console.cli.say import as_json, items, note, printer, table
from shared.db.engine import make_engine
from shared.domain.errors import CountersignError
from shared.http.access import Role

app = typer.Typer(help="People's accounts at the console.", no_args_is_help=True)

T = TypeVar("T")
Name = Annotated[str, typer.Argument(metavar="NAME", help="The account's name.")]


@app.command("add")
def add(
    name: Name,
    role: Annotated[Role, typer.Option(help="operator, reviewer, auditor or administrator.")],
    office: Annotated[str | None, typer.Option(help="The office a reviewer answers for.")] = None,
    subject: Annotated[
        str | None, typer.Option(help="Who signs in at the issuer: its `sub`. Without it the account has a password.")
    ] = None,
    issuer: Annotated[
        str | None, typer.Option(envvar="COUNTERSIGN_OIDC_ISSUER", help="The issuer that knows the subject.")
    ] = None,
    data_dir: DataDir = None,
    json: AsJson = False,
) -> None:
    """Make an account; a local one's password is shown now and never again."""
    if role not in PEOPLE:
        raise typer.BadParameter("people are operator, reviewer, auditor or administrator", param_hint="--role")
    if role is Role.REVIEWER and not office:
        raise typer.BadParameter("a reviewer answers for an office", param_hint="--office")
    if subject and not issuer:
        raise typer.BadParameter("a subject is known to one issuer alone; name it", param_hint="--issuer")
    known_as = f"{issuer.rstrip('/')} {subject}" if subject and issuer else None
    account = make.NewAccount(name=name, role=role, office=office, subject=known_as)
    made = _in_database(data_dir, lambda c: _add(c, account))
    told = {"name": name, "role": role.value, "office": office, "password": made.get(name)}
    if json:
        as_json(told)
    else:
        printer().print(table("Account", ("what", "is"), [(what, said or "") for what, said in told.items()]))


@app.command("list")
def list_accounts(data_dir: DataDir = None, json: AsJson = False) -> None:
    """List the accounts."""
    found = _in_database(data_dir, make.listed)
    shown = ("name", "role", "office", "key_id", "second_factor_since", "locked_at", "closed_at")
    items("Accounts", found, shown, json_wanted=json)


@app.command("unlock")
def unlock(name: Name, data_dir: DataDir = None, json: AsJson = False) -> None:
    """Open an account that too many wrong passwords have locked."""
    _done(_in_database(data_dir, lambda c: make.unlock(c, name)), name, "unlocked", json)


@app.command("close")
def close(name: Name, data_dir: DataDir = None, json: AsJson = False) -> None:
    """Close an account for good, with its sessions."""
    _done(_in_database(data_dir, lambda c: make.close(c, name)), name, "closed", json)


@app.command("password")
def password(name: Name, data_dir: DataDir = None, json: AsJson = False) -> None:
    """Give a local account another password, shown once; its sessions end."""
    fresh = _in_database(data_dir, lambda c: make.new_password_for(c, name))
    if fresh is None:
        raise CountersignError(f"there is no local account {name}")
    if json:
        as_json({"name": name, "password": fresh})
    else:
        note(f"the password of {name} is now {fresh}")


@app.command("second-factor")
def second_factor(
    name: Name,
    take_away: Annotated[
        bool, typer.Option("--take-away", help="Take it away, with its recovery codes; sessions end.")
    ] = False,
    data_dir: DataDir = None,
    json: AsJson = False,
) -> None:
    """Tell since when an account has a second factor, or take it away from who has lost it.

    It is set up by its owner, at the console under Account.
    """
    if take_away:
        _done(_in_database(data_dir, lambda c: make.take_away_factor(c, name)), name, "without a second factor", json)
        return
    found = [one for one in _in_database(data_dir, make.listed) if one["name"] == name]
    if not found:
        raise CountersignError(f"there is no account {name}")
    items("Second factor", found, ("name", "role", "second_factor_since"), json_wanted=json)


def _done(was_done: bool, name: str, what: str, json: bool) -> None:
    if not was_done:
        raise CountersignError(f"there is no account {name}")
    if json:
        as_json({"name": name, what: True})
    else:
        note(f"{name} is {what}")


async def _add(connection: AsyncConnection, account: make.NewAccount) -> dict[str, str]:
    if any(one["name"] == account.name for one in await make.listed(connection)):
        raise CountersignError(f"there is an account {account.name} already")
    return await make.make(connection, [account])


def _in_database(root: Path | None, act: Callable[[AsyncConnection], Awaitable[T]]) -> T:
    async def run() -> T:
        engine = make_engine(owner_url(root), name="account", pool_size=1)
        try:
            async with engine.begin() as connection:
                return await act(connection)
        finally:
            await engine.dispose()

    return asyncio.run(run())
