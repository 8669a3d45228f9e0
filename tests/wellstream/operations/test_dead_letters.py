"""A dead letter goes back to where it came from, whole; what never was on a topic stays."""

import pytest

from producers.kafka.publisher import Publisher
from schemas.clock import now
from schemas.codec import dead_letter
from schemas.events import Reason
from schemas.identity import event_id
from schemas.settings import Settings
from schemas.topic_log import read_to_end
from schemas.topics import CHECKINS, DEAD_LETTERS
from wellstream.operations.dead_letters import replay

pytestmark = pytest.mark.kafka


async def test_letters_of_one_reason_go_back_unchanged(broker: str) -> None:
    publisher, settings = Publisher(broker), Settings(kafka=broker)
    await publisher.put(DEAD_LETTERS.name, b"k", b"not even a letter")
    for offset in (1, 1, 2):
        letter = dead_letter(
            topic=CHECKINS.name, partition=0, offset=offset, key=b"replayed", value=b"%d" % offset,
            reason=Reason.WRONG_KEY, detail="", at=now(),
        )  # fmt: skip
        await publisher.publish(letter)
    refused = letter.model_copy(update={"event_id": event_id("refused form"), "topic": "form"})
    await publisher.publish(refused)
    await publisher.close()
    outcome = await replay(settings, Reason.WRONG_KEY)
    assert (outcome.sent, outcome.left) == (2, 1)
    assert str(await replay(settings, Reason.WRONG_KEY, "no-such-topic")) == "replayed=0 left=0"
    records = [record async for record in read_to_end(broker, (CHECKINS,))]
    values = [record.value for record in records if record.key == b"replayed"]
    assert sorted(values) == [b"1", b"2"]
