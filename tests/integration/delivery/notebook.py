"""A service so small that only its delivery can go wrong: it writes each message down, once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from shared.db.session import Sessions, WriteSession
from shared.domain.errors import MalformedMessage
from shared.kafka.consumer import RawBatch, Record
from shared.kafka.producer import OutMessage
from shared.outbox.inbox import Heard, Hearing, Once, Unhandled
from shared.outbox.outbox import Letter, Outbox
from shared.runtime.ids import UuidV7
from tests.support.line import Tape

TOPIC = "test.v1"


@dataclass
class Notebook:
    """Writes messages into a table of intake's; some words make it fail."""

    sessions: Sessions
    #: Called with each message before it is written down, to raise what the test wants.
    trouble: Callable[[str], None] = lambda _: None
    told: list[Letter] = field(default_factory=list)
    parked: list[Unhandled] = field(default_factory=list)
    batches: list[list[str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.tape = Tape("intake", self.sessions)
        self.outbox = Outbox("intake", UuidV7(), self.told.extend)
        self.once = Once("intake", "intake", self.sessions, Hearing(self.read, self.handle, self.park))

    def read(self, record: Record) -> str:
        """Read a word; ``unreadable`` is none."""
        if record.value == b"unreadable":
            raise MalformedMessage("no word of ours")
        return (record.value or b"").decode()

    async def handle(self, session: WriteSession, heard: Sequence[Heard[str]], now: datetime) -> None:
        """Write words down and tell of each."""
        self.batches.append([one.message for one in heard])
        for one in heard:
            letter = self.outbox.letter("told.v1", "word", key=one.message, time=now, data=None)
            await self.outbox.tell(session, [letter])
            await session.run("INSERT INTO intake.identifiers VALUES ('word', :word)", word=one.message)
            self.trouble(one.message)

    async def park(self, session: WriteSession, unhandled: Sequence[Unhandled], now: datetime) -> None:
        """Keep what could not be written down."""
        for one in unhandled:
            place = f"{one.record.topic} {one.record.offset} {now}"
            await session.run("INSERT INTO intake.identifiers VALUES ('parked', :place)", place=place)
        session.afterwards(lambda: self.parked.extend(unhandled))

    async def batch(self, *words: str) -> RawBatch:
        """Give words as the next batch of the log."""
        return await self.tape.batch(OutMessage(TOPIC, word.encode(), word.encode()) for word in words)

    async def take(self, *words: str) -> None:
        """Take words as one batch."""
        await self.once(await self.batch(*words))

    async def written(self) -> list[str]:
        """Give the words that are written down."""
        async with self.sessions.reading() as session:
            rows = await session.all("SELECT value FROM intake.identifiers WHERE kind = 'word' ORDER BY value")
        return [row.value for row in rows]

    async def position(self) -> int:
        """Give the offset that the group has reached."""
        async with self.sessions.reading() as session:
            rows = await session.all("SELECT position FROM intake.offsets WHERE topic = :topic", topic=TOPIC)
        return int(rows[0].position)

    def words_told(self) -> list[str]:
        """Give the words handed to the relay."""
        return [letter.key for letter in self.told]

    def words_parked(self) -> list[str]:
        """Give the words set aside."""
        return [(one.record.value or b"").decode() for one in self.parked]
