"""What the console must know at start."""

from typing import Self

from pydantic import Field, SecretStr, model_validator

from shared.http.access import Role
from shared.runtime.settings import ProcessSettings

_SHORTEST = 24


class Settings(ProcessSettings):
    """The console's settings."""

    #: host:port[,host:port] of the Kafka brokers.
    kafka: str
    port: int = 8100
    #: Where the services answer; the console acts through them alone.
    intake_url: str = "http://127.0.0.1:8101"
    decision_url: str = "http://127.0.0.1:8102"
    notify_url: str = "http://127.0.0.1:8103"
    watchdog_url: str = "http://127.0.0.1:8104"
    #: Signs the tokens by which the console speaks for the person signed in; 24 characters or more.
    console_signing_key: SecretStr = Field(min_length=24)
    #: The address people see, such as https://countersign.example; cookies are bound to it where it is https.
    console_url: str = "http://127.0.0.1:8100"
    #: A session ends after so many minutes without a request, machine time: a desk is left.
    session_idle_minutes: int = 30
    #: And after so many hours in any case: a shift ends.
    session_hours: int = 12
    #: So many wrong passwords within so many minutes lock an account until an administrator opens it.
    sign_in_tries: int = 5
    sign_in_minutes: int = 15
    #: Seals second factors of local accounts, 24 characters or more; empty: a password is all that they have.
    second_factor_key: SecretStr = SecretStr("")
    #: Roles that may do nothing before they have set one up.
    second_factor_roles: frozenset[Role] = frozenset()
    #: An OpenID Connect issuer for people's sign-in; empty: local accounts alone.
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    #: A file, so that the secret stands in no environment.
    oidc_credential_file: str = ""
    #: Said on every page of a trial, so that nobody takes played people for real ones; empty in service.
    console_banner: str = ""

    @model_validator(mode="after")
    def _has_what_it_demands(self) -> Self:
        """Refuse to start where a second factor is demanded and none can be set up."""
        key = self.second_factor_key.get_secret_value()
        if (key or self.second_factor_roles) and len(key) < _SHORTEST:
            raise ValueError("COUNTERSIGN_SECOND_FACTOR_KEY needs 24 characters or more")
        return self
