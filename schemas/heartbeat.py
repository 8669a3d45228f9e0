"""A file that a service touches while it gets on with its work, and that grows old when it does not.

For services without a port: a file that is written once goes on saying "ready" when the service has long been
stuck, or is gone.
"""

from pathlib import Path

from schemas.clock import now

EVERY_SECONDS = 2.0
"""How often a service touches its file."""

OLD_SECONDS = 10.0
"""The age from which the service is not ready; docker-compose.yml says the same."""


def beat(file: Path) -> None:
    """Touch the file; its folder is made if it is missing."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch()


def beats(file: Path) -> bool:
    """Whether the file was touched within the last `OLD_SECONDS`."""
    try:
        return now().timestamp() - file.stat().st_mtime < OLD_SECONDS
    except OSError:
        return False
