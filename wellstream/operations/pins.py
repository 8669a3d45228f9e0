"""Refreshes the pinned versions in `pyproject.toml`: `uv run python -m wellstream.operations.pins`.

They are there rather than in a lock file, because a lock file names the registry's hosts.
"""

import re
import subprocess
import sys
from pathlib import Path

_FILE = Path(__file__).resolve().parents[2] / "pyproject.toml"
_BLOCK = re.compile(r"\n\[tool\.uv\]\nconstraint-dependencies = \[\n.*?\n\]\n", re.DOTALL)


def refresh() -> int:
    """Resolve all versions without the old pins, write the new pins and return their number."""
    _FILE.write_text(_BLOCK.sub("", _FILE.read_text()))
    listed = subprocess.run(
        ["uv", "export", "--upgrade", "--no-hashes", "--no-emit-project", "--no-annotate", "--no-header"],  # noqa: S607
        capture_output=True,
        text=True,
        check=True,
        cwd=_FILE.parent,
    ).stdout
    pins = [line.strip() for line in listed.splitlines() if "==" in line]
    lines = "".join(f"  {pin!r},\n" if '"' in pin else f'  "{pin}",\n' for pin in pins)
    with _FILE.open("a") as file:
        file.write(f"\n[tool.uv]\nconstraint-dependencies = [\n{lines}]\n")
    return len(pins)


if __name__ == "__main__":
    sys.stdout.write(f"pinned {refresh()} versions\n")
