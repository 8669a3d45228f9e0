"""Where installations on this machine keep their state, and the settings of the one that is running."""

import json
from pathlib import Path
from typing import Any

import psutil

from schemas.settings import Settings
from wellstream.local.secrets import local_secrets

FORMAT = 1
"""The layout of a state folder, kept in its file `format`; counted up when an older one cannot be used."""

HOME = Settings().home
_PLACES = (HOME, HOME / "demo")


class OtherState(RuntimeError):
    """The state folder belongs to another version of wellstream."""


def claim_home(home: Path) -> None:
    """Make the state folder, or make sure that this version can use the one that is there.

    Raises:
        OtherState: An earlier or a newer version made it.
    """
    marker = home / "format"
    written = marker.read_text(errors="replace")[:9].strip() if marker.exists() else ""
    found = int(written) if written.isascii() and written.isdigit() else 0
    # `secrets.json` is the first file that `up` and `demo` have ever made.
    if found > FORMAT:
        raise OtherState(f"a newer version of wellstream made the state folder {home}; upgrade this one")
    if found < FORMAT and (home / "secrets.json").exists():
        raise OtherState(
            f"an earlier version of wellstream made the state folder {home}, and this one cannot use it: to "
            "start afresh, move the folder away or choose another one with WELLSTREAM_HOME"
        )
    home.mkdir(parents=True, exist_ok=True)
    marker.write_text(f"{FORMAT}\n")


def running_services() -> list[dict[str, Any]]:
    """The services that `up` or `demo` runs from this folder, as in `services.json`; empty if none runs."""
    home = running_home()
    return list(_listed(home)) if home else []


def running_home() -> Path | None:
    """The state folder of the installation that is running."""
    for home in _PLACES:
        if any(psutil.pid_exists(service["pid"]) for service in _listed(home) if service.get("pid")):
            return home
    return None


def _listed(home: Path) -> list[dict[str, Any]]:
    path = home / "services.json"
    if not path.exists():
        return []
    content = json.loads(path.read_text())
    return list(content["services"] if isinstance(content, dict) else content)


def adopt_running() -> Settings:
    """The settings of the installation that runs from this folder, or else those of the environment."""
    home = running_home()
    return _saved(home) if home else Settings()


def _saved(home: Path) -> Settings:
    path = home / "settings.json"
    if not path.exists():
        return Settings()
    return Settings.model_validate(json.loads(path.read_text()) | local_secrets(home))
