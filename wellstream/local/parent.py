"""A service ends with the supervisor that started it, however that one ends."""

import ctypes
import os
import signal
import sys
import threading
import time

_PR_SET_PDEATHSIG = 1
_PR_GET_PDEATHSIG = 2
_LOOK_SECONDS = 1.0
_GRACE_SECONDS = 45.0
EXIT_ORPHANED = 72


def die_with_parent() -> None:
    """Ask Linux to end this child when the thread that started it ends; to be called before it executes."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def leave_no_orphan(grace_seconds: float = _GRACE_SECONDS) -> None:
    """End this process for good some time after its supervisor has died.

    It has been asked to end then, but what it waits for may have died with the supervisor: Faust waits for
    ever for a Kafka that is gone. Nothing happens to a process that nobody supervises.

    Args:
        grace_seconds: How long it may take to end in order.
    """
    if sys.platform == "linux" and _supervised():
        threading.Thread(target=_watch, args=(os.getppid(), grace_seconds), daemon=True).start()


def _supervised() -> bool:
    asked = ctypes.c_int()
    ctypes.CDLL(None).prctl(_PR_GET_PDEATHSIG, ctypes.byref(asked))
    return asked.value != 0


def _watch(parent: int, grace_seconds: float) -> None:
    while os.getppid() == parent:
        time.sleep(_LOOK_SECONDS)
    time.sleep(grace_seconds)
    os._exit(EXIT_ORPHANED)
