"""Sends 200 texts a second for a minute through the signed webhook, and counts lost texts and duplicates.

    uv run python -m benchmarks.inbound [SECONDS]

Starts its own Kafka, store, gateway and worker, enrols 400 people, and sends every twentieth text twice, as
a provider does that got no response. The baseline, in the same run and at the same rate, is a server that
checks the same signature and does nothing else.
"""

import asyncio
import statistics
import sys
import tempfile
import time
from contextlib import ExitStack
from multiprocessing import Process
from pathlib import Path
from urllib.parse import urlencode

import aiohttp
import uvicorn
import uvloop
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from twilio.request_validator import RequestValidator

from benchmarks.installation import own_settings
from schemas.clock import now
from schemas.identity import event_id
from streams.store.client import Reader
from streams.store.reconcile import settle
from wellstream.local.kafka import free_port, local_kafka
from wellstream.local.services import services
from wellstream.local.supervisor import Supervisor
from wellstream.operations.enrolment import enrol
from wellstream.operations.topics import create_topics

A_SECOND = 200
PEOPLE = 400
TWICE = 20


def number_of(place: int) -> str:
    """A number that no network uses; the first hundred are reserved for fiction (Ofcom)."""
    return f"+447700{900000 + place:06d}"


def texts(url: str, token: str, seconds: int, run: str) -> list[tuple[str, bytes, str]]:
    """Prepare what a provider sends: id of the resulting event, form body and signature."""
    signer = RequestValidator(token)
    made = []
    for place in range(A_SECOND * seconds):
        sid = f"SM{run}{place}"
        fields = {"MessageSid": sid, "From": number_of(place % PEOPLE), "Body": f"{place % 11} 3 5"}
        signature = str(signer.compute_signature(url, fields))
        made.append((str(event_id("twilio", sid)), urlencode(fields).encode(), signature))
    return made


async def send(url: str, made: list[tuple[str, bytes, str]]) -> tuple[set[str], list[float], int]:
    """Send at the set rate; returns the acknowledged ids, the seconds each took, and how many failed."""
    accepted: set[str] = set()
    took: list[float] = []
    failed = 0

    async def one(client: aiohttp.ClientSession, place: int) -> None:
        nonlocal failed
        name, body, signature = made[place]
        headers = {
            "X-Twilio-Signature": signature,
            "Content-Type": "application/x-www-form-urlencoded",
        }
        for _ in range(2 if place % TWICE == 0 else 1):
            started = time.perf_counter()
            try:
                async with client.post(url, data=body, headers=headers) as answer:
                    status = answer.status
            except aiohttp.ClientError:
                failed += 1
                continue
            took.append(time.perf_counter() - started)
            if status == 200:
                accepted.add(name)
            else:
                failed += 1

    connector = aiohttp.TCPConnector(limit=100, keepalive_timeout=2)
    async with aiohttp.ClientSession(connector=connector) as client, asyncio.TaskGroup() as group:
        started = time.perf_counter()
        for place in range(len(made)):
            await asyncio.sleep(max(0.0, started + place / A_SECOND - time.perf_counter()))
            group.create_task(one(client, place))
    return accepted, took, failed


def serve_peer(port: int, token: str) -> None:
    """A server that only checks the signature."""
    validator, url = RequestValidator(token), f"http://127.0.0.1:{port}/sms/twilio"

    async def receive(request: Request) -> Response:
        fields = dict(await request.form())
        valid = validator.validate(url, fields, request.headers.get("X-Twilio-Signature", ""))
        return Response(status_code=200 if valid else 403)

    app = Starlette(routes=[Route("/sms/twilio", receive, methods=["POST"])])
    uvicorn.run(app, port=port, log_level="warning", access_log=False)


def print_latency(name: str, took: list[float], seconds: float) -> float:
    cuts = statistics.quantiles(took, n=100)
    print(
        f"{name}: {len(took):,} requests in {seconds:.1f} s ({len(took) / seconds:.0f}/s), "
        f"median {1000 * cuts[49]:.1f} ms, 99th percentile {1000 * cuts[98]:.1f} ms"
    )
    return cuts[49]


def main(seconds: int) -> None:
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        kafka = stack.enter_context(local_kafka(home / "kafka"))
        asyncio.run(create_topics(kafka))
        settings = own_settings(home, kafka)
        chosen = [one for one in services(settings) if one.name in ("store", "gateway", "worker")]
        stack.enter_context(Supervisor(home, chosen))
        day = str(now().date())
        person = {"arm": "cbt", "language": "en", "zone": "Europe/London", "start_date": day}
        enrol(settings, [person | {"number": number_of(place)} for place in range(PEOPLE)])
        token = settings.secret("twilio_auth_token")
        peer_port = free_port()
        peer = Process(target=serve_peer, args=(peer_port, token), daemon=True)
        peer.start()
        time.sleep(2)
        medians = []
        for name, url in (
            ("peer", f"http://127.0.0.1:{peer_port}/sms/twilio"),
            ("wellstream", f"{settings.public_url}/sms/twilio"),
        ):
            made = texts(url, token, seconds, name)
            started = time.perf_counter()
            accepted, took, failed = uvloop.run(send(url, made))
            medians.append(print_latency(name, took, time.perf_counter() - started))
            print(f"{name}: {failed} refused")
        peer.terminate()
        stopped = time.perf_counter()
        reader = Reader(settings.store_uri, settings.secret("store_token"))
        found = settle(reader.query, accepted, 300)
        print(f"all stored {time.perf_counter() - stopped:.1f} s after the last text")
        rows = int(reader.query("select count(*) as n from checkins")["n"][0])
        print(
            f"{found}; rows={rows} duplicates={rows - found.stored}; "
            f"median ratio {medians[1] / medians[0]:.1f}"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 60)
