"""The form's stylesheet and script, minified."""

import re
from pathlib import Path

from schemas.identity import digest

_STATIC = Path(__file__).parent / "static"
_PUNCTUATION = re.compile(r" *([=,;{}?&|<>*]+) *|(?<=:) +")
_PROPERTY = re.compile(r"(?<![\w-])--([a-z])[a-z]*")
_BREAK = re.compile(r"(?<=[,;{(])\n|\n(?=[})])")


def _minified(name: str) -> str:
    """A file without indentation, comment lines, and whitespace around punctuation.

    String literals in the file must not depend on such whitespace.
    """
    lines = (line.strip() for line in (_STATIC / name).read_text(encoding="utf-8").splitlines())
    kept = "\n".join(
        _PUNCTUATION.sub(lambda match: match[1] or "", line)
        for line in lines
        if line and not line.startswith("//")
    )
    return _BREAK.sub("", kept).replace(";}", "}")


# Every custom property is shortened to its first letter, so no two may share one.
STYLE = _PROPERTY.sub(r"--\1", _minified("form.css").replace("\n", ""))
SCRIPT = _minified("form.js").replace(" (", "(")
STYLE_ADDRESS = f"/static/form.css?v={digest(STYLE)[:12]}"
SCRIPT_ADDRESS = f"/static/form.js?v={digest(SCRIPT)[:12]}"
