"""Where installations on this machine keep their state, and the settings of the one that is running."""

import contextlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
from pydantic import SecretStr

from schemas.folders import make_folder
from schemas.private_file import write_private, write_private_json
from schemas.settings import Settings
from wellstream.operations.running import Running

FORMAT = 2
"""The layout of a state folder, kept in its file `format`; counted up when an older one cannot be used."""

DEMO = "demo"
"""The folder of the demo's state within the state folder."""

_SAME_SECONDS = 1.0
_NEEDED_BY_NO_COMMAND = ("vault_key", "planner_secret")

_PORTS = ("gateway_port", "admin_port", "store_port", "dashboard_port")


class NothingRuns(RuntimeError):
    """A command needs a service, and neither the state folder nor the environment leads to one."""


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
    make_folder(home)
    home.chmod(0o700)  # whoever has an account on this machine has no business in it
    if found < FORMAT:
        write_private(marker, f"{FORMAT}\n")


@contextmanager
def published(settings: Settings) -> Iterator[None]:
    """While the block runs, other commands find these settings in the state folder.

    `settings.json` has no secrets, and stays, so that chosen ports do. `access.json`, which only its owner
    can read, has the secrets that commands need, and goes when the block ends.
    """
    secrets = {name: value for name, value in settings if isinstance(value, SecretStr)}
    open_ = settings.model_dump(mode="json", exclude_unset=True, exclude=set(secrets))
    access = {
        name: value.get_secret_value() for name, value in secrets.items() if name not in _NEEDED_BY_NO_COMMAND
    }
    write_private_json(settings.home / "settings.json", open_)
    write_private_json(settings.home / "access.json", access)
    try:
        yield
    finally:
        (settings.home / "access.json").unlink(missing_ok=True)


def chosen_ports(home: Path) -> dict[str, Any]:
    """The ports that an earlier `up` from this folder was told to use, by the name of their setting."""
    saved = _content(home / "settings.json")
    return {name: saved[name] for name in _PORTS if name in saved}


def chosen_kafka_port(home: Path) -> int | None:
    """The port of the Kafka that ran from this folder."""
    address = str(_content(home / "settings.json").get("kafka", ""))
    port = address.rpartition(":")[2]
    return int(port) if port.isascii() and port.isdigit() else None


def running_services() -> list[dict[str, Any]]:
    """The services that `up` or `demo` runs from this folder, as in `services.json`; empty if none runs."""
    home = running_home()
    return list(_content(home / "services.json").get("services", [])) if home else []


def running() -> Running | None:
    """What runs from this folder; None if nothing does."""
    home = running_home()
    if home is None:
        return None
    generated, used = _content(home / "secrets.json"), _content(home / "access.json")
    made_up = frozenset(name for name, value in used.items() if generated.get(name) == value)
    return Running(home, running_services(), made_up, frozenset(_NEEDED_BY_NO_COMMAND))


def running_home() -> Path | None:
    """The state folder of the installation that is running."""
    home = Settings().home
    return next((place for place in (home, home / DEMO) if _runs(place)), None)


def adopt_running(*needed: str) -> Settings:
    """The settings with which to reach what runs.

    A setting in the environment comes first, then that of the installation that runs from this folder.

    Args:
        needed: The settings that lead to it; where nothing runs, the environment must have all of them.

    Raises:
        NothingRuns: Nothing runs from this folder, and the environment lacks one of those needed.
    """
    given = Settings()
    home = running_home()
    if home:
        own = given.model_dump(exclude_unset=True, exclude={"home"})
        return Settings.model_validate(
            _content(home / "settings.json") | _content(home / "access.json") | own
        )
    lacking = [f"WELLSTREAM_{name.upper()}" for name in needed if name not in given.model_fields_set]
    if lacking:
        raise NothingRuns(
            f"nothing runs from {given.home.absolute()}: start `wellstream demo` or `wellstream up --study "
            "FILE`, or set WELLSTREAM_HOME to the state folder of what runs (to reach services elsewhere, "
            f"set {' and '.join(lacking)})"
        )
    return given


def _runs(home: Path) -> bool:
    """Whether the process that wrote `services.json` still lives, and not another one with its number."""
    supervisor = _content(home / "services.json").get("supervisor", {})
    with contextlib.suppress(psutil.Error, KeyError, TypeError, ValueError):
        process = psutil.Process(supervisor["pid"])
        same = abs(process.create_time() - float(supervisor["born"])) < _SAME_SECONDS
        return same and process.status() != psutil.STATUS_ZOMBIE
    return False


def _content(path: Path) -> dict[str, Any]:
    """What a file of the state folder holds; nothing, if it is missing or damaged."""
    try:
        content = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
