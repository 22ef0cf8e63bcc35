"""Make pages from templates: everything escaped, an unknown name an error, times said in one way."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from services.console import words
from services.console.assets import Assets
from services.console.explain import said

#: Characters that turn text around or hide in it; nothing that a page shows needs them.
_TRICKS = re.compile("[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_FOLDER = Path(__file__).parent / "templates"


def _plain(value: Any) -> Any:
    """Give what is put into a page; a text without what would trick the reader."""
    if isinstance(value, Markup):
        return value
    return _TRICKS.sub("\ufffd", value) if isinstance(value, str) else value


def spark(values: Sequence[float], width: int = 120, height: int = 20) -> str:
    """Give the points of a line through these values, from nothing at the bottom to the highest at the top."""
    if not values:
        return ""
    top, step = max(values) or 1, width / max(1, len(values) - 1)
    return " ".join(
        f"{place * step:.1f},{height - 1 - value / top * (height - 2):.1f}" for place, value in enumerate(values)
    )


@dataclass(frozen=True, slots=True)
class Pages:
    """The templates, ready to be filled in."""

    _environment: Environment

    @classmethod
    def load(cls, assets: Assets, **everywhere: Any) -> "Pages":
        """Read the templates; ``everywhere`` is what each of them may name."""
        environment = Environment(
            loader=FileSystemLoader(_FOLDER),
            autoescape=select_autoescape(default=True, default_for_string=True),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            finalize=_plain,
            auto_reload=False,
        )
        environment.filters |= {
            "span": words.span,
            "hours": words.hours,
            "short": words.short,
            "said": said,
            "instant": words.instant,
            "clock_time": words.clock_time,
            "whole_instant": words.whole_instant,
            "time_left": words.time_left,
            "zone_word": words.zone_word,
            "spark": spark,
        }
        environment.globals |= {"asset": assets.url, "plural": words.plural, "tz": ZoneInfo, **everywhere}
        return cls(environment)

    def page(self, name: str, **values: Any) -> str:
        """Fill in a whole template."""
        return self._environment.get_template(name).render(values)

    def part(self, name: str, now: datetime, **values: Any) -> Markup:
        """Fill in a part of a page, which may come again by itself while the page is open."""
        return Markup(self._environment.get_template(f"parts/{name}.html").render(values, now=now))  # noqa: S704

    def parts(self, now: datetime, each: Mapping[str, Mapping[str, Any]]) -> dict[str, Markup]:
        """Fill in several parts, each from its own values."""
        return {name: self.part(name, now, **values) for name, values in each.items()}
