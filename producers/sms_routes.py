"""`/sms/<provider>`: texts and receipts that a provider delivers."""

from collections.abc import Sequence
from datetime import datetime

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from producers.gateways.adapter import (
    Adapter,
    Inbound,
    NotAuthentic,
    RawRequest,
    Receipt,
    Registry,
    Unreadable,
)
from producers.intake import Intake
from producers.people import Person
from producers.publisher import NotStored
from producers.receipts import reports_of
from producers.ui_words import in_all, words
from producers.vault import Vault
from producers.web import read_body, simulated_at
from schemas.events import MessageReceived
from schemas.identity import event_id
from schemas.sealing import seal
from schemas.settings import Settings
from schemas.topics import MESSAGES


class SmsRoutes:
    """The webhooks of all providers that are set up. Nothing is acknowledged before Kafka has it."""

    def __init__(
        self, settings: Settings, registry: Registry, vault: Vault, intake: Intake, body_limit: int
    ) -> None:
        self._public_url = settings.public_url.rstrip("/")
        self._simulation = settings.simulation
        self._registry = registry
        self._vault = vault
        self._intake = intake
        self._body_limit = body_limit

    async def receive(self, request: Request) -> Response:
        """One delivery: 404 no such provider, 403 not authentic, 400 unreadable, 503 not stored, or taken."""
        adapter = self._registry.adapters.get(request.path_params["provider"])
        if adapter is None:
            return PlainTextResponse("no such provider is set up here", 404)
        query = f"?{request.url.query}" if request.url.query else ""
        raw = RawRequest(
            url=f"{self._public_url}{request.url.path}{query}",
            headers={name.lower(): value for name, value in request.headers.items()},
            query=tuple(request.query_params.multi_items()),
            body=await read_body(request, self._body_limit),
            secret=request.path_params.get("secret", ""),
        )
        try:
            adapter.authenticate(raw)
            delivered = adapter.parse(raw)
        except NotAuthentic as refusal:
            return PlainTextResponse(str(refusal), 403)
        except Unreadable as refusal:
            return PlainTextResponse(str(refusal), 400)
        return await self._store(adapter, delivered)

    async def _store(self, adapter: Adapter, delivered: Sequence[Inbound | Receipt]) -> Response:
        reply = ""
        for one in delivered:
            try:
                if isinstance(one, Receipt):
                    await self._receipt(adapter, one)
                else:
                    reply = await self._text(adapter, one) or reply
            except NotStored:
                return PlainTextResponse(words("en")["sms_unsaved"], 503)
        return adapter.acknowledge(reply)

    async def _text(self, adapter: Adapter, text: Inbound) -> str:
        """Take a text in; what to reply at once, which is said only to people whom we do not know."""
        known = await self._vault.known(text.number)
        if known is None:
            return in_all("unknown_number")
        await self._publish(adapter.name, text, *known)
        return ""

    async def _publish(self, provider: str, text: Inbound, person: Person, key: bytes) -> None:
        name = event_id(provider, text.message_id)
        simulated = simulated_at(text.simulated_at) if self._simulation else None

        def build(received_at: datetime) -> MessageReceived:
            return MessageReceived(
                event_id=name,
                study=person.study,
                participant=person.participant,
                occurred_at=simulated or received_at,
                recorded_at=received_at,
                zone=person.zone,
                provider=provider,
                provider_message_id=text.message_id,
                language=person.language,
                text=seal(
                    key, text.words, topic=MESSAGES.name, participant=person.participant, event_id=name
                ),
            )

        await self._intake.take(MESSAGES.name, name, build)

    async def _receipt(self, adapter: Adapter, receipt: Receipt) -> None:
        """Take a receipt in; one of a text that is not ours is passed over."""
        dispatch = await self._vault.dispatch(receipt.text, adapter.name, receipt.message_id)
        if dispatch is None:
            return
        for topic, name, build in reports_of(dispatch, receipt.delivery, receipt.code):
            await self._intake.take(topic, name, build)
