"""A simulated phone that texts a study as a participant would, through the signed webhook."""

import json
import secrets
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

import httpx

from producers.sms.providers.fake import sign
from schemas.settings import Settings
from wellstream.operations.enrolment import AdminApiRefused, call_admin_api

NUMBER = "+447700900777"
"""A number reserved for fiction (Ofcom)."""

_LIMIT_SECONDS = 10.0
_RETRY_SECONDS = 1.0
_REPLY_SECONDS = 3.0
Show = Callable[[str], None]


class Phone:
    """Sends texts to a study from one number, and fetches the study's texts to it.

    Args:
        settings: Those of a running `wellstream demo`, or of another installation with `simulation` on.
        number: The phone's number.
    """

    def __init__(self, settings: Settings, number: str = NUMBER) -> None:
        self._settings = settings
        self._number = number
        self._key = settings.secret("admin_token")
        self._url = f"http://{settings.gateway_host}:{settings.gateway_port}/sms/simulator"
        self._seen = 0

    def text(self, words: str) -> str:
        """Send a text.

        Returns:
            The webhook's response, which participants never see.

        Raises:
            AdminApiRefused: The gateway is unavailable, or does not simulate phones.
        """
        body = json.dumps({"id": secrets.token_hex(8), "from": self._number, "text": words}).encode()
        headers = {"X-Wellstream-Signature": sign(self._key, body)}
        try:
            answer = httpx.post(self._url, content=body, headers=headers, timeout=_LIMIT_SECONDS)
        except httpx.HTTPError:
            raise AdminApiRefused(
                f"the gateway does not respond at {self._url}; is `wellstream demo` running?"
            ) from None
        if answer.status_code == httpx.codes.SERVICE_UNAVAILABLE:
            return answer.text
        if answer.status_code != httpx.codes.OK:
            raise AdminApiRefused(f"the gateway refused the text ({answer.status_code}): {answer.text:.200}")
        return answer.text

    def fetch(self) -> list[str]:
        """Fetch the texts that arrived since the last call, waiting about two seconds for the first.

        Raises:
            AdminApiRefused: The gateway is unavailable, or does not simulate phones.
        """
        found: list[dict[str, Any]] = call_admin_api(
            self._settings, "/telephone", {"number": self._number, "after": self._seen}
        )
        self._seen = max((int(one["count"]) for one in found), default=self._seen)
        return [str(one["text"]) for one in found]


def converse(phone: Phone, lines: Iterable[str], show: Show, wait_seconds: float) -> None:
    """Send each line as a text and show the replies, until the lines end.

    Args:
        phone: The phone.
        lines: The texts to send; empty ones are skipped, and `/quit` ends the conversation.
        show: Prints a text that arrived.
        wait_seconds: How long to wait for texts after the last line.
    """
    phone.fetch()
    stop, arrived = threading.Event(), threading.Event()

    def receive(words: str) -> None:
        show(words)
        arrived.set()

    listener = threading.Thread(target=_listen, args=(phone, receive, stop), daemon=True)
    listener.start()
    try:
        for line in lines:
            words = line.strip("\n")
            if words.strip() == "/quit":
                break
            if words.strip():
                arrived.clear()
                answer = phone.text(words)
                if answer:
                    receive(answer)
                arrived.wait(_REPLY_SECONDS)
        stop.wait(wait_seconds)
    finally:
        stop.set()
        listener.join()


def _listen(phone: Phone, show: Show, stop: threading.Event) -> None:
    while not stop.is_set():
        try:
            for words in phone.fetch():
                show(words)
        except AdminApiRefused:
            time.sleep(_RETRY_SECONDS)
