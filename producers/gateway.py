"""The gateway: the door through which check-ins come in, by SMS and by web form.

Nothing is acknowledged before Kafka has it, and what comes twice goes in once.
"""

import asyncio
import secrets
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from twilio.request_validator import RequestValidator
from twilio.twiml.messaging_response import MessagingResponse

from producers.form import OWN_FIELDS, FormRead, read_form
from producers.publisher import NotStored, Publisher
from producers.render import PAGES, form_page, message_page
from producers.vault import Link, Person, Vault
from producers.words import TRY_AGAIN, UNKNOWN_NUMBER, words_in
from schemas.clock import Clock
from schemas.codec import dead_letter
from schemas.events import CheckInSubmitted, MessageReceived, Reason
from schemas.identity import digest, event_id
from schemas.sealing import seal
from schemas.settings import Settings
from schemas.study import Study
from schemas.topics import CHECKINS, DEAD_LETTERS, MESSAGES
from schemas.words import Channel

BODY_LIMIT = 64 * 1024
_SECURITY = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
}


class TooLarge(Exception):
    """The body of a request is over the limit."""


@dataclass(frozen=True)
class Gateway:
    """What the routes work with."""

    settings: Settings
    study: Study
    vault: Vault
    publisher: Publisher
    clock: Clock

    async def sms(self, request: Request) -> Response:
        """`POST /sms/twilio`: a text from a telephone."""
        fields = dict(await _fields(request))
        url = self.settings.public_url.rstrip("/") + "/sms/twilio"
        validator = RequestValidator(self.settings.secret("twilio_auth_token"))
        if not validator.validate(url, fields, request.headers.get("X-Twilio-Signature", "")):
            return PlainTextResponse("the signature is not Twilio's", 403)
        sid, sender, text = fields.get("MessageSid", ""), fields.get("From", ""), fields.get("Body", "")
        if not sid or len(sid) > 64:
            return PlainTextResponse("there is no MessageSid", 400)
        person = await asyncio.to_thread(self.vault.resolve, sender)
        if person is None:
            return _twiml(UNKNOWN_NUMBER)
        try:
            await self._receive(person, sid, text, self._simulated(fields))
        except NotStored:
            return PlainTextResponse(TRY_AGAIN, 503)
        return _twiml()

    async def _receive(self, person: Person, sid: str, text: str, simulated: datetime | None) -> None:
        name = event_id("twilio", sid)
        received, acknowledged = await asyncio.to_thread(self.vault.first_seen, name, self.clock())
        key = await asyncio.to_thread(self.vault.key, person.participant)
        if acknowledged or key is None:
            return
        event = MessageReceived(
            event_id=name,
            study=person.study,
            participant=person.participant,
            occurred_at=simulated or received,
            recorded_at=received,
            zone=person.zone,
            provider="twilio",
            provider_message_id=sid,
            language=person.language,
            text=seal(key, text, topic=MESSAGES.name, participant=person.participant, event_id=name),
        )
        await self.publisher.publish(MESSAGES, person.participant, event)
        await asyncio.to_thread(self.vault.acknowledge, name)

    async def show_form(self, request: Request) -> Response:
        """`GET /c/<token>`: the form; changes nothing."""
        link = await asyncio.to_thread(self.vault.link, request.path_params["token"])
        refusal = self._refusal(link)
        if refusal is not None or link is None:
            return refusal or self._page(_language(request, self.study), "no_link", 404)
        return _html(form_page(self.study, link.person.language, secrets.token_urlsafe(12)))

    async def take_form(self, request: Request) -> Response:
        """`POST /c/<token>`: the answers."""
        token = request.path_params["token"]
        fields = await _fields(request)
        own = dict(fields)
        simulated = self._simulated(own)
        link = await asyncio.to_thread(self.vault.link, token)
        refusal = self._refusal(link, simulated)
        if refusal is not None or link is None:
            return refusal or self._page(_language(request, self.study), "no_link", 404)
        submission = own.get("submission_id", "")[:64]
        cause = ("link", digest(token)) if link.prompt_id else ("link", digest(token), submission)
        name = event_id(*cause)
        read = read_form(self.study, fields)
        if read.problems:
            return await self._ask_again(link, name, read, fields, submission)
        try:
            await self._store(link, name, read, simulated)
        except NotStored:
            return self._form_again(link, fields, submission, failure="not_stored", status=503)
        return self._page(link.person.language, "thanks", 200, more="close")

    async def _store(self, link: Link, name: UUID, read: FormRead, simulated: datetime | None) -> None:
        person = link.person
        received, acknowledged = await asyncio.to_thread(self.vault.first_seen, name, self.clock())
        key = await asyncio.to_thread(self.vault.key, person.participant)
        if acknowledged or key is None:
            return
        notes = {
            item: seal(key, words, topic=CHECKINS.name, participant=person.participant, event_id=name)
            for item, words in read.notes.items()
        }
        event = CheckInSubmitted(
            event_id=name,
            study=person.study,
            participant=person.participant,
            occurred_at=simulated or received,
            recorded_at=received,
            zone=person.zone,
            channel=Channel.WEB,
            language=person.language,
            prompt_id=link.prompt_id,
            answers=read.answers | notes,
        )
        await self.publisher.publish(CHECKINS, person.participant, event)
        await asyncio.to_thread(self.vault.acknowledge, name)

    async def _ask_again(
        self, link: Link, name: UUID, read: FormRead, fields: list[tuple[str, str]], submission: str
    ) -> Response:
        if read.foreign is not None:
            await self._quarantine(link, name, read.foreign)
        problems = {problem.item: problem.kind for problem in read.problems}
        return self._form_again(link, fields, submission, problems=problems, status=422)

    async def _quarantine(self, link: Link, name: UUID, reason: Reason) -> None:
        """Leave a trace of a post that our own page cannot have made; without the answers."""
        letter = dead_letter(
            topic=f"form/{name}",
            key=link.person.participant.encode(),
            value=None,
            reason=reason,
            detail="a form post with fields or values that the form does not have",
            at=self.clock(),
        )
        try:
            await self.publisher.publish(DEAD_LETTERS, link.person.participant, letter)
        except NotStored:
            return

    def _form_again(
        self,
        link: Link,
        fields: list[tuple[str, str]],
        submission: str,
        *,
        problems: dict[str, str] | None = None,
        failure: str | None = None,
        status: int,
    ) -> Response:
        given: dict[str, list[str]] = {}
        for name, value in fields:
            if name not in OWN_FIELDS:
                given.setdefault(name, []).append(value)
        language = link.person.language
        page = form_page(
            self.study,
            language,
            submission,
            given=given,
            problems=problems,
            failure=words_in(language)[failure] if failure else None,
        )
        return _html(page, status)

    def _refusal(self, link: Link | None, moment: datetime | None = None) -> Response | None:
        if link is not None and link.expires_at <= (moment or self.clock()):
            return self._page(link.person.language, "expired", 410)
        return None

    def _simulated(self, fields: dict[str, str]) -> datetime | None:
        """The invented time of the simulator; heeded in a simulation only."""
        if not self.settings.simulation or "SimulatedAt" not in fields:
            return None
        return datetime.fromisoformat(fields["SimulatedAt"])

    def _page(self, language: str, message: str, status: int, more: str = "") -> Response:
        return _html(message_page(self.study, language, message, more), status)

    async def alive(self, _: Request) -> Response:
        """`GET /healthz`: this process answers."""
        return JSONResponse({"status": "ok"})

    async def ready(self, _: Request) -> Response:
        """`GET /readyz`: Kafka answers, so check-ins can be taken."""
        kafka = await self.publisher.reachable()
        return JSONResponse({"kafka": "ok" if kafka else "away"}, 200 if kafka else 503)


def build_gateway(gateway: Gateway) -> Starlette:
    """The gateway as an ASGI application."""

    async def too_large(_: Request, __: Exception) -> Response:
        return PlainTextResponse("the message is too large", 413)

    return Starlette(
        routes=[
            Route("/sms/twilio", gateway.sms, methods=["POST"]),
            Route("/c/{token}", gateway.show_form, methods=["GET"]),
            Route("/c/{token}", gateway.take_form, methods=["POST"]),
            Route("/healthz", gateway.alive),
            Route("/readyz", gateway.ready),
            Mount("/static", StaticFiles(directory=PAGES / "static")),
        ],
        exception_handlers={TooLarge: too_large},
    )


async def _fields(request: Request) -> list[tuple[str, str]]:
    """The text fields of a form post, in order."""
    size = 0
    chunks = []
    async for chunk in request.stream():
        size += len(chunk)
        if size > BODY_LIMIT:
            raise TooLarge
        chunks.append(chunk)
    from urllib.parse import parse_qsl

    body = b"".join(chunks).decode("utf-8", "replace")
    return parse_qsl(body, keep_blank_values=True, max_num_fields=200)


def _language(request: Request, study: Study) -> str:
    wanted = request.headers.get("Accept-Language", "")[:2].lower()
    return wanted if wanted in study.languages else study.languages[0]


def _html(page: str, status: int = 200) -> Response:
    return HTMLResponse(page, status, _SECURITY)


def _twiml(message: str = "") -> Response:
    answer = MessagingResponse()
    if message:
        answer.message(message)
    return Response(str(answer), media_type="application/xml")
