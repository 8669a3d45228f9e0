"""How simulated people reach wellstream: the same ways as real ones, and as insistent as an SMS provider."""

import asyncio
from collections.abc import Sequence
from typing import Any, Self

import httpx
from aiokafka import AIOKafkaProducer
from twilio.request_validator import RequestValidator

from producers.simulator.days import Form, Prompt, Text
from producers.simulator.ledger import Ledger
from producers.simulator.people import Person
from schemas.codec import encode
from schemas.events import PromptSent
from schemas.identity import digest, event_id
from schemas.settings import Settings
from schemas.study import Study
from schemas.topics import PROMPTS

_LIMIT_SECONDS = 15.0
_TRIES = 20
_CONNECTIONS = 16


class Refused(RuntimeError):
    """The gateway did not take what it should have taken."""


class Client:
    """Sends actions to the gateway and to Kafka, and notes what was acknowledged."""

    def __init__(self, settings: Settings, study: Study, ledger: Ledger) -> None:
        self._settings = settings
        self._study = study
        self._ledger = ledger
        limits = httpx.Limits(max_connections=_CONNECTIONS)
        self._http = httpx.AsyncClient(timeout=_LIMIT_SECONDS, limits=limits)
        self._producer = AIOKafkaProducer(
            bootstrap_servers=settings.kafka, acks="all", enable_idempotence=True, compression_type="zstd"
        )
        self._signer = RequestValidator(settings.secret("twilio_auth_token"))
        self._gateway = f"http://{settings.gateway_host}:{settings.gateway_port}"

    async def __aenter__(self) -> Self:
        await self._producer.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()
        await self._producer.stop()

    async def enrol(self, people: Sequence[Person]) -> None:
        """Enrol those whose pseudonym is not known yet."""
        new = [person for person in people if person.number not in self._ledger.pseudonyms]
        wanted = [
            {
                "number": p.number, "study": self._study.ref, "arm": p.arm, "language": p.language,
                "zone": p.zone, "start_date": p.start.isoformat(),
            }
            for p in new
        ]  # fmt: skip
        answer = await self._desk("/participants", wanted) if wanted else []
        for person, entry in zip(new, answer, strict=True):
            self._ledger.pseudonyms[person.number] = entry["participant"]

    async def ask(self, prompts: Sequence[Prompt]) -> dict[str, str]:
        """Announce prompts on their topic; the tokens of the form links, by prompt id."""
        sent = [
            await self._producer.send(PROMPTS.name, encode(self._prompt(p)), key=self._who(p.person).encode())
            for p in prompts
        ]
        await asyncio.gather(*sent)
        web = [p for p in prompts if p.channel == "web"]
        wanted = [
            {
                "participant": self._who(p.person), "prompt_id": str(p.id),
                "expires_at": p.expires_at.isoformat(),
            }
            for p in web
        ]  # fmt: skip
        made = await self._desk("/links", wanted) if wanted else []
        return {str(p.id): entry["token"] for p, entry in zip(web, made, strict=True)}

    async def text(self, text: Text) -> None:
        """Deliver a text through the signed webhook."""
        fields = {
            "MessageSid": text.sid, "AccountSid": "ACsimulated", "From": text.person.number,
            "To": "+447700900999",
            "Body": text.words, "NumMedia": "0", "SimulatedAt": text.at.isoformat(),
        }  # fmt: skip
        url = self._settings.public_url.rstrip("/") + "/sms/twilio"
        headers = {"X-Twilio-Signature": self._signer.compute_signature(url, fields)}
        await self._post(f"{self._gateway}/sms/twilio", fields, headers)
        self._note(str(event_id("twilio", text.sid)))

    async def form(self, form: Form, token: str) -> None:
        """Send the form of a prompt."""
        fields: dict[str, Any] = {"submission_id": form.prompt.id.hex, "SimulatedAt": form.at.isoformat()}
        for name, value in form.fields:
            fields.setdefault(name, []).append(value)
        await self._post(f"{self._gateway}/c/{token}", fields, {})
        self._note(str(event_id("link", digest(token))))

    def _note(self, name: str) -> None:
        if name in self._ledger.accepted:
            self._ledger.repeated += 1
        self._ledger.accepted.add(name)

    def _who(self, person: Person) -> str:
        return self._ledger.pseudonyms[person.number]

    def _prompt(self, prompt: Prompt) -> PromptSent:
        return PromptSent(
            event_id=prompt.id, study=self._study.ref, participant=self._who(prompt.person),
            occurred_at=prompt.at, recorded_at=prompt.at, zone=prompt.person.zone, channel=prompt.channel,
            scheduled_at=prompt.at, expires_at=prompt.expires_at, study_day=prompt.study_day,
            slot=prompt.slot,
        )  # fmt: skip

    async def _desk(self, path: str, body: list[dict[str, str]]) -> list[dict[str, str]]:
        headers = {"Authorization": f"Bearer {self._settings.secret('desk_token')}"}
        answer = await self._http.post(
            self._settings.desk_url + path, json=body, headers=headers, timeout=120
        )
        if answer.status_code != httpx.codes.OK:
            raise Refused(f"the desk answered {answer.status_code}: {answer.text:.200}")
        return list(answer.json())

    async def _post(self, url: str, fields: dict[str, Any], headers: dict[str, str]) -> None:
        """Post until it is acknowledged, as an SMS provider does."""
        for attempt in range(_TRIES):
            try:
                answer = await self._http.post(url, data=fields, headers=headers)
                if answer.status_code == httpx.codes.OK:
                    return
                if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                    raise Refused(f"the gateway answered {answer.status_code}")
            except httpx.TransportError:
                pass
            await asyncio.sleep(min(0.2 * 2**attempt, 5.0))
        raise Refused("the gateway was away for too long")
