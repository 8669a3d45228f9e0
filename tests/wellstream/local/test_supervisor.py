"""Services are kept running, are told apart from dead ones, and leave nothing behind."""

import json
import os
import shutil
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from wellstream.local import keeper
from wellstream.local.kafka import free_port
from wellstream.local.keeper import Service
from wellstream.local.state import claim_home
from wellstream.local.supervisor import AlreadyRunning, ServiceFailed, Supervisor, sole_run
from wellstream.operations.probes import listens

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
        until(lambda: listed(tmp_path)[1]["health"] == "unhealthy")


def failing(name: str = "failing", **more: Any) -> Service:
    """A service that ends at once."""
    return Service(
        name=name,
        command=[sys.executable, "-c", "raise SystemExit('\x1b[31mno such study\x1b[0m')"],
        env={},
        ready=lambda: False,
        grace_seconds=1,
        address="",
        **more,
    )


def sleeping(name: str, ready: Callable[[], bool], **more: Any) -> Service:
    """A service that only waits; whether it is ready is for the test to say."""
    command = [sys.executable, "-c", "import time; time.sleep(600)"]
    return Service(name, command, env={}, ready=ready, grace_seconds=5, address="", **more)


def test_a_service_that_ends_at_once_is_an_error_where_all_are_needed(tmp_path: Path) -> None:
    with (
        pytest.raises(ServiceFailed, match="failing does not start: ended: no such study"),
        Supervisor(tmp_path, [noting(tmp_path, "first"), failing()]),
    ):
        pytest.fail("must not start")
    assert (tmp_path / "ended").read_text().split() == ["first"]


def test_one_of_the_intake_that_ends_at_once_is_an_error(tmp_path: Path) -> None:
    with (
        pytest.raises(
            ServiceFailed, match=r"kafka does not start: ended: no such study \(log: .*kafka.log\)"
        ),
        Supervisor(tmp_path, [failing("kafka", intake=True), noting(tmp_path, "second")], all_within=None),
    ):
        pytest.fail("must not start")
    assert not (tmp_path / "second").exists()


def test_a_helper_that_never_starts_is_tried_again_and_told_of_once(tmp_path: Path) -> None:
    told: list[str] = []
    wanted = [replace(noting(tmp_path, "first"), intake=True), failing(), noting(tmp_path, "third")]
    with Supervisor(tmp_path, wanted, all_within=None, tell=told.append):
        until(lambda: int(str(listed(tmp_path)[1]["restarts"])) >= 2)
        assert listed(tmp_path)[1]["health"] == "unhealthy"
        assert listed(tmp_path)[1]["reason"] == "ended: no such study"
        until(lambda: [one["health"] for one in listed(tmp_path)[::2]] == ["healthy", "healthy"])
    log = tmp_path / "logs" / "failing.log"
    assert told == [f"failing ended: no such study (log: {log}); it will be started again"]


def test_a_helper_may_take_as_long_as_it_likes_to_start(tmp_path: Path) -> None:
    slow = sleeping("store", lambda: False)
    with Supervisor(tmp_path, [slow, noting(tmp_path, "second")], all_within=None):
        until(lambda: listed(tmp_path)[1]["health"] == "healthy")
        assert (
            listed(tmp_path)[0] | {"health": "starting", "reason": "", "restarts": 0} == listed(tmp_path)[0]
        )


def test_where_all_are_needed_one_that_takes_too_long_is_named(tmp_path: Path) -> None:
    with (
        pytest.raises(ServiceFailed, match="store was not ready within 0 s"),
        Supervisor(tmp_path, [sleeping("store", lambda: False)], all_within=0.1),
    ):
        pytest.fail("must not start")


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeper, "_HEALTH_SECONDS", 0.05)
    monkeypatch.setattr(keeper, "_NOTICED_SECONDS", 0.2)
    monkeypatch.setattr(keeper, "SILENT_SECONDS", 0.5)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("answers", [True, False], ids=["not ready", "silent"])
def test_only_one_that_does_not_even_answer_is_restarted(tmp_path: Path, answers: bool) -> None:
    well, told = threading.Event(), list[str]()
    well.set()
    service = sleeping("store", well.is_set, answers=lambda: answers or well.is_set())
    with Supervisor(tmp_path, [service], tell=told.append):
        well.clear()
        if answers:
            until(lambda: told == [f"store is not ready any more (log: {tmp_path / 'logs' / 'store.log'})"])
            assert listed(tmp_path)[0]["restarts"] == 0
        else:
            until(lambda: listed(tmp_path)[0]["restarts"] == 1)
            assert "store has not answered for 0 s and is restarted" in told[-1]
        assert listed(tmp_path)[0]["health"] == "unhealthy"


def broken() -> bool:
    raise ZeroDivisionError


def test_a_probe_that_fails_ends_nothing(tmp_path: Path) -> None:
    with Supervisor(tmp_path, [sleeping("store", broken), noting(tmp_path, "second")], all_within=None):
        until(lambda: listed(tmp_path)[1]["health"] == "healthy")
        assert listed(tmp_path)[0]["health"] == "starting"


def test_a_service_is_not_healthy_because_another_program_answers_on_its_port(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        beaten = sleeping("gateway", lambda: listens(port), port=port)
        with Supervisor(tmp_path, [beaten], all_within=None):
            until(lambda: bool(listed(tmp_path)[0]["reason"]))
            assert listed(tmp_path)[0]["health"] == "starting"
            assert listed(tmp_path)[0]["reason"] == f"is not the program that answers on port {port}"


SERVER = (
    "import socket, sys, time; s = socket.create_server(('127.0.0.1', int(sys.argv[1]))); time.sleep(600)"
)


def test_a_service_whose_child_listens_on_its_port_is_healthy(tmp_path: Path) -> None:
    port = free_port()
    command = [sys.executable, "-c", SERVER, str(port)]
    starter = [sys.executable, "-c", f"import subprocess; subprocess.run({command!r})"]
    with Supervisor(
        tmp_path, [replace(sleeping("gateway", lambda: listens(port), port=port), command=starter)]
    ):
        until(lambda: listed(tmp_path)[0]["health"] == "healthy")


@pytest.fixture
def terminated() -> Iterator[threading.Event]:
    """Set when this process gets SIGTERM."""
    got = threading.Event()
    before = signal.signal(signal.SIGTERM, lambda *_: got.set())
    yield got
    signal.signal(signal.SIGTERM, before)


@pytest.mark.parametrize("all_of_it", [True, False], ids=["the folder", "what is in it"])
def test_without_its_state_folder_nothing_goes_on(
    tmp_path: Path, terminated: threading.Event, all_of_it: bool
) -> None:
    home = tmp_path / "state"
    claim_home(home)
    supervisor = Supervisor(home, [sleeping("gateway", lambda: True)])
    supervisor.__enter__()
    process = psutil.Process(int(str(listed(home)[0]["pid"])))
    shutil.rmtree(home)
    if not all_of_it:
        home.mkdir()
    assert terminated.wait(20)
    with pytest.raises(ServiceFailed, match="was deleted or replaced"):
        supervisor.__exit__()
    assert not process.is_running()


def test_a_list_of_services_that_cannot_be_written_is_told_of_once_and_ends_nothing(tmp_path: Path) -> None:
    (tmp_path / "services.new").mkdir()
    told: list[str] = []
    with Supervisor(tmp_path, [noting(tmp_path, "first"), noting(tmp_path, "second")], tell=told.append):
        assert told == [
            f"{tmp_path / 'services.json'} is out of date, for it cannot be written: Is a directory"
        ]
    assert (tmp_path / "ended").read_text().split() == ["second", "first"]


def test_a_folder_is_used_by_one_run_at_a_time(tmp_path: Path) -> None:
    with sole_run(tmp_path), pytest.raises(AlreadyRunning, match=str(os.getpid())), sole_run(tmp_path):
        pytest.fail("must not start")
    with sole_run(tmp_path):
        pass


def test_a_log_begins_anew_before_it_fills_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeper, "MOST_LOG_BYTES", 100_000)
    monkeypatch.setattr(keeper, "_HEALTH_SECONDS", 0.0)
    program = "import time\nwhile True: print('x' * 999, flush=True); time.sleep(0.001)"
    talkative = Service(
        "talkative", [sys.executable, "-c", program], env={}, ready=lambda: True, grace_seconds=5, address=""
    )
    log = tmp_path / "logs" / "talkative.log"
    with Supervisor(tmp_path, [talkative]):
        until((log.parent / "talkative.log.1").exists)
        until(lambda: log.stat().st_size > 5000)
        assert log.stat().st_size < 2_000_000
        assert b"\x00" not in log.read_bytes()
