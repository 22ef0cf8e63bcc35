"""When is a part that died started again? Pure."""

#: A part that lived so long is sound; what kills it then is counted as the first time.
STEADY_S = 20.0
#: The first restart comes at once; who dies again and again waits longer, and never gives up.
_PAUSES_S = (0.0, 0.2, 1.0, 2.0, 5.0)


def quick_deaths(before: int, lived_s: float) -> int:
    """Count the deaths in quick succession, this one included."""
    return 1 if lived_s >= STEADY_S else before + 1


def pause_before_restart(deaths: int) -> float:
    """Give the seconds to wait after so many quick deaths; the first is 1."""
    return _PAUSES_S[min(deaths, len(_PAUSES_S)) - 1]
