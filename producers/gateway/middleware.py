"""Size limits, security headers and discreet error logs, for the public app and the admin API."""

import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from urllib.parse import parse_qsl

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from schemas.faults import type_and_frames

_log = logging.getLogger(__name__)
_MOST_FIELDS = 500
BODY_LIMIT = 64 * 1024
"""Bytes of a request to the public app, and of one about a single person to the admin API."""
FORM_TYPE = "application/x-www-form-urlencoded"
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


async def read_body(request: Request, limit: int = BODY_LIMIT) -> bytes:
    """A request's body.

    Raises:
        HTTPException: 413 if it is longer than `limit` bytes; reading stops there.
    """
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise HTTPException(413)
    return bytes(body)


async def read_fields(request: Request) -> list[tuple[str, str]]:
    """The fields of a posted form, in order.

    Raises:
        HTTPException: 413 if it is too long, 415 if it is not URL-encoded, 400 if it cannot be parsed.
    """
    body = await read_body(request)
    if request.headers.get("content-type", "").split(";")[0].strip().lower() != FORM_TYPE:
        raise HTTPException(415)
    try:
        return parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict")
    except ValueError:
        raise HTTPException(400) from None


class SafeHeaders:
    """Adds the security headers to every response, and `no-store` unless it sets its own `Cache-Control`."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers[name] = value
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self._app(scope, receive, send_with_headers)


class UnexpectedErrors:
    """Responds to unexpected errors, and logs their type and frames but not their message.

    Starlette's own handler for `Exception` re-raises the error, and the server then logs it with its message.

    Args:
        app: The app to guard.
        where: Its name in the log.
        answer: Builds the response; it does not see the exception.
    """

    def __init__(self, app: ASGIApp, where: str, answer: Callable[[], Awaitable[Response]]) -> None:
        self._app = app
        self._where = where
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        started = False

        async def watch(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, watch)
        except ClientDisconnect:
            return
        except Exception as error:
            _log.error("unexpected error in %s: %s", self._where, type_and_frames(error))
            if not started:
                await (await self._answer())(scope, receive, send)


def simulated_at(text: str) -> datetime | None:
    """The time that the simulator gives; None if the text is empty.

    Raises:
        HTTPException: 400 if it is not an ISO 8601 instant with a UTC offset.
    """
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise HTTPException(400) from None
    if moment.tzinfo is None:
        raise HTTPException(400)
    return moment
