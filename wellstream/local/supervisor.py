"""Services as child processes: the intake first, each kept running, stopped in reverse order."""

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

import psutil
from filelock import FileLock, Timeout

from schemas.folders import make_folder
from wellstream.local.keeper import Health, Keeper, Service

_POLL_SECONDS = 0.05
_GUARD_SECONDS = 1.0
_ALL_WITHIN_SECONDS = 300.0
_OTHERS_AFTER_SECONDS = 60.0
_MARKS = ("format", "secrets.json")


class AlreadyRunning(RuntimeError):
    """Another `up` or `demo` is using the state folder."""


class ServiceFailed(RuntimeError):
    """A service does not start, or what the services need is gone."""


@contextmanager
def sole_run(home: Path) -> Iterator[None]:
    """Lock the state folder, so that one `up` or `demo` uses it at a time.

    Raises:
        AlreadyRunning: Another process holds the lock.
    """
    make_folder(home)
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


def tell_terminal(sentence: str) -> None:
    """Print a sentence for people, if there is anybody left to read it."""
    with suppress(OSError, ValueError):
        print(f"wellstream: {sentence}", file=sys.stderr, flush=True)


class Supervisor:
    """Keeps services running while the `with` block runs.

    Kafka and the gateway are the intake and start first. No other service that fails ends the block: it is
    started again for as long as the block runs, and its trouble is told once and stands in `services.json`.

    Args:
        home: State folder, for logs and `services.json`.
        services: The services, those of the intake first.
        all_within: How many seconds to wait for all of them before the block begins; None begins it as soon
            as the intake is ready.
        tell: Called with a sentence for people, from any thread.

    Raises:
        ServiceFailed: At the beginning, if one of the intake ends instead of being ready; or any, if all are
            waited for. At the end, if the state folder was deleted meanwhile.
    """

    def __init__(
        self,
        home: Path,
        services: Sequence[Service],
        *,
        all_within: float | None = _ALL_WITHIN_SECONDS,
        tell: Callable[[str], None] = tell_terminal,
    ) -> None:
        self._home = home
        self._file = home / "services.json"
        self._all_within = all_within
        self._tell = tell
        self._keepers = [
            Keeper(service, home / "logs" / f"{service.name}.log", self._publish, tell)
            for service in services
        ]
        self._started: list[Keeper] = []
        self._publishing = threading.Lock()
        self._unwritten = False
        self._failure = ""
        self._ended = threading.Event()
        self._folder = 0
        self._marks: list[Path] = []

    def __enter__(self) -> Self:
        make_folder(self._home)
        self._folder = self._home.stat().st_ino
        self._marks = [mark for name in _MARKS if (mark := self._home / name).exists()]
        try:
            for keeper in self._keepers:
                self._started.append(keeper)
                self._publish()
                keeper.start()
                if keeper.service.intake:
                    self._await_intake(keeper)
            self._await_all()
        except BaseException:
            self._stop()
            raise
        threading.Thread(target=self._guard, name="guard of the state folder", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()
        if self._failure:
            raise ServiceFailed(self._failure)

    def _await_intake(self, keeper: Keeper) -> None:
        """Wait for one of the intake for as long as it takes, but start others without it if they can be."""
        once_ready = keeper.service.once_ready
        patience = None if once_ready else time.monotonic() + _OTHERS_AFTER_SECONDS
        while keeper.health is not Health.HEALTHY:
            self._refuse_failed(keeper)
            if patience is not None and time.monotonic() > patience:
                return
            time.sleep(_POLL_SECONDS)
        if once_ready:
            once_ready()

    def _await_all(self) -> None:
        if self._all_within is None:
            return
        end, limit = time.monotonic() + self._all_within, f"{self._all_within:.0f}"
        for keeper in self._started:
            while keeper.health is not Health.HEALTHY:
                self._refuse_failed(keeper)
                if time.monotonic() > end:
                    raise ServiceFailed(
                        f"{keeper.service.name} was not ready within {limit} s (log: {keeper.log})"
                    )
                time.sleep(_POLL_SECONDS)

    def _refuse_failed(self, keeper: Keeper) -> None:
        if keeper.failed:
            raise ServiceFailed(f"{keeper.service.name} does not start: {keeper.reason} (log: {keeper.log})")

    def _guard(self) -> None:
        """Stop everything if the state folder goes: what comes in would be acknowledged and lost."""
        while not self._ended.wait(_GUARD_SECONDS):
            if self._folder_is_gone():
                self._failure = (
                    f"the state folder {self._home} was deleted or replaced while wellstream ran from it, so "
                    "nothing that came in could be kept, and everything was stopped; restore it from a "
                    "backup or start afresh"
                )
                os.kill(os.getpid(), signal.SIGTERM)
                return

    def _folder_is_gone(self) -> bool:
        try:
            moved = self._home.stat().st_ino != self._folder
            return moved or not all(mark.exists() for mark in self._marks)
        except FileNotFoundError:
            return True
        except OSError:
            return False

    def _stop(self) -> None:
        self._ended.set()
        for keeper in reversed(self._started):
            keeper.stop()
        self._started.clear()
        self._publish()

    def _publish(self) -> None:
        with self._publishing:
            listed = [
                {
                    "name": keeper.service.name,
                    "pid": keeper.pid,
                    "address": keeper.service.address,
                    "health": keeper.health.value,
                    "reason": keeper.reason,
                    "started_at": keeper.started_at.isoformat(timespec="seconds"),
                    "restarts": keeper.restarts,
                }
                for keeper in self._started
            ]
            own = psutil.Process()
            content = {"supervisor": {"pid": own.pid, "born": own.create_time()}, "services": listed}
            fresh = self._file.with_suffix(".new")
            try:
                fresh.write_text(json.dumps(content if listed else {"services": []}, indent=2))
                fresh.replace(self._file)
            except OSError as error:
                if not self._unwritten and not self._ended.is_set():
                    self._tell(f"{self._file} is out of date, for it cannot be written: {error.strerror}")
                self._unwritten = True
            else:
                self._unwritten = False
