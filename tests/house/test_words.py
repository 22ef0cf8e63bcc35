"""Words that went out are never edited: whoever changes a sentence gives it a new version.

What a notice said is kept with it, and the person's copy is printed anew from its words; so each version of the words
has its digest here. Changed a sentence? Raise the version, and add its digest beside the old ones.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import is_dataclass
from typing import Any

import pytest

from services.notify import words as notices
from services.notify.copies.words import LANGUAGES

DIGESTS = {
    "en-2": "a350f6bfa391678d",
    "copy-en-1": "f8752f25d3d6109b",
    "copy-es-1": "7f3fd83d79904c2f",
}


def _plain(value: Any) -> Any:
    match value:
        case str() | int() | None:
            return value
        case Mapping():
            return {str(key): _plain(each) for key, each in value.items()}
        case _ if is_dataclass(value) and not isinstance(value, type):
            return {name: _plain(getattr(value, name)) for name in value.__dataclass_fields__}
        case _:
            return [_plain(each) for each in value]


def digest(said: Any) -> str:
    """Give the digest of sentences, whatever holds them."""
    text = json.dumps(_plain(said), ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _of_notices() -> dict[str, Any]:
    return {name: value for name, value in vars(notices).items() if name.isupper()}


CURRENT = {notices.VERSION: _of_notices(), **{each.version: each for each in LANGUAGES.values()}}


@pytest.mark.parametrize("version", CURRENT)
def test_the_words_of_a_version_stay(version: str) -> None:
    """The digest is the one that was written down with the version."""
    assert digest(CURRENT[version]) == DIGESTS[version]


def test_a_changed_sentence_is_noticed() -> None:
    """One letter is enough."""
    said = _of_notices()
    assert digest(said) != digest(said | {"SCOPE": said["SCOPE"] + " "})
