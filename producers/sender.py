"""Sending texts, at most once: a missing one is honest data, a repeated one a burden.

Each text is claimed in the vault before it is handed to the provider. What a crash or a silent provider
leaves open is never sent again; a receipt may tell later what became of it.
"""

import asyncio
import logging
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from aiokafka import AIOKafkaConsumer, ConsumerRecord
from aiokafka.errors import KafkaError

from producers.gateways.adapter import Adapter, Outgoing, Sent
from producers.pacing import Bucket
from producers.people import Dispatch, NewLink
from producers.permission import OUTCOMES, objection
from producers.publisher import NotStored, Publisher
from producers.receipts import Build, Requested, closing, reports_of, withheld
from producers.vault import Vault
from producers.wording import name_and_item, needs_link, reminded, worded
from schemas.clock import Clock
from schemas.codec import Unreadable, dead_letter, decode
from schemas.events import (
    ConsentChanged,
    ConsentStatus,
    Delivery,
    Event,
    LanguageChosen,
    PromptRequested,
    Reason,
    ReplyRequested,
)
from schemas.faults import kind_and_place
from schemas.identity import event_id
from schemas.segments import count_segments
from schemas.settings import Settings
from schemas.study import Study
from schemas.topics import CONSENTS, DEAD_LETTERS, PARTICIPANTS, TEXTS

_log = logging.getLogger(__name__)
_GROUP = "wellstream-sender"
_REPLY_WITHIN = timedelta(minutes=15)
_LINK_LASTS = timedelta(hours=24)
_RETRY_SECONDS = 2.0
_POLL_MS = 500
_BATCH = 100
_TRIES = 3
_AT_ONCE = 8
_CONSENT_BY_PROVIDER = "provider"


class Sender:
    """Takes requested texts from Kafka and hands them to the SMS provider.

    It reads consents and chosen languages from their topics too, and writes them into the vault before it
    sends what came with them.
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
        self._bootstrap = settings.kafka
        self._public_url = settings.public_url.rstrip("/")
        self._path_secret = settings.http_sms_secret
        self._adapter = adapter
        self._studies = studies
        self._vault = vault
        self._publisher = publisher
        self._clock = clock
        self._bucket = Bucket(settings.sms_segments_per_second)
        self._lanes = asyncio.Semaphore(_AT_ONCE)

    async def run(self) -> None:
        """Send until cancelled; comes back by itself after Kafka was away."""
        while True:
            try:
                await self._consume()
            except (KafkaError, NotStored, OSError) as error:
                _log.warning("no texts are sent for now: %s", type(error).__name__)
                await asyncio.sleep(_RETRY_SECONDS)

    async def _consume(self) -> None:
        consumer = AIOKafkaConsumer(
            CONSENTS.name,
            PARTICIPANTS.name,
            TEXTS.name,
            bootstrap_servers=self._bootstrap,
            group_id=_GROUP,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
        )
        await consumer.start()
        try:
            while True:
                batches = await consumer.getmany(timeout_ms=_POLL_MS, max_records=_BATCH)
                await self.handle([record for records in batches.values() for record in records])
                if batches:
                    await consumer.commit()
        finally:
            with suppress(KafkaError):
                await consumer.stop()

    async def handle(self, records: "list[ConsumerRecord[bytes, bytes]]") -> None:
        """Do what a batch of records asks for; doing it twice sends nothing twice.

        Raises:
            NotStored: Kafka does not take what is to be said about it.
        """
        requests: dict[str, list[Requested]] = {}
        for record in records:
            event = await self._read(record)
            if isinstance(event, ConsentChanged):
                await self._vault.note_consent(event.participant, event.status, event.occurred_at)
            elif isinstance(event, LanguageChosen):
                await self._vault.speak(event.participant, event.language)
            elif isinstance(event, PromptRequested | ReplyRequested):
                requests.setdefault(event.participant, []).append(event)
        async with asyncio.TaskGroup() as group:
            for mine in requests.values():
                group.create_task(self._in_order(sorted(mine, key=lambda one: one.recorded_at)))

    async def _read(self, record: "ConsumerRecord[bytes, bytes]") -> Event | None:
        try:
            event = decode(record.value or b"")
        except Unreadable as error:
            if record.topic == TEXTS.name:
                await self._put_aside(record, error.reason, error.detail)
            return None
        if not isinstance(event, PromptRequested | ReplyRequested):
            return event
        study = self._studies.get(event.study)
        if study is None:
            await self._put_aside(
                record, Reason.UNKNOWN_STUDY, f"no definition of {event.study} is known here", event
            )
            return None
        try:
            self._words(event, study, "")
        except KeyError:
            await self._put_aside(record, Reason.INVALID, "the study has no such text", event)
            return None
        return event

    async def _put_aside(
        self,
        record: "ConsumerRecord[bytes, bytes]",
        reason: Reason,
        detail: str,
        event: Requested | None = None,
    ) -> None:
        letter = dead_letter(
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
        await self._publisher.publish(DEAD_LETTERS.name, letter)

    async def _in_order(self, requests: list[Requested]) -> None:
        for request in requests:
            async with self._lanes:
                try:
                    await self._one(request)
                except (NotStored, asyncio.CancelledError):
                    raise
                except Exception as error:
                    _log.error("a text was not sent: %s", kind_and_place(error))

    async def _one(self, request: Requested) -> None:
        study = self._studies[request.study]
        segments = count_segments(self._words(request, study, "https://" + "x" * 60)).count
        await asyncio.sleep(self._bucket.take(segments, self._clock()))
        number = await self._vault.number(request.participant)
        why = await self._objection(request, study, segments) if number else "no_number"
        if why is not None:
            await self._withhold(request, why)
            return
        claim = Dispatch(
            text=request.event_id,
            participant=request.participant,
            request=request.model_dump_json(exclude_none=True),
            provider=self._adapter.name,
            claimed_at=self._clock(),
            segments=segments,
        )
        there = await self._vault.claim(claim)
        if there is None:
            link = await self._link(request, study)
            await self._hand_over(claim, str(number), self._words(request, study, link), request)
        else:
            # Claimed before: a crash came in between. What is known of it is said again, with the same ids.
            unknown = there.delivery == Delivery.CLAIMED
            await self._report(there, Delivery.UNKNOWN if unknown else there.delivery, there.code)

    async def _objection(self, request: Requested, study: Study, segments: int) -> str | None:
        now = self._clock()
        midnight = now.astimezone(ZoneInfo(request.zone)).replace(hour=0, minute=0, second=0, microsecond=0)
        spent = await self._vault.segments_since(request.participant, midnight)
        contact = await self._vault.contact(request.participant)
        return objection(request, study, contact, spent, segments, now)

    async def _hand_over(self, claim: Dispatch, number: str, words: str, request: Requested) -> None:
        expires_at = request.expires_at or claim.claimed_at + _REPLY_WITHIN
        sent = Sent(Delivery.FAILED, code="expired")
        for attempt in range(_TRIES):
            left = int((expires_at - self._clock()).total_seconds())
            if left <= 0:
                break
            sent = await self._adapter.send(
                Outgoing(claim.text, number, words, left, self._status_url(claim.text))
            )
            if not sent.retry:
                break
            await asyncio.sleep(_RETRY_SECONDS * 2**attempt)
        known = claim.model_copy(
            update={"delivery": sent.delivery, "provider_id": sent.message_id, "code": sent.code}
        )
        await self._vault.settle(known)
        if sent.delivery != Delivery.ACCEPTED:
            _log.warning("%s did not take a text: %s", self._adapter.name, sent.code)
        await self._report(known, sent.delivery, sent.code)
        if sent.opted_out:
            await self._stop(request)

    async def _stop(self, request: Requested) -> None:
        """The person told the provider to stop: that is as good as telling us."""
        now = self._clock()
        await self._vault.note_consent(request.participant, ConsentStatus.CONTACT_STOPPED, now)
        changed = ConsentChanged(
            event_id=event_id("consent", str(request.event_id)),
            study=request.study,
            participant=request.participant,
            occurred_at=now,
            recorded_at=now,
            zone=request.zone,
            status=ConsentStatus.CONTACT_STOPPED,
            text_version=_CONSENT_BY_PROVIDER,
        )
        await self._publisher.publish(CONSENTS.name, changed)

    async def _withhold(self, request: Requested, why: str) -> None:
        await self._say([withheld(request, self._adapter.name, why)])
        if isinstance(request, PromptRequested) and not request.attempt:
            await self._say([closing(request, OUTCOMES[why], why)])

    async def _report(self, dispatch: Dispatch, delivery: Delivery, code: str | None) -> None:
        await self._say(reports_of(dispatch, delivery, code))

    async def _say(self, reports: Iterable[tuple[str, UUID, Build]]) -> None:
        for topic, _, build in reports:
            await self._publisher.publish(topic, build(self._clock()))

    async def _link(self, request: Requested, study: Study) -> str:
        name, _ = name_and_item(request, study)
        if not needs_link(study, request.language, name):
            return ""
        prompted = isinstance(request, PromptRequested)
        wanted = NewLink(
            participant=request.participant,
            prompt_id=request.prompt_id if isinstance(request, PromptRequested) else None,
            expires_at=request.expires_at if prompted and request.expires_at else self._clock() + _LINK_LASTS,
        )
        (token,) = await self._vault.mint_links([wanted])
        return f"{self._public_url}/c/{token}"

    def _words(self, request: Requested, study: Study, link: str) -> str:
        """What to say.

        Raises:
            KeyError: The study has no such text.
        """
        name, item = name_and_item(request, study)
        text = worded(study, request.language, name, item, link)
        again = isinstance(request, PromptRequested) and request.attempt
        return reminded(request.language, text) if again else text

    def _status_url(self, text: UUID) -> str:
        secret = f"/{self._path_secret.get_secret_value()}" if self._path_secret else ""
        where = f"/sms/{self._adapter.name}{'' if self._adapter.capabilities.signed else secret}"
        return f"{self._public_url}{where}?text={text}"
