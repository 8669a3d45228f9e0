"""`/sms/<provider>`: incoming texts and delivery reports."""

import asyncio
from collections.abc import Sequence
from datetime import datetime

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from locales import gateway_texts, text_languages
from producers.gateway.audit_log import record_refusal
from producers.gateway.intake import Intake
from producers.gateway.middleware import read_body, simulated_at
from producers.kafka import PublishFailed
from producers.sms.delivery_reports import reports_on
from producers.sms.providers.base import (
    Adapter,
    DeliveryReport,
    Inbound,
    MalformedRequest,
    NotAuthentic,
    RawRequest,
)
from producers.sms.providers.registry import Registry
from producers.vault import Dispatch, Person, Vault, VaultUnavailable
from schemas.events import ConsentStatus, MessageReceived
from schemas.identity import event_id
from schemas.sealing import seal
from schemas.settings import Settings
from schemas.topics import MESSAGES

_UNTIL_NAMED_SECONDS = (0.0, 0.5, 1.5, 3.0)
"""How long a delivery report that arrives before the provider's answer waits for it."""


class SmsRoutes:
    """The webhooks of all configured providers. Nothing is acknowledged before Kafka has it."""

    def __init__(self, settings: Settings, registry: Registry, vault: Vault, intake: Intake) -> None:
        self._public_url = settings.public_url.rstrip("/")
        self._simulation = settings.simulation
        self._registry = registry
        self._vault = vault
        self._intake = intake

    async def receive(self, request: Request) -> Response:
        """One request: 404 no such provider, 403 not authentic, 400 malformed, 503 not stored."""
        adapter = self._registry.adapters.get(request.path_params["provider"])
        if adapter is None:
            return PlainTextResponse("no such provider is set up here", 404)
        query = f"?{request.url.query}" if request.url.query else ""
        raw = RawRequest(
            url=f"{self._public_url}{request.url.path}{query}",
            headers={name.lower(): value for name, value in request.headers.items()},
            query=tuple(request.query_params.multi_items()),
            body=await read_body(request),
            secret=request.path_params.get("secret", ""),
        )
        try:
            adapter.authenticate(raw)
            delivered = adapter.parse(raw)
        except (NotAuthentic, MalformedRequest) as refusal:
            record_refusal(request, str(refusal))
            return PlainTextResponse(str(refusal), 403 if isinstance(refusal, NotAuthentic) else 400)
        return await self._store(request, adapter, delivered)

    async def _store(
        self, request: Request, adapter: Adapter, delivered: Sequence[Inbound | DeliveryReport]
    ) -> Response:
        reply = ""
        for one in delivered:
            try:
                if isinstance(one, DeliveryReport):
                    await self._delivery_report(request, adapter, one)
                else:
                    reply = await self._text(request, adapter, one) or reply
            except (PublishFailed, VaultUnavailable):
                return PlainTextResponse(gateway_texts("en").sms_unsaved, 503)
        return adapter.acknowledge(reply)

    async def _text(self, request: Request, adapter: Adapter, text: Inbound) -> str:
        """Store a text; the immediate reply, which only unknown numbers get."""
        person = await self._vault.directory.with_number(text.number)
        key = await self._vault.keys.get(person.participant) if person else None
        if person is None or key is None:
            record_refusal(request, "the number takes no part")
            return " / ".join(gateway_texts(one).unknown_number for one in text_languages())
        await self._publish(adapter.name, text, person, key)
        return ""

    async def _body(self, person: Person, text: Inbound) -> str:
        """What was written, or the opt-out keyword that the provider honoured, in whatever wording.

        Its START counts only for somebody who had stopped: for others "yes" is an answer. A HELP that it has
        answered itself stays as written, as it may be a word of crisis.
        """
        if text.honoured == "STOP":
            return text.honoured
        contact = (
            await self._vault.directory.contact(person.participant) if text.honoured == "START" else None
        )
        stopped = contact is not None and contact.status == ConsentStatus.CONTACT_STOPPED
        return text.honoured if stopped else text.body

    async def _publish(self, provider: str, text: Inbound, person: Person, key: bytes) -> None:
        name = event_id(provider, text.message_id)
        body = await self._body(person, text)
        simulated = simulated_at(text.simulated_at) if self._simulation else None

        def build(received_at: datetime) -> MessageReceived:
            return MessageReceived(
                **person.envelope(name, simulated or received_at, received_at),
                provider=provider,
                provider_message_id=text.message_id,
                language=person.language,
                text=seal(key, body, topic=MESSAGES.name, participant=person.participant, event_id=name),
            )

        await self._intake.publish_once(name, build)

    async def _delivery_report(self, request: Request, adapter: Adapter, report: DeliveryReport) -> None:
        """Store a delivery report; one about an unknown text is ignored."""
        dispatch = await self._dispatch(adapter, report)
        if dispatch is None:
            record_refusal(request, "the delivery report is about an unknown text")
            return
        for name, build in reports_on(dispatch, report.delivery, report.code):
            await self._intake.publish_once(name, build)

    async def _dispatch(self, adapter: Adapter, report: DeliveryReport) -> Dispatch | None:
        """The text that a report is about.

        A report with only the provider's id may arrive before the vault knows that id: the provider has not
        answered yet.
        """
        for seconds in _UNTIL_NAMED_SECONDS:
            await asyncio.sleep(seconds)
            found = await self._vault.dispatches.find(report.text, adapter.name, report.message_id)
            if found is not None:
                return found if found.provider == adapter.name else None
            if report.text is not None or not report.message_id:
                break
        return None
