"""A helper that fails is started again, told once, and closes no door."""

import asyncio
import logging
from itertools import pairwise

import pytest

from producers.gateway import helpers
from producers.gateway.helpers import Helpers, Report

SAID = "+447700900123"


async def test_a_failing_helper_is_started_again_later_each_time(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(helpers, "_FIRST_SECONDS", 0.01)
    tries: list[float] = []
    loop = asyncio.get_running_loop()

    async def sender(_: Report) -> None:
        tries.append(loop.time())
        raise RuntimeError(SAID)

    async def reader(report: Report) -> None:
        report(None)
        await asyncio.Event().wait()

    found = Helpers({"sender": sender, "reader": reader})
    assert found.states == {"sender": "starting", "reader": "starting"}
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

    async def sender(report: Report) -> None:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise RuntimeError
        while True:
            report(None)
            await asyncio.sleep(0.01)

    found = Helpers({"sender": sender})
    running = asyncio.create_task(found.run())
    while found.states["sender"] == "starting":
        await asyncio.sleep(0)
    async with asyncio.timeout(5):
        while found.states["sender"] == "failing":
            await asyncio.sleep(0.01)
    assert tries == 2
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_one_that_tries_again_itself_is_failing_until_it_works(
    caplog: pytest.LogCaptureFixture,
) -> None:
    reports: list[Report] = []

    async def sender(report: Report) -> None:
        reports.append(report)
        await asyncio.Event().wait()

    found = Helpers({"sender": sender})
    running = asyncio.create_task(found.run())
    while not reports:
        await asyncio.sleep(0)
    states = []
    for error in (ConnectionError(SAID), ConnectionError(SAID), None, TimeoutError(SAID), None):
        reports[0](error)
        states.append(found.states["sender"])
    assert states == ["failing", "failing", "working", "failing", "working"]
    assert [record.message for record in caplog.records] == [
        f"the sender is interrupted and tries again: {name}" for name in ("ConnectionError", "TimeoutError")
    ]
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
