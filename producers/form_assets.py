"""The form's stylesheet and script as they are served: without what only a reader of the source needs."""

import re
from pathlib import Path

from schemas.identity import digest

_STATIC = Path(__file__).parent / "static"
_SIGN = re.compile(r" *([=,;{}?&|<>+*]+) *|(?<=:) +")


def _lean(name: str) -> str:
    """A file without indentation, comment lines and spaces around signs; no string in it may need those."""
    lines = (line.strip() for line in (_STATIC / name).read_text(encoding="utf-8").splitlines())
    return "\n".join(
        _SIGN.sub(lambda sign: sign[1] or "", line) for line in lines if line and not line.startswith("//")
    )


STYLE = _lean("form.css")
SCRIPT = _lean("form.js")
STYLE_ADDRESS = f"/static/form.css?v={digest(STYLE)[:12]}"
SCRIPT_ADDRESS = f"/static/form.js?v={digest(SCRIPT)[:12]}"
