"""The Faust application: two agents, two tables, and the settings under which they lose nothing."""

import asyncio
import logging
import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

import faust
from aiokafka.errors import KafkaError

from locales import all_locales
from schemas import topics
from schemas.announced_studies import KnownVersions
from schemas.base import FrozenModel
from schemas.clock import now
from schemas.codec import dead_letter, encode
from schemas.events import (
    CheckInSubmitted,
    ConsentChanged,
    DayPlanned,
    DeadLetter,
    Envelope,
    Event,
    LanguageChosen,
    MessageClassified,
    MessageReceived,
    PauseChanged,
    PromptClosed,
    PromptSent,
    Reason,
    ReplyRequested,
    SafetyRaised,
    SupportDecided,
)
from schemas.settings import Settings
from schemas.study.versions import Versions
from schemas.topics import Topic
from streams.conversation.machine import ask
from streams.conversation.reading import read_message
from streams.conversation.state import Conversation
from streams.indicators.update import TimelineEvent, absorb, updates
from streams.worker.batching import SendFailed, Work, ending_where_stuck, run_batch
from streams.worker.gap_recovery import Continuity
from streams.worker.key_client import KeyClient, KeyDestroyed
from streams.worker.partitioning import learn_partitions

EXIT_STUCK = 71
BATCH = 500
WITHIN_SECONDS = 0.2
_BUFFERED = 20_000
_SEND_SECONDS = 60.0
_LOOK_SECONDS = 30.0
_GROUP = "wellstream"
_SAID = (topics.MESSAGES, topics.PROMPTS)
_HEARD = (topics.CHECKINS, topics.PROMPTS)
_log = logging.getLogger(__name__)

_OUTPUTS: dict[type[FrozenModel], Topic] = {
    CheckInSubmitted: topics.CHECKINS,
    ConsentChanged: topics.CONSENTS,
    DeadLetter: topics.DEAD_LETTERS,
    LanguageChosen: topics.PARTICIPANTS,
    MessageClassified: topics.CONVERSATION,
    PauseChanged: topics.PARTICIPANTS,
    ReplyRequested: topics.TEXTS,
    SafetyRaised: topics.SAFETY,
}
_NOT_OURS = DayPlanned | PromptClosed | SupportDecided
"""What else is said on the prompts' topic."""


def build_app(settings: Settings, studies: KnownVersions, keys: KeyClient) -> faust.App:
    """The application, ready to be run by a Faust worker."""
    app = faust.App(
        _GROUP,
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
    said = _topic(app, *_SAID)
    heard = _topic(app, *_HEARD)
    all_said, all_heard = (Continuity(settings.kafka, _GROUP, read) for read in (_SAID, _HEARD))
    outputs = {topic.name: _topic(app, topic) for topic in {*_OUTPUTS.values(), topics.INDICATORS}}
    conversations = app.Table(
        "conversations", key_type=bytes, partitions=topics.PARTITIONS, use_partitioner=True
    )
    table = app.Table("participant-state", key_type=bytes, partitions=topics.PARTITIONS, use_partitioner=True)

    async def learn(names: Iterable[str]) -> None:
        """Have the producer know some topics' partitions.

        Raises:
            SendFailed: Kafka is away, or one of them is not there yet.
        """
        producer = cast("Any", app.producer)._ensure_producer()  # noqa: SLF001 - no other way
        try:
            async with asyncio.timeout(_SEND_SECONDS):
                for name in sorted(names):
                    await learn_partitions(producer, name)
        except Exception as error:
            raise SendFailed from error

    async def send(outgoing: Sequence[tuple[Topic, str | None, FrozenModel]]) -> None:
        """Send all and return when Kafka has them, and the table's changes before them.

        Raises:
            SendFailed: Kafka did not take all of them within a minute.
        """
        await learn({topic.name for topic, _, _ in outgoing})
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
            raise SendFailed from error

    async def keep(table: Any, states: dict[bytes, Any]) -> None:
        """Write to a table.

        Raises:
            SendFailed: Kafka is away, or the table's changelog is not there yet.
        """
        await learn([table.changelog_topic.get_topic_name()])
        for key, state in states.items():
            table[key] = state

    async def quarantine(letter: DeadLetter) -> None:
        await send([(topics.DEAD_LETTERS, letter.participant, letter)])

    async def known_to(events: Sequence[Event]) -> Versions:
        """The definitions that the events name, where Kafka has them.

        Raises:
            SendFailed: Kafka is away.
        """
        try:
            return await studies.having({event.study for event in events if event.study})
        except (KafkaError, OSError) as error:
            raise SendFailed from error

    async def converse(events: list[Event]) -> None:
        outgoing: list[tuple[Topic, str | None, FrozenModel]] = []
        states: dict[bytes, Conversation] = {}
        versions = await known_to(events)
        ours = [event for event in events if isinstance(event, MessageReceived | PromptSent)]
        if any(not isinstance(event, MessageReceived | PromptSent | _NOT_OURS) for event in events):
            raise TypeError(f"an event that does not belong on {topics.MESSAGES.name}")
        # Texts and prompts come by two topics, in no order between them.
        for event in sorted(ours, key=lambda event: event.occurred_at):
            if event.study not in versions:
                if isinstance(event, MessageReceived):
                    letter = unknown_study(event, topics.MESSAGES)
                    outgoing.append((topics.DEAD_LETTERS, event.participant, letter))
                continue
            key = event.participant.encode()
            state = states.get(key) or Conversation.model_validate(conversations.get(key) or {})
            if isinstance(event, PromptSent):
                states[key] = ask(state, event, versions[event.study])
                continue
            seal_key = await _key(keys, event.participant)
            states[key], outcomes = read_message(state, event, seal_key, versions[event.study], now())
            outgoing += [(_OUTPUTS[type(o)], event.participant, o) for o in outcomes]
        # What follows first, then the state that knows of it: a crash in between repeats events with the
        # same ids, whereas the other way round they would be missing.
        await send(outgoing)
        await keep(conversations, {key: state.model_dump(mode="json") for key, state in states.items()})
        await send([])

    async def compute(events: list[Event]) -> None:
        by_person: dict[str, list[TimelineEvent]] = {}
        outgoing: list[tuple[Topic, str | None, FrozenModel]] = []
        versions = await known_to(events)
        for event in events:
            if isinstance(event, _NOT_OURS):
                continue
            if not isinstance(event, TimelineEvent):
                raise TypeError(f"{event.type} does not belong here")
            if event.study in versions:
                by_person.setdefault(event.participant, []).append(event)
            else:
                origin = topics.PROMPTS if isinstance(event, PromptSent) else topics.CHECKINS
                outgoing.append((topics.DEAD_LETTERS, event.participant, unknown_study(event, origin)))
        states: dict[bytes, Any] = {}
        for participant, news in by_person.items():
            key = participant.encode()
            states[key], history, affected = absorb(table.get(key), news, versions)
            outgoing += [
                (topics.INDICATORS, participant, update)
                for update in updates(participant, history, affected, versions)
            ]
        await keep(table, states)
        await send(outgoing)

    async def follow(stream: Any, continuity: Continuity, work: Work) -> None:
        async for events in stream.take_events(BATCH, within=WITHIN_SECONDS):
            with ending_where_stuck():
                async with continuity.whole([event.message for event in events]) as records:
                    await run_batch(records, work, quarantine, now)

    @app.agent(said, name="conversation")
    async def on_said(stream: Any) -> None:
        await follow(stream, all_said, converse)

    @app.agent(heard, name="indicators")
    async def on_heard(stream: Any) -> None:
        await follow(stream, all_heard, compute)

    @app.on_partitions_assigned.connect
    async def begin_anew(*_: Any, **__: Any) -> None:
        all_said.forget()
        all_heard.forget()

    @app.on_rebalance_complete.connect
    async def hold_records_back(*_: Any, **__: Any) -> None:
        # Else records that come between a table's recovery and Faust's seek to the committed offsets are
        # put in queues that it then clears, and dropped where it reads them again (0.15.3).
        app.consumer.stop_flow()

    @app.timer(_LOOK_SECONDS)
    async def end_if_stuck() -> None:
        if app.rebalancing or not cast("Any", app.tables).recovery.completed.is_set():
            return
        mine = app.consumer.assignment()
        with suppress(KafkaError, OSError):
            for continuity in (all_said, all_heard):
                if await continuity.stands_still(mine):
                    _log.critical("ending: records wait, and none is handed over")
                    os._exit(EXIT_STUCK)

    @app.task
    async def say_ready() -> None:
        app.producer.buffer.max_messages = _BUFFERED
        _ready_file(settings).touch()

    return app


def run_worker(settings: Settings) -> None:
    """Run the worker until SIGTERM or SIGINT; ends the process.

    Raises:
        DefinitionError: The file of a language is wrong.
    """
    all_locales()  # a wrong file must stop the worker, not the first text that needs it
    settings.worker_path.mkdir(parents=True, exist_ok=True)
    _ready_file(settings).unlink(missing_ok=True)
    app = build_app(settings, KnownVersions(settings.kafka), KeyClient(settings))
    faust.Worker(app, loglevel="warning", quiet=True).execute_from_commandline()


def unknown_study(event: Envelope, origin: Topic) -> DeadLetter:
    """The dead letter for an event of a study that nobody has announced."""
    return dead_letter(
        topic=origin.name, key=event.participant.encode(), value=encode(event), reason=Reason.UNKNOWN_STUDY,
        detail=f"no definition of {event.study} was announced", at=now(), event=event,
    )  # fmt: skip


async def _key(keys: KeyClient, participant: str) -> bytes | None:
    try:
        return await keys.key(participant)
    except KeyDestroyed:
        return None


def _ready_file(settings: Settings) -> Path:
    return settings.worker_path / "ready"


def _topic(app: faust.App, *declared: Topic) -> Any:
    return app.topic(
        *(topic.name for topic in declared), key_type=bytes, value_type=bytes,
        key_serializer="raw", value_serializer="raw",
    )  # fmt: skip
