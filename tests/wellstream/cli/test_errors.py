"""Known failures are sentences; the names by which they are known are those of classes that exist."""

from importlib import import_module

import pytest

from schemas.settings import MissingSetting
from wellstream.cli.errors import KNOWN, sentence_for


@pytest.mark.parametrize("name", sorted(KNOWN))
def test_every_known_failure_exists(name: str) -> None:
    module, _, kind = name.rpartition(".")
    found = getattr(import_module(module), kind)
    assert issubclass(found, Exception)
    # A name by which another module imports it would never match.
    assert f"{found.__module__}.{found.__qualname__}" == name


def test_a_known_failure_is_its_sentence_and_another_one_is_none() -> None:
    assert sentence_for(MissingSetting("set it")) == "set it"
    assert sentence_for(ExceptionGroup("several", [MissingSetting("set it")])) == "set it"
    assert sentence_for(ZeroDivisionError("a fault of ours")) is None
