"""A helper that fails is started again, told once, and closes no door."""

import asyncio
import logging
from itertools import pairwise

import pytest

from producers.gateway import helpers
from producers.gateway.helpers import Helpers

SAID = "+447700900123"


async def test_a_failing_helper_is_started_again_later_each_time(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(helpers, "_FIRST_SECONDS", 0.01)
    tries: list[float] = []
    loop = asyncio.get_running_loop()

    async def sender() -> None:
        tries.append(loop.time())
        raise RuntimeError(SAID)

    async def reader() -> None:
        await asyncio.Event().wait()

    found = Helpers({"sender": sender, "reader": reader})
    assert found.states == {"sender": "working", "reader": "working"}
    with caplog.at_level(logging.ERROR):
        running = asyncio.create_task(found.run())
        while len(tries) < 5:
            await asyncio.sleep(0.01)
    assert found.states == {"sender": "failing", "reader": "working"}
    pauses = [later - earlier for earlier, later in pairwise(tries)]
    assert all(pause > 0.01 * 2**number for number, pause in enumerate(pauses))
    (line,) = [record.message for record in caplog.records]
    assert "the sender failed and is started again: RuntimeError" in line
    assert "+44" not in line
    assert not running.done()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_one_that_lasts_is_working_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(helpers, "_FIRST_SECONDS", 0.01)
    monkeypatch.setattr(helpers, "_STEADY_SECONDS", 0.05)
    tries = 0

    async def sender() -> None:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise RuntimeError
        await asyncio.Event().wait()

    found = Helpers({"sender": sender})
    running = asyncio.create_task(found.run())
    while found.states["sender"] == "working":
        await asyncio.sleep(0)
    async with asyncio.timeout(5):
        while found.states["sender"] == "failing":
            await asyncio.sleep(0.01)
    assert tries == 2
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
