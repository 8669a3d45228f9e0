"""A dispatcher with everything real but the provider."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from producers.kafka import Publisher
from producers.sms.dispatcher import Dispatcher
from producers.vault import Person, Vault
from schemas.base import Channel
from schemas.codec import encode
from schemas.events import (
    ConsentChanged,
    ConsentStatus,
    Envelope,
    PromptRequested,
    ReplyRequested,
)
from schemas.identity import event_id
from schemas.settings import Settings
from schemas.study import Study
from schemas.topics import TEXTS, Topic
from tests.producers.sms.providers.kits import Answer, Carrier, Took, TwilioKit
from tests.producers.topics import on_topic

NOON = datetime(2026, 6, 1, 10, 0, tzinfo=UTC)
NUMBER = "+447700900123"
TWILIO = TwilioKit()


@dataclass
class Rig:
    """The dispatcher, its provider, one enrolled person, and a clock that is set by hand."""

    settings: Settings
    study: Study
    vault: Vault
    publisher: Publisher
    provider: Carrier
    person: Person
    answers: list[Answer] = field(default_factory=list)
    at: datetime = NOON

    def __post_init__(self) -> None:
        self.adapter = TWILIO.adapter(self.provider.url)
        self.provider.answer = self.answer

    def answer(self, _: Took) -> Answer:
        return self.answers.pop(0) if self.answers else TWILIO.accepted()

    @property
    def dispatcher(self) -> Dispatcher:
        """A new one, as after a restart."""
        studies = {self.study.ref: self.study}
        return Dispatcher(self.settings, self.adapter, studies, self.vault, self.publisher, lambda: self.at)

    async def handle(
        self,
        *events: Envelope,
        topic: Topic = TEXTS,
        raw: bytes | None = None,
        dispatcher: Dispatcher | None = None,
    ) -> None:
        values = [encode(event) for event in events] if raw is None else [raw]
        records: Any = [
            SimpleNamespace(topic=topic.name, partition=0, offset=0, key=b"k", value=value)
            for value in values
        ]
        await (dispatcher or self.dispatcher).handle(records)

    @property
    def texts(self) -> list[str]:
        return [TWILIO.words_sent(took) for took in self.provider.took]

    def envelope(self, *cause: str) -> dict[str, Any]:
        return {
            "event_id": event_id("test", self.person.participant, *cause), "study": self.study.ref,
            "participant": self.person.participant, "occurred_at": self.at, "recorded_at": self.at,
            "zone": self.person.zone,
        }  # fmt: skip

    def reply(self, cause: str, name: str = "thanks", minutes: int = 15) -> ReplyRequested:
        return ReplyRequested(
            **self.envelope("reply", cause), cause=event_id("test", cause), language=self.person.language,
            reply=name, expires_at=self.at + timedelta(minutes=minutes),
        )  # fmt: skip

    def prompt(self, name: str, channel: Channel = Channel.SMS, attempt: int = 0) -> PromptRequested:
        return PromptRequested(
            **self.envelope("prompt", name, str(attempt)),
            prompt_id=event_id("test-prompt", self.person.participant, name), attempt=attempt,
            language=self.person.language, channel=channel, scheduled_at=self.at,
            expires_at=self.at + timedelta(minutes=90), study_day=1, beep=1,
        )  # fmt: skip

    def consent(self, status: ConsentStatus, at: datetime | None = None) -> ConsentChanged:
        envelope = self.envelope("consent", status.value) | {"occurred_at": at or self.at}
        return ConsentChanged(**envelope, status=status, text_version="1")

    async def published(self, topic: Topic, kind: Any) -> list[Any]:
        return await on_topic(self.settings.kafka, topic, kind, self.person.participant)
