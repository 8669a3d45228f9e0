"""The Faust application: two agents, two tables, and the settings under which they lose nothing."""

import logging
import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, assert_never, cast, get_args

import faust
from aiokafka.errors import KafkaError

from locales import all_locales
from schemas import topics
from schemas.announced_studies import KnownVersions
from schemas.clock import now
from schemas.events import DeadLetter, IndicatorsUpdated
from schemas.heartbeat import EVERY_SECONDS, beat
from schemas.settings import Settings
from schemas.topic_rights import WORKER_GROUP
from schemas.topics import TOPICS, Topic, declared_topics
from streams.conversation.turn import Outcome
from streams.indicators.update import TIMELINE
from streams.worker.agents import CONVERSATION, compute, converse
from streams.worker.batching import Work, ending_where_stuck, run_batch
from streams.worker.faust_ports import AnnouncedStudies, FaustSender, FaustStates, credentials, declare
from streams.worker.gap_recovery import GapRecovery
from streams.worker.key_client import KeyClient
from streams.worker.steadiness import Steadiness, Watch

EXIT_STUCK = 71
BATCH = 500
WITHIN_SECONDS = 0.2
_BUFFERED = 20_000
_STUCK_CHECK_SECONDS = 10.0
_log = logging.getLogger(__name__)


def outputs() -> frozenset[Topic]:
    """The topics of everything that the worker sends."""
    sent = (*get_args(Outcome), IndicatorsUpdated, DeadLetter)
    found = declared_topics(TOPICS, sent)
    return frozenset(found[kind] for kind in sent)


def build_app(settings: Settings, studies: KnownVersions, keys: KeyClient) -> faust.App:
    """The application, ready to be run by a Faust worker."""
    app = _faust_app(settings)
    send = FaustSender(app, outputs())
    announced = AnnouncedStudies(studies)
    conversations = FaustStates(app, "conversations", send)
    timelines = FaustStates(app, "participant-state", send)
    converse_here = partial(
        converse, states=conversations, studies=announced, keys=keys, send=send, clock=now
    )
    compute_here = partial(compute, states=timelines, studies=announced, send=send, clock=now)
    recoveries = [
        _agent(app, settings, CONVERSATION.consumer, CONVERSATION.topics, converse_here, send),
        _agent(app, settings, TIMELINE.consumer, TIMELINE.topics, compute_here, send),
    ]
    _recover(app, recoveries)
    _tell_readiness(app, _ready_file(settings))

    @app.task
    async def enlarge_buffer() -> None:
        app.producer.buffer.max_messages = _BUFFERED

    return app


def _faust_app(settings: Settings) -> faust.App:
    return faust.App(
        WORKER_GROUP,
        broker=f"kafka://{settings.kafka.replace(',', ';kafka://')}",
        broker_credentials=credentials(settings.broker),
        datadir=str(settings.worker_path),
        # The tables are small and rebuilt from their changelogs; the producer's partitioner places keys,
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


def _agent(
    app: faust.App, settings: Settings, name: str, reads: Sequence[Topic], work: Work, send: FaustSender
) -> GapRecovery:
    """Have the application work on some topics, in batches without gaps."""
    recovery = GapRecovery(settings.broker, WORKER_GROUP, reads)

    async def quarantine(dead_letter: DeadLetter) -> None:
        await send([dead_letter])

    @app.agent(declare(app, *reads), name=name)
    async def follow(stream: Any) -> None:
        async for events in stream.take_events(BATCH, within=WITHIN_SECONDS):
            with ending_where_stuck():
                async with recovery.without_gaps([event.message for event in events]) as records:
                    await run_batch(records, work, quarantine, now)

    return recovery


def _recover(app: faust.App, recoveries: Iterable[GapRecovery]) -> None:
    """Lose nothing when partitions are assigned, and end the process if no record is delivered any more."""

    @app.on_partitions_assigned.connect
    async def forget_offsets(*_: Any, **__: Any) -> None:
        for recovery in recoveries:
            recovery.forget()

    @app.on_rebalance_complete.connect
    async def pause_fetching(*_: Any, **__: Any) -> None:
        # Otherwise, records fetched between a table's recovery and the seek to the committed offsets go into
        # queues that Faust then clears, and it drops them when it reads them again (0.15.3).
        app.consumer.stop_flow()

    @app.timer(_STUCK_CHECK_SECONDS)
    async def end_if_stuck() -> None:
        if not _is_working(app):
            return
        assigned = app.consumer.assignment()
        with suppress(KafkaError, OSError):
            for recovery in recoveries:
                if await recovery.is_stuck(assigned):
                    _log.critical("ending: records are waiting, and Faust delivers none")
                    os._exit(EXIT_STUCK)


def _tell_readiness(app: faust.App, ready: Path) -> None:
    """Keep the file of readiness fresh while the worker works, and end a worker that gets nowhere."""
    watch = Watch()

    @app.timer(EVERY_SECONDS)
    async def tell() -> None:
        recovery = cast("Any", app.tables).recovery
        progress = (app.rebalancing, recovery.completed.is_set(), sum(recovery.active_offsets.values()))
        match watch.look(working=_is_working(app), progress=progress):
            case Steadiness.READY:
                beat(ready)
            case Steadiness.ON_THE_WAY:
                pass
            case Steadiness.STUCK:
                _log.critical("ending: neither works nor gets on with the recovery of its tables")
                os._exit(EXIT_STUCK)
            case other:
                assert_never(other)


def _is_working(app: faust.App) -> bool:
    recovered = cast("Any", app.tables).recovery.completed.is_set()
    return bool(not app.rebalancing and recovered and app.consumer.assignment())


def run_worker(settings: Settings) -> None:
    """Run the worker until SIGTERM or SIGINT; ends the process.

    Raises:
        DefinitionError: A locale file is invalid.
    """
    all_locales()  # an invalid file must stop the worker now, not at the first text that needs it
    settings.worker_path.mkdir(parents=True, exist_ok=True)
    _ready_file(settings).unlink(missing_ok=True)
    app = build_app(settings, KnownVersions(settings.broker), KeyClient(settings))
    worker = faust.Worker(app, loglevel="warning", quiet=True)
    worker.spinner = None  # it writes terminal codes into logs
    worker.execute_from_commandline()


def _ready_file(settings: Settings) -> Path:
    return settings.worker_path / "ready"
