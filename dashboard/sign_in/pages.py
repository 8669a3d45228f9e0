"""The pages that strangers see: plain HTML without scripts, outside Streamlit."""

import asyncio
import secrets
from base64 import b64encode
from hashlib import sha256
from logging import getLogger
from pathlib import Path
from typing import assert_never
from urllib.parse import parse_qs, urlencode, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from dashboard.sign_in.accounts import Role
from dashboard.sign_in.admission import CALLBACK, NotAdmitted
from dashboard.sign_in.entrance import DEVICE_COOKIE, Entrance
from dashboard.sign_in.local import Busy, TooMany, Try, Welcome, Wrong
from dashboard.sign_in.sessions import Visitor

PAGE = "/sign-in"
ENDED = f"{PAGE}?ended=1"
"""Where a browser is sent whose session has ended."""

_MOST_BYTES = 8_192
_READ_SECONDS = 10
_LONGEST_PATH = 500
_DEVICE_SECONDS = 180 * 86_400
_PROVIDER_SECONDS = 600
_HERE = Path(__file__).parent
_CSS = (_HERE / "form.css").read_text(encoding="utf-8")
_TEMPLATE = Environment(
    loader=FileSystemLoader(_HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True
).get_template("form.html")
_POLICY = (
    f"default-src 'none'; style-src 'sha256-{b64encode(sha256(_CSS.encode()).digest()).decode()}'; "
    "img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_log = getLogger(__name__)


def sign_in_pages(entrance: Entrance) -> Starlette:
    """The pages below `/sign-in`."""
    pages = Pages(entrance)
    state = Middleware(
        SessionMiddleware,
        secret_key=secrets.token_hex(32),
        session_cookie="wellstream-provider",
        max_age=_PROVIDER_SECONDS,
        path=PAGE,
        same_site="lax",
        https_only=entrance.secure,
    )
    return Starlette(
        routes=[
            Route(PAGE, pages.show, methods=["GET"]),
            Route(PAGE, pages.enter, methods=["POST"]),
            Route(f"{PAGE}/provider", pages.to_provider, methods=["GET"]),
            Route(CALLBACK, pages.from_provider, methods=["GET"]),
        ],
        middleware=[state],
    )


def local_path(text: str) -> str:
    """A path and query of this dashboard to go to after signing in; anything else becomes its first page."""
    odd = any(not character.isprintable() or character in "\\ " for character in text)
    if odd or len(text) > _LONGEST_PATH or not text.startswith("/") or text.startswith(("//", PAGE)):
        return "/"
    return text


class Pages:
    """Answers requests below `/sign-in`.

    Args:
        entrance: Who is asked, who is known, and who is here.
    """

    def __init__(self, entrance: Entrance) -> None:
        self._entrance = entrance

    async def show(self, request: Request) -> Response:
        """The form; somebody who is signed in goes on."""
        then = request.query_params.get("next") or _came_from(request)
        if self._entrance.may_look(request.cookies):
            return RedirectResponse(local_path(then), 303)
        ended = "ended" in request.query_params
        note = "You are signed out. Sign in to go on." if ended else ""
        answer = self._page(then, note=note)
        if request.cookies.get(self._entrance.cookie):
            answer.delete_cookie(self._entrance.cookie, secure=self._entrance.secure, httponly=True)
        return answer

    async def enter(self, request: Request) -> Response:
        """A name and a password."""
        if not self._entrance.is_same_origin(request):
            return PlainTextResponse("Sign in on the dashboard's own page.\n", 403)
        fields = await _fields(request)
        if fields is None:
            return PlainTextResponse("This is not the sign-in form.\n", 400)
        name, then = fields.get("name", ""), fields.get("next", "/")
        tried = Try(
            name,
            fields.get("password", ""),
            self._entrance.network_of(request),
            request.cookies.get(DEVICE_COOKIE, ""),
        )
        match await self._entrance.local.attempt(tried):
            case Welcome() as welcome:
                answer = self._begin(request, welcome.visitor, then)
                answer.set_cookie(
                    DEVICE_COOKIE, welcome.device, max_age=_DEVICE_SECONDS, path=PAGE, httponly=True,
                    samesite="strict", secure=self._entrance.secure,
                )  # fmt: skip
                return answer
            case Wrong():
                return self._page(then, name=name, error="The name or the password is wrong.", status=403)
            case TooMany(seconds):
                error = f"Too many wrong tries. Try again in {_in_words(seconds)}."
                answer = self._page(then, name=name, error=error, status=429)
                answer.headers["Retry-After"] = str(seconds)
                return answer
            case Busy():
                error = "Too many people are signing in at once. Try again in a moment."
                return self._page(then, name=name, error=error, status=503)
            case unexpected:
                assert_never(unexpected)

    async def to_provider(self, request: Request) -> Response:
        """On to the organisation's own page."""
        provider, then = self._entrance.provider, request.query_params.get("next", "/")
        if provider is None:
            return RedirectResponse(PAGE, 303)
        request.session["next"] = local_path(then)
        try:
            return await provider.begin(request)
        except NotAdmitted as refused:
            _log.warning("%s", refused)
            return self._page(then, error=f"{provider.name} cannot be reached. Try again later.", status=502)

    async def from_provider(self, request: Request) -> Response:
        """Back from the organisation's own page."""
        provider, then = self._entrance.provider, str(request.session.pop("next", "/"))
        if provider is None:
            return RedirectResponse(PAGE, 303)
        try:
            address = await provider.finish(request)
        except NotAdmitted as refused:
            network = self._entrance.network_of(request)
            _log.warning("not signed in by the provider, from %s: %s", network or "unknown", refused)
            error = (f"You could not be signed in with {provider.name}. Ask whoever runs wellstream at your "
                     "place whether your address may come in.")  # fmt: skip
            return self._page(then, error=error, status=403)
        _log.info("%s signed in from %s", address, self._entrance.network_of(request) or "unknown")
        return self._begin(request, Visitor(address, Role.RESEARCHER), then)

    def _begin(self, request: Request, visitor: Visitor, then: str) -> Response:
        answer = RedirectResponse(local_path(then), 303)
        token = self._entrance.begin(visitor, self._entrance.token(request.cookies))
        answer.set_cookie(
            self._entrance.cookie, token, httponly=True, samesite="lax", secure=self._entrance.secure
        )
        return answer

    def _page(
        self, then: str, *, name: str = "", note: str = "", error: str = "", status: int = 200
    ) -> Response:
        then = local_path(then)
        provider = self._entrance.provider
        text = _TEMPLATE.render(
            css=Markup(_CSS),  # noqa: S704 - our own file, without any input
            next=then,
            next_query=urlencode({"next": then}),
            name=name[:64],
            note=note,
            error=error,
            provider=provider.name if provider else "",
            has_accounts=bool(self._entrance.local.accounts().accounts),
        )
        headers = {"Content-Security-Policy": _POLICY, "Cache-Control": "no-store"}
        return HTMLResponse(text, status, headers)


def _came_from(request: Request) -> str:
    """The page that a browser was on, where Streamlit's own script has sent it here."""
    try:
        came = urlsplit(request.headers.get("referer", ""))
    except ValueError:
        return "/"
    if came.netloc != request.headers.get("host"):
        return "/"
    return f"{came.path}?{came.query}" if came.query else came.path


async def _fields(request: Request) -> dict[str, str] | None:
    """The fields of a form of at most 8 KiB; None if it is something else."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    if kind != "application/x-www-form-urlencoded":
        return None
    body = b""
    try:
        async with asyncio.timeout(_READ_SECONDS):
            async for part in request.stream():
                body += part
                if len(body) > _MOST_BYTES:
                    return None
        found = parse_qs(body.decode(errors="replace"), keep_blank_values=True, max_num_fields=10)
    except (ClientDisconnect, TimeoutError, ValueError):
        return None
    return {name: values[0] for name, values in found.items()}


def _in_words(seconds: int) -> str:
    if seconds < 90:
        return f"{seconds} seconds"
    return f"{-(-seconds // 60)} minutes"
