"""What decision must know at start."""

from shared.runtime.settings import SharedSettings


class Settings(SharedSettings):
    """Decision's settings; all of them shared ones so far."""

    port: int = 8102
