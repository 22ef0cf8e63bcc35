"""A key for each part that a person may try: the same ones on every run of a data directory."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.console.play.model import EventLine, Play
from services.console.up.place import Place
from shared.http.access import new_key
from shared.runtime.clock import machine_now

#: The office for which the played reviewers answer.
OFFICE = "Commissioner of Correction"


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoKey:
    """What a key is for; ``name`` is how ``run.json`` calls it."""

    name: str
    role: str
    oris: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    office: str | None = None


@dataclass(frozen=True, slots=True)
class Sources:
    """The CloudEvents sources that a play's senders use, beside the usual ones."""

    by_key: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, play: Play | None) -> "Sources":
        """Read them from the lines of a play."""
        found: dict[str, set[str]] = {}
        for line in play.lines if play else ():
            if isinstance(line, EventLine) and isinstance(source := line.event.get("source"), str):
                found.setdefault(key_name(line.event), set()).add(source)
        return cls({name: frozenset(sources) for name, sources in found.items()})

    def for_key(self, name: str, *usual: str) -> tuple[str, ...]:
        """Give all sources of a key."""
        return tuple(sorted({*usual, *self.by_key.get(name, frozenset())}))


def key_name(event: Mapping[str, object]) -> str:
    """Name the key that may send an event: its jail's, the bureau's or ICE's."""
    kind = str(event.get("type"))
    if kind.startswith("match."):
        return "bureau"
    if kind.startswith("booking.") or kind == "detainer.served":
        data = event.get("data")
        return f"jail:{data.get('facility_ori') if isinstance(data, dict) else None}"
    return "ice"


def demo_keys(oris: Sequence[str], sources: Sources) -> list[DemoKey]:
    """Give the keys of a run: one for each jail, and one for each other role."""
    jails = [
        DemoKey(
            name=f"jail:{ori}",
            role="jail",
            oris=(ori,),
            sources=sources.for_key(f"jail:{ori}", f"/jails/{ori}", f"/jail/{ori}"),
        )
        for ori in oris
    ]
    return [
        *jails,
        DemoKey(name="ice", role="ice", sources=sources.for_key("ice", "/ice")),
        DemoKey(name="bureau", role="bureau", sources=sources.for_key("bureau", "/bureau")),
        DemoKey(name="reviewer", role="reviewer", office=OFFICE),
        DemoKey(name="reviewer2", role="reviewer", office=OFFICE),
        DemoKey(name="operator", role="operator"),
        DemoKey(name="auditor", role="auditor"),
        DemoKey(name="administrator", role="administrator"),
    ]


async def issue(engine: AsyncEngine, place: Place, keys: Sequence[DemoKey]) -> dict[str, str]:
    """Make the keys known to the database and give their tokens; those of earlier runs stay as they were."""
    kept = place.read("keys.json")
    tokens = {**kept, **{key.name: new_key().token for key in keys if key.name not in kept}}
    place.write("keys.json", tokens)
    async with engine.begin() as connection:
        for key in keys:
            _, key_id, secret = tokens[key.name].split("_", 2)
            await connection.execute(
                text(
                    "INSERT INTO access.keys (id, digest, role, oris, sources, label, office, issued_at)"
                    " VALUES (:id, :digest, :role, :oris, :sources, :label, :office, :now)"
                    " ON CONFLICT (id) DO UPDATE SET"
                    " sources = ARRAY(SELECT DISTINCT unnest(access.keys.sources || excluded.sources) ORDER BY 1)"
                ),
                {
                    "id": key_id,
                    "digest": hashlib.sha256(secret.encode()).digest(),
                    "role": key.role,
                    "oris": list(key.oris),
                    "sources": list(key.sources),
                    "label": f"demo {key.name}",
                    "office": key.office,
                    "now": machine_now(),
                },
            )
    return {key.name: tokens[key.name] for key in keys}
