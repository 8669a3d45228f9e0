"""The dispatcher: takes requested texts from Kafka, in order, and never delays what is urgent.

Consents and replies to a crisis must not queue behind a study's prompts, so reading goes on while texts are
being sent. An offset is committed when everything before it is done.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext, suppress
from typing import TypeAlias, assert_never
from weakref import WeakValueDictionary

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from producers.kafka import Publisher, PublishFailed
from producers.sms.delivery import TextDelivery
from producers.sms.delivery_reports import Requested
from producers.sms.providers.base import Adapter
from producers.sms.send_policy import is_urgent
from producers.vault import Vault, VaultUnavailable
from schemas.clock import Clock
from schemas.codec import Unreadable, dead_letter, decode
from schemas.consumers import Consumes, MisplacedEvent
from schemas.events import (
    ConsentChanged,
    Envelope,
    LanguageChosen,
    ParticipantEnrolled,
    PauseChanged,
    PromptRequested,
    Reason,
    ReplyRequested,
)
from schemas.faults import type_and_frames
from schemas.kafka_access import kafka_arguments
from schemas.settings import Settings
from schemas.study import Study
from schemas.topic_rights import DISPATCHER_GROUP
from schemas.topics import CONSENTS, PARTICIPANTS, TEXTS

_log = logging.getLogger(__name__)
_RETRY_SECONDS = 2.0
_FINISH_SECONDS = 8.0
_POLL_MS = 500
_BATCH = 100
_MOST_WAITING = 500

CONTRACT: Consumes[ConsentChanged | LanguageChosen | Requested] = Consumes(
    "SMS dispatcher",
    (CONSENTS, PARTICIPANTS, TEXTS),
    handles=(ConsentChanged, LanguageChosen, PromptRequested, ReplyRequested),
    ignores=(ParticipantEnrolled, PauseChanged),
)

_Record: TypeAlias = "ConsumerRecord[bytes, bytes]"
_Batch: TypeAlias = tuple[dict[TopicPartition, int], Sequence["asyncio.Task[None]"]]
"""The offsets after a batch, and the tasks that must be done before they may be committed."""


class Dispatcher:
    """Takes requested texts from Kafka and sends them through the SMS provider.

    It also follows consents and chosen languages, and writes them into the vault before it sends the texts
    of the same batch.
    """

    def __init__(
        self,
        settings: Settings,
        adapter: Adapter,
        studies: Mapping[str, Study],
        vault: Vault,
        publisher: Publisher,
        clock: Clock,
    ) -> None:
        self._bootstrap = settings.broker
        self._studies = studies
        self._vault = vault
        self._publisher = publisher
        self._clock = clock
        self._delivery = TextDelivery(settings, adapter, studies, vault, publisher, clock)
        self._queues: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def run(self, report: Callable[[Exception | None], object] = lambda _: None) -> None:
        """Send until cancelled; resumes by itself after Kafka or the vault was unavailable.

        Args:
            report: Told the error by which it is interrupted, and None, again and again, while it works.
        """
        while True:
            try:
                await self._consume(report)
            except (KafkaError, PublishFailed, VaultUnavailable, OSError) as error:
                report(error)
                await asyncio.sleep(_RETRY_SECONDS)

    async def handle(self, records: Sequence[_Record]) -> None:
        """Handle a batch of records to its end; idempotent: handling it again sends nothing again.

        Raises:
            PublishFailed, VaultUnavailable: Its outcome cannot be recorded for now.
        """
        for outcome in await asyncio.gather(*await self._begin(records), return_exceptions=True):
            if isinstance(outcome, Exception):
                raise outcome

    async def _consume(self, report: Callable[[Exception | None], object]) -> None:
        consumer = AIOKafkaConsumer(
            *(topic.name for topic in CONTRACT.topics),
            **kafka_arguments(self._bootstrap),
            group_id=DISPATCHER_GROUP,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
        )
        await consumer.start()
        in_progress: deque[_Batch] = deque()
        try:
            while True:
                found = await consumer.getmany(timeout_ms=_POLL_MS, max_records=_BATCH)
                if found:
                    read_to = {place: records[-1].offset + 1 for place, records in found.items()}
                    tasks = await self._begin([record for records in found.values() for record in records])
                    in_progress.append((read_to, tasks))
                await _commit_done(consumer, in_progress)
                report(None)
                _hold_back(consumer, in_progress)
        finally:
            await self._end([task for _, tasks in in_progress for task in tasks])
            with suppress(KafkaError):
                await consumer.stop()

    async def _end(self, tasks: "list[asyncio.Task[None]]") -> None:
        """Cancel what waits, which will be read again; let what is being submitted finish."""
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._delivery.finish(_FINISH_SECONDS)

    async def _begin(self, records: Sequence[_Record]) -> "list[asyncio.Task[None]]":
        """Record consents and languages, and start a task for each text."""
        requests: list[tuple[_Record, Requested]] = []
        for record in records:
            request = await self._read(record)
            if request is not None:
                requests.append((record, request))
        requests.sort(key=lambda one: one[1].recorded_at)
        return [asyncio.create_task(self._deliver(*one)) for one in requests]

    async def _read(self, record: _Record) -> Requested | None:
        try:
            event = CONTRACT.select(decode(record.value or b""))
        except (Unreadable, MisplacedEvent) as error:
            # The other topics have consumers of their own, which quarantine it.
            if record.topic == TEXTS.name:
                misplaced = error.event if isinstance(error, MisplacedEvent) else None
                await self._quarantine(record, error.reason, error.detail, misplaced)
            return None
        match event:
            case ConsentChanged():
                await self._vault.directory.record_consent(event)
            case LanguageChosen():
                await self._vault.directory.set_language(event.participant, event.language)
            case PromptRequested() | ReplyRequested():
                return await self._sendable(record, event)
            case None:
                pass
            case _:
                assert_never(event)
        return None

    async def _sendable(self, record: _Record, request: Requested) -> Requested | None:
        study = self._studies.get(request.study)
        if study is None:
            detail = f"no definition of {request.study} is known here"
            await self._quarantine(record, Reason.UNKNOWN_STUDY, detail, request)
            return None
        try:
            self._delivery.words(request, study, "")
        except KeyError:
            await self._quarantine(record, Reason.INVALID, "the study has no such text", request)
            return None
        return request

    async def _deliver(self, record: _Record, request: Requested) -> None:
        async with self._queue(request):
            try:
                await self._delivery.deliver(request)
            except (PublishFailed, VaultUnavailable):
                raise
            except Exception as error:
                _log.error("a text was not sent: %s", type_and_frames(error))
                await self._quarantine(record, Reason.UNEXPECTED, type(error).__name__, request)

    def _queue(self, request: Requested) -> AbstractAsyncContextManager[object]:
        """A participant's texts are sent one after the other; only urgent ones overtake."""
        if is_urgent(request):
            return nullcontext()
        return self._queues.setdefault(request.participant, asyncio.Lock())

    async def _quarantine(
        self, record: _Record, reason: Reason, detail: str, event: Envelope | None = None
    ) -> None:
        quarantined = dead_letter(
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
            key=record.key,
            value=record.value,
            reason=reason,
            detail=detail,
            at=self._clock(),
            event=event,
        )
        receipt = await self._publisher.publish(quarantined)
        await self._vault.ledger.acknowledge(quarantined.event_id, receipt)


async def _commit_done(consumer: AIOKafkaConsumer, in_progress: deque[_Batch]) -> None:
    """Commit the batches that are done, from the oldest on.

    Raises:
        PublishFailed, VaultUnavailable: A text of it has to be tried again.
    """
    done: dict[TopicPartition, int] = {}
    while in_progress and all(task.done() for task in in_progress[0][1]):
        for task in in_progress[0][1]:
            task.result()
        done |= in_progress.popleft()[0]
    ours = {place: offset for place, offset in done.items() if place in consumer.assignment()}
    if ours:
        await consumer.commit(ours)


def _hold_back(consumer: AIOKafkaConsumer, in_progress: deque[_Batch]) -> None:
    """Pause reading texts while many wait; consents are still read."""
    texts = [place for place in consumer.assignment() if place.topic == TEXTS.name]
    waiting = sum(not task.done() for _, tasks in in_progress for task in tasks)
    (consumer.pause if waiting >= _MOST_WAITING else consumer.resume)(*texts)
