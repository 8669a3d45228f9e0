"""The admin API: keys for the worker, enrolment and links for the command. Never expose it."""

import asyncio
import hmac
from collections.abc import Mapping
from datetime import datetime

from pydantic import TypeAdapter, ValidationError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from producers.gateway.intake import Intake
from producers.gateway.middleware import SafeHeaders, UnexpectedErrors, read_body
from producers.gateway.request_faults import sentence_about
from producers.gateway.staff_api import StaffRoutes
from producers.kafka import Publisher, PublishFailed
from producers.sms.providers.fake import FakeProvider
from producers.sms.providers.registry import Registry
from producers.vault import Enrolment, NewLink, Person, Vault, VaultError, VaultUnavailable, normalise
from schemas.base import FrozenModel, Instant, Pseudonym
from schemas.clock import Clock
from schemas.events import ConsentChanged, ConsentStatus, ParticipantEnrolled, PauseChanged
from schemas.identity import event_id
from schemas.receipts import Receipt
from schemas.settings import Settings
from schemas.study import Study

_MANY_BYTES = 4 * 1024 * 1024
"""Bytes of a request about many people: a study's of twenty thousand."""
_AT_ONCE = 50
_CONSENT_TEXT = "1"
_FETCH_SECONDS = 2.0
_PEOPLE = TypeAdapter(list[Enrolment])
_NEW_LINKS = TypeAdapter(list[NewLink])


class _Pause(FrozenModel):
    participant: Pseudonym
    paused: bool
    until: Instant | None = None


class _Fetch(FrozenModel):
    number: str
    after: int = 0


class _Rejected(ValueError):
    """The request cannot be fulfilled; the message says why and quotes no number."""


def build_admin_api(
    settings: Settings,
    studies: Mapping[str, Study],
    registry: Registry,
    vault: Vault,
    publisher: Publisher,
    clock: Clock,
) -> Starlette:
    """The admin application. Every request needs the bearer token.

    Raises:
        MissingSetting: There is no `admin_token`.
    """
    api = _AdminApi(settings, studies, vault, publisher, clock)
    staff = StaffRoutes(vault, Intake(vault, publisher, clock), clock, settings.home / "revealed.jsonl")
    application = Starlette(
        routes=[
            Route("/keys/{participant}", api.key),
            Route("/participants", api.enrol, methods=["POST"]),
            Route("/links", api.create_links, methods=["POST"]),
            Route("/pauses", api.pause, methods=["POST"]),
            Route("/alerts", staff.attend, methods=["POST"]),
            Route("/reveals", staff.reveal, methods=["POST"]),
            Route("/receipts", api.receipts, methods=["POST"]),
            Route("/telephone", _Telephone(registry).fetch, methods=["POST"]),
        ],
        middleware=[
            Middleware(SafeHeaders),
            Middleware(UnexpectedErrors, where="the admin API", answer=_broken),
            Middleware(_Bearer, token=settings.secret("admin_token")),
        ],
        exception_handlers={
            HTTPException: _refused,
            _Rejected: _rejected,
            VaultError: _rejected,
            ValidationError: _invalid,
            PublishFailed: _not_stored,
            VaultUnavailable: _not_stored,
        },
    )
    application.router.redirect_slashes = False
    return application


class _Bearer:
    """Lets a request through that carries the token; takes the same time for any other."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app = app
        self._expected = f"Bearer {token}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        given = dict(scope.get("headers", [])).get(b"authorization", b"")
        if scope["type"] == "http" and not hmac.compare_digest(given, self._expected):
            refusal = PlainTextResponse("the admin API needs its token", 401, {"WWW-Authenticate": "Bearer"})
            await refusal(scope, receive, send)
            return
        await self._app(scope, receive, send)


class _AdminApi:
    """The admin API's routes: a participant's key, enrolment, links."""

    def __init__(
        self,
        settings: Settings,
        studies: Mapping[str, Study],
        vault: Vault,
        publisher: Publisher,
        clock: Clock,
    ) -> None:
        self._public_url = settings.public_url.rstrip("/")
        self._studies = studies
        self._vault = vault
        self._intake = Intake(vault, publisher, clock)
        self._clock = clock

    async def key(self, request: Request) -> Response:
        """The 32 bytes that open a participant's seals; 404 if unknown or destroyed."""
        key = await self._vault.keys.get(request.path_params["participant"])
        if key is None:
            return PlainTextResponse("no such key", 404)
        return Response(key, media_type="application/octet-stream")

    async def enrol(self, request: Request) -> Response:
        """Enrol people, all or none, and announce them; asking again announces what is missing."""
        wanted = _PEOPLE.validate_json(await read_body(request, _MANY_BYTES))
        for row, one in enumerate(wanted, start=1):
            self._check(row, one)
        people = await self._vault.directory.enrol(wanted, self._clock())
        announcing = [(person, one.occurred_at) for person, one in zip(people, wanted, strict=True)]
        for some in (announcing[at : at + _AT_ONCE] for at in range(0, len(announcing), _AT_ONCE)):
            await asyncio.gather(*(self._announce(*one) for one in some))
        return JSONResponse([{"participant": person.participant} for person in people])

    async def create_links(self, request: Request) -> Response:
        """Create links to the form, in order."""
        wanted = _NEW_LINKS.validate_json(await read_body(request, _MANY_BYTES))
        tokens = await self._vault.links.create(wanted)
        return JSONResponse([{"token": token, "url": f"{self._public_url}/c/{token}"} for token in tokens])

    async def pause(self, request: Request) -> Response:
        """Pause a participant's prompts, or resume them."""
        wanted = _Pause.model_validate_json(await read_body(request))
        person = await self._vault.directory.find(wanted.participant)
        if person is None:
            raise _Rejected(f"there is no participant {wanted.participant}")
        now = self._clock()
        event = PauseChanged(
            **person.envelope(event_id("pause", person.participant, now.isoformat()), now, now),
            paused=wanted.paused,
            until=wanted.until,
            reason="staff",
        )
        await self._intake.publish_once(event.event_id, lambda _: event)
        return JSONResponse({"participant": person.participant, "paused": wanted.paused})

    async def receipts(self, request: Request) -> Response:
        """The next receipts of a partition: what Kafka has acknowledged to this gateway."""
        after = Receipt.model_validate_json(await read_body(request))
        found = await self._vault.ledger.receipts(after)
        return JSONResponse([receipt.model_dump(mode="json") for receipt in found])

    def _check(self, row: int, one: Enrolment) -> None:
        study = self._studies.get(one.study)
        if study is None:
            raise _Rejected(f"entry {row}: no study {one.study}; there is {', '.join(sorted(self._studies))}")
        if study.arm(one.arm) is None:
            raise _Rejected(f"entry {row}: the study's arms are {', '.join(arm.id for arm in study.arms)}")
        if one.language not in study.languages:
            raise _Rejected(f"entry {row}: the study's languages are {', '.join(study.languages)}")

    async def _announce(self, person: Person, occurred_at: datetime | None) -> None:
        moment = occurred_at or person.changed_at
        enrolled = event_id("enrolled", person.participant, str(person.revision))
        consent = event_id("consent", person.participant, ConsentStatus.GRANTED.value, _CONSENT_TEXT)

        def consented(at: datetime) -> ConsentChanged:
            return ConsentChanged(
                **person.envelope(consent, moment, at),
                status=ConsentStatus.GRANTED,
                text_version=_CONSENT_TEXT,
            )

        if await self._vault.directory.contact(person.participant) is None:
            await self._vault.directory.record_consent(consented(moment))
        await self._intake.publish_once(
            enrolled,
            lambda at: ParticipantEnrolled(
                **person.envelope(enrolled, moment, at),
                arm=person.arm,
                language=person.language,
                start_date=person.start_date,
            ),
        )
        await self._intake.publish_once(consent, consented)


class _Telephone:
    """What was sent to a telephone of the simulator."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    async def fetch(self, request: Request) -> Response:
        """The texts after a count; waits a while for the first one."""
        simulator = self._registry.adapters.get("simulator")
        if not isinstance(simulator, FakeProvider):
            raise _Rejected("there is no simulated telephone here: it comes with `wellstream demo`")
        wanted = _Fetch.model_validate_json(await read_body(request))
        number = normalise(wanted.number) or wanted.number
        texts = await simulator.fetch(number, wanted.after, _FETCH_SECONDS)
        return JSONResponse([{"count": count, "text": text} for count, text in texts])


async def _refused(_: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    reasons = {404: "not found", 413: "the request is too large: send the people in several parts"}
    return PlainTextResponse(reasons.get(status, "refused"), status)


async def _rejected(_: Request, error: Exception) -> Response:
    return PlainTextResponse(str(error), 422)


async def _invalid(_: Request, error: Exception) -> Response:
    if not isinstance(error, ValidationError):
        raise error
    return PlainTextResponse(sentence_about(error), 422)


async def _not_stored(_: Request, __: Exception) -> Response:
    return PlainTextResponse("Kafka or the vault is unavailable; ask again: nothing is done twice", 503)


async def _broken() -> Response:
    return PlainTextResponse("something unexpected went wrong; the gateway's log says where", 500)
