"""The desk: the gateway's inner door, for the worker and for enrolment. Never open to the outside."""

import asyncio
import hmac
import secrets
from datetime import date
from uuid import UUID

from pydantic import TypeAdapter, ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from producers.gateway import Gateway
from producers.publisher import NotStored
from producers.vault import NoNumber, Person
from schemas.events import ConsentChanged, ConsentStatus, ParticipantEnrolled
from schemas.identity import event_id
from schemas.topics import CONSENTS, PARTICIPANTS
from schemas.words import Instant, Language, Pseudonym, Slug, StudyRef, Word, Zone

_TOKEN_BYTES = 16
_CONSENT_TEXT = "1"


class Enrolment(Word):
    """Somebody to enrol."""

    number: str
    study: StudyRef
    arm: Slug
    language: Language
    zone: Zone
    start_date: date
    occurred_at: Instant | None = None


class LinkWanted(Word):
    """A form link to make."""

    participant: Pseudonym
    prompt_id: UUID | None = None
    expires_at: Instant


_ENROLMENTS: TypeAdapter[list[Enrolment]] = TypeAdapter(list[Enrolment])
_LINKS: TypeAdapter[list[LinkWanted]] = TypeAdapter(list[LinkWanted])


def build_desk(gateway: Gateway) -> Starlette:
    """The desk as an ASGI application; every request needs the bearer token."""
    expected = f"Bearer {gateway.settings.secret('desk_token')}".encode()

    def allowed(request: Request) -> bool:
        return hmac.compare_digest(request.headers.get("Authorization", "").encode(), expected)

    async def key(request: Request) -> Response:
        if not allowed(request):
            return _forbidden()
        found = await asyncio.to_thread(gateway.vault.key, request.path_params["participant"])
        if found is None:
            return PlainTextResponse("no such key", 404)
        return Response(found, media_type="application/octet-stream")

    async def participants(request: Request) -> Response:
        if not allowed(request):
            return _forbidden()
        try:
            wanted = _ENROLMENTS.validate_json(await request.body())
            enrolled = [await _enrol(gateway, enrolment) for enrolment in wanted]
        except ValidationError as error:
            return PlainTextResponse(_where(error), 422)
        except NoNumber as error:
            return PlainTextResponse(str(error), 422)
        except NotStored:
            return PlainTextResponse("Kafka is away; nobody after the last one stored was enrolled", 503)
        return JSONResponse([{"participant": participant} for participant in enrolled])

    async def links(request: Request) -> Response:
        if not allowed(request):
            return _forbidden()
        try:
            wanted = _LINKS.validate_json(await request.body())
        except ValidationError as error:
            return PlainTextResponse(_where(error), 422)
        tokens = [secrets.token_urlsafe(_TOKEN_BYTES) for _ in wanted]
        rows = [(t, w.participant, w.prompt_id, w.expires_at) for t, w in zip(tokens, wanted, strict=True)]
        await asyncio.to_thread(gateway.vault.remember_links, rows)
        base = gateway.settings.public_url.rstrip("/")
        return JSONResponse([{"token": token, "url": f"{base}/c/{token}"} for token in tokens])

    return Starlette(
        routes=[
            Route("/keys/{participant}", key),
            Route("/participants", participants, methods=["POST"]),
            Route("/links", links, methods=["POST"]),
        ]
    )


async def _enrol(gateway: Gateway, wanted: Enrolment) -> str:
    unnamed = Person("", wanted.study, wanted.arm, wanted.language, wanted.zone, wanted.start_date)
    person = await asyncio.to_thread(gateway.vault.enrol, wanted.number, unnamed)
    now = gateway.clock()
    facts = (
        person.participant,
        person.study,
        person.arm,
        person.language,
        person.zone,
        str(person.start_date),
    )
    common = {
        "study": person.study,
        "participant": person.participant,
        "occurred_at": wanted.occurred_at or now,
        "recorded_at": now,
        "zone": person.zone,
    }
    enrolled = ParticipantEnrolled.model_validate(
        common
        | {
            "event_id": event_id("enrolled", *facts),
            "arm": person.arm,
            "language": person.language,
            "start_date": person.start_date,
        }
    )
    consent = ConsentChanged.model_validate(
        common
        | {
            "event_id": event_id("consent", person.participant, person.study, "granted"),
            "status": ConsentStatus.GRANTED,
            "text_version": _CONSENT_TEXT,
        }
    )
    await gateway.publisher.publish(PARTICIPANTS, person.participant, enrolled)
    await gateway.publisher.publish(CONSENTS, person.participant, consent)
    return person.participant


def _where(error: ValidationError) -> str:
    """What is wrong, by field, without quoting values: a number may be among them."""
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    return f"entry {'.'.join(map(str, first['loc']))}: {first['type']}"


def _forbidden() -> Response:
    return PlainTextResponse("the desk needs its token", 403)
