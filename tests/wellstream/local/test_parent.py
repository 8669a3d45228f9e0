"""A service whose supervisor was killed ends, even one that does not end when it is asked to."""

import subprocess
import sys
import time

import psutil
import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of it")

STUBBORN = """
import signal, sys, time
from wellstream.local.parent import leave_no_orphan
signal.signal(signal.SIGTERM, signal.SIG_IGN)
leave_no_orphan(grace_seconds=0.5)
print("runs", flush=True)
time.sleep(300)
"""
SUPERVISOR = """
import subprocess, sys, time
from wellstream.local.parent import die_with_parent
preexec = die_with_parent if sys.argv[2] == "supervised" else None
child = subprocess.Popen([sys.executable, "-c", sys.argv[1]], stdout=subprocess.PIPE, preexec_fn=preexec)
child.stdout.readline()
print(child.pid, flush=True)
time.sleep(300)
"""


@pytest.mark.parametrize(("how", "ends"), [("supervised", True), ("alone", False)])
def test_only_a_supervised_process_ends_after_its_parent(how: str, ends: bool) -> None:
    command = [sys.executable, "-c", SUPERVISOR, STUBBORN, how]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as supervisor:
        assert supervisor.stdout is not None
        child = psutil.Process(int(supervisor.stdout.readline()))
        supervisor.kill()
    try:
        time.sleep(0.2)
        assert child.is_running()
        deadline = time.monotonic() + (60 if ends else 3)
        while child.is_running() and child.status() != psutil.STATUS_ZOMBIE and time.monotonic() < deadline:
            time.sleep(0.1)
        assert (not child.is_running() or child.status() == psutil.STATUS_ZOMBIE) == ends
    finally:
        if child.is_running():
            child.kill()
