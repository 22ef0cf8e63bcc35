"""Make engines; say which database errors are weather and which are ours."""

from typing import Any

from sqlalchemy import event
from sqlalchemy.exc import DBAPIError, DisconnectionError, InterfaceError, OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

#: SQLSTATE classes that pass by themselves: connection lost, rollback asked for, out of resources, shutdown.
_WEATHER = ("08", "40", "53", "57")
#: The server ended a transaction in which nothing was said for too long: whoever stood still has lost it.
_STOOD_STILL = "25P03"
#: How long a service waits for an answer of the database, and the server for a service in the middle of a transaction.
SERVICE_PATIENCE_S = 30.0


def make_engine(url: str, *, name: str, pool_size: int = 5, patience_s: float | None = None) -> AsyncEngine:
    """Make an engine; ``name`` stands in ``pg_stat_activity``. Parameters never reach a log line.

    With ``patience_s`` nobody waits for ever for a peer that is gone without a word (a machine that vanished, a
    network that swallows everything): a statement without an answer fails, and the locks of a process that stands
    still in the middle of a transaction are given to others.
    """
    settings, timeouts = {"application_name": name}, {}
    if patience_s is not None:
        settings |= _silence_ends(patience_s)
        timeouts = {"command_timeout": patience_s}
    engine = create_async_engine(
        url,
        pool_size=pool_size,
        max_overflow=5,
        # The connection used last knows the statements best.
        pool_use_lifo=True,
        pool_pre_ping=False,
        hide_parameters=True,
        connect_args={"server_settings": settings, "timeout": 10, **timeouts},
    )
    event.listen(engine.sync_engine, "checkout", _refuse_the_dead)
    return engine


def _refuse_the_dead(connection: Any, *_: Any) -> None:
    """Let the pool make anew a connection that the server has ended since it was last used."""
    if connection.driver_connection.is_closed():
        raise DisconnectionError


def _silence_ends(patience_s: float) -> dict[str, str]:
    """Give the server's settings by which it lets go of a client that it hears nothing of."""
    milliseconds = str(round(patience_s * 1000))
    return {
        "idle_in_transaction_session_timeout": milliseconds,
        "tcp_user_timeout": milliseconds,
        "tcp_keepalives_idle": "10",
        "tcp_keepalives_interval": "5",
        "tcp_keepalives_count": "3",
    }


def is_weather(error: BaseException) -> bool:
    """Tell whether the same work may succeed when it is simply tried again."""
    if isinstance(error, ConnectionError | TimeoutError | OSError | InterfaceError | OperationalError):
        return True
    if isinstance(error, DBAPIError):
        state = getattr(error.orig, "sqlstate", None)
        passes = state is None or str(state)[:2] in _WEATHER or state == _STOOD_STILL
        return error.connection_invalidated or passes
    return False
