"""What providers send that is odd, wrong or evil: read, asked for again or refused, and never a crash."""

import json
from contextlib import suppress
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.sms.providers.base import (
    DeliveryReport,
    Inbound,
    MalformedRequest,
    NotAuthentic,
    Outgoing,
    RawRequest,
)
from producers.sms.providers.fake import sign
from producers.sms.providers.generic_http import Account, HttpGateway
from schemas.events import DeliveryStatus
from tests.producers.sms.providers.kits import (
    KITS,
    PUBLIC,
    SECRET,
    Answer,
    HttpKit,
    Kit,
    SimulatorKit,
    TelnyxKit,
    TwilioKit,
    carrier,
    kit_name,
)

NUMBER = "+447700900123"
TEXT = UUID("6d0e4b1c-7f0b-5f0e-9a57-2f6a3f1c8b11")
TWILIO, TELNYX = TwilioKit(), TelnyxKit()
ADAPTERS = [(kit, kit.adapter()) for kit in KITS]
CREDENTIALS = [
    "x-twilio-signature", "telnyx-signature-ed25519", "telnyx-timestamp", "x-signature",
    "x-wellstream-signature",
]  # fmt: skip
FIELDS = ["data", "event_type", "payload", "id", "from", "to", "text", "phone_number", "status", "errors"]
HTTP = {kit_name(kit): kit for kit in KITS if isinstance(kit, HttpKit)}


@pytest.mark.parametrize("kit", KITS, ids=kit_name)
@pytest.mark.parametrize(
    "words",
    ["7\x00 3 5", "👨‍👩‍👧‍👦 7️⃣", "\ufeff7", "7\u202e3", "\x1b[31m7", "x" * 10_240, "😀" * 2_500, "%00%ff+&="],
    ids=["null", "zwj", "bom", "turned", "escape", "10KB", "10KB-emoji", "escapes"],
)
def test_odd_texts_arrive_as_they_were_written(kit: Kit, words: str) -> None:
    request = kit.text(NUMBER, words, "M1")
    adapter = kit.adapter()
    adapter.authenticate(request)
    assert adapter.parse(request) == [Inbound("M1", NUMBER, words)]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(FIELDS), inner),
).map(lambda content: json.dumps(content).encode())


@given(
    body=st.binary(max_size=200) | JSON,
    headers=st.dictionaries(
        st.sampled_from(CREDENTIALS),
        st.text(st.characters(max_codepoint=255)) | st.integers().map(str) | st.just("9" * 400),
    ),
    query=st.lists(st.tuples(st.text(max_size=9), st.text(max_size=9)), max_size=3),
    secret=st.text(max_size=40) | st.just(SECRET),
)
def test_a_forged_request_is_refused_whatever_it_is(
    body: bytes, headers: dict[str, str], query: list[tuple[str, str]], secret: str
) -> None:
    for kit, adapter in ADAPTERS:
        url = f"{PUBLIC}/sms/{kit.name}/?{'&'.join(map('='.join, query))}"
        request = RawRequest(url, headers, tuple(query), body, secret)
        if secret == SECRET and isinstance(kit, HttpKit) and not kit.hmac_key:
            adapter.authenticate(request)
        else:
            with pytest.raises((NotAuthentic, MalformedRequest)):
                adapter.authenticate(request)
        with suppress(MalformedRequest):
            adapter.parse(request)


@given(JSON)
def test_signed_json_of_any_shape_is_read_or_refused(body: bytes) -> None:
    _, adapter = ADAPTERS[1]
    with suppress(NotAuthentic, MalformedRequest):
        adapter.authenticate(TELNYX.signed_body(body))
        adapter.parse(TELNYX.signed_body(body))


def test_half_an_emoji_at_the_end_of_a_part_does_not_cost_the_text() -> None:
    payload = b'{"id": "M1", "from": {"phone_number": "+1"}, "text": "7 \\ud83d"}'
    request = TELNYX.signed_body(b'{"data": {"event_type": "message.received", "payload": %b}}' % payload)
    TELNYX.adapter().authenticate(request)
    assert TELNYX.adapter().parse(request) == [Inbound("M1", "+1", "7 \ufffd")]
    said = b'{"id": "M1", "from": "+1", "text": "\\ud83d\\ude00 \\ude00"}'
    simulated = RawRequest(PUBLIC, {"x-wellstream-signature": sign("key", said)}, (), said)
    assert SimulatorKit().adapter().parse(simulated) == [Inbound("M1", "+1", "😀 \ufffd")]
    hexadecimal = {"id": "M1", "from": "1", "content": "?", "coding": "8", "binary": "00370020d83d"}
    assert _words("jasmin", hexadecimal) == "7 \ufffd"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"coding": "8", "binary": "", "content": ""}, ""),
        ({"coding": "8", "binary": "zz", "content": "7"}, "7"),
        ({"coding": "8", "content": "7"}, "7"),
        ({"coding": "3", "binary": "e9203700", "content": b"\xe9 7\x00"}, "é 7\x00"),
        ({"coding": "0", "binary": "37", "content": "7"}, "7"),
        ({"content": b"\xff\xfe7\x00"}, "\ufffd\ufffd7\x00"),
    ],
)
def test_jasmins_encodings(fields: dict[str, str | bytes], words: str) -> None:
    assert _words("jasmin", {"id": "M1", "from": "447700900123"} | fields) == words


@pytest.mark.parametrize("body", [b"from=%2B1&id=M1&text=caf%e9+7", b"from=%2B1&id=M1&text=caf\xe9+7"])
def test_latin_1_is_asked_for_again_rather_than_refused(body: bytes) -> None:
    request = RawRequest(PUBLIC, {}, (), body, SECRET)
    assert HttpGateway("africastalking", _account()).parse(request) == [Inbound("M1", "+1", "caf\ufffd 7")]


@pytest.mark.parametrize("kit", [TWILIO, TELNYX, SimulatorKit()], ids=lambda kit: kit.name)
def test_a_body_in_utf_16_is_unreadable(kit: Kit) -> None:
    request = replace(kit.text(NUMBER, "7", "M1"), body="MessageSid=M1&Body=7".encode("utf-16"))
    with pytest.raises(MalformedRequest):
        kit.adapter().parse(request)


@pytest.mark.parametrize("number", ["+447700900123", "447700900123", " 447700900123", "00447700900123"])
@pytest.mark.parametrize("name", ["kannel", "jasmin", "africastalking-hmac"])
def test_a_number_comes_with_its_plus_sign_or_without(name: str, number: str) -> None:
    (text,) = HTTP[name].adapter().parse(HTTP[name].text(number, "7", "M1"))
    assert isinstance(text, Inbound)
    assert text.number == "+447700900123"


def test_a_short_code_or_a_name_is_no_number() -> None:
    for sender in ("Bank", "0770", "", "+"):
        request = HTTP["kannel"].text(sender, "7", "M1")
        if sender:
            assert HTTP["kannel"].adapter().parse(request) == [Inbound("M1", sender, "7")]
        else:
            with pytest.raises(MalformedRequest):
                HTTP["kannel"].adapter().parse(request)


def test_the_hmac_is_over_the_query_as_it_was_sent() -> None:
    query = "id=M1&sender=%2B1&text=a%20b~c"
    account = _account("a key")
    signature = sign("a key", query.encode())
    request = RawRequest(
        f"{PUBLIC}/sms/kannel/{SECRET}?{query}", {"x-signature": signature},
        (("id", "M1"), ("sender", "+1"), ("text", "a b~c")), b"", SECRET,
    )  # fmt: skip
    HttpGateway("kannel", account).authenticate(request)


def test_twilio_names_the_opt_out_that_it_honoured() -> None:
    request = TWILIO.signed_fields(
        {"MessageSid": "M1", "From": NUMBER, "Body": "Basta", "OptOutType": "STOP"}
    )
    TWILIO.adapter().authenticate(request)
    assert TWILIO.adapter().parse(request) == [Inbound("M1", NUMBER, "Basta", honoured="STOP")]


@pytest.mark.parametrize(
    ("body", "code", "opted_out"),
    [
        ("<html>Forbidden</html>", "403", False),
        ("", "403", False),
        ("[1]", "403", False),
        ('{"type": "x", "title": "y", "status": 403, "code": 21610}', "21610", True),
    ],
)
async def test_twilios_refusals_in_any_shape(body: str, code: str, opted_out: bool) -> None:
    with carrier(lambda _: Answer(403, body)) as provider:
        adapter = TWILIO.adapter(provider.url)
        sent = await adapter.send(Outgoing(TEXT, NUMBER, "7", 60, PUBLIC))
        await adapter.close()
    assert (sent.delivery, sent.code, sent.opted_out) == (DeliveryStatus.FAILED, code, opted_out)


@pytest.mark.parametrize("kit", [kit for kit in KITS if kit.sends], ids=kit_name)
async def test_a_provider_that_is_not_there_may_be_asked_again(kit: Kit) -> None:
    adapter = kit.adapter("http://127.0.0.1:1")
    sent = await adapter.send(Outgoing(TEXT, NUMBER, "7", 60, PUBLIC))
    await adapter.close()
    assert (sent.delivery, sent.code, sent.retry) == (DeliveryStatus.FAILED, "unreachable", True)


def test_a_report_with_an_unknown_status_or_id_does_not_crash() -> None:
    for fields in ({"dlr": "4"}, {"dlr": "1", "text": "no uuid"}, {"dlr": "1", "id": "x" * 900}):
        request = RawRequest(PUBLIC, {}, tuple(fields.items()), b"", SECRET)
        for one in HTTP["kannel"].adapter().parse(request):
            assert isinstance(one, DeliveryReport)
            assert one.text is None
            assert len(one.message_id) <= 64


def _account(hmac_key: str = "") -> Account:
    return Account("", "user", "password", "+1", SECRET, hmac_key)


def _words(name: str, fields: dict[str, Any]) -> str:
    (text,) = HTTP[name].adapter().parse(HTTP[name].request(fields))
    assert isinstance(text, Inbound)
    return text.body
