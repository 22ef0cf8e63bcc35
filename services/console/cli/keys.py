"""Issue and revoke API keys, in the database as its owner."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.console.cli.options import AsJson, DataDir
from services.console.cli.owner import owner_url
from services.console.cli.say import as_json, note, printer, table
from shared.db.engine import make_engine
from shared.domain.errors import CountersignError
from shared.http.access import NewKey, Role, new_key
from shared.runtime.clock import machine_now

app = typer.Typer(help="API keys.", no_args_is_help=True)

T = TypeVar("T")


@app.command("issue")
def issue(
    role: Annotated[Role, typer.Option(help="What the key is for.")],
    ori: Annotated[list[str] | None, typer.Option(help="A facility the key may speak for; once for each.")] = None,
    source: Annotated[list[str] | None, typer.Option(help="A CloudEvents source it may use; once for each.")] = None,
    office: Annotated[str | None, typer.Option(help="The office a reviewer answers for.")] = None,
    label: Annotated[str, typer.Option(help="Whose key it is.")] = "",
    holder: Annotated[
        str | None,
        typer.Option(help="Who holds it: two keys of one holder are one person, who approves nothing twice."),
    ] = None,
    data_dir: DataDir = None,
    json: AsJson = False,
) -> None:
    """Issue a key; its token is shown now and never again."""
    if role is Role.JAIL and not ori:
        raise typer.BadParameter("a jail's key needs the facilities it may speak for", param_hint="--ori")
    if role is Role.REVIEWER and not office:
        raise typer.BadParameter("a reviewer answers for an office", param_hint="--office")
    key = new_key()
    sources = source or [f"/jails/{one}" for one in ori or ()]
    _in_database(data_dir, lambda c: _insert(c, key, role, ori or [], sources, label, office, holder))
    told = {"id": key.id, "token": key.token, "role": role.value, "ori": ori or [], "source": sources, "office": office}
    told["holder"] = holder
    if json:
        as_json(told)
    else:
        printer().print(table("Key", ("what", "is"), list(told.items())))


@app.command("revoke")
def revoke(
    key_id: Annotated[str, typer.Argument(metavar="ID", help="The key's id, not its token.")],
    data_dir: DataDir = None,
    json: AsJson = False,
) -> None:
    """Revoke a key; it is refused everywhere within seconds."""
    if not _in_database(data_dir, lambda c: _revoke(c, key_id)):
        raise CountersignError(f"no key {key_id} is in force")
    if json:
        as_json({"id": key_id, "revoked": True})
    else:
        note(f"key {key_id} is revoked")


def _in_database(root: Path | None, act: Callable[[AsyncConnection], Awaitable[T]]) -> T:
    async def run() -> T:
        engine = make_engine(owner_url(root), name="key", pool_size=1)
        try:
            async with engine.begin() as connection:
                return await act(connection)
        finally:
            await engine.dispose()

    return asyncio.run(run())


async def _insert(
    connection: AsyncConnection,
    key: NewKey,
    role: Role,
    oris: list[str],
    sources: list[str],
    label: str,
    office: str | None,
    holder: str | None,
) -> None:
    await connection.execute(
        text(
            "INSERT INTO access.keys (id, digest, role, oris, sources, label, office, holder, issued_at)"
            " VALUES (:id, :digest, :role, :oris, :sources, :label, :office, :holder, :now)"
        ),
        {
            "id": key.id,
            "digest": key.digest,
            "role": role.value,
            "oris": oris,
            "sources": sources,
            "label": label,
            "office": office,
            "holder": holder,
            "now": machine_now(),
        },
    )


async def _revoke(connection: AsyncConnection, key_id: str) -> bool:
    done = await connection.execute(
        text("UPDATE access.keys SET revoked_at = :now WHERE id = :id AND revoked_at IS NULL"),
        {"now": machine_now(), "id": key_id},
    )
    return done.rowcount > 0
