"""Where installations on this machine keep their state, and the settings of the one that is running."""

import json
from pathlib import Path
from typing import Any

import psutil

from schemas.settings import Settings
from wellstream.local.secrets import local_secrets

HOME = Settings().home
_PLACES = (HOME, HOME / "demo")


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
