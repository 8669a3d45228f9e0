"""Putting dead letters back where they came from, once what was wrong is mended."""

from contextlib import suppress
from dataclasses import dataclass

from producers.kafka.publisher import Publisher
from schemas.codec import Unreadable, decode
from schemas.events import DeadLetter, Reason
from schemas.settings import Settings
from schemas.topic_log import read_to_end
from schemas.topics import DEAD_LETTERS, TOPICS

_LIMIT_SECONDS = 30.0
_REPLAYABLE = {topic.name for topic in TOPICS} - {DEAD_LETTERS.name}


@dataclass(frozen=True)
class Replayed:
    """How many letters were put back, and how many cannot be: they never were on a topic."""

    sent: int
    left: int

    def __str__(self) -> str:
        return f"replayed={self.sent} left={self.left}"


async def replay(settings: Settings, reason: Reason | None = None, topic: str | None = None) -> Replayed:
    """Put dead letters back on their topics, unchanged, each once.

    What is still wrong becomes a dead letter again, and an event that was taken in otherwise meanwhile counts
    once: it keeps its id.

    Args:
        settings: Where Kafka is.
        reason: Only those with this reason.
        topic: Only those that came from this topic.

    Raises:
        PublishFailed: Kafka is away.
    """
    letters = [
        letter
        for letter in (await _letters(settings.kafka)).values()
        if (reason is None or letter.reason == reason) and (topic is None or letter.topic == topic)
    ]
    publisher = Publisher(settings.kafka, limit=_LIMIT_SECONDS)
    sent = 0
    try:
        for letter in letters:
            if letter.topic in _REPLAYABLE and letter.value is not None:
                await publisher.put(letter.topic, letter.key, letter.value)
                sent += 1
    finally:
        await publisher.close()
    return Replayed(sent, len(letters) - sent)


async def _letters(bootstrap: str) -> dict[str, DeadLetter]:
    found: dict[str, DeadLetter] = {}
    async for record in read_to_end(bootstrap, (DEAD_LETTERS,)):
        with suppress(Unreadable):
            letter = decode(record.value)
            if isinstance(letter, DeadLetter):
                found[str(letter.event_id)] = letter
    return found
