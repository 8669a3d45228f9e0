"""Sending replies as texts, at most once: a missing reply is a nuisance, a repeated one a burden."""

import asyncio
import logging
from collections.abc import Mapping
from datetime import timedelta

import httpx
from aiokafka import AIOKafkaConsumer, ConsumerRecord
from aiokafka.errors import KafkaError

from producers.publisher import NotStored, Publisher
from producers.vault import Vault
from schemas.clock import Clock
from schemas.codec import Unreadable, dead_letter, decode
from schemas.events import Reason, ReplyRequested
from schemas.identity import event_id
from schemas.settings import Settings
from schemas.study import Study
from schemas.topics import DEAD_LETTERS, REPLIES

_log = logging.getLogger(__name__)
_GROUP = "wellstream-sender"
_TOO_LATE = timedelta(minutes=15)
_PROVIDER_SECONDS = 10.0
_RETRY_SECONDS = 2.0


class Sender:
    """Takes requested replies from Kafka and hands them to the SMS provider."""

    def __init__(
        self,
        settings: Settings,
        studies: Mapping[str, Study],
        vault: Vault,
        publisher: Publisher,
        clock: Clock,
    ) -> None:
        sid = settings.twilio_account_sid
        self._bootstrap = settings.kafka
        self._from = settings.twilio_from
        self._url = f"{settings.twilio_api_url.rstrip('/')}/2010-04-01/Accounts/{sid}/Messages.json"
        self._login = (sid, settings.secret("twilio_auth_token"))
        self._studies = studies
        self._vault = vault
        self._publisher = publisher
        self._clock = clock

    async def run(self) -> None:
        """Send until cancelled; comes back by itself after Kafka was away."""
        async with httpx.AsyncClient(timeout=_PROVIDER_SECONDS, auth=self._login) as provider:
            while True:
                try:
                    await self._consume(provider)
                except (KafkaError, NotStored, OSError) as error:
                    _log.warning("no replies are sent for now: %s", type(error).__name__)
                    await asyncio.sleep(_RETRY_SECONDS)

    async def _consume(self, provider: httpx.AsyncClient) -> None:
        consumer = AIOKafkaConsumer(
            REPLIES.name,
            bootstrap_servers=self._bootstrap,
            group_id=_GROUP,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
        )
        try:
            await consumer.start()
            async for record in consumer:
                reply = await self._read(record)
                # Before sending: what a crash interrupts is not sent again.
                await consumer.commit()
                if reply is not None:
                    await self._send(provider, reply)
        finally:
            await consumer.stop()

    async def _read(self, record: "ConsumerRecord[bytes, bytes]") -> ReplyRequested | None:
        try:
            event = decode(record.value)
        except Unreadable as error:
            await self._put_aside(record, error.reason, error.detail)
            return None
        if not isinstance(event, ReplyRequested):
            await self._put_aside(record, Reason.UNKNOWN_TYPE, "not a reply")
            return None
        if self._words(event) is None:
            await self._put_aside(record, Reason.INVALID, f"the study has no text {event.reply}")
            return None
        return event

    async def _put_aside(self, record: "ConsumerRecord[bytes, bytes]", reason: Reason, detail: str) -> None:
        letter = dead_letter(
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
            key=record.key,
            value=record.value,
            reason=reason,
            detail=detail,
            at=self._clock(),
        )
        await self._publisher.publish(DEAD_LETTERS.name, letter)

    def _words(self, reply: ReplyRequested) -> str | None:
        study = self._studies.get(reply.study)
        texts = study.texts.get(reply.reply) if study else None
        return study.in_language(texts, reply.language) if study and texts else None

    async def _send(self, provider: httpx.AsyncClient, reply: ReplyRequested) -> None:
        if self._clock() - reply.recorded_at > _TOO_LATE:
            return
        name = event_id("sent", str(reply.event_id))
        _, sent = await self._vault.first_seen(name, self._clock())
        number = await self._vault.number(reply.participant)
        words = self._words(reply)
        if sent or number is None or words is None:
            return
        await self._vault.acknowledge(name)
        try:
            answer = await provider.post(self._url, data={"To": number, "From": self._from, "Body": words})
        except httpx.HTTPError as error:
            _log.warning("a reply was not sent: %s", type(error).__name__)
            return
        if answer.is_error:
            _log.warning("the SMS provider refused a reply: %d", answer.status_code)
