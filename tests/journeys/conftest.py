"""The whole system as separate processes on the session's broker."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext

from schemas.settings import Settings
from streams.store.client import Reader
from tests.conftest import DEMO
from tests.journeys.form_site import chromium
from wellstream.local.kafka import free_port
from wellstream.local.services import local_settings, services
from wellstream.local.supervisor import Supervisor


def with_free_ports(settings: Settings) -> Settings:
    gateway, admin = free_port(), free_port()
    return settings.model_copy(
        update={
            "gateway_port": gateway,
            "admin_port": admin,
            "admin_url": f"http://127.0.0.1:{admin}",
            "public_url": f"http://127.0.0.1:{gateway}",
            "store_port": free_port(),
            "dashboard_port": free_port(),
        }
    )


@pytest.fixture(scope="session")
def settings(broker: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    home = tmp_path_factory.mktemp("home")
    settings = with_free_ports(local_settings(home, DEMO, broker, simulation=True))
    # Often enough to be seen by a test, and seldom enough to leave the processors to the others.
    return settings.model_copy(update={"batch_minutes": 0.2})


@pytest.fixture(scope="session")
def system(settings: Settings) -> Iterator[Settings]:
    """Store, gateway and worker, running and supervised."""
    wanted = [service for service in services(settings) if service.name != "dashboard"]
    with Supervisor(settings.home, wanted):
        yield settings


@pytest.fixture(scope="session")
def reader(system: Settings) -> Reader:
    return Reader(system.store_uri, system.secret("store_token"))


@pytest.fixture(scope="module")
def browser(browser_path: str) -> Iterator[Browser]:
    with chromium(browser_path) as opened:
        yield opened


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context(viewport={"width": 360, "height": 740})
    yield made
    made.close()
