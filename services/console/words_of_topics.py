"""What the console calls the states of readers and messages: a word, a shape, and how loud it is."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

#: The shape beside each word for a reader, and how loud it is; quiet is not broken.
STATUS_SHAPES: Mapping[str, tuple[str, str | None]] = MappingProxyType(
    {
        "stopped": ("stopped", "late"),
        "stalled": ("stalled", "late"),
        "unknown": ("unknown", "risk"),
        "falling behind": ("falling", "risk"),
        "catching up": ("catching", None),
        "moving": ("moving", None),
        "quiet": ("quiet", None),
    }
)
#: What each word means, and what to do.
STATUS_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "moving": "Events arrive and are read; nothing waits longer than ten seconds.",
        "catching up": "Some wait, but more is read than arrives, or they have only just come.",
        "falling behind": "More arrives than is read, for a whole minute. Add an instance, up to six.",
        "stalled": "Events wait, the reader is there, its position does not move. Restart it.",
        "stopped": "Events wait and nobody reads. Start the service.",
        "quiet": "Nothing arrives and nothing waits. Not broken.",
        "unknown": "Nobody could look for half a minute, so nothing can be said. Never taken for well.",
    }
)
#: What became of a message: how loud, and its shape.
FATE_SHAPES: Mapping[str, tuple[str, str | None]] = MappingProxyType(
    {
        "applied": ("ok", None),
        "duplicate": ("quiet", None),
        "waits": ("wait", "risk"),
        "set aside": ("late", "risk"),
        "retried": ("ok", None),
        "discarded": ("quiet", None),
        "read": ("ok", None),
        "told": ("ok", None),
        "not read": ("wait", None),
    }
)

#: What every template may name of them.
OF_TOPICS: Mapping[str, Any] = {
    "status_shapes": STATUS_SHAPES,
    "status_words": STATUS_WORDS,
    "fate_shapes": FATE_SHAPES,
}
