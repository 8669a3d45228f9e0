"""Delivering what simulated participants do through the same endpoints as real ones, with retries."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, Self, TypeVar

import httpx
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from twilio.request_validator import RequestValidator

from producers.simulator.days import Form, Prompt, Stranger, Text
from producers.simulator.ledger import Ledger
from producers.simulator.people import Person
from schemas.codec import encode
from schemas.events import PromptSent
from schemas.identity import digest, event_id
from schemas.kafka_access import kafka_arguments
from schemas.settings import Settings
from schemas.study import Study
from schemas.topics import PROMPTS

_LIMIT_SECONDS = 15.0
_PATIENCE_SECONDS = 300.0
_T = TypeVar("_T")
_TRIES = 20
_CONNECTIONS = 16
_STUDY_NUMBER = "+15005550006"
STRANGER = "+442079460000"
"""A number reserved for fiction (Ofcom) that no simulated participant has."""


class Refused(RuntimeError):
    """The gateway refused what it should have accepted."""


class Client:
    """Sends actions to the gateway and to Kafka, and notes what was acknowledged."""

    _producer: AIOKafkaProducer

    def __init__(self, settings: Settings, study: Study, ledger: Ledger) -> None:
        self._settings = settings
        self._study = study
        self._ledger = ledger
        limits = httpx.Limits(max_connections=_CONNECTIONS)
        self._http = httpx.AsyncClient(timeout=_LIMIT_SECONDS, limits=limits)
        self._signer = RequestValidator(settings.secret("twilio_auth_token"))
        self._gateway = f"http://{settings.gateway_host}:{settings.gateway_port}"

    async def __aenter__(self) -> Self:
        self._producer = await _patiently(self._started)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()
        await self._producer.stop()

    async def _started(self) -> AIOKafkaProducer:
        producer = AIOKafkaProducer(
            **kafka_arguments(self._settings.broker),
            acks="all",
            enable_idempotence=True,
            compression_type="zstd",
        )
        try:
            await producer.start()
        except KafkaError:
            await producer.stop()
            raise
        return producer

    async def enrol(self, people: Sequence[Person]) -> None:
        """Enrol participants whose pseudonym is not known yet."""
        new = [person for person in people if person.number not in self._ledger.pseudonyms]
        enrolments = [
            {
                "number": p.number, "study": self._study.ref, "arm": p.arm, "language": p.language,
                "zone": p.zone, "start_date": p.start.isoformat(),
            }
            for p in new
        ]  # fmt: skip
        answer = await self._call_admin_api("/participants", enrolments) if enrolments else []
        for person, entry in zip(new, answer, strict=True):
            self._ledger.pseudonyms[person.number] = entry["participant"]

    async def ask(self, prompts: Sequence[Prompt]) -> None:
        """Announce prompts on their topic."""

        async def announce() -> None:
            sent = [
                await self._producer.send(
                    PROMPTS.name, encode(self._prompt(p)), key=self._pseudonym_of(p.person).encode()
                )
                for p in prompts
            ]
            await asyncio.gather(*sent)

        await _patiently(announce)

    async def links(self, prompts: Sequence[Prompt]) -> dict[str, str]:
        """Request links to the form; returns their tokens by prompt id."""
        requests = [
            {
                "participant": self._pseudonym_of(p.person), "prompt_id": str(p.id),
                "expires_at": p.expires_at.isoformat(),
            }
            for p in prompts
        ]  # fmt: skip
        made = await self._call_admin_api("/links", requests) if requests else []
        return {str(p.id): entry["token"] for p, entry in zip(prompts, made, strict=True)}

    async def text(self, text: Text) -> None:
        """Deliver a text through the signed webhook."""
        await self._deliver(text.person.number, text.sid, text.words, text.at)
        self._note(str(event_id("twilio", text.sid)))

    async def stranger(self, text: Stranger) -> None:
        """Deliver a text from a number that is not enrolled."""
        await self._deliver(STRANGER, text.sid, text.words, text.at)

    async def form(self, form: Form, token: str) -> None:
        """Send the form of a prompt; the gateway must refuse it if it is late."""
        fields: dict[str, Any] = {"submission_id": form.prompt.id.hex, "SimulatedAt": form.at.isoformat()}
        for name, value in form.fields:
            fields.setdefault(name, []).append(value)
        expected = httpx.codes.GONE if form.late else httpx.codes.OK
        await self._post(f"{self._gateway}/c/{token}", fields, {}, expected)
        if not form.late:
            self._note(str(event_id("link", digest(token))))

    async def _deliver(self, number: str, sid: str, words: str, at: datetime) -> None:
        fields = {
            "MessageSid": sid, "AccountSid": "ACsimulated", "From": number, "To": _STUDY_NUMBER,
            "Body": words, "NumMedia": "0", "SimulatedAt": at.isoformat(),
        }  # fmt: skip
        url = self._settings.public_url.rstrip("/") + "/sms/twilio"
        headers = {"X-Twilio-Signature": self._signer.compute_signature(url, fields)}
        await self._post(f"{self._gateway}/sms/twilio", fields, headers, httpx.codes.OK)

    def _note(self, name: str) -> None:
        if name in self._ledger.accepted:
            self._ledger.repeated += 1
        self._ledger.accepted.add(name)

    def _pseudonym_of(self, person: Person) -> str:
        return self._ledger.pseudonyms[person.number]

    def _prompt(self, prompt: Prompt) -> PromptSent:
        return PromptSent(
            event_id=prompt.id, study=self._study.ref, participant=self._pseudonym_of(prompt.person),
            occurred_at=prompt.at, recorded_at=prompt.at, zone=prompt.person.zone, channel=prompt.channel,
            scheduled_at=prompt.at, expires_at=prompt.expires_at, study_day=prompt.study_day,
            beep=prompt.beep,
        )  # fmt: skip

    async def _call_admin_api(self, path: str, body: list[dict[str, str]]) -> list[dict[str, str]]:
        headers = {"Authorization": f"Bearer {self._settings.secret('admin_token')}"}
        answer = await _patiently(
            lambda: self._http.post(self._settings.admin_url + path, json=body, headers=headers, timeout=120)
        )
        if answer.status_code != httpx.codes.OK:
            raise Refused(f"the admin API answered {answer.status_code}: {answer.text:.200}")
        return list(answer.json())

    async def _post(self, url: str, fields: dict[str, Any], headers: dict[str, str], expected: int) -> None:
        """Post until the gateway responds as expected, as an SMS provider does."""
        for attempt in range(_TRIES):
            try:
                answer = await self._http.post(url, data=fields, headers=headers)
                if answer.status_code == expected:
                    return
                if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                    raise Refused(f"the gateway answered {answer.status_code}")
            except httpx.TransportError:
                pass
            await asyncio.sleep(min(0.2 * 2**attempt, 5.0))
        raise Refused("the gateway was unavailable for too long")


async def _patiently(work: Callable[[], Awaitable[_T]]) -> _T:
    """Do some work, again and again while the gateway or Kafka is away, for five minutes at most.

    All of it may be done twice: events have ids that are derived from what they are about.
    """
    end = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            return await work()
        except (KafkaError, httpx.TransportError):
            if time.monotonic() > end:
                raise
            await asyncio.sleep(1)
