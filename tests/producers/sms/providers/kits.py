"""Each provider as it really speaks: what it sends to us, signed, and a stand-in that takes what we send."""

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, Protocol
from urllib.parse import parse_qsl, urlencode, urlsplit
from uuid import UUID

from nacl.signing import SigningKey
from twilio.request_validator import RequestValidator

from producers.sms.providers.base import Adapter, RawRequest
from producers.sms.providers.fake import FakeProvider, sign
from producers.sms.providers.generic_http import Account, HttpGateway
from producers.sms.providers.telnyx import TelnyxSms
from producers.sms.providers.twilio import Twilio
from schemas.events import DeliveryStatus

PUBLIC = "https://study.example"
SECRET = "an-unguessable-path-of-this-gateway"
SENDER = "+447700900999"
Fields = Mapping[str, str | bytes]
_SENT, _DELIVERED, _FAILED = DeliveryStatus.SENT, DeliveryStatus.DELIVERED, DeliveryStatus.FAILED


@dataclass
class Took:
    """What the stand-in took: path, fields or JSON, headers."""

    path: str
    fields: dict[str, Any]
    headers: dict[str, str]


@dataclass
class Answer:
    """What the stand-in answers; a status of 0 hangs up without a word."""

    status: int
    body: str


class Carrier(ThreadingHTTPServer):
    """A provider's interface for sending."""

    def __init__(self, answer: Callable[[Took], Answer]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer = answer
        self.took: list[Took] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    def _do(self) -> None:
        carrier = self.server
        assert isinstance(carrier, Carrier)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        place = urlsplit(self.path)
        if self.headers.get_content_type() == "application/json":
            fields = json.loads(body)
        else:
            fields = dict(parse_qsl(body or place.query, keep_blank_values=True))
        took = Took(place.path, fields, {name.lower(): value for name, value in self.headers.items()})
        carrier.took.append(took)
        answer = carrier.answer(took)
        if answer.status == 0:
            self.close_connection = True
            return
        self.send_response(answer.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer.body.encode())))
        self.end_headers()
        self.wfile.write(answer.body.encode())

    do_GET = do_POST = _do

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet."""


@contextmanager
def carrier(answer: Callable[[Took], Answer]) -> Iterator[Carrier]:
    server = Carrier(answer)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Kit(Protocol):
    """A provider in tests."""

    name: str
    signed: bool
    sends: bool

    def adapter(self, url: str = "") -> Adapter: ...

    def text(self, number: str, words: str, name: str) -> RawRequest: ...

    def delivery_report(self, text: UUID, delivery: DeliveryStatus, name: str) -> RawRequest: ...

    def unreadable(self) -> RawRequest: ...

    def accepted(self) -> Answer: ...

    def refused(self) -> Answer: ...

    def words_sent(self, took: Took) -> str: ...


def _form(path: str, fields: Fields, headers: dict[str, str], query: str = "") -> RawRequest:
    url = f"{PUBLIC}{path}" + (f"?{query}" if query else "")
    return RawRequest(url, headers, tuple(parse_qsl(query)), urlencode(fields).encode())


class TwilioKit:
    name, signed, sends = "twilio", True, True
    _words: ClassVar = {_SENT: "sent", _DELIVERED: "delivered", _FAILED: "undelivered"}

    def adapter(self, url: str = "") -> Adapter:
        return Twilio("token", "ACtest", SENDER, url)

    def signed_fields(self, fields: dict[str, str], query: str = "") -> RawRequest:
        request = _form("/sms/twilio", fields, {}, query)
        signature = RequestValidator("token").compute_signature(request.url, fields)
        return replace(request, headers={"x-twilio-signature": signature})

    def text(self, number: str, words: str, name: str) -> RawRequest:
        return self.signed_fields(
            {"MessageSid": name, "From": number, "To": SENDER, "Body": words, "NumMedia": "0"}
        )

    def delivery_report(self, text: UUID, delivery: DeliveryStatus, name: str) -> RawRequest:
        return self.signed_fields(
            {"MessageSid": name, "MessageStatus": self._words[delivery]}, f"text={text}"
        )

    def unreadable(self) -> RawRequest:
        return self.signed_fields({"Body": "7"})

    def accepted(self) -> Answer:
        return Answer(201, json.dumps({"sid": "SM1", "status": "queued"}))

    def refused(self) -> Answer:
        return Answer(400, json.dumps({"code": 21610, "message": "unsubscribed", "status": 400}))

    def words_sent(self, took: Took) -> str:
        return str(took.fields["Body"])


class TelnyxKit:
    name, signed, sends = "telnyx", True, True
    _key = SigningKey.generate()
    _words: ClassVar = {_SENT: "sent", _DELIVERED: "delivered", _FAILED: "delivery_failed"}

    def adapter(self, url: str = "") -> Adapter:
        key = base64.b64encode(bytes(self._key.verify_key)).decode()
        return TelnyxSms(key, "KEYtest", SENDER, url)

    def _signed(self, event: str, payload: dict[str, Any], query: str = "", age: int = 0) -> RawRequest:
        content = {"data": {"id": "e1", "event_type": event, "payload": payload}}
        return self.signed_body(json.dumps(content).encode(), query, age)

    def signed_body(self, body: bytes, query: str = "", age: int = 0) -> RawRequest:
        at = str(int(time.time()) - age)
        signature = base64.b64encode(self._key.sign(f"{at}|".encode() + body).signature).decode()
        headers = {"telnyx-signature-ed25519": signature, "telnyx-timestamp": at}
        url = f"{PUBLIC}/sms/telnyx" + (f"?{query}" if query else "")
        return RawRequest(url, headers, tuple(parse_qsl(query)), body)

    def old(self) -> RawRequest:
        payload = {"id": "M1", "from": {"phone_number": SENDER}, "text": "7"}
        return self._signed("message.received", payload, age=301)

    def text(self, number: str, words: str, name: str) -> RawRequest:
        payload = {"id": name, "from": {"phone_number": number}, "text": words, "parts": 1, "to": []}
        return self._signed("message.received", payload)

    def delivery_report(self, text: UUID, delivery: DeliveryStatus, name: str) -> RawRequest:
        payload = {"id": name, "to": [{"phone_number": SENDER, "status": self._words[delivery]}]}
        return self._signed("message.finalized", payload, f"text={text}")

    def unreadable(self) -> RawRequest:
        return self._signed("message.received", {"text": "7"})

    def accepted(self) -> Answer:
        return Answer(200, json.dumps({"data": {"id": "M1"}}))

    def refused(self) -> Answer:
        return Answer(422, json.dumps({"errors": [{"code": "40300", "title": "Blocked by STOP"}]}))

    def words_sent(self, took: Took) -> str:
        return str(took.fields["text"])


@dataclass
class HttpKit:
    name: str
    number: str
    words: str
    status: str
    statuses: dict[DeliveryStatus, str]
    taken: Answer
    said: str
    gets: bool = False
    signed: bool = False
    sends: bool = True
    hmac_key: str = ""
    extra: dict[str, str] = field(default_factory=dict)

    def adapter(self, url: str = "") -> Adapter:
        account = Account(f"{url}/send", "user", "password", SENDER, SECRET, self.hmac_key)
        return HttpGateway(self.name, account)

    def request(self, fields: Fields, query: str = "") -> RawRequest:
        if self.gets:
            query = "&".join(filter(None, (query, urlencode(fields))))
            fields = {}
        made = replace(_form(f"/sms/{self.name}/{SECRET}", fields, {}, query), secret=SECRET)
        made = made if fields else replace(made, body=b"")
        if not self.hmac_key:
            return made
        signed = made.body or query.encode()
        return replace(
            made,
            headers={"x-signature": hmac.new(self.hmac_key.encode(), signed, hashlib.sha256).hexdigest()},
        )

    def text(self, number: str, words: str, name: str) -> RawRequest:
        fields: dict[str, str | bytes] = {"id": name, self.number: number, self.words: words}
        if self.name == "jasmin" and not words.isascii():
            raw = words.encode("utf-16-be")  # Jasmin puts the bytes as they came into `content`, too
            fields |= {"coding": "8", "binary": raw.hex(), self.words: raw}
        return self.request(fields)

    def delivery_report(self, text: UUID, delivery: DeliveryStatus, name: str) -> RawRequest:
        return self.request({"id": name, self.status: self.statuses[delivery]}, f"text={text}")

    def unreadable(self) -> RawRequest:
        return self.request({self.words: "7"})

    def accepted(self) -> Answer:
        return self.taken

    def refused(self) -> Answer:
        return Answer(403, "no")

    def words_sent(self, took: Took) -> str:
        if "hex-content" in took.fields:
            return bytes.fromhex(took.fields["hex-content"]).decode("utf-16-be")
        return str(took.fields[self.said])


class SimulatorKit:
    name, signed, sends = "simulator", True, False

    def adapter(self, url: str = "") -> Adapter:
        return FakeProvider("key")

    def _signed(self, said: dict[str, str]) -> RawRequest:
        body = json.dumps(said).encode()
        return RawRequest(f"{PUBLIC}/sms/simulator", {"x-wellstream-signature": sign("key", body)}, (), body)

    def text(self, number: str, words: str, name: str) -> RawRequest:
        return self._signed({"id": name, "from": number, "text": words})

    def delivery_report(self, text: UUID, delivery: DeliveryStatus, name: str) -> RawRequest:
        raise NotImplementedError

    def unreadable(self) -> RawRequest:
        return self._signed({"text": "7"})

    def accepted(self) -> Answer:
        raise NotImplementedError

    refused = accepted

    def words_sent(self, took: Took) -> str:
        raise NotImplementedError


KITS: list[Kit] = [
    TwilioKit(),
    TelnyxKit(),
    HttpKit("kannel", "sender", "text", "dlr", {_SENT: "8", _DELIVERED: "1", _FAILED: "2"},
            Answer(202, "0: Accepted for delivery"), "text", gets=True),
    HttpKit("kannel", "sender", "text", "dlr", {_SENT: "8", _DELIVERED: "1", _FAILED: "16"},
            Answer(202, "0: Accepted for delivery"), "text", gets=True, signed=True, hmac_key="a key"),
    HttpKit("jasmin", "from", "content", "message_status",
            {_SENT: "ACCEPTD", _DELIVERED: "DELIVRD", _FAILED: "UNDELIV"},
            Answer(200, 'Success "07033084-5cfd-4812-90a4-e4d24ffb6e3d"'), "content"),
    HttpKit("africastalking", "from", "text", "status",
            {_SENT: "Sent", _DELIVERED: "Success", _FAILED: "Failed"},
            Answer(201, json.dumps({"SMSMessageData": {"Recipients": [
                {"statusCode": 101, "messageId": "ATXid_1", "number": "x", "status": "Success"}]}})),
            "message", signed=True, hmac_key="a key"),
    SimulatorKit(),
]  # fmt: skip


def kit_name(kit: Kit) -> str:
    return kit.name + ("-hmac" if isinstance(kit, HttpKit) and kit.hmac_key else "")
