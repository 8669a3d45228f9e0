"""Services are kept running, are told apart from dead ones, and leave nothing behind."""

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from wellstream.local.supervisor import AlreadyRunning, Service, ServiceFailed, Supervisor, sole_run

NOTE = """
import pathlib, signal, subprocess, sys, time
place, name = pathlib.Path(sys.argv[1]), sys.argv[2]
def end(*_):
    with (place / "ended").open("a") as order: order.write(name + " ")
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
if "parent" in sys.argv: subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
(place / name).write_text("up")
while True: time.sleep(0.05)
"""


def noting(place: Path, name: str, *more: str) -> Service:
    """A service that is ready when its file is there, and writes down that it was asked to end."""
    return Service(
        name=name,
        command=[sys.executable, "-c", NOTE, str(place), name, *more],
        env={},
        ready=(place / name).exists,
        grace_seconds=5,
        address=name,
    )


def listed(home: Path) -> list[dict[str, object]]:
    return list(json.loads((home / "services.json").read_text())["services"])


def until(condition: Callable[[], bool], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "the condition did not come true in time"
        time.sleep(0.05)


def test_services_end_in_reverse_order_and_leave_no_process(tmp_path: Path) -> None:
    with Supervisor(tmp_path, [noting(tmp_path, "first", "parent"), noting(tmp_path, "second")]):
        family = [child for s in listed(tmp_path) for child in _family(int(str(s["pid"])))]
        assert len(family) == 3
    assert (tmp_path / "ended").read_text().split() == ["second", "first"]
    assert listed(tmp_path) == []
    until(lambda: not any(p.is_running() and p.status() != psutil.STATUS_ZOMBIE for p in family))


def _family(pid: int) -> list[psutil.Process]:
    process = psutil.Process(pid)
    return [process, *process.children(recursive=True)]


@pytest.mark.slow
def test_a_killed_service_is_started_again_and_its_health_is_told(tmp_path: Path) -> None:
    with Supervisor(tmp_path, [noting(tmp_path, "first"), noting(tmp_path, "second")]):
        before = listed(tmp_path)[0]
        (tmp_path / "first").unlink()
        os.kill(int(str(before["pid"])), signal.SIGKILL)
        until(lambda: listed(tmp_path)[0]["restarts"] == 1)
        until(lambda: listed(tmp_path)[0]["health"] == "healthy")
        after = listed(tmp_path)[0]
        assert after["pid"] != before["pid"]
        assert str(after["started_at"]) >= str(before["started_at"])
        (tmp_path / "second").unlink()
        until(lambda: listed(tmp_path)[1]["health"] == "starting")


def test_a_service_that_ends_at_once_is_an_error_with_the_last_line_of_its_log(tmp_path: Path) -> None:
    failing = Service(
        name="failing",
        command=[sys.executable, "-c", "raise SystemExit('no such study')"],
        env={},
        ready=lambda: False,
        grace_seconds=1,
        address="",
    )
    with (
        pytest.raises(ServiceFailed, match="failing stopped while starting: no such study"),
        Supervisor(tmp_path, [noting(tmp_path, "first"), failing]),
    ):
        pytest.fail("must not start")
    assert (tmp_path / "ended").read_text().split() == ["first"]


def test_a_folder_is_used_by_one_run_at_a_time(tmp_path: Path) -> None:
    with sole_run(tmp_path), pytest.raises(AlreadyRunning, match=str(os.getpid())), sole_run(tmp_path):
        pytest.fail("must not start")
    with sole_run(tmp_path):
        pass
