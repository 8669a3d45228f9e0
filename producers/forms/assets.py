"""The form's stylesheet and script as they are served: without what only a reader of the source needs."""

import re
from pathlib import Path

from schemas.identity import digest

_STATIC = Path(__file__).parent / "static"
_SIGN = re.compile(r" *([=,;{}?&|<>*]+) *|(?<=:) +")
_PROPERTY = re.compile(r"(?<![\w-])--([a-z])[a-z]*")
_BREAK = re.compile(r"(?<=[,;{(])\n|\n(?=[})])")


def _lean(name: str) -> str:
    """A file without indentation, comment lines, and spaces and line breaks next to signs.

    No string in it may need those.
    """
    lines = (line.strip() for line in (_STATIC / name).read_text(encoding="utf-8").splitlines())
    kept = "\n".join(
        _SIGN.sub(lambda sign: sign[1] or "", line) for line in lines if line and not line.startswith("//")
    )
    return _BREAK.sub("", kept).replace(";}", "}")


# Each custom property begins with another letter, by which it is called here.
STYLE = _PROPERTY.sub(r"--\1", _lean("form.css").replace("\n", ""))
SCRIPT = _lean("form.js").replace(" (", "(")
STYLE_ADDRESS = f"/static/form.css?v={digest(STYLE)[:12]}"
SCRIPT_ADDRESS = f"/static/form.js?v={digest(SCRIPT)[:12]}"
