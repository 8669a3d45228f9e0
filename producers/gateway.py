"""The gateway: the door through which check-ins come in, by SMS and by web form.

Nothing is acknowledged before Kafka has it, and what comes twice goes in once.
"""

from collections.abc import Callable, Mapping
from datetime import datetime

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from producers import form_assets, twilio
from producers.form_routes import FormRoutes, message
from producers.intake import Intake
from producers.people import Person
from producers.publisher import NotStored, Publisher
from producers.recent import Recent
from producers.ui_words import in_all, words
from producers.vault import Vault
from producers.web import SafeHeaders, Unexpected, read_fields, simulated_at
from schemas.clock import Clock
from schemas.events import MessageReceived
from schemas.identity import event_id
from schemas.sealing import seal
from schemas.settings import Settings
from schemas.study import Study
from schemas.topics import MESSAGES

BODY_LIMIT = 64 * 1024
_SMS_PATH = "/sms/twilio"
_LONG_CACHE = {"Cache-Control": "public, max-age=31536000, immutable"}


def build_gateway(
    settings: Settings,
    studies: Mapping[str, Study],
    vault: Vault,
    publisher: Publisher,
    clock: Clock,
    announced: Callable[[], bool] = lambda: True,
    recent: Recent | None = None,
) -> Starlette:
    """The public application.

    Args:
        settings: Uses `public_url`, `twilio_auth_token`, `trusted_proxies` and `simulation`.
        studies: Every known definition by `id@version`; may grow while the gateway runs.
        vault: The opened vault.
        publisher: Where events go.
        clock: Tells the time.
        announced: Whether the study is known to be on its topic; part of `/readyz`.
        recent: People's last two weeks, where a study shows them.

    Raises:
        MissingSetting: There is no `twilio_auth_token`.
    """
    intake = Intake(vault, publisher, clock)
    sms = _Sms(settings, vault, intake)
    form = FormRoutes(settings, studies, vault, intake, clock, BODY_LIMIT, recent)
    health = _Health(vault, publisher, announced)
    return Starlette(
        routes=[
            Route(_SMS_PATH, sms.receive, methods=["POST"]),
            Route("/c/{token}", form.show, methods=["GET"]),
            Route("/c/{token}", form.take, methods=["POST"]),
            Route("/static/form.css", _stylesheet),
            Route("/static/form.js", _script),
            Route("/healthz", health.alive),
            Route("/readyz", health.ready),
        ],
        middleware=[
            Middleware(SafeHeaders),
            # A page repeats nothing that a stranger could choose next to a secret, so its length after
            # compression tells nothing (BREACH): the link's token is not in it.
            Middleware(GZipMiddleware),
            Middleware(Unexpected, where="the gateway", answer=_broken),
        ],
        exception_handlers={HTTPException: _refused},
    )


class _Sms:
    """`POST /sms/twilio`: a text from a telephone."""

    def __init__(self, settings: Settings, vault: Vault, intake: Intake) -> None:
        self._auth_token = settings.secret("twilio_auth_token")
        self._url = settings.public_url.rstrip("/") + _SMS_PATH
        self._simulation = settings.simulation
        self._vault = vault
        self._intake = intake

    async def receive(self, request: Request) -> Response:
        """One delivery: 403 unsigned, 400 unreadable, 503 not stored; else TwiML."""
        fields = dict(await read_fields(request, BODY_LIMIT))
        query = f"?{request.url.query}" if request.url.query else ""
        signature = request.headers.get("X-Twilio-Signature", "")
        if not twilio.is_signed(self._auth_token, self._url + query, fields, signature):
            return PlainTextResponse("the signature is not Twilio's", 403)
        text = twilio.read(fields)
        if text is None:
            return PlainTextResponse("there is no MessageSid or no From", 400)
        person = await self._vault.resolve(text.number)
        key = await self._vault.key(person.participant) if person else None
        if person is None or key is None:
            return _twiml(in_all("unknown_number"))
        return await self._store(text, person, key)

    async def _store(self, text: twilio.InboundText, person: Person, key: bytes) -> Response:
        name = event_id(twilio.PROVIDER, text.message_sid)
        simulated = simulated_at(text.simulated_at) if self._simulation else None

        def build(received_at: datetime) -> MessageReceived:
            return MessageReceived(
                event_id=name,
                study=person.study,
                participant=person.participant,
                occurred_at=simulated or received_at,
                recorded_at=received_at,
                zone=person.zone,
                provider=twilio.PROVIDER,
                provider_message_id=text.message_sid,
                language=person.language,
                text=seal(
                    key, text.words, topic=MESSAGES.name, participant=person.participant, event_id=name
                ),
            )

        try:
            await self._intake.take(MESSAGES.name, name, build)
        except NotStored:
            return PlainTextResponse(words(person.language)["sms_unsaved"], 503)
        return _twiml()


class _Health:
    """Whether the process lives, and whether it can take check-ins."""

    def __init__(self, vault: Vault, publisher: Publisher, announced: Callable[[], bool]) -> None:
        self._vault = vault
        self._publisher = publisher
        self._announced = announced

    async def alive(self, _: Request) -> Response:
        """200 while the process answers."""
        return JSONResponse({"alive": True})

    async def ready(self, _: Request) -> Response:
        """200 if all parts are there, else 503; says which are."""
        parts = {
            "vault": await self._vault.ready(),
            "kafka": await self._publisher.ready(),
            "study": self._announced(),
        }
        status = 200 if all(parts.values()) else 503
        return JSONResponse({part: "ready" if well else "not ready" for part, well in parts.items()}, status)


async def _stylesheet(_: Request) -> Response:
    return Response(form_assets.STYLE, media_type="text/css", headers=_LONG_CACHE)


async def _script(_: Request) -> Response:
    return Response(form_assets.SCRIPT, media_type="text/javascript", headers=_LONG_CACHE)


async def _refused(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    if status == 413 and request.url.path.startswith("/c/"):
        return message(None, None, "too_large", status)
    reasons = {400: "not readable", 413: "too large", 415: "not a plain form"}
    headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
    return PlainTextResponse(reasons.get(status, "not found"), status, headers)


async def _broken() -> Response:
    return message(None, None, "error", 500)


def _twiml(reply: str = "") -> Response:
    return Response(twilio.reply(reply), media_type="application/xml")
