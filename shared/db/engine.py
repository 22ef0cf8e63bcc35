"""Make engines; say which database errors are weather and which are ours."""

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

#: SQLSTATE classes that pass by themselves: connection lost, rollback asked for, out of resources, shutdown.
_WEATHER = ("08", "40", "53", "57")


def make_engine(url: str, *, name: str, pool_size: int = 5) -> AsyncEngine:
    """Make an engine; ``name`` stands in ``pg_stat_activity``. Parameters never reach a log line."""
    return create_async_engine(
        url,
        pool_size=pool_size,
        max_overflow=5,
        pool_pre_ping=False,
        hide_parameters=True,
        connect_args={"server_settings": {"application_name": name}, "timeout": 10},
    )


def is_weather(error: BaseException) -> bool:
    """Tell whether the same work may succeed when it is simply tried again."""
    if isinstance(error, ConnectionError | TimeoutError | OSError | InterfaceError | OperationalError):
        return True
    if isinstance(error, DBAPIError):
        state = getattr(error.orig, "sqlstate", None)
        return error.connection_invalidated or state is None or str(state)[:2] in _WEATHER
    return False
