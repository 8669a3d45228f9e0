"""docs/settings.md: every setting with its meaning and default."""

from pathlib import Path
from typing import Annotated, Any, get_args, get_origin

from pydantic import SecretStr

from schemas.settings import Settings
from wellstream.reference.markdown import documented, generated_head, table

_DEFAULTS = Settings.model_validate({})

_INTRODUCTION = """\
Every setting is an environment variable. `wellstream up` and `wellstream demo` generate the secrets and keep
them in `secrets.json` in the state folder; with docker-compose, set them in `.env`.
"""


def settings_page() -> str:
    """The page."""
    parts = [generated_head("Settings", "`schemas/settings.py`"), _INTRODUCTION]
    for entry in documented(Settings):
        heading = ", ".join(f"`{variable(name)}`" for name in entry.names)
        rows = [(f"`{variable(name)}`", _kind(name), _default(name)) for name in entry.names]
        defaults = table(("variable", "type", "default"), rows)
        parts += [f"## {heading}\n", entry.meaning + "\n", defaults + "\n"]
    return "\n".join(parts)


def variable(name: str) -> str:
    """The environment variable of a setting."""
    return f"{Settings.model_config['env_prefix']}{name.upper()}"


def _kind(name: str) -> str:
    annotation = Settings.model_fields[name].annotation
    kinds = [_plain(kind) for kind in get_args(annotation) or (annotation,) if kind is not type(None)]
    words = {
        bool: "true or false", str: "text", int: "whole number", float: "number", Path: "path",
        SecretStr: "secret",
    }  # fmt: skip
    return " or ".join(words.get(kind, getattr(kind, "__name__", str(kind))) for kind in kinds)


def _plain(kind: Any) -> Any:
    """A type without its constraints."""
    return get_args(kind)[0] if get_origin(kind) is Annotated else kind


def _default(name: str) -> str:
    default = getattr(_DEFAULTS, name)
    if default is None or default == "":
        return "none"
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"
