"""Read the rulebook once, at start; refuse it whole if one page is unsound, and say where and how to mend it."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import yaml

from services.decision.policy.evaluate import Rulebook
from services.decision.policy.fields import whole_number
from services.decision.policy.pages import duties, instrument, order, page, refuse_twins, refuse_unknown_duties
from services.decision.policy.trees import PageError
from shared.domain.errors import RulebookUnsound

RULEBOOK_DIR = Path(__file__).parent / "rulebook"
_COVER = "rulebook.yaml"
_FEDERAL = "us-fed.yaml"
_Made = TypeVar("_Made")


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What is wrong with a page: where it stands, and how to mend it."""

    file: str
    line: int
    key: str
    mend: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.key}: {self.mend}"


class PageUnsound(RulebookUnsound):
    """One page cannot be used, and so none is."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


class Located(dict[str, Any]):
    """A mapping of a page that remembers on which line it and each of its keys stand."""

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: dict[Any, int] = {}


class _Loader(yaml.CSafeLoader):
    """Safe YAML whose mappings know their lines and refuse a key said twice."""


def _located(loader: _Loader, node: yaml.MappingNode) -> Located:
    """Build one mapping."""
    made = Located(node.start_mark.line + 1)
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        if key in made:
            raise PageError(f"{key!r} stands here twice; keep one", made, key)
        made.lines[key] = key_node.start_mark.line + 1
        made[key] = loader.construct_object(value_node, deep=True)
    return made


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _located)


def load_rulebook(path: Path = RULEBOOK_DIR) -> Rulebook:
    """Load every page of a folder; ``RulebookUnsound`` names file, line, key and the mend."""
    for needed in (_COVER, _FEDERAL):
        if not (path / needed).is_file():
            mend = "missing; a rulebook needs its cover and the federal page"
            raise PageUnsound(Problem(file=str(path / needed), line=1, key="file", mend=mend))
    nodes = read_pages(path)
    digest = _digest(nodes)
    cover, federal = nodes.pop(path / _COVER), nodes[path / _FEDERAL]
    version = _within(path / _COVER, lambda: whole_number(cover, "version"))
    common = _within(path / _FEDERAL, lambda: order(federal))
    baseline = _within(path / _FEDERAL, lambda: instrument(federal["instruments"][0]))
    pages = [_within(file, partial(page, node, baseline)) for file, node in nodes.items()]
    owed = _within(path / _COVER, partial(duties, cover))
    for file, node in nodes.items():
        _within(file, partial(refuse_unknown_duties, node, frozenset(duty.name for duty in owed)))
    _within(path, partial(refuse_twins, common, pages))
    return Rulebook(version=version, digest=digest, order=common, pages=pages, duties=owed)


def read_pages(path: Path) -> dict[Path, Located]:
    """Parse every file of a folder, the cover too."""
    return {file: _within(file, partial(_read, file)) for file in sorted(path.glob("*.yaml"))}


def _read(file: Path) -> Located:
    """Parse one file; a page is a mapping."""
    node = yaml.load(file.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506  # a safe loader
    if not isinstance(node, Located):
        raise PageError("a page is a mapping; see the others", node, "")
    return node


def _within(file: Path, make: Callable[[], _Made]) -> _Made:
    """Make something of a file; whatever is wrong with it is told with file, line and key."""
    try:
        return make()
    except PageError as wrong:
        line = line_of(wrong.node, wrong.key)
        raise PageUnsound(Problem(file=str(file), line=line, key=wrong.key, mend=str(wrong))) from wrong
    except yaml.YAMLError as wrong:
        mark = getattr(wrong, "problem_mark", None)
        mend = f"no sound YAML: {wrong}"
        raise PageUnsound(Problem(file=str(file), line=mark.line + 1 if mark else 1, key="yaml", mend=mend)) from wrong
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as wrong:
        mend = f"a part is missing or of a wrong kind: {wrong!r}"
        raise PageUnsound(Problem(file=str(file), line=1, key="page", mend=mend)) from wrong


def line_of(node: Any, key: str) -> int:
    """Say on which line a key of a node stands, or the node itself."""
    line: int = getattr(node, "lines", {}).get(key, getattr(node, "line", 1))
    return line


def _digest(nodes: Mapping[Path, Located]) -> str:
    """Name the rulebook's content; layout and comments do not change it."""
    plain = {file.name: node for file, node in nodes.items()}
    text = json.dumps(plain, sort_keys=True, default=str, ensure_ascii=True)
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()
