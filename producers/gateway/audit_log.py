"""What the gateway refused, and why: one JSON line per request, for the operator.

A line contains no number, text, token or full address. Both the lines of a minute and the file are limited:
forged requests all day do not fill the disk.
"""

import json
import logging
from collections import Counter
from collections.abc import Collection
from pathlib import Path

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from schemas.clock import Clock
from schemas.networks import TrustedProxies

_log = logging.getLogger(__name__)
_LINES_A_MINUTE = 20
_LARGEST = 1_000_000
_REASONS = {
    400: "not readable",
    403: "not authentic",
    404: "no such page or link",
    405: "no such method",
    410: "the link has expired",
    413: "too large",
    415: "not a plain form",
    429: "too often",
    500: "a fault of ours",
}


def record_refusal(request: Request, reason: str | None = None, participant: str = "") -> None:
    """Have a request recorded, whatever its answer is.

    Args:
        request: The request.
        reason: Why it is refused, quoting nothing of the request; None for what its status means.
        participant: Whose link it was, if known.
    """
    request.state.refusal = reason
    request.state.refused_participant = participant


class AuditLog:
    """The file. One earlier file is kept.

    Args:
        file: Where it is.
        clock: Tells the time.
    """

    def __init__(self, file: Path, clock: Clock) -> None:
        self._file = file
        self._clock = clock
        self._minute = 0
        self._lines: Counter[str] = Counter()
        self._left_out: Counter[str] = Counter()

    def record(
        self, endpoint: str, status: int, reason: str, network: str, size: int, participant: str = ""
    ) -> None:
        """Write a line, or only count it once an endpoint has used up this minute's lines."""
        at = self._clock()
        minute = int(at.timestamp()) // 60
        if minute != self._minute:
            self._minute = minute
            self._lines.clear()
        self._lines[endpoint] += 1
        if self._lines[endpoint] > _LINES_A_MINUTE:
            self._left_out[endpoint] += 1
            return
        line = {
            "at": at.isoformat(), "endpoint": endpoint, "status": status, "reason": reason,
            "network": network, "participant": participant, "bytes": size,
            "left_out_before": self._left_out.pop(endpoint, 0),
        }  # fmt: skip
        self._write(json.dumps(line))

    def _write(self, line: str) -> None:
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            if self._file.exists() and self._file.stat().st_size > _LARGEST:
                self._file.replace(self._file.with_suffix(".1.jsonl"))
            with self._file.open("a", encoding="utf-8") as file:
                file.write(line + "\n")
        except OSError:
            _log.warning("refused: %s", line)


class RefusalsRecorded:
    """Records each request that is refused.

    Args:
        app: What may refuse.
        log: The audit log.
        providers: Names in a webhook's path; no other part of a path is ever written.
        proxies: Finds the network that a request comes from.
    """

    def __init__(
        self, app: ASGIApp, log: AuditLog, providers: Collection[str], proxies: TrustedProxies
    ) -> None:
        self._app = app
        self._log = log
        self._providers = providers
        self._proxies = proxies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        size = status = 0

        async def count(inner: Receive = receive) -> Message:
            nonlocal size
            message = await inner()
            size += len(message.get("body", b""))
            return message

        async def watch(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        await self._app(scope, count, watch)
        reason = state.get("refusal") or _REASONS.get(status)
        if reason:
            network = self._proxies.network_of(Request(scope))
            participant = state.get("refused_participant", "")
            self._log.record(self._endpoint(scope["path"]), status, reason, network, size, participant)

    def _endpoint(self, path: str) -> str:
        _, first, *rest = [*path.split("/"), ""]
        if first == "c":
            return "form"
        return f"sms/{rest[0]}" if first == "sms" and rest[0] in self._providers else "other"
