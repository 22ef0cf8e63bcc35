"""The owner's way into the database: for `migrate`, `key` and `audit`, which no service may do."""

import os
from pathlib import Path

from services.console.up.database import with_driver
from services.console.up.place import read_run
from services.console.up.run import data_dir


def owner_url(root: Path | None) -> str:
    """Give COUNTERSIGN_DATABASE_URL unless a data directory is named; else that of its running service."""
    given = os.environ.get("COUNTERSIGN_DATABASE_URL")
    if given and root is None:
        return with_driver(given)
    return str(read_run(data_dir(root))["database"])
