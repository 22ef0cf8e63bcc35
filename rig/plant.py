"""Plant one known bug: a text of a module is exchanged as it is loaded, in this process alone.

``COUNTERSIGN_PLANT`` names it. A pytest run takes it with ``-p rig.plant``, the simulation by being in this package.
"""

import os
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any

from rig.bugs import BUGS, Bug

NAME = "COUNTERSIGN_PLANT"


def planted(source: str, bug: Bug) -> str:
    """Give the module's text with the bug in it; the text it replaces has to be there once."""
    if source.count(bug.old) != 1:
        raise ValueError(f"{bug.name}: {bug.module} holds the text {source.count(bug.old)} times; mend the plant")
    return source.replace(bug.old, bug.new)


class _Loader(SourceFileLoader):
    """Loads a module from its text with a bug in it, and never from what was compiled before."""

    bug: Bug

    def get_data(self, path: str) -> bytes:
        """Read the text; nothing is found of compiled files."""
        if path.endswith(".pyc"):
            raise OSError("planted modules are compiled anew")
        return planted(Path(path).read_text(), self.bug).encode()

    def set_data(self, path: str, data: Any, *, _mode: int = 0o666) -> None:
        """Keep nothing of it."""


class _Finder(MetaPathFinder):
    """Finds the one module that has the bug."""

    def __init__(self, bug: Bug) -> None:
        self._bug = bug

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        """Give that module with our loader; leave all others to Python."""
        if name != self._bug.module:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is None or spec.origin is None:
            raise ImportError(f"{name} is not there to be planted in")
        loader = _Loader(name, spec.origin)
        loader.bug = self._bug
        spec.loader = loader
        return spec


def install() -> None:
    """Plant the bug that the environment names, if it names one."""
    name = os.environ.get(NAME)
    if name:
        bug = next(one for one in BUGS if one.name == name)
        if bug.module in sys.modules:
            raise ImportError(f"{bug.module} is loaded already")
        sys.meta_path.insert(0, _Finder(bug))


install()
