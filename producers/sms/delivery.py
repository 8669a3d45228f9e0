"""Sending one text, at most once: check, claim, send, report.

A text is claimed in the vault before it is sent. One that a crash or a silent provider leaves in doubt is
never sent again; a delivery report may settle later what became of it.
"""

import asyncio
import logging
from collections.abc import Iterable, Mapping
from datetime import timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from producers.kafka import Publisher
from producers.sms.delivery_reports import Build, Requested, prompt_closed, reports_on, text_withheld
from producers.sms.providers.base import Adapter, Outgoing, Sent
from producers.sms.segments import count_segments
from producers.sms.send_policy import OUTCOMES, is_urgent, reason_to_withhold
from producers.sms.templates import name_and_item, needs_link, reminded, worded
from producers.sms.throttle import Throttle
from producers.vault import Dispatch, NewLink, Vault
from schemas.clock import Clock
from schemas.events import (
    ConsentChanged,
    ConsentStatus,
    DeliveryStatus,
    Event,
    PromptRequested,
    caused_by,
)
from schemas.faults import type_and_frames
from schemas.identity import event_id
from schemas.settings import Settings
from schemas.study import Study

_log = logging.getLogger(__name__)
_REPLY_WITHIN = timedelta(minutes=15)
_LINK_LASTS = timedelta(hours=24)
_RETRY_SECONDS = 2.0
_TRIES = 3
_AT_ONCE = 8
_CONSENT_BY_PROVIDER = "provider"
_LINK_PLACEHOLDER = "https://" + "x" * 60


class TextDelivery:
    """Sends texts through one provider, and reports on each."""

    def __init__(
        self,
        settings: Settings,
        adapter: Adapter,
        studies: Mapping[str, Study],
        vault: Vault,
        publisher: Publisher,
        clock: Clock,
    ) -> None:
        self._public_url = settings.public_url.rstrip("/")
        self._adapter = adapter
        self._studies = studies
        self._vault = vault
        self._publisher = publisher
        self._clock = clock
        self._throttle = Throttle(settings.sms_segments_per_second, clock)
        # A provider that keeps all ordinary lanes waiting must not delay an urgent text.
        self._lanes = {urgent: asyncio.Semaphore(_AT_ONCE) for urgent in (False, True)}
        self._submitting: set[asyncio.Task[None]] = set()

    async def deliver(self, request: Requested) -> None:
        """Send a text if it may be sent now, and report what became of it.

        Raises:
            PublishFailed, VaultUnavailable: Its outcome cannot be recorded for now; to be tried again.
        """
        study = self._studies[request.study]
        segments = count_segments(self.words(request, study, _LINK_PLACEHOLDER)).count
        async with self._lanes[is_urgent(request)]:
            await self._throttle.wait(segments, urgent=is_urgent(request))
            number = await self._vault.directory.number(request.participant)
            reason = await self._reason_to_withhold(request, study, segments) if number else "no_number"
            if reason is not None:
                await self._withhold(request, reason)
                return
            claim = Dispatch(
                text=request.event_id,
                participant=request.participant,
                request=request.model_dump_json(exclude_none=True),
                provider=self._adapter.name,
                claimed_at=self._clock(),
                segments=segments,
            )
            await self._claim(claim, str(number), request)

    async def finish(self, seconds: float) -> None:
        """Wait for the provider's answers to texts being submitted, so that their delivery is known."""
        if self._submitting:
            await asyncio.wait(self._submitting, timeout=seconds)

    def words(self, request: Requested, study: Study, link: str) -> str:
        """The text's words.

        Raises:
            KeyError: The study has no such text.
        """
        name, item = name_and_item(request, study)
        text = worded(study, request.language, name, item, link)
        if not text:
            raise KeyError(name)
        again = isinstance(request, PromptRequested) and request.attempt
        return reminded(request.language, text) if again else text

    async def _claim(self, claim: Dispatch, number: str, request: Requested) -> None:
        earlier = await self._vault.dispatches.claim(claim)
        if earlier is None:
            # Shutting down must not cancel it: nobody would know whether the text was sent.
            task = asyncio.create_task(self._submit(claim, number, request))
            self._submitting.add(task)
            task.add_done_callback(self._submitting.discard)
            await asyncio.shield(task)
        else:
            # A crash came after the claim. Report what is known once more, with the same ids.
            unknown = earlier.delivery == DeliveryStatus.CLAIMED
            await self._report(earlier, DeliveryStatus.UNKNOWN if unknown else earlier.delivery, earlier.code)

    async def _submit(self, claim: Dispatch, number: str, request: Requested) -> None:
        sent = await self._send(claim, number, request)
        known = claim.model_copy(
            update={"delivery": sent.delivery, "provider_id": sent.message_id, "code": sent.code}
        )
        await self._vault.dispatches.settle(known)
        if sent.delivery != DeliveryStatus.ACCEPTED:
            _log.warning("%s did not accept a text: %s", self._adapter.name, sent.code)
        await self._report(known, sent.delivery, sent.code)
        if sent.opted_out:
            await self._record_opt_out(request)

    async def _send(self, claim: Dispatch, number: str, request: Requested) -> Sent:
        """The provider's answer. Whatever fails after the claim must be reported, so this never raises."""
        try:
            words = self.words(request, self._studies[request.study], await self._link(request))
        except Exception as error:
            _log.error("a text was not sent: %s", type_and_frames(error))
            return Sent(DeliveryStatus.FAILED, code="unexpected")
        try:
            return await self._try(claim, number, words, request)
        except Exception as error:
            # It may have been sent all the same: the answer may just be malformed.
            _log.error("unexpected answer of %s: %s", self._adapter.name, type_and_frames(error))
            return Sent(DeliveryStatus.UNKNOWN, code=type(error).__name__[:48])

    async def _try(self, claim: Dispatch, number: str, words: str, request: Requested) -> Sent:
        expires_at = request.expires_at or claim.claimed_at + _REPLY_WITHIN
        url = self._status_url(claim.text)
        for attempt in range(_TRIES):
            left = int((expires_at - self._clock()).total_seconds())
            sent = await self._adapter.send(Outgoing(claim.text, number, words, max(left, 1), url))
            if not sent.retry or attempt == _TRIES - 1:
                break
            await asyncio.sleep(_RETRY_SECONDS * 2**attempt)
            await self._throttle.wait(claim.segments, urgent=is_urgent(request))
            # The participant may have sent STOP meanwhile. Its own segments are already counted as spent.
            reason = await self._reason_to_withhold(request, self._studies[request.study], 0)
            if reason is not None:
                return Sent(DeliveryStatus.FAILED, code=reason)
        return sent

    async def _reason_to_withhold(self, request: Requested, study: Study, segments: int) -> str | None:
        now = self._clock()
        midnight = now.astimezone(ZoneInfo(request.zone)).replace(hour=0, minute=0, second=0, microsecond=0)
        spent = await self._vault.dispatches.segments_since(request.participant, midnight)
        contact = await self._vault.directory.contact(request.participant)
        return reason_to_withhold(request, study, contact, spent, segments, now)

    async def _record_opt_out(self, request: Requested) -> None:
        """An opt-out at the provider is a STOP."""
        now = self._clock()
        changed = ConsentChanged(
            **caused_by(
                request, event_id("consent", str(request.event_id)), occurred_at=now, recorded_at=now
            ),
            status=ConsentStatus.CONTACT_STOPPED,
            text_version=_CONSENT_BY_PROVIDER,
        )
        await self._vault.directory.record_consent(changed)
        await self._publish_noted(changed)

    async def _withhold(self, request: Requested, reason: str) -> None:
        await self._publish([text_withheld(request, self._adapter.name, reason)])
        if isinstance(request, PromptRequested) and not request.attempt:
            await self._publish([prompt_closed(request, OUTCOMES[reason], reason)])

    async def _report(self, dispatch: Dispatch, delivery: DeliveryStatus, code: str | None) -> None:
        await self._publish(reports_on(dispatch, delivery, code))

    async def _publish(self, reports: Iterable[tuple[UUID, Build]]) -> None:
        for _, build in reports:
            await self._publish_noted(build(self._clock()))

    async def _publish_noted(self, event: Event) -> None:
        """Publish an event, and note its receipt for `wellstream check`."""
        receipt = await self._publisher.publish(event)
        await self._vault.ledger.acknowledge(event.event_id, receipt)

    async def _link(self, request: Requested) -> str:
        study = self._studies[request.study]
        name, _ = name_and_item(request, study)
        if not needs_link(study, request.language, name):
            return ""
        prompted = isinstance(request, PromptRequested)
        wanted = NewLink(
            participant=request.participant,
            prompt_id=request.prompt_id if isinstance(request, PromptRequested) else None,
            expires_at=request.expires_at if prompted and request.expires_at else self._clock() + _LINK_LASTS,
        )
        (token,) = await self._vault.links.create([wanted])
        return f"{self._public_url}/c/{token}"

    def _status_url(self, text: UUID) -> str:
        path = f"/sms/{self._adapter.name}"
        if self._adapter.capabilities.webhook_secret:
            path += f"/{self._adapter.capabilities.webhook_secret}"
        return f"{self._public_url}{path}?text={text}"
