"""Measures bytes, round trips and time of the form's first page, against a static page from the same server.

Run `uv run just bench first_page`; it needs neither Kafka nor a browser. Round trips are not measured but
computed from the response's size and an initial window of ten segments of 1460 bytes (RFC 6928).
"""

import asyncio
import gzip
import math
import statistics
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

import httpx
import uvicorn
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Mount, Route

from producers.forms.assets import SCRIPT, STYLE
from producers.gateway.app import build_gateway
from producers.kafka.publisher import Publisher
from producers.sms.providers.registry import Registry
from producers.vault import Enrolment, NewLink, Vault
from schemas.clock import now
from schemas.settings import Settings
from schemas.study.file import load_study
from wellstream.local.kafka import free_port

SEGMENT, WINDOW = 1460, 10
PEER = "<!doctype html><html lang=en><title>A plain page</title><p>One sentence.</p></html>"


async def main(count: int) -> None:
    """Request both pages in turn; print bytes, round trips and medians."""
    study = load_study(Path(__file__).parents[1] / "studies" / "demo.yaml")
    with tempfile.TemporaryDirectory() as home:
        settings = Settings(
            home=Path(home),
            simulation=True,  # lifts the rate limits, since all requests come from one address
            vault_key=SecretStr("a key of at least thirty-two characters"),
            twilio_auth_token=SecretStr("unused"),
        )
        vault = await Vault.open(settings.vault_path, settings.secret("vault_key"))
        publisher = Publisher(settings.kafka)
        gateway = build_gateway(settings, {study.ref: study}, Registry(), vault, publisher, now)
        app = Starlette(routes=[Route("/peer", lambda _: HTMLResponse(PEER)), Mount("/", gateway)])
        port = free_port()
        server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="warning", access_log=False))
        serving = asyncio.create_task(server.serve())
        await asyncio.sleep(1)
        for number, language in enumerate(study.languages):
            enrolment = Enrolment(
                number=f"+4477009004{number:02}",
                study=study.ref,
                arm="cbt",
                language=language,
                zone="Europe/Brussels",
                start_date=now().date(),
            )
            person = (await vault.directory.enrol([enrolment], now()))[0]
            link = NewLink(participant=person.participant, expires_at=now() + timedelta(hours=1))
            tokens = await vault.links.create([link] * (1 + count // 100))
            await measure(f"http://127.0.0.1:{port}", language, tokens, count)
        server.should_exit = True
        await serving
        await publisher.close()
        await vault.close()


async def measure(base: str, language: str, tokens: list[str], count: int) -> None:
    form: list[float] = []
    peer: list[float] = []
    async with httpx.AsyncClient(base_url=base, headers={"Accept-Encoding": "gzip"}) as client:
        for number in range(count):
            for path, times in ((f"/c/{tokens[number // 100]}", form), ("/peer", peer)):
                started = time.perf_counter()
                answer = await client.get(path)
                times.append(1000 * (time.perf_counter() - started))
                if path != "/peer":
                    page = answer
    page.raise_for_status()
    sent = int(page.headers["Content-Length"]) + sum(len(k) + len(v) + 4 for k, v in page.headers.raw) + 17
    assets = [len(gzip.compress(text.encode())) for text in (STYLE, SCRIPT)]
    total = len(page.content) + len(STYLE.encode()) + len(SCRIPT.encode())
    print(
        f"{language}: {len(page.content)} bytes of HTML, {sent} sent with headers, "
        f"{math.ceil(sent / (SEGMENT * WINDOW))} round trip; "
        f"style {assets[0]}, script {assets[1]} compressed; {total} bytes in all, uncompressed"
    )
    ours, theirs = statistics.median(form), statistics.median(peer)
    print(f"    median {ours:.2f} ms, plain page {theirs:.2f} ms, ratio {ours / theirs:.1f}, n={count}")


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 300))
