"""The Faust application: two agents, one table, and the settings under which they lose nothing."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import faust

from schemas import topics
from schemas.clock import now
from schemas.codec import encode
from schemas.events import (
    CheckInSubmitted,
    DeadLetter,
    Event,
    MessageReceived,
    PromptSent,
    Reason,
    ReplyRequested,
)
from schemas.settings import Settings
from schemas.study import Study
from schemas.study_file import load_study
from schemas.topics import Topic
from schemas.words import Word
from streams.agents.batches import CannotSend, run_batch
from streams.desk import Desk, KeyDestroyed
from streams.reading import letter_for, read_message
from streams.state import Heard, absorb, updates

BATCH = 500
WITHIN_SECONDS = 0.2
_BUFFERED = 20_000
_SEND_SECONDS = 60.0

_OUTPUTS: dict[type[Word], Topic] = {
    CheckInSubmitted: topics.CHECKINS,
    DeadLetter: topics.DEAD_LETTERS,
    ReplyRequested: topics.REPLIES,
}


def build_app(settings: Settings, study: Study, desk: Desk) -> faust.App:
    """The application, ready to be run by a Faust worker."""
    app = faust.App(
        "wellstream",
        broker=f"kafka://{settings.kafka.replace(',', ';kafka://')}",
        datadir=str(settings.worker_path),
        # The table is small and rebuilt from its changelog; keys are placed by the producer's partitioner,
        # because a batch holds events of several partitions.
        store="memory://",
        topic_partitions=topics.PARTITIONS,
        topic_replication_factor=1,
        topic_disable_leader=True,
        topic_allow_declare=True,
        broker_session_timeout=15.0,
        broker_heartbeat_interval=3.0,
        broker_max_poll_records=BATCH,
        broker_commit_interval=1.0,
        producer_acks=-1,
        producer_compression_type="zstd",
        stream_wait_empty=True,
        table_standby_replicas=0,
        web_enabled=False,
        worker_redirect_stdouts=False,
    )
    messages = _topic(app, topics.MESSAGES)
    heard = _topic(app, topics.CHECKINS, topics.PROMPTS)
    outputs = {topic.name: _topic(app, topic) for topic in (*_OUTPUTS.values(), topics.INDICATORS)}
    table = app.Table("participant-state", key_type=bytes, partitions=topics.PARTITIONS, use_partitioner=True)

    async def send(outgoing: Sequence[tuple[Topic, str | None, Word]]) -> None:
        """Send all and return when Kafka has them, and the table's changes before them.

        Raises:
            CannotSend: Kafka did not take all of them within a minute.
        """
        sent = [
            outputs[topic.name].send_soon(key=key.encode() if key else None, value=encode(event))
            for topic, key, event in outgoing
        ]
        try:
            async with asyncio.timeout(_SEND_SECONDS):
                while app.producer.buffer.size:
                    await app.producer.buffer.flush()
                await asyncio.gather(*sent)
                await app.producer.flush()
        except Exception as error:
            raise CannotSend from error

    async def bury(letter: DeadLetter) -> None:
        await send([(topics.DEAD_LETTERS, letter.participant, letter)])

    async def read(events: list[Event]) -> None:
        outgoing: list[tuple[Topic, str | None, Word]] = []
        for event in events:
            if not isinstance(event, MessageReceived):
                raise TypeError(f"{event.type} does not belong on {topics.MESSAGES.name}")
            try:
                outcomes = read_message(event, await desk.key(event.participant), study, now())
            except KeyDestroyed:
                outcomes = [letter_for(event, Reason.KEY_DESTROYED, "the vault has no such key", now())]
            outgoing += [(_OUTPUTS[type(o)], event.participant, o) for o in outcomes]
        await send(outgoing)

    async def compute(events: list[Event]) -> None:
        by_person: dict[str, list[Heard]] = {}
        for event in events:
            if not isinstance(event, CheckInSubmitted | PromptSent):
                raise TypeError(f"{event.type} does not belong here")
            by_person.setdefault(event.participant, []).append(event)
        outgoing: list[tuple[Topic, str | None, Word]] = []
        states: dict[bytes, Any] = {}
        for participant, news in by_person.items():
            key = participant.encode()
            states[key], history, affected = absorb(table.get(key), news, study)
            outgoing += [
                (topics.INDICATORS, participant, update)
                for update in updates(participant, history, affected, study)
            ]
        for key, state in states.items():
            table[key] = state
        await send(outgoing)

    @app.agent(messages, name="messages")
    async def on_messages(stream: Any) -> None:
        async for batch in stream.take_events(BATCH, within=WITHIN_SECONDS):
            await run_batch(batch, read, bury, now)

    @app.agent(heard, name="indicators")
    async def on_heard(stream: Any) -> None:
        async for batch in stream.take_events(BATCH, within=WITHIN_SECONDS):
            await run_batch(batch, compute, bury, now)

    @app.task
    async def say_ready() -> None:
        app.producer.buffer.max_messages = _BUFFERED
        _ready_file(settings).touch()

    return app


def run_worker(settings: Settings) -> None:
    """Run the worker until SIGTERM or SIGINT; ends the process."""
    settings.worker_path.mkdir(parents=True, exist_ok=True)
    _ready_file(settings).unlink(missing_ok=True)
    app = build_app(settings, load_study(settings.study_path), Desk(settings))
    faust.Worker(app, loglevel="warning", quiet=True).execute_from_commandline()


def _ready_file(settings: Settings) -> Path:
    return settings.worker_path / "ready"


def _topic(app: faust.App, *declared: Topic) -> Any:
    return app.topic(
        *(topic.name for topic in declared), key_type=bytes, value_type=bytes,
        key_serializer="raw", value_serializer="raw",
    )  # fmt: skip
