"""Measures what hostile connections do to honest check-ins: answers, times, and the gateway's memory.

    uv run python -m benchmarks.hostile [SECONDS]

Starts its own Kafka and gateway on loopback, and for each kind of hostile connection, for so many seconds,
opens up to 3,000 of them, 1,000 at a time, while people send check-ins by the form: half of them from the
address that the hostile connections come from, as behind a proxy, half from another one.
"""

import asyncio
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from multiprocessing import get_context
from multiprocessing.queues import Queue
from pathlib import Path

import aiohttp
import psutil

from benchmarks.installation import own_settings
from schemas.clock import now
from schemas.settings import Settings
from wellstream.local.kafka import local_kafka
from wellstream.local.services import services
from wellstream.local.supervisor import Supervisor
from wellstream.operations.enrolment import call_admin_api, enrol
from wellstream.operations.topics import create_topics

PEOPLE = 100
HONEST_A_SECOND = 10
MOST = 3000
AT_ONCE = 1000
ADDRESSES = {"same address": "127.0.0.1", "another": "127.0.0.2"}
GET = b"GET /c/unknown HTTP/1.1\r\nHost: x\r\n\r\n"
POST = b"POST /c/unknown HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
SIGNED = b"POST /sms/twilio HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Twilio-Signature: c2lnbmVk\r\n"
FIELDS = b"MessageSid=SM1&From=%2B447700900001&Body=7"

KINDS: dict[str, Callable[[], Iterator[bytes]]] = {
    "nothing": lambda: iter(()),
    "idle": lambda: iter(()),
    "huge headers": lambda: iter([b"GET / HTTP/1.1\r\nCookie: ", *[b"x" * 65536] * 64]),
    "many headers": lambda: iter([b"GET / HTTP/1.1\r\nHost: x\r\n" + b"a:b\r\n" * 3000 + b"\r\n"]),
    "half a header": lambda: iter([b"GET /c/unknown HTTP/1.1\r\nHost"]),
    "no body": lambda: iter([POST + b"Content-Length: 1000\r\n\r\n"]),
    "half a body": lambda: iter([POST + b"Content-Length: 1000\r\n\r\n" + b"a" * 500]),
    "half a second request": lambda: iter([GET + POST + b"Content-Length: 1000\r\n\r\n"]),
    "dribbled body": lambda: iter([POST + b"Content-Length: 1000\r\n\r\n", *[b"a"] * 1000]),
    "one-byte chunks": lambda: iter(
        [POST + b"Transfer-Encoding: chunked\r\n\r\n" + b"1\r\na\r\n" * 40_000]
    ),
    "pipelined": lambda: iter([GET * 500]),
    "pipelined garbage": lambda: iter([GET + b"\x00\xff garbage\r\n" * 1000]),
    "bad HTTP": lambda: iter([b"\x16\x03\x01\x02\x00\x01\x00"]),
    "wrong path": lambda: iter([GET.replace(b"/c/unknown", b"/admin/../etc/passwd")]),
    "wrong method": lambda: iter([GET.replace(b"GET", b"BREW")]),
    "bad signature": lambda: iter([SIGNED + b"Content-Length: %d\r\n\r\n" % len(FIELDS) + FIELDS]),
    "answer not taken": lambda: iter([b"GET /static/form.js HTTP/1.1\r\nHost: x\r\n\r\n" * 500]),
}  # fmt: skip


@dataclass
class Honest:
    """What became of the check-ins from one address: seconds of each that was served, and the others."""

    sent: int = 0
    took: list[float] = field(default_factory=list)
    otherwise: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        cuts = statistics.quantiles(self.took, n=100) if len(self.took) > 1 else [float("nan")] * 99
        return (
            f"{len(self.took)} of {self.sent} served, p50 {1000 * cuts[49]:.0f} ms, "
            f"p99 {1000 * cuts[98]:.0f} ms {dict(self.otherwise) or ''}"
        )


def attack(kind: str, port: int, seconds: float, results: "Queue[Counter[str]]") -> None:
    """Open hostile connections; what was answered, by the first digit of the status."""
    results.put(asyncio.run(_attack(kind, port, seconds)))


async def _attack(kind: str, port: int, seconds: float) -> Counter[str]:
    found: Counter[str] = Counter()
    deadline = time.monotonic() + seconds

    async def one() -> None:
        while time.monotonic() < deadline and found["connections"] < MOST:
            found["connections"] += 1
            with suppress(OSError, asyncio.TimeoutError):
                async with asyncio.timeout(deadline - time.monotonic()):
                    async for digit in _connection(kind, port):
                        found[f"{digit}xx"] += 1

    if kind != "nothing":
        await asyncio.gather(*(one() for _ in range(AT_ONCE)))
    return found


async def _connection(kind: str, port: int) -> AsyncIterator[str]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for part in KINDS[kind]():
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(0.05 if kind == "dribbled body" else 0)
        if kind == "answer not taken":
            await asyncio.sleep(60)
        while line := await reader.readline():
            if line.startswith(b"HTTP/1.1 "):
                yield chr(line[9])
    except (ValueError, ConnectionError):
        pass
    finally:
        writer.transport.abort()


async def honest(urls: list[str], seconds: float, source: str) -> Honest:
    """Send check-ins at a steady rate, each on a connection of its own."""
    found = Honest()

    async def one(place: int) -> None:
        found.sent += 1
        fields = {
            "mood": str(place % 11),
            "stress": "4",
            "handled": "5",
            "submission_id": f"{time.time_ns()}",
        }
        connector = aiohttp.TCPConnector(local_addr=(source, 0), force_close=True)
        began = time.perf_counter()
        try:
            async with (
                aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(10)) as client,
                client.post(urls[place % len(urls)], data=fields) as answer,
            ):
                await answer.read()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            found.otherwise[type(error).__name__] += 1
            return
        if answer.status == 200:
            found.took.append(time.perf_counter() - began)
        else:
            found.otherwise[str(answer.status)] += 1

    begun = time.monotonic()
    async with asyncio.TaskGroup() as group:
        for place in range(int(seconds * HONEST_A_SECOND)):
            await asyncio.sleep(max(0.0, begun + place / HONEST_A_SECOND - time.monotonic()))
            group.create_task(one(place))
    return found


async def measure(kind: str, port: int, urls: list[str], seconds: float, gateway: psutil.Process) -> None:
    """One kind: print what it did."""
    context = get_context("spawn")
    results = context.Queue()
    hostile = context.Process(target=attack, args=(kind, port, seconds, results), daemon=True)
    hostile.start()
    await asyncio.sleep(2)  # until it has begun
    most = 0

    async def watch() -> None:
        nonlocal most
        while True:
            most = max(most, gateway.memory_info().rss)
            await asyncio.sleep(0.1)

    watching = asyncio.create_task(watch())
    half = len(urls) // 2
    shares = (urls[:half], urls[half:])
    served = await asyncio.gather(
        *(
            honest(links, seconds - 2, source)
            for links, source in zip(shares, ADDRESSES.values(), strict=True)
        )
    )
    answers = await asyncio.to_thread(results.get, True, 60)
    hostile.join()
    watching.cancel()
    print(
        f"{kind}: {answers.pop('connections', 0):,} connections, answers {dict(answers)}; {most / 1e6:.0f} MB"
    )
    for name, one in zip(ADDRESSES, served, strict=True):
        print(f"    {name}: {one}", flush=True)


def links_of(settings: Settings) -> list[str]:
    """A link to the form for each of the people."""
    person = {"arm": "cbt", "language": "en", "zone": "Europe/London", "start_date": str(now().date())}
    people = enrol(settings, [person | {"number": f"+447700{900000 + place:06d}"} for place in range(PEOPLE)])
    expires = (now() + timedelta(hours=2)).isoformat()
    wanted = [{"participant": one, "prompt_id": None, "expires_at": expires} for one in people]
    return [one["url"] for one in call_admin_api(settings, "/links", wanted)]


def main(seconds: float, kinds: list[str]) -> None:
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        kafka = stack.enter_context(local_kafka(home / "kafka"))
        asyncio.run(create_topics(kafka))
        settings = own_settings(home, kafka)
        chosen = [one for one in services(settings) if one.name == "gateway"]
        stack.enter_context(Supervisor(home, chosen))
        urls = links_of(settings)
        (process,) = [
            one for one in psutil.Process().children(recursive=True)
            if one.cmdline()[-2:] == ["serve", "gateway"]
        ]  # fmt: skip
        print(f"before: {process.memory_info().rss / 1e6:.0f} MB")
        for kind in kinds:
            asyncio.run(measure(kind, settings.gateway_port, urls, seconds, process))
        time.sleep(5)
        print(f"after: {process.memory_info().rss / 1e6:.0f} MB")
        for log in sorted((home / "logs").glob("gateway*.log")):
            print(f"log: {log.stat().st_size:,} bytes, {len(log.read_text().splitlines()):,} lines")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 10, sys.argv[2:] or list(KINDS))
