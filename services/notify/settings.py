"""What notify must know at start; the numbers of the design are the defaults."""

from datetime import timedelta
from typing import Self

from pydantic import SecretStr, model_validator

from services.notify.channels.address import Rules
from services.notify.channels.email import Relay, RelayRefused, relay_of
from services.notify.dossier import Margins
from services.notify.mail import Letterhead
from services.notify.retry import Patience
from services.notify.valve import Limits
from shared.runtime.settings import SharedSettings


class Settings(SharedSettings):
    """Notify's own settings, beside those that every service shares."""

    port: int = 8103
    #: A REVIEW that still stands is told so many hours before it is due.
    review_told_hours: float = 4
    #: The end of a hold is told so many minutes before the window closes, so that it is there by then.
    hold_ended_minutes: float = 15
    #: The jail is warned so many hours before the window closes.
    hold_closing_hours: tuple[float, ...] = (24, 4, 1)
    #: What must be told at once, or can no longer be told in time, is due after so many minutes.
    grace_minutes: float = 15
    #: A release that a jail asked about is to be reported within so many minutes, or an operator is told.
    release_report_minutes: float = 60
    #: A receipt is awaited so many hours after sending, or until the notice is due: then a person is told.
    receipt_hours: float = 4
    #: A copy that the law owes is to be with the person so many hours after the jail was told, or by when it is due
    #: if that is later: then a person is told.
    hand_over_hours: float = 4
    #: Longest that a request for news may wait, machine seconds; proxies tend to cut at 60.
    longest_wait_s: float = 30
    #: A stream without news says so often that it still is there, machine seconds; proxies cut at 60.
    heartbeat_s: float = 15
    #: Notices sent, windows moved and so on in one transaction; beyond 500 only latency grows.
    timer_batch: int = 500

    #: Ports that a webhook may have.
    webhook_ports: frozenset[int] = frozenset({443, 8443})
    #: For tests and development alone: webhooks may go to this machine itself, over plain HTTP and to any port, and
    #: mail over a plain connection.
    webhooks_to_own_machine: bool = False
    #: A failed attempt is followed by another after so many seconds, then three times as many, and so on.
    retry_first_seconds: float = 5
    #: Until attempts are so many minutes apart; they end as the notice falls due.
    retry_longest_minutes: float = 30
    #: The end of a hold is tried for so many hours beyond that.
    hold_ended_told_hours: float = 24
    #: An endpoint is suspended after so many failures in a row, over so many hours.
    endpoint_dead_failures: int = 10
    endpoint_dead_hours: float = 4

    #: More decisions and openings than this within so many minutes of the clock's wait for a person; 0: no limit. A
    #: large county has some fifty detainers a day; a whole state with all of a day's at one instant has 74.
    burst_minutes: float = 15
    burst_facility: int = 250
    #: The same for one policy version, at all the places it governs: the nation's busiest day of 2015 had 105 at once.
    burst_policy: int = 1000
    #: What waits and keeps nobody goes out all the same so many minutes before it is due.
    burst_last_minutes: float = 15

    #: The relay that mail is handed to: smtps://user:password@host:port, or smtp://… with STARTTLS. Empty: no mail.
    smtp_url: SecretStr = SecretStr("")
    #: Whom mail comes from.
    mail_from: str = ""
    #: Where recipients reach this service, for the link in a mail.
    public_url: str = ""
    #: Whatever a ladder says, its people have mail so many minutes before a notice is due.
    mail_last_minutes: float = 5

    @model_validator(mode="after")
    def _mail_has_a_sender(self) -> Self:
        if self.relay is not None and "@" not in self.mail_from:
            raise ValueError("mail_from: say whom mail comes from, since smtp_url names a relay")
        return self

    @property
    def relay(self) -> Relay | None:
        """Give the mail relay, if there is one."""
        url = self.smtp_url.get_secret_value()
        try:
            return relay_of(url, own_machine=self.webhooks_to_own_machine) if url else None
        except RelayRefused as error:
            raise ValueError(f"smtp_url: {error}") from error

    @property
    def letterhead(self) -> Letterhead:
        """Give what stands on every mail."""
        return Letterhead(self.mail_from, self.public_url.rstrip("/"))

    @property
    def webhook_rules(self) -> Rules:
        """Give where webhooks may go."""
        return Rules(ports=self.webhook_ports, own_machine=self.webhooks_to_own_machine)

    @property
    def patience(self) -> Patience:
        """Give the numbers that retries go by."""
        return Patience(
            first=timedelta(seconds=self.retry_first_seconds),
            longest=timedelta(minutes=self.retry_longest_minutes),
            end_told=timedelta(hours=self.hold_ended_told_hours),
            dead_failures=self.endpoint_dead_failures,
            dead_after=timedelta(hours=self.endpoint_dead_hours),
        )

    @property
    def limits(self) -> Limits:
        """Give how many notices are normal."""
        return Limits(
            span=timedelta(minutes=self.burst_minutes),
            facility=self.burst_facility,
            policy=self.burst_policy,
            last_chance=timedelta(minutes=self.burst_last_minutes),
        )

    @property
    def margins(self) -> Margins:
        """Give the numbers that planning goes by."""
        return Margins(
            review_told=timedelta(hours=self.review_told_hours),
            ended_told=timedelta(minutes=self.hold_ended_minutes),
            warnings=tuple(timedelta(hours=hours) for hours in self.hold_closing_hours),
            grace=timedelta(minutes=self.grace_minutes),
            receipt=timedelta(hours=self.receipt_hours),
            hand_over=timedelta(hours=self.hand_over_hours),
            last_call=timedelta(minutes=self.mail_last_minutes),
        )
