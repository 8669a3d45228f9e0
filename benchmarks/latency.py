"""Measures the time from an accepted webhook until the row can be read, on a running demo.

Run `uv run wellstream demo` in one terminal and `uv run just bench latency` in another. The baseline,
measured in the same run, is the webhook alone: from sending the request to its acknowledgement.
"""

import statistics
import sys
import time
from uuid import uuid4

import httpx
from twilio.request_validator import RequestValidator

from schemas.clock import now
from schemas.identity import event_id
from streams.store.client import Reader
from wellstream.local.state import adopt_running
from wellstream.operations.enrolment import enrol

_NUMBER = "+447700900998"


def main(count: int) -> None:
    """Send `count` texts one after another; print median and 99th percentile in milliseconds."""
    settings = adopt_running()
    reader = Reader(settings.store_uri, settings.secret("store_token"))
    start = str(now().date())
    person = {"number": _NUMBER, "arm": "cbt", "language": "en", "zone": "Europe/London", "start_date": start}
    enrol(settings, [person])
    signer = RequestValidator(settings.secret("twilio_auth_token"))
    url = settings.public_url + "/sms/twilio"
    acknowledged, readable = [], []
    with httpx.Client(timeout=10) as client:
        for _ in range(count):
            sid = f"SM{uuid4().hex}"
            fields = {"MessageSid": sid, "From": _NUMBER, "Body": "7 3 5"}
            headers = {"X-Twilio-Signature": signer.compute_signature(url, fields)}
            sent = time.perf_counter()
            client.post(url, data=fields, headers=headers).raise_for_status()
            accepted = time.perf_counter()
            cause = str(event_id("twilio", sid))
            while not len(reader.query("select 1 from checkins where cause = :cause", cause=cause)):
                time.sleep(0.005)
            acknowledged.append(accepted - sent)
            readable.append(time.perf_counter() - accepted)
    for name, values in (
        ("webhook acknowledged", acknowledged),
        ("row readable after acknowledgement", readable),
    ):
        cuts = statistics.quantiles(values, n=100)
        print(f"{name}: median {1000 * cuts[49]:.0f} ms, 99th percentile {1000 * cuts[98]:.0f} ms, n={count}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 500)
