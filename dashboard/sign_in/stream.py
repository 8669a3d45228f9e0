"""The connection of a page that is open: it ends when its session does."""

import asyncio

from google.protobuf.message import DecodeError
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from dashboard.sign_in.pages import ENDED
from dashboard.sign_in.sessions import Sessions

_LOOK_EVERY_SECONDS = 1.0
_POLICY_VIOLATION = 1008


async def send_to_sign_in(scope: Scope, receive: Receive, send: Send) -> None:
    """Send a page that is still open to the sign-in page, without letting it say anything."""
    await receive()
    wanted = scope.get("subprotocols") or [None]
    await send({"type": "websocket.accept", "subprotocol": wanted[0]})
    await _leave(send)


async def while_signed_in(
    app: ASGIApp, sessions: Sessions, token: str, scope: Scope, receive: Receive, send: Send
) -> None:
    """Run a page's connection for as long as its session lasts, and then send it to the sign-in page.

    Nothing that comes in after the end reaches the page. What people do keeps the session; what a page that
    is open asks for by itself, every few seconds, does not.
    """
    connection = _Connection(sessions, token, receive, send)
    try:
        await app(scope, connection.receive, connection.send)
    finally:
        connection.close()


class _Connection:
    def __init__(self, sessions: Sessions, token: str, receive: Receive, send: Send) -> None:
        self._sessions = sessions
        self._token = token
        self._receive = receive
        self._send = send
        self._next: asyncio.Future[Message] | None = None
        self._left = False

    async def receive(self) -> Message:
        while not self._left and self._sessions.visitor(self._token):
            self._next = self._next or asyncio.ensure_future(self._receive())
            done, _ = await asyncio.wait([self._next], timeout=_LOOK_EVERY_SECONDS)
            if done and self._sessions.visitor(self._token):
                message, self._next = self._next.result(), None
                if _is_deed(message):
                    self._sessions.touch(self._token)
                return message
        if not self._left:
            self._left = True
            await _leave(self._send)
        return {"type": "websocket.disconnect", "code": _POLICY_VIOLATION}

    async def send(self, message: Message) -> None:
        # A page that is just being computed may still want to say something.
        if not self._left:
            await self._send(message)

    def close(self) -> None:
        if self._next is not None:
            self._next.cancel()


async def _leave(send: Send) -> None:
    leave = ForwardMsg()
    leave.auth_redirect.url = ENDED
    await send({"type": "websocket.send", "bytes": leave.SerializeToString()})
    await send({"type": "websocket.close", "code": _POLICY_VIOLATION})


def _is_deed(message: Message) -> bool:
    """Whether somebody did something, as opposed to a page that asks for itself every few seconds."""
    try:
        said = BackMsg.FromString(message.get("bytes") or b"")
    except DecodeError:
        return False
    return said.WhichOneof("type") == "rerun_script" and not said.rerun_script.is_auto_rerun
