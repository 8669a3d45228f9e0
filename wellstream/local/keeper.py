"""One service kept running: started, probed, and started again for as long as anybody wants it.

Whether a service is ready and whether it answers are two questions. One that is not ready (Kafka is away,
say) is shown as unhealthy and left alone, since a restart would not help. One that has been ready and does
not even answer any more is restarted.
"""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from schemas.clock import now
from wellstream.local.parent import die_with_parent
from wellstream.operations.probes import owns_port

SILENT_SECONDS = 120.0
"""How long a service that was ready may fail to answer before it is restarted."""

MOST_LOG_BYTES = 10 * 1024 * 1024
_POLL_SECONDS = 0.2
_SLOW_POLL_SECONDS = 1.0
_HEALTH_SECONDS = 5.0
_NOTICED_SECONDS = 10.0
_SLOW_START_SECONDS = 60.0
_STEADY_SECONDS = 20.0
_FIRST_BACKOFF = 0.25
_LONGEST_BACKOFF = 30.0
_TAIL_BYTES = 16_384
_LONGEST_LINE = 300
_NOT_READY = "is not ready"
_TERMINAL_CODES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|[\x00-\x08\x0b-\x1f\x7f]")


class Health(StrEnum):
    """What is known of a service.

    Attributes:
        STARTING: It has never been ready yet, nor failed.
        HEALTHY: It was ready when last asked.
        UNHEALTHY: It ended, or is not ready any more.
    """

    STARTING = "starting"
    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"


@dataclass(frozen=True)
class Service:
    """A child process to keep running.

    Attributes:
        name: The service's name, and that of its log file.
        command: The command line.
        env: Environment variables in addition to those of this process.
        ready: Whether the service is working; called from a thread, must return within seconds.
        grace_seconds: How long it may take to stop.
        address: Where people or programs reach it.
        once_ready: Called once when it is ready, before any other service starts.
        ready_file: The file that the service writes when it is ready; a stale one is removed first.
        answers: Whether it responds at all, even if it is not ready; None if that cannot be asked.
        port: The TCP port that it opens. It is ready only when the port is its own.
        intake: Whether check-ins cannot be accepted without it: it starts first, and `up` ends if it cannot.
    """

    name: str
    command: list[str]
    env: dict[str, str]
    ready: Callable[[], bool]
    grace_seconds: float
    address: str
    once_ready: Callable[[], None] | None = None
    ready_file: Path | None = None
    answers: Callable[[], bool] | None = None
    port: int | None = None
    intake: bool = False


class Keeper:
    """Keeps one service running, in a thread of its own, from `start` to `stop`.

    Args:
        service: The service.
        log: The file for what it prints.
        changed: Called whenever the attributes have changed.
        tell: Called with a sentence for people, once for each change.

    Attributes:
        health: What is known of it.
        reason: Why it is not healthy, in words; empty if it is.
        pid: Its process; None while there is none.
        started_at: When that process started.
        restarts: How often it was started again.
        failed: Whether it has ended without ever having been ready.
    """

    def __init__(
        self, service: Service, log: Path, changed: Callable[[], None], tell: Callable[[str], None]
    ) -> None:
        self.service = service
        self.health = Health.STARTING
        self.reason = ""
        self.pid: int | None = None
        self.started_at: datetime = now()
        self.restarts = 0
        self.failed = False
        self.log = log
        self._changed = changed
        self._tell = tell
        self._told = ""
        self._log_began = 0
        self._failures = 0
        self._stopping = threading.Event()
        # Linux ends a thread's children when the thread ends, so the thread that starts it also ends it.
        self._thread = threading.Thread(target=self._keep, name=f"keeper of {service.name}", daemon=True)

    def start(self) -> None:
        """Start the service; returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """End the service, and wait until it has ended."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _keep(self) -> None:
        while not self._stopping.is_set():
            try:
                process = self._spawn()
            except OSError as error:
                self._failed(f"cannot be started: {error.strerror or error}")
            else:
                self.pid, self.started_at = process.pid, now()
                self._changed()
                trouble = self._watch(process)
                _end(process, self.service.grace_seconds)
                self.pid = None
                if trouble and not self._stopping.is_set():
                    self._failed(trouble)
            delay = _FIRST_BACKOFF * 2 ** min(max(self._failures - 1, 0), 16)
            if not self._stopping.wait(min(delay, _LONGEST_BACKOFF)):
                self.restarts += 1

    def _spawn(self) -> subprocess.Popen[bytes]:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if self.service.ready_file:
            self.service.ready_file.unlink(missing_ok=True)
        with self.log.open("ab") as output:
            self._log_began = output.tell()
            return subprocess.Popen(
                self.service.command,
                env=self.service.env or None,
                stdout=output,
                stderr=output,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                preexec_fn=die_with_parent if sys.platform == "linux" else None,
            )

    def _watch(self, process: subprocess.Popen[bytes]) -> str:
        """Probe a process until it ends, is silent for too long, or is to stop; says what happened."""
        began = ready_at = answered_at = next_probe = time.monotonic()
        ready_since: float | None = None
        was_ready = False
        while not self._stopping.wait(_POLL_SECONDS):
            if process.poll() is not None:
                return self._how_it_ended(process.returncode)
            if time.monotonic() < next_probe:
                continue
            self._rotate()
            why = self._why_not_ready(process.pid, owned=was_ready)
            moment = time.monotonic()
            if not why:
                ready_since, ready_at, answered_at, was_ready = ready_since or moment, moment, moment, True
                self._well(steady=moment - ready_since >= _STEADY_SECONDS)
                next_probe = moment + _HEALTH_SECONDS
                continue
            ready_since = None
            waited = moment - (ready_at if was_ready else began)
            self._not_ready(why, waited, was_ready=was_ready)
            next_probe = moment + (_POLL_SECONDS if waited < _SLOW_START_SECONDS else _SLOW_POLL_SECONDS)
            if was_ready and self.service.answers:
                answered_at = moment if _holds(self.service.answers) else answered_at
                if moment - answered_at > SILENT_SECONDS:
                    return f"has not answered for {SILENT_SECONDS:.0f} s and is restarted"
        return ""

    def _rotate(self) -> None:
        """Keep the log within its size: beyond it, it begins anew, and what it was stays as `.1`."""
        with contextlib.suppress(OSError):  # a log is not worth a service
            if self.log.stat().st_size > MOST_LOG_BYTES:
                shutil.copyfile(self.log, self.log.with_name(f"{self.log.name}.1"))
                os.truncate(self.log, 0)  # the process appends, wherever the end is
                self._log_began = 0

    def _why_not_ready(self, pid: int, *, owned: bool) -> str:
        if not _holds(self.service.ready):
            return _NOT_READY
        if self.service.port is not None and not owned and not owns_port(pid, self.service.port):
            return f"is not the program that answers on port {self.service.port}"
        return ""

    def _well(self, *, steady: bool) -> None:
        if steady:
            self._failures = 0
            if self._told:
                self._told = ""
                self._tell(f"{self.service.name} is healthy again")
        if self.health is not Health.HEALTHY:
            self.health, self.reason = Health.HEALTHY, ""
            self._changed()

    def _not_ready(self, why: str, waited: float, *, was_ready: bool) -> None:
        if was_ready and self.health is Health.HEALTHY:
            self.health, self.reason = Health.UNHEALTHY, why
            self._changed()
        elif self.health is Health.STARTING and self.reason != why and why != _NOT_READY:
            self.reason = why
            self._changed()
        if was_ready and waited > _NOTICED_SECONDS:
            self._tell_once(f"{self.service.name} {why} any more (log: {self.log})")
        elif not was_ready and waited > _SLOW_START_SECONDS:
            self._tell_once(f"{self.service.name} is still starting (log: {self.log})")

    def _failed(self, trouble: str) -> None:
        self._failures += 1
        self.failed = self.failed or self.health is Health.STARTING
        self.health, self.reason = Health.UNHEALTHY, trouble
        self._changed()
        self._tell_once(f"{self.service.name} {trouble} (log: {self.log}); it will be started again")

    def _tell_once(self, sentence: str) -> None:
        # Times and numbers of processes differ between two occurrences of the same trouble.
        gist = re.sub(r"[0-9]+", "", sentence)
        if gist != self._told:
            self._told = gist
            self._tell(sentence)

    def _how_it_ended(self, code: int) -> str:
        if code < 0:
            return f"was ended by {signal.Signals(-code).name}"
        return f"ended: {self._last_line()}"

    def _last_line(self) -> str:
        """What its process logged last, without terminal codes and at most 300 characters."""
        try:
            with self.log.open("rb") as file:
                size = file.seek(0, os.SEEK_END)
                own = self._log_began if self._log_began <= size else 0
                file.seek(max(size - _TAIL_BYTES, own))
                text = file.read().decode(errors="replace")
        except OSError:
            return "its log cannot be read"
        lines = _TERMINAL_CODES.sub("", text).strip().splitlines()
        return lines[-1].strip()[-_LONGEST_LINE:] if lines else "it logged nothing"


def _holds(probe: Callable[[], bool]) -> bool:
    """What a probe says; one that fails says no, for it must not end what it looks at."""
    try:
        return probe()
    except Exception:
        return False


def _end(process: subprocess.Popen[bytes], grace_seconds: float) -> None:
    if process.poll() is None:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(grace_seconds)
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(grace_seconds)
