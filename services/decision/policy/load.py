"""Read the rulebook once, at start; refuse it whole if one page is unsound, and say where and how to mend it."""

import hashlib
import json
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import yaml

from services.decision.policy.evaluate import Rulebook
from services.decision.policy.fields import whole_number
from services.decision.policy.pages import instrument, order, page, refuse_twins
from services.decision.policy.trees import PageError
from shared.domain.errors import RulebookUnsound

RULEBOOK_DIR = Path(__file__).parent / "rulebook"
_COVER = "rulebook.yaml"
_FEDERAL = "us-fed.yaml"
_Made = TypeVar("_Made")


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
            raise RulebookUnsound(f"{path / needed}: missing; a rulebook needs its cover and the federal page")
    nodes = {file: _within(file, partial(_read, file)) for file in sorted(path.glob("*.yaml"))}
    digest = _digest(nodes)
    cover, federal = nodes.pop(path / _COVER), nodes[path / _FEDERAL]
    version = _within(path / _COVER, lambda: whole_number(cover, "version"))
    common = _within(path / _FEDERAL, lambda: order(federal))
    baseline = _within(path / _FEDERAL, lambda: instrument(federal["instruments"][0]))
    pages = [_within(file, partial(page, node, baseline)) for file, node in nodes.items()]
    _within(path, partial(refuse_twins, common, pages))
    return Rulebook(version=version, digest=digest, order=common, pages=pages)


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
        line = getattr(wrong.node, "lines", {}).get(wrong.key, getattr(wrong.node, "line", 1))
        raise RulebookUnsound(f"{file}:{line}: {wrong.key}: {wrong}") from wrong
    except yaml.YAMLError as wrong:
        mark = getattr(wrong, "problem_mark", None)
        raise RulebookUnsound(f"{file}:{mark.line + 1 if mark else 1}: no sound YAML: {wrong}") from wrong
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as wrong:
        raise RulebookUnsound(f"{file}: a part is missing or of a wrong kind: {wrong!r}") from wrong


def _digest(nodes: Mapping[Path, Located]) -> str:
    """Name the rulebook's content; layout and comments do not change it."""
    plain = {file.name: node for file, node in nodes.items()}
    text = json.dumps(plain, sort_keys=True, default=str, ensure_ascii=True)
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()
