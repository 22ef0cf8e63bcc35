"""What the console calls things: one word for each, on every page."""

from collections.abc import Mapping
from types import MappingProxyType

#: What happens when a deadline of each kind comes: a hold closes, an answer is due, a receipt is wanted.
WORDS_OF: Mapping[str, str] = MappingProxyType(
    {
        "hold": "hold closes",
        "answer": "answer due",
        "review": "review due",
        "receipt": "receipt wanted",
    }
)
