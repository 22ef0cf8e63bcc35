"""What intake must know at start."""

from shared.runtime.settings import SharedSettings


class Settings(SharedSettings):
    """Intake's settings."""

    port: int = 8101
    #: How far ahead of our clock an event's time may lie: senders' clocks differ by seconds, not by hours.
    ahead_minutes: int = 5
    #: After so many hours an event of ICE's without a booking asks an operator.
    ice_waits_hours: int = 24
    #: After so many days a match without a booking asks an operator; prints may be searched days before.
    match_waits_days: int = 14
