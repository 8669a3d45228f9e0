"""What `up` or `demo` runs from a state folder, as other commands see it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Running:
    """What `up` or `demo` runs.

    Attributes:
        home: Its state folder.
        services: As in `services.json`.
        made_up: The secrets that were generated rather than given.
        withheld: The secrets that its services have and commands do not.
    """

    home: Path
    services: list[dict[str, Any]]
    made_up: frozenset[str] = frozenset()
    withheld: frozenset[str] = frozenset()
