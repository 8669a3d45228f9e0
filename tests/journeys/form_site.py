"""A real gateway on a free port, with a real vault and the session's broker, for the pages of the form."""

import asyncio
import threading
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import uvicorn
from axe_playwright_python.base import AXE_SCRIPT, AxeResults
from playwright.sync_api import Browser, Page, sync_playwright
from pydantic import SecretStr

from producers.forms.recent_answers import Follower, RecentAnswers
from producers.gateway.app import build_gateway
from producers.kafka.publisher import Publisher
from producers.sms.providers.registry import Registry
from producers.vault import Enrolment, NewLink, Vault
from schemas.clock import now
from schemas.codec import Unreadable, decode
from schemas.events import CheckInSubmitted
from schemas.settings import Settings
from schemas.study import Study
from schemas.topic_log import read_to_end
from schemas.topics import CHECKINS
from wellstream.local.kafka import free_port

_T = TypeVar("_T")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


class FormSite:
    """The gateway in a thread of its own; `ahead` sets its clock forward."""

    def __init__(self, home: Path, kafka: str, studies: Sequence[Study]) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.ahead = timedelta()
        self.studies = {study.ref: study for study in studies}
        self.settings = Settings(
            home=home,
            kafka=kafka,
            public_url=self.url,
            vault_key=SecretStr("a key of at least thirty-two characters"),
            twilio_auth_token=SecretStr("twilio's token"),
        )
        self.recent = RecentAnswers(self.studies)
        self._number = 447700900200
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> "FormSite":
        self._thread.start()
        self.run(self._open())
        return self

    def __exit__(self, *_: object) -> None:
        self.run(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def run(self, work: Coroutine[Any, Any, _T]) -> _T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    def clock(self) -> datetime:
        return now() + self.ahead

    def person(self, study: Study, language: str) -> str:
        self._number += 1
        joining = Enrolment(
            number=f"+{self._number}", study=study.ref, arm=study.arms[0].id, language=language,
            zone="Europe/Brussels", start_date=now().date(),
        )  # fmt: skip
        return self.run(self.vault.directory.enrol([joining], now()))[0].participant

    def link(self, participant: str, *, standing: bool = False) -> str:
        wanted = NewLink(
            participant=participant,
            prompt_id=None if standing else uuid4(),
            expires_at=self.clock() + timedelta(hours=1),
        )
        return f"{self.url}/c/{self.run(self.vault.links.create([wanted]))[0]}"

    def fresh(self, study: Study, language: str = "en") -> str:
        return self.link(self.person(study, language))

    def checkins(self, participant: str) -> list[CheckInSubmitted]:
        """Every one of the person's check-ins that is on the topic now."""
        return self.run(self._checkins(participant))

    async def _checkins(self, participant: str) -> list[CheckInSubmitted]:
        found = []
        async for record in read_to_end(self.settings.kafka, (CHECKINS,)):
            with suppress(Unreadable):  # other tests put poison there
                found.append(decode(record.value))
        return [e for e in found if isinstance(e, CheckInSubmitted) and e.participant == participant]

    async def _open(self) -> None:
        self.vault = await Vault.open(self.settings.vault_path, self.settings.secret("vault_key"))
        self._publisher = Publisher(self.settings.kafka, limit=3)
        self._follower = asyncio.create_task(Follower(self.recent, self.settings.kafka, self.clock).run())
        app = build_gateway(
            self.settings,
            self.studies,
            Registry(),
            self.vault,
            self._publisher,
            self.clock,
            recent=self.recent,
        )
        self._server = uvicorn.Server(
            uvicorn.Config(app, port=self.port, log_level="warning", access_log=False, lifespan="off")
        )
        self._serving = asyncio.create_task(self._server.serve())
        while not self._server.started:
            await asyncio.sleep(0.01)

    async def _close(self) -> None:
        self._server.should_exit = True
        self._follower.cancel()
        await asyncio.gather(self._serving, self._follower, return_exceptions=True)
        await self._publisher.close()
        await self.vault.close()


@contextmanager
def chromium(path: str) -> Iterator[Browser]:
    """A real browser; it asks no server but ours."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"],
        )
        yield browser
        browser.close()


def look_for_violations(page: Page) -> AxeResults:
    """What axe finds; its half a megabyte comes into each document once, not before each look at it."""
    if page.evaluate("!window.axe"):
        page.evaluate(AXE_SCRIPT)
    wanted = {"runOnly": {"type": "tag", "values": TAGS}, "resultTypes": ["violations"]}
    return AxeResults(page.evaluate("wanted => axe.run(wanted)", wanted))


def press(page: Page, action: str) -> None:
    page.locator(f"[name=Action][value='{action}']").click()


def choose(page: Page, **values: str) -> None:
    for name, value in values.items():
        page.locator(f"[name='{name.replace('_', '-')}'][value='{value}']").check(force=True)


def fill_demo(page: Page) -> None:
    choose(page, mood="6", stress="4", handled="5")
