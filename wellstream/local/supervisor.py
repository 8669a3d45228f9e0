"""Services as child processes: started in order, restarted when they die, stopped in reverse order."""

import contextlib
import ctypes
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Self

from filelock import FileLock, Timeout

from schemas.clock import now

_READY_SECONDS = 90.0
_POLL_SECONDS = 0.2
_HEALTH_SECONDS = 5.0
_FIRST_BACKOFF = 0.25
_LONGEST_BACKOFF = 30.0
_GIVE_UP_AFTER = 10
_DEATHS_COUNT_SECONDS = 300.0
_PR_SET_PDEATHSIG = 1


class AlreadyRunning(RuntimeError):
    """Another `up` or `demo` is using the state folder."""


class ServiceFailed(RuntimeError):
    """A service does not start, or dies again and again."""


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
        once_ready: Called once when it is ready, before the next service starts.
        ready_file: The file that the service writes when it is ready; a stale one is removed first.
    """

    name: str
    command: list[str]
    env: dict[str, str]
    ready: Callable[[], bool]
    grace_seconds: float
    address: str
    once_ready: Callable[[], None] = lambda: None
    ready_file: Path | None = None


@dataclass
class _Child:
    service: Service
    process: subprocess.Popen[bytes]
    started_at: datetime
    deaths: list[float] = field(default_factory=list)
    restart_at: float | None = None
    probe_at: float = 0.0
    healthy: bool = False


@contextmanager
def sole_run(home: Path) -> Iterator[None]:
    """Lock the state folder, so that one `up` or `demo` uses it at a time.

    Raises:
        AlreadyRunning: Another process holds the lock.
    """
    home.mkdir(parents=True, exist_ok=True)
    lock = FileLock(home / "lock")
    holder = home / "lock.pid"
    try:
        lock.acquire(timeout=0)
    except Timeout:
        pid = holder.read_text() if holder.exists() else "unknown"
        raise AlreadyRunning(
            f"wellstream is already running from {home} as process {pid}; stop it first "
            "(`wellstream status` shows the services)"
        ) from None
    try:
        holder.write_text(str(os.getpid()))
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()


class Supervisor:
    """Keeps services running while the `with` block runs.

    Args:
        home: State folder, for logs and `services.json`.
        services: The services in the order in which they start.
    """

    def __init__(self, home: Path, services: Sequence[Service]) -> None:
        self._home = home
        self._services = services
        self._children: list[_Child] = []
        self._stopping = threading.Event()
        self._ended = threading.Event()
        self._changing = threading.RLock()
        self._watcher = threading.Thread(target=self._watch, name="supervisor", daemon=True)

    def __enter__(self) -> Self:
        try:
            for service in self._services:
                self._start(service)
            self._watcher.start()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def _log(self, service: Service) -> Path:
        return self._home / "logs" / f"{service.name}.log"

    def _spawn(self, service: Service) -> subprocess.Popen[bytes]:
        log = self._log(service)
        log.parent.mkdir(parents=True, exist_ok=True)
        if service.ready_file:
            service.ready_file.unlink(missing_ok=True)
        with log.open("ab") as output:
            return subprocess.Popen(
                service.command,
                env=os.environ | service.env,
                stdout=output,
                stderr=output,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                preexec_fn=_die_with_parent if sys.platform == "linux" else None,
            )

    def _start(self, service: Service) -> None:
        child = _Child(service, self._spawn(service), now())
        self._children.append(child)
        self._publish()
        limit = time.monotonic() + _READY_SECONDS
        while not service.ready():
            if child.process.poll() is not None:
                raise ServiceFailed(f"{service.name} stopped while starting: {self._last_line(service)}")
            if time.monotonic() > limit:
                raise ServiceFailed(
                    f"{service.name} was not ready within {_READY_SECONDS:.0f} s; see {self._log(service)}"
                )
            time.sleep(_POLL_SECONDS)
        child.healthy = True
        self._publish()
        service.once_ready()

    def _last_line(self, service: Service) -> str:
        lines = self._log(service).read_text(errors="replace").strip().splitlines()
        return f"{lines[-1] if lines else 'it logged nothing'} (log: {self._log(service)})"

    def _watch(self) -> None:
        while not self._stopping.wait(_POLL_SECONDS):
            if not all(self._check(child) for child in list(self._children)):
                os.kill(os.getpid(), signal.SIGTERM)
                break
        # Linux ends a thread's children when the thread ends: stay until they have been stopped in order.
        self._ended.wait()

    def _check(self, child: _Child) -> bool:
        """Check one child and restart it if it died; False if it died too often."""
        moment = time.monotonic()
        if child.process.poll() is None:
            if moment >= child.probe_at:
                self._note_health(child, child.service.ready())
                child.probe_at = time.monotonic() + (_HEALTH_SECONDS if child.healthy else _POLL_SECONDS)
            return True
        if child.restart_at is None:
            child.deaths = [d for d in child.deaths if moment - d < _DEATHS_COUNT_SECONDS] + [moment]
            self._note_health(child, False)
            if len(child.deaths) > _GIVE_UP_AFTER:
                print(
                    f"{child.service.name} died too often: {self._last_line(child.service)}", file=sys.stderr
                )
                return False
            child.restart_at = moment + min(_FIRST_BACKOFF * 2 ** (len(child.deaths) - 1), _LONGEST_BACKOFF)
        elif moment >= child.restart_at:
            with self._changing:
                if not self._stopping.is_set():
                    child.process, child.started_at = self._spawn(child.service), now()
                    child.restart_at = None
                    self._publish()
        return True

    def _note_health(self, child: _Child, healthy: bool) -> None:
        if child.healthy != healthy:
            child.healthy = healthy
            self._publish()

    def _stop(self) -> None:
        self._stopping.set()
        with self._changing:
            for child in reversed(self._children):
                _end(child.process, child.service.grace_seconds)
            self._children.clear()
            self._publish()
        self._ended.set()

    def _publish(self) -> None:
        with self._changing:
            listed = [
                {
                    "name": child.service.name,
                    "pid": child.process.pid,
                    "address": child.service.address,
                    "health": "healthy" if child.healthy else "starting",
                    "started_at": child.started_at.isoformat(timespec="seconds"),
                    "restarts": len(child.deaths),
                }
                for child in self._children
            ]
            path = self._home / "services.json"
            fresh = path.with_suffix(".new")
            fresh.write_text(json.dumps({"services": listed}, indent=2))
            fresh.replace(path)


def _die_with_parent() -> None:
    """Ask Linux to end this child when the supervisor ends, however that happens."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _end(process: subprocess.Popen[bytes], grace_seconds: float) -> None:
    if process.poll() is None:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(grace_seconds)
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    process.wait(grace_seconds)
