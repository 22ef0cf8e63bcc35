"""Pure: what stands on the person's copy, made from the notice as it was sent, so that it is the same for ever."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.notify.copies.words import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A page: sections of a heading with its paragraphs, and lines to be filled in by hand."""

    language: str
    version: str
    title: str
    about: str
    sections: tuple[tuple[str, tuple[str, ...]], ...]
    served_heading: str
    served: tuple[str, ...]
    notice_id: str
    sent_at: datetime | None


def sheet_of(told: Mapping[str, Any], words: Words) -> Sheet:
    """Write the page of a notice in one language."""
    values = {**told, "closes_at": _hour(told["window"]["closes_at"]) if told["window"] else ""}
    values["decided_at"] = _hour(told["decided_at"])
    about = words.about if told["replaces"] is None else f"{words.about} {words.replaces}"
    return Sheet(
        language=words.language,
        version=words.version,
        title=words.title,
        about=about,
        sections=(
            (words.asked_heading, (words.asked.format_map(values),)),
            (words.answer_heading, (words.answers[told["outcome"]],)),
            (words.until_heading, (_until(told, words).format_map(values),)),
            (words.law_heading, (words.law.format_map(values), words.decided.format_map(values))),
            (words.object_heading, words.object),
            (words.scope_heading, (words.scope,)),
        ),
        served_heading=words.served_heading,
        served=words.served,
        notice_id=str(told["id"]),
        sent_at=datetime.fromisoformat(told["sent_at"]) if told["sent_at"] else None,
    )


def _until(told: Mapping[str, Any], words: Words) -> str:
    """Choose the sentence on the deadline; a window that has ended keeps nobody."""
    if told["outcome"] != "HOLD":
        return words.until_none
    if told["window"] is None:
        return words.until_not_yet
    return words.until_none if told["window"]["ended_at"] else words.until


def _hour(text: str) -> str:
    """Write an instant as people on both sides of the desk read it: the day, the hour, and the offset."""
    at = datetime.fromisoformat(text)
    return f"{at:%Y-%m-%d %H:%M} (UTC{at:%z})"
