"""Which time zone data this process reckons with: the deadlines of a decision depend on it, so it is recorded."""

from functools import cache
from importlib.metadata import version
from pathlib import Path
from zoneinfo import TZPATH

#: A zone that every full set of time zone data has.
_PROBE = "America/New_York"


@cache
def tz_data() -> str:
    """Give version and origin of what ``ZoneInfo`` finds first, such as ``2025b system`` or ``2026.6 package``."""
    return version_of([Path(folder) for folder in TZPATH])


def version_of(folders: list[Path]) -> str:
    """Give the version of the first folder that holds zones, else that of the package."""
    for folder in folders:
        if (folder / _PROBE).is_file():
            return f"{_written_in(folder) or 'unnamed'} system"
    return f"{version('tzdata')} package"


def _written_in(folder: Path) -> str | None:
    """Read the version from where IANA writes it: the first line of ``tzdata.zi``, or the file ``+VERSION``."""
    source, plain = folder / "tzdata.zi", folder / "+VERSION"
    if source.is_file():
        with source.open(encoding="utf-8") as lines:
            return lines.readline().removeprefix("# version ").strip() or None
    return plain.read_text(encoding="utf-8").strip() or None if plain.is_file() else None
