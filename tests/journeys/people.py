"""What people do in the journeys: they join, text, get links; and waiting for what follows."""

import time
from collections.abc import Callable
from datetime import timedelta

import httpx
from twilio.request_validator import RequestValidator

from schemas.clock import now
from schemas.identity import event_id
from schemas.settings import Settings
from streams.store.client import Reader
from wellstream.operations.enrolment import call_admin_api, enrol

LIMIT = 90.0
_LONGEST_PAUSE = 0.5


def until(condition: Callable[[], object], limit: float = LIMIT) -> object:
    end, pause = time.monotonic() + limit, 0.05
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(pause)
        pause = min(1.5 * pause, _LONGEST_PAUSE)  # asking takes the processor from what is waited for
    raise AssertionError("the condition did not come true in time")


def person(settings: Settings, number: str, language: str = "en") -> str:
    row = {"number": number, "arm": "cbt", "language": language, "zone": "Europe/Brussels"}
    return enrol(settings, [row | {"start_date": str(now().date())}])[0]


def text(settings: Settings, number: str, body: str, sid: str, *, signed: bool = True) -> httpx.Response:
    url = f"{settings.public_url}/sms/twilio"
    fields = {"MessageSid": sid, "From": number, "To": "+447700900999", "Body": body}
    signature = RequestValidator(settings.secret("twilio_auth_token")).compute_signature(url, fields)
    headers = {"X-Twilio-Signature": signature if signed else "bm90IGEgc2lnbmF0dXJl"}
    return httpx.post(url, data=fields, headers=headers, timeout=10)


def form_link(settings: Settings, participant: str) -> str:
    expires = (now() + timedelta(hours=1)).isoformat()
    prompt = str(event_id("test-prompt", participant))
    wanted = [{"participant": participant, "prompt_id": prompt, "expires_at": expires}]
    return str(call_admin_api(settings, "/links", wanted)[0]["url"])


def count(reader: Reader, sql: str, **params: str) -> int:
    return int(reader.query(f"select count(*) as n from {sql}", **params)["n"][0])
