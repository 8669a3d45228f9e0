"""Kills and pauses the services of a running study, and says what was lost and how long each was away.

    uv run python -m benchmarks.faults [KILLS] [PAUSES]

Runs a demo of its own in a temporary folder, with a simulated check-in every quarter of a second. Each fault
hits one service, Kafka among them, in turn: SIGKILL, or SIGSTOP for 33 seconds (longer than a Kafka session).
It is over when all services are healthy again. At the end `wellstream check` compares what was acknowledged
with Kafka and with the store, and the demo counts what it sent.
"""

import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from wellstream.local.kafka import free_port

PAUSE_SECONDS = 33.0
SETTLE_SECONDS = 3.0
LONGEST_SECONDS = 300.0
PORTS = ("GATEWAY_PORT", "ADMIN_PORT", "STORE_PORT", "DASHBOARD_PORT")
DEMO = ("demo", "--people", "20", "--days", "7", "--pace", "0.25")


def run(kills: int, pauses: int) -> None:
    """Print a line for each fault, and what is left at the end."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        env = os.environ | {f"WELLSTREAM_{name}": str(free_port()) for name in PORTS}
        env["WELLSTREAM_HOME"] = str(home)
        command = [sys.executable, "-m", "wellstream"]
        demo = subprocess.Popen([*command, *DEMO], env=env, stdout=subprocess.PIPE, text=True)
        assert demo.stdout is not None
        try:
            begun = time.monotonic()
            wait_until_healthy(home)
            print(f"healthy after {time.monotonic() - begun:.0f} s", flush=True)
            while "Press Ctrl-C" not in (line := demo.stdout.readline()) and line:
                pass  # the past is sent first
            away: dict[str, list[float]] = {"kill": [], "pause": []}
            for place in range(max(kills, pauses)):
                for what, how_many in (("kill", kills), ("pause", pauses)):
                    if place < how_many:
                        away[what].append(fault(home, what, place))
            for what, seconds in away.items():
                if seconds:
                    middle, longest = statistics.median(seconds), max(seconds)
                    print(f"{len(seconds)} x {what}: {middle:.1f} s (median), {longest:.1f} s (longest)")
            time.sleep(SETTLE_SECONDS * 5)
            env["WELLSTREAM_HOME"] = str(home / "demo")
            checked = subprocess.run(
                [*command, "check"], env=env, capture_output=True, text=True, check=False
            )
            print(f"check: code {checked.returncode}\n{checked.stdout}{checked.stderr}")
        finally:
            demo.send_signal(signal.SIGINT)
            said, _ = demo.communicate(timeout=LONGEST_SECONDS)
        print(f"demo: code {demo.returncode}: {said.strip().splitlines()[-1]}")


def fault(home: Path, what: str, place: int) -> float:
    """Make a fault, and return after how many seconds all services were healthy again."""
    services = listed(home)
    victim = next(islice(cycle(services), place, None))
    begun = time.monotonic()
    if what == "kill":
        os.kill(victim["pid"], signal.SIGKILL)
    else:
        os.kill(victim["pid"], signal.SIGSTOP)
        time.sleep(PAUSE_SECONDS)
        os.kill(victim["pid"], signal.SIGCONT)
        begun = time.monotonic()
    time.sleep(SETTLE_SECONDS)
    wait_until_healthy(home)
    took = time.monotonic() - begun
    print(f"{what} {place + 1} ({victim['name']}): healthy again after {took:.1f} s", flush=True)
    return took


def wait_until_healthy(home: Path) -> None:
    """Wait until every service of the demo is healthy.

    Raises:
        TimeoutError: One is not within five minutes.
    """
    end = time.monotonic() + LONGEST_SECONDS
    while not (found := listed(home)) or len(found) < 6 or any(one["health"] != "healthy" for one in found):
        if time.monotonic() > end:
            raise TimeoutError(f"not healthy: {found}")
        time.sleep(0.2)


def listed(home: Path) -> list[dict[str, Any]]:
    """The services of the demo, as they are now."""
    try:
        found = json.loads((home / "demo" / "services.json").read_text())["services"]
    except (OSError, ValueError, KeyError):
        return []
    return list(found)


if __name__ == "__main__":
    run(*map(int, sys.argv[1:] or ("20", "10")))
