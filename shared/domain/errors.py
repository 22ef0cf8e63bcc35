"""Every error of ours, in one tree.

CountersignError
├── MalformedMessage     cannot be read or understood: set aside with its bytes
├── DomainError          only a person can settle it
│   ├── IdReused         the same source and id with another body
│   └── NoGoverningPolicy  the rulebook has no page for this place and date
├── RulebookUnsound      a page is wrong: the whole rulebook is refused at start
├── CalendarExhausted    the date lies outside the reviewed holiday table
├── StaleBatch           another instance owns the partition: roll back, begin again from the row
├── MustStop             going on would do harm: the loop stops, says why, and a person mends it
│   ├── OffsetOutOfRange   the log no longer (or not yet) holds the offset in our row
│   ├── TooManyParked      too many events in a row would be set aside: it is we who are wrong
│   └── RulebookBehind     another instance decides by a newer rulebook
├── Unconfirmed          the broker has not confirmed some messages
├── KafkaAway            Kafka cannot be reached, or does not hold what was asked for
├── WrongTime            this data directory lives in another time
└── NotAPlay             the file is in no form that can be played
"""


class CountersignError(Exception):
    """The root of all errors of ours."""


class MalformedMessage(CountersignError):
    """A message that cannot be understood; ``where`` is a JSON pointer, ``how`` says how to mend it."""

    def __init__(self, what: str, *, where: str = "", how: str = "", code: str = "malformed") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.how = how
        self.code = code


class DomainError(CountersignError):
    """Something only a person can settle."""


class IdReused(DomainError):
    """The same source and id came with another body; nobody can know which was meant."""


class NoGoverningPolicy(DomainError):
    """The rulebook has no page for this jurisdiction on this date."""


class RulebookUnsound(CountersignError):
    """A rulebook page is wrong; the text names file, line, key and the mend."""


class CalendarExhausted(CountersignError):
    """The date lies outside the reviewed holiday table, so no deadline can be reckoned."""


class StaleBatch(CountersignError):
    """The offset row no longer stands where the batch began: another instance has the partition."""


class MustStop(CountersignError):
    """Going on would do harm: the loop stops and says why, and readiness is red until a person has mended it."""


class RulebookBehind(MustStop):
    """The database decides by a newer rulebook than this instance has."""


class OffsetOutOfRange(MustStop):
    """The log does not hold the offset that our row names; nothing is reset silently."""


class TooManyParked(MustStop):
    """So many events in a row could not be handled that the fault must be ours."""


class WrongTime(CountersignError):
    """The data directory lives in another time than the settings ask for."""


class NotAPlay(CountersignError):
    """The file cannot be read, or is in no form that the player knows."""


class Unconfirmed(CountersignError):
    """The broker has not confirmed a message; it may be in the log all the same."""


class KafkaAway(CountersignError):
    """Kafka cannot be reached, or does not hold the topic asked for; try again later."""
