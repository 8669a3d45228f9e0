"""What is wrong with the `WELLSTREAM_*` variables of the environment, in sentences."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from schemas.settings import Settings

_PREFIX = str(Settings.model_config["env_prefix"])
KNOWN = frozenset(f"{_PREFIX}{name.upper()}" for name in Settings.model_fields)
_OF_TESTS = f"{_PREFIX}TEST_"
_SHOWN = 60


def unknown_variables(environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Variables that look like settings and are none, each with a sentence about it."""
    for name in sorted(environment):
        asked = name.upper()
        if asked.startswith(_PREFIX) and asked not in KNOWN and not asked.startswith(_OF_TESTS):
            meant = get_close_matches(asked, KNOWN, n=1)
            advice = f"did you mean {meant[0]}?" if meant else "docs/settings.md lists them all"
            yield name, f"{name} is not a setting and has no effect; {advice}"


def wrong_values(errors: Iterable[Mapping[str, Any]]) -> str:
    """One sentence about settings with values that cannot be used.

    Args:
        errors: Those of the `ValidationError` that `Settings` raised.
    """
    found = [error for error in errors if error["type"] != "default_factory_not_called"]
    return "; ".join(_sentence(error["loc"], error) for error in found)


def _sentence(where: Sequence[int | str], error: Mapping[str, Any]) -> str:
    name = str(where[0]) if where else ""
    variable = f"{_PREFIX}{name.upper()}"
    field = Settings.model_fields.get(name)
    if field is None or error["type"] == "value_error" or "Secret" in str(field.annotation):
        # Never the value: it may be a secret.
        return f"{variable}: {error.get('ctx', {}).get('error', error['msg'])}"
    allowed = f"it must be {field.description}" if field.description else error["msg"]
    return f"{variable} is {str(error['input'])[:_SHOWN]!r}; {allowed}"
