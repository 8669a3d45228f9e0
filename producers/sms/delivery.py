"""Handing one text to the provider: checked, claimed, sent, and what became of it said; at most once.

A text is claimed in the vault before it is handed over. What a crash or a silent provider leaves open is
never sent again; a receipt may tell later what became of it.
"""

import asyncio
import logging
from collections.abc import Iterable, Mapping
from datetime import timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from producers.kafka.publisher import Publisher
from producers.sms.delivery_reports import Build, Requested, closing, reports_of, withheld
from producers.sms.providers.base import Adapter, Outgoing, Sent
from producers.sms.segments import count_segments
from producers.sms.send_policy import OUTCOMES, is_urgent, objection
from producers.sms.templates import name_and_item, needs_link, reminded, worded
from producers.sms.throttle import Pace
from producers.vault import Dispatch, NewLink, Vault
from schemas.clock import Clock
from schemas.events import ConsentChanged, ConsentStatus, Delivery, PromptRequested
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
_ROOM_FOR_LINK = "https://" + "x" * 60


class TextDelivery:
    """The way of a text to the SMS provider."""

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
        self._path_secret = settings.http_sms_secret
        self._adapter = adapter
        self._studies = studies
        self._vault = vault
        self._publisher = publisher
        self._clock = clock
        self._pace = Pace(settings.sms_segments_per_second, clock)
        # A provider that keeps all lanes waiting must not keep an urgent text waiting.
        self._lanes = {urgent: asyncio.Semaphore(_AT_ONCE) for urgent in (False, True)}
        self._handing: set[asyncio.Task[None]] = set()

    async def one(self, request: Requested) -> None:
        """Send a text if it may be sent at this moment, and say what became of it.

        Raises:
            PublishFailed, VaultUnavailable: Its outcome cannot be recorded for now; to be tried again.
        """
        study = self._studies[request.study]
        segments = count_segments(self.words(request, study, _ROOM_FOR_LINK)).count
        async with self._lanes[is_urgent(request)]:
            await self._pace.turn(segments, urgent=is_urgent(request))
            number = await self._vault.directory.number(request.participant)
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
            await self._claimed(claim, str(number), request)

    async def finish(self, seconds: float) -> None:
        """Wait for what is in the provider's hands at the moment, so that it does not stay unknown."""
        if self._handing:
            await asyncio.wait(self._handing, timeout=seconds)

    def words(self, request: Requested, study: Study, link: str) -> str:
        """What to say.

        Raises:
            KeyError: The study has no such text.
        """
        name, item = name_and_item(request, study)
        text = worded(study, request.language, name, item, link)
        if not text:
            raise KeyError(name)
        again = isinstance(request, PromptRequested) and request.attempt
        return reminded(request.language, text) if again else text

    async def _claimed(self, claim: Dispatch, number: str, request: Requested) -> None:
        there = await self._vault.dispatches.claim(claim)
        if there is None:
            # An end of the sender must not tear it off: then nobody would know whether it was sent.
            task = asyncio.create_task(self._hand_over(claim, number, request))
            self._handing.add(task)
            task.add_done_callback(self._handing.discard)
            await asyncio.shield(task)
        else:
            # Claimed before: a crash came in between. What is known of it is said again, with the same ids.
            unknown = there.delivery == Delivery.CLAIMED
            await self._report(there, Delivery.UNKNOWN if unknown else there.delivery, there.code)

    async def _hand_over(self, claim: Dispatch, number: str, request: Requested) -> None:
        sent = await self._sent(claim, number, request)
        known = claim.model_copy(
            update={"delivery": sent.delivery, "provider_id": sent.message_id, "code": sent.code}
        )
        await self._vault.dispatches.settle(known)
        if sent.delivery != Delivery.ACCEPTED:
            _log.warning("%s did not take a text: %s", self._adapter.name, sent.code)
        await self._report(known, sent.delivery, sent.code)
        if sent.opted_out:
            await self._stop(request)

    async def _sent(self, claim: Dispatch, number: str, request: Requested) -> Sent:
        """What the provider said; what is claimed must not fail without a word."""
        try:
            words = self.words(request, self._studies[request.study], await self._link(request))
        except Exception as error:
            _log.error("a text was not sent: %s", type_and_frames(error))
            return Sent(Delivery.FAILED, code="unexpected")
        try:
            return await self._tried(claim, number, words, request)
        except Exception as error:
            # It may have gone out all the same: an answer that cannot be read, say.
            _log.error("%s answered in a way of its own: %s", self._adapter.name, type_and_frames(error))
            return Sent(Delivery.UNKNOWN, code=type(error).__name__[:48])

    async def _tried(self, claim: Dispatch, number: str, words: str, request: Requested) -> Sent:
        expires_at = request.expires_at or claim.claimed_at + _REPLY_WITHIN
        url = self._status_url(claim.text)
        for attempt in range(_TRIES):
            left = int((expires_at - self._clock()).total_seconds())
            sent = await self._adapter.send(Outgoing(claim.text, number, words, max(left, 1), url))
            if not sent.retry or attempt == _TRIES - 1:
                break
            await asyncio.sleep(_RETRY_SECONDS * 2**attempt)
            await self._pace.turn(claim.segments, urgent=is_urgent(request))
            # Somebody may have said STOP meanwhile. Its own segments are counted as spent already.
            why = await self._objection(request, self._studies[request.study], 0)
            if why is not None:
                return Sent(Delivery.FAILED, code=why)
        return sent

    async def _objection(self, request: Requested, study: Study, segments: int) -> str | None:
        now = self._clock()
        midnight = now.astimezone(ZoneInfo(request.zone)).replace(hour=0, minute=0, second=0, microsecond=0)
        spent = await self._vault.dispatches.segments_since(request.participant, midnight)
        contact = await self._vault.directory.contact(request.participant)
        return objection(request, study, contact, spent, segments, now)

    async def _stop(self, request: Requested) -> None:
        """The person told the provider to stop: that is as good as telling us."""
        now = self._clock()
        await self._vault.directory.record_consent(request.participant, ConsentStatus.CONTACT_STOPPED, now)
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
        await self._publisher.publish(changed)

    async def _withhold(self, request: Requested, why: str) -> None:
        await self._say([withheld(request, self._adapter.name, why)])
        if isinstance(request, PromptRequested) and not request.attempt:
            await self._say([closing(request, OUTCOMES[why], why)])

    async def _report(self, dispatch: Dispatch, delivery: Delivery, code: str | None) -> None:
        await self._say(reports_of(dispatch, delivery, code))

    async def _say(self, reports: Iterable[tuple[UUID, Build]]) -> None:
        for _, build in reports:
            await self._publisher.publish(build(self._clock()))

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
        secret = self._path_secret.get_secret_value() if self._path_secret else ""
        path = f"/sms/{self._adapter.name}"
        if self._adapter.capabilities.secret_path:
            path += f"/{secret}"
        return f"{self._public_url}{path}?text={text}"
