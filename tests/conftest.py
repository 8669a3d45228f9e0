"""What all tests share: one real broker for the session, and a browser where there is one."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from wellstream.local.kafka import local_kafka
from wellstream.operations.topics import create_topics

DEMO = Path(__file__).parents[1] / "studies" / "demo.yaml"


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Bootstrap servers of a real broker; WELLSTREAM_TEST_BROKER names another one."""
    given = os.environ.get("WELLSTREAM_TEST_BROKER")
    if given:
        yield given
        return
    with local_kafka(tmp_path_factory.mktemp("kafka")) as bootstrap:
        yield bootstrap


@pytest.fixture(scope="session")
async def broker(kafka: str) -> str:
    """The broker, with all topics."""
    await create_topics(kafka)
    return kafka


@pytest.fixture(scope="session")
def browser_path() -> str:
    """A Chromium; CI must have one, elsewhere its tests are skipped."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        if os.environ.get("CI"):
            pytest.fail("CI needs a browser: install chromium")
        pytest.skip("there is no Chromium on this machine")
    return found
