"""Settings that every service shares, from ``COUNTERSIGN_*``; nothing secret has a default."""

from typing import Annotated

from pydantic import AfterValidator, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.runtime.clock import ClockSetting


def _clock(text: str) -> str:
    ClockSetting.parse(text)
    return text


class ProcessSettings(BaseSettings):
    """What any process of ours must know at start."""

    model_config = SettingsConfigDict(env_prefix="COUNTERSIGN_", extra="ignore", frozen=True)

    #: Names this process among those of its kind; two of one name are refused. Letters, digits, hyphen.
    instance: str = "1"
    #: system, scaled:<start>@<speed> or stepped:<start>; must be what the database was made with.
    clock: Annotated[str, AfterValidator(_clock)] = "system"
    #: Postgres, as the service's pipeline role: postgresql+asyncpg://…
    database_url: SecretStr
    #: Postgres, as the service's api role; requests run on it under row security.
    api_database_url: SecretStr
    #: Where the service listens. Loopback unless told otherwise.
    host: str = "127.0.0.1"
    port: int
    #: json for machines, console for people at a terminal.
    log_format: str = "json"


class SharedSettings(ProcessSettings):
    """What a service of the pipeline must know besides."""

    #: host:port[,host:port] of the Kafka brokers.
    kafka: str
    #: Most events taken in one batch: beyond 500 only latency grows (measured).
    batch_events: int = 500
    #: How long a take waits for a first event, milliseconds.
    batch_wait_ms: int = 500
    #: Requests a key may make each minute, machine time.
    requests_per_minute: int = 60_000
    #: A collector that takes OTLP over HTTP, such as http://localhost:4318/v1/traces; empty: no traces.
    traces_to: str = ""
