"""Who stands behind a key: the name of the account, or the role of a key that is no account's."""

from shared.db.session import Sessions


async def names(own: Sessions) -> dict[str, str]:
    """Give them by key, so that a person reads who did something."""
    async with own.reading() as session:
        rows = await session.all(
            "SELECT k.id, coalesce(a.name, k.role || ', by API') AS name FROM access.keys k"
            " LEFT JOIN console.accounts a ON a.key_id = k.id"
        )
    return {row.id: row.name for row in rows}
