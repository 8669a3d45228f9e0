"""The public app: check-ins by SMS and by web form.

Nothing is acknowledged before Kafka has it, and what is sent twice is stored once.
"""

from collections.abc import Callable, Mapping

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from producers.forms import assets as form_assets
from producers.forms.recent_answers import RecentAnswers
from producers.gateway.audit_log import AuditLog, RefusalsRecorded
from producers.gateway.form_routes import FormRoutes, message
from producers.gateway.intake import Intake
from producers.gateway.middleware import SafeHeaders, UnexpectedErrors
from producers.gateway.rate_limits import FormLimits
from producers.gateway.sms_webhook import SmsRoutes
from producers.kafka import Publisher
from producers.sms.providers.registry import Registry
from producers.vault import Vault
from schemas.clock import Clock
from schemas.networks import TrustedProxies
from schemas.settings import Settings
from schemas.study import Study

_LONG_CACHE = {"Cache-Control": "public, max-age=31536000, immutable"}


def build_gateway(
    settings: Settings,
    studies: Mapping[str, Study],
    registry: Registry,
    vault: Vault,
    publisher: Publisher,
    clock: Clock,
    announced: Callable[[], bool] = lambda: True,
    recent: RecentAnswers | None = None,
    helpers: Callable[[], Mapping[str, str]] = dict,
) -> Starlette:
    """The public application.

    Args:
        settings: Uses `public_url`, `trusted_proxies`, `simulation` and, for `audit.jsonl`, `home`.
        studies: Every known definition by `id@version`; may grow while the gateway runs.
        registry: The SMS providers.
        vault: The opened vault.
        publisher: Where events go.
        clock: Tells the time.
        announced: Whether the study is known to be on its topic; part of `/readyz`.
        recent: People's last two weeks, where a study shows them.
        helpers: The state of each helper; told by `/readyz`, which does not depend on them.
    """
    intake = Intake(vault, publisher, clock)
    proxies = TrustedProxies(settings.trusted_proxies)
    # The simulator's people all come from one address.
    limits = FormLimits(proxies, clock, by_network=not settings.simulation)
    sms = SmsRoutes(settings, registry, vault, intake)
    form = FormRoutes(settings, studies, vault, intake, clock, limits, recent)
    health = _Health(vault, publisher, announced, helpers)
    application = Starlette(
        routes=[
            Route("/sms/{provider}", sms.receive, methods=["GET", "POST"]),
            Route("/sms/{provider}/{secret}", sms.receive, methods=["GET", "POST"]),
            Route("/c/{token}", form.show, methods=["GET"]),
            Route("/c/{token}", form.submit, methods=["POST"]),
            Route("/static/form.css", _stylesheet),
            Route("/static/form.js", _script),
            Route("/healthz", health.alive),
            Route("/readyz", health.ready),
        ],
        middleware=[
            Middleware(
                RefusalsRecorded,
                log=AuditLog(settings.home / "audit.jsonl", clock),
                providers=registry.adapters.keys(),
                proxies=proxies,
            ),
            Middleware(SafeHeaders),
            # No page contains both a secret and text that an attacker could choose, so its compressed length
            # gives nothing away (BREACH): the link's token is not in it.
            Middleware(GZipMiddleware),
            Middleware(UnexpectedErrors, where="the gateway", answer=_broken),
        ],
        exception_handlers={HTTPException: _refused},
    )
    # It would redirect to whatever `Host` says.
    application.router.redirect_slashes = False
    return application


class _Health:
    """Liveness, and readiness to accept check-ins."""

    def __init__(
        self,
        vault: Vault,
        publisher: Publisher,
        announced: Callable[[], bool],
        helpers: Callable[[], Mapping[str, str]],
    ) -> None:
        self._vault = vault
        self._publisher = publisher
        self._announced = announced
        self._helpers = helpers

    async def alive(self, _: Request) -> Response:
        """200 while the process answers."""
        return JSONResponse({"alive": True})

    async def ready(self, _: Request) -> Response:
        """200 if check-ins can be accepted, else 503, with the state of each part and of each helper."""
        parts = {
            "vault": await self._vault.ready(),
            "kafka": await self._publisher.ready(),
            "study": self._announced(),
        }
        status = 200 if all(parts.values()) else 503
        states = {part: "ready" if well else "not ready" for part, well in parts.items()}
        waiting = {} if parts["kafka"] else {"working": "waiting for Kafka", "starting": "waiting for Kafka"}
        helpers = {name: waiting.get(state, state) for name, state in self._helpers().items()}
        return JSONResponse(states | helpers, status)


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
