"""The demo as a newcomer runs it: Ctrl-C at any moment leaves no process and loses nothing."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from schemas.topic_rights import RIGHTS
from wellstream.local.environment import SECRETS
from wellstream.local.kafka import free_port
from wellstream.local.kafka_users import kafka_users
from wellstream.local.secrets import local_secrets

pytestmark = [pytest.mark.kafka, pytest.mark.journey, pytest.mark.timeout(600)]


def environment(home: Path) -> dict[str, str]:
    gateway, admin = free_port(), free_port()
    return os.environ | {
        "WELLSTREAM_HOME": str(home),
        "WELLSTREAM_GATEWAY_PORT": str(gateway),
        "WELLSTREAM_PUBLIC_URL": f"http://127.0.0.1:{gateway}",
        "WELLSTREAM_ADMIN_PORT": str(admin),
        "WELLSTREAM_ADMIN_URL": f"http://127.0.0.1:{admin}",
        "WELLSTREAM_STORE_PORT": str(free_port()),
        "WELLSTREAM_DASHBOARD_PORT": str(free_port()),
    }


Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts demos; those that a failing test leaves are ended, and their services' last words are shown."""
    demos: list[subprocess.Popen[str]] = []

    def starting(*more: str, env: dict[str, str]) -> "subprocess.Popen[str]":
        demo = subprocess.Popen(
            [sys.executable, "-m", "wellstream", "demo", "--people", "9", "--days", "21", *more],
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            # Whoever runs the tests in the background ignores Ctrl-C, and so would the demo.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        demos.append(demo)
        return demo

    yield starting
    left = [demo for demo in demos if demo.poll() is None]
    if left:
        for log in sorted(tmp_path.glob("demo/logs/*.log")):
            print(f"{log.name}:", *log.read_text(errors="replace").splitlines()[-20:], sep="\n")
    for demo in left:
        # The supervisor alone: its services end with it.
        demo.kill()
        demo.communicate(timeout=30)


def wait_until_all_run(services: Path) -> None:
    end = time.monotonic() + 240
    while not (
        services.exists() and '"dashboard"' in (text := services.read_text()) and "starting" not in text
    ):
        assert time.monotonic() < end, f"not all of {services.name} run"
        time.sleep(0.05)


SET_ELSEWHERE = {
    "telnyx_api_key",
    "http_sms_password",
    "http_sms_secret",
    "http_sms_hmac_key",
    "oidc_client_secret",
}


def secrets_of(listed: list[dict[str, Any]], home: Path) -> dict[str, set[str]]:
    """The secrets of the installation in the environment of each service's process, by service."""
    return {
        one["name"]: secrets_in(psutil.Process(one["pid"]), home) for one in listed if one["name"] != "kafka"
    }


def secrets_in(process: psutil.Process, home: Path) -> set[str]:
    """The secrets of the installation that a process has in its environment."""
    known = {f"kafka {user}": password for user, password in kafka_users(home).items()} | local_secrets(home)
    given = set(process.environ().values())
    return {name for name, value in known.items() if value in given}


def test_ctrl_c_in_the_middle_and_a_second_run_that_ends_the_first_ones_work(
    tmp_path: Path, start: Start
) -> None:
    home = tmp_path / "demo"
    env = environment(tmp_path)
    first = start(env=env)
    wait_until_all_run(home / "services.json")
    listed = json.loads((home / "services.json").read_text())["services"]
    family = [psutil.Process(first.pid), *psutil.Process(first.pid).children(recursive=True)]
    assert [service["name"] for service in listed] == [
        "kafka",
        "gateway",
        "store",
        "worker",
        "planner",
        "dashboard",
    ]
    status = subprocess.run(
        [sys.executable, "-m", "wellstream", "status"],
        env=env, capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert "dashboard" in status.stdout
    assert not [path for path in (home, *home.rglob("*")) if path.lstat().st_mode & 0o077]
    assert secrets_of(listed, home) == {
        name: {*SECRETS[name]} - SET_ELSEWHERE | {f"kafka {name}"} & {f"kafka {user}" for user in RIGHTS}
        for name in ("gateway", "store", "worker", "planner", "dashboard")
    }
    second = start(env=env)
    said, _ = second.communicate(timeout=60)
    assert second.returncode == 1
    assert f"is already running from {home} as process {first.pid}" in " ".join(said.split())
    first.send_signal(signal.SIGINT)
    said, _ = first.communicate(timeout=120)
    assert "lost=0" in said.strip().splitlines()[-1]
    assert first.returncode == 0
    assert not [p for p in family if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]
    logs = {log.stem: log.read_text() for log in (home / "logs").glob("*.log")}
    assert not [name for name, text in logs.items() if "\x1b" in text or "\b" in text]
    assert logs["dashboard"].strip() in ("", "Stopping...")
    again = start("--for", "1", "--pace", "0.2", env=env)
    said, _ = again.communicate(timeout=200)
    last = said.strip().splitlines()[-1]
    found = re.fullmatch(r"accepted=(\d+) stored=(\d+) quarantined=(\d+) lost=0", last)
    assert found, said
    accepted, stored, quarantined = map(int, found.groups())
    assert accepted == stored + quarantined
    assert accepted > 300
    assert quarantined > 0
    assert again.returncode == 0


def test_a_port_in_use_is_one_sentence(tmp_path: Path, start: Start) -> None:
    env = environment(tmp_path)
    with socket.create_server(("127.0.0.1", int(env["WELLSTREAM_GATEWAY_PORT"]))):
        demo = start(env=env)
        said, _ = demo.communicate(timeout=120)
    assert demo.returncode == 1
    assert f"port {env['WELLSTREAM_GATEWAY_PORT']}" in said
    assert "Traceback" not in said
