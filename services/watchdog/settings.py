"""What the watchdog must know at start: no Kafka, and nothing of how notify works."""

from datetime import timedelta

from services.watchdog.look import Allowance
from shared.runtime.settings import ProcessSettings


class Settings(ProcessSettings):
    """The watchdog's own settings, beside those that every process has."""

    port: int = 8104
    #: Requests a key may make each minute, machine time.
    requests_per_minute: int = 60_000
    #: So many minutes after notify should have acted, it has not: notify looks every second.
    watchdog_slack_minutes: float = 2
    #: The end of a hold that nobody has read is called out so many minutes before it is due: time to telephone.
    watchdog_unseen_minutes: float = 8

    def allowance(self, speed: float) -> Allowance:
        """Give the spans that the watchdog goes by, for a clock of this speed."""
        return Allowance.at(
            speed,
            slack=timedelta(minutes=self.watchdog_slack_minutes),
            unseen=timedelta(minutes=self.watchdog_unseen_minutes),
        )
