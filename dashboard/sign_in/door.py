"""The door in front of Streamlit: nothing of the dashboard is answered to strangers."""

from urllib.parse import urlencode

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection, Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.sign_in.entrance import Entrance
from dashboard.sign_in.pages import PAGE, sign_in_pages
from dashboard.sign_in.stream import send_to_sign_in, while_signed_in

_OPEN_TO_ALL = frozenset({"/_stcore/health", "/_stcore/host-config"})
"""Whether the process lives, and what Streamlit's own script asks for before it connects: no data."""

_HEADERS = {
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}


class Door:
    """Lets in who is signed in, and shows others the sign-in page. No page of others may frame the dashboard.

    Args:
        app: Streamlit.
        entrance: Who is asked, who is known, and who is here.
    """

    def __init__(self, app: ASGIApp, entrance: Entrance) -> None:
        self._app = app
        self._entrance = entrance
        self._pages = sign_in_pages(entrance)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request or a connection, or pass it on."""
        match scope["type"]:
            case "http":
                await self._answer(scope, receive, _with_headers(send))
            case "websocket":
                await self._connect(scope, receive, send)
            case _:
                await self._app(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        request, path = Request(scope), scope["path"]
        if not self._entrance.is_from_here(request):
            await _NOT_FROM_HERE(scope, receive, send)
        elif path == PAGE or path.startswith(f"{PAGE}/"):
            await self._pages(scope, receive, send)
        elif path in _OPEN_TO_ALL or self._entrance.may_look(request.cookies):
            await self._app(scope, receive, send)
        else:
            await _refusal(request)(scope, receive, send)

    async def _connect(self, scope: Scope, receive: Receive, send: Send) -> None:
        connection, entrance = HTTPConnection(scope), self._entrance
        if not entrance.is_from_here(connection) or not entrance.is_same_origin(connection):
            await receive()
            await send({"type": "websocket.close", "code": 1008})
        elif not entrance.asks:
            await self._app(scope, receive, send)
        elif entrance.visitor(connection.cookies) is None:
            await send_to_sign_in(scope, receive, send)
        else:
            token = entrance.token(connection.cookies)
            await while_signed_in(self._app, entrance.sessions, token, scope, receive, send)


_NOT_FROM_HERE = PlainTextResponse(
    "This dashboard asks nobody to sign in, so it answers only at http://127.0.0.1 on its own machine.\n", 403
)


def _refusal(request: Request) -> Response:
    if request.method != "GET" or "text/html" not in request.headers.get("accept", ""):
        return PlainTextResponse("Sign in first.\n", 401)
    # Not of `request.url`, which fails for a `Host` that is none.
    path, query = (request.scope[name].decode("latin-1") for name in ("raw_path", "query_string"))
    wanted = f"{path}?{query}" if query else path
    then = f"?{urlencode({'next': wanted})}" if wanted != "/" else ""
    return RedirectResponse(f"{PAGE}{then}", 303, {"Cache-Control": "no-store"})


def _with_headers(send: Send) -> Send:
    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return sent
