"""Settings: from the environment alone, refused when unsound, and nothing secret in what they show of themselves."""

import pytest
from pydantic import ValidationError

from shared.runtime.settings import SharedSettings

GIVEN = {"kafka": "k:1", "database_url": "postgresql+asyncpg://u:Xanthippe@h/d", "api_database_url": "x", "port": 1}


def test_nothing_secret_has_a_default() -> None:
    """Where the broker and the database are, and with which passwords, must be said."""
    with pytest.raises(ValidationError) as caught:
        SharedSettings(_env_file=None)  # type: ignore[call-arg]
    missing = {error["loc"][0] for error in caught.value.errors()}
    assert {"kafka", "database_url", "api_database_url"} <= {
        str(name).removeprefix("COUNTERSIGN_").lower() for name in missing
    }


def test_a_password_is_not_shown() -> None:
    """Neither in a log line nor in an error's text."""
    settings = SharedSettings.model_validate(GIVEN)
    assert "Xanthippe" not in f"{settings!r} {settings}"
    assert settings.database_url.get_secret_value().endswith("@h/d")


def test_a_clock_that_nobody_can_read_is_refused_at_start() -> None:
    """And not when the first deadline is reckoned."""
    with pytest.raises(ValidationError, match="COUNTERSIGN_CLOCK"):
        SharedSettings.model_validate({**GIVEN, "clock": "stepped:2012-02-15T00:00:00"})
