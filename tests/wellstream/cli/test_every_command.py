"""Whatever a person does wrong with any command is a sentence and exit code 1 or 2, never a traceback.

The commands come from the command tree, so a new one is tried like the others.
"""

import os
import re
import shutil
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, get_args, get_origin

import pytest

from tests.conftest import DEMO
from wellstream.cli.app import main
from wellstream.reference.commands import commands

NEEDS_NOTHING = {
    "schema",
    "codebook",
    "study schema",
    "instrument list",
    "study check",
    "dashboard-user list",
}
"""Commands that work wherever they are called, given files that are right."""

STARTS_MUCH = {"demo", "serve dashboard", "serve notifier"}
"""Commands that a right call starts for good, also where nothing else runs."""

LONGEST_LINE = 900


COMMANDS = {one.name.removeprefix("wellstream "): one for one in commands() if not one.group}
OPTIONS = [
    (name, option.opts[-1])
    for name, command in COMMANDS.items()
    for option in command.parameters
    if option.param_type_name == "option" and not option.is_flag
]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, where nothing runs, with no setting in the environment."""
    for name in [name for name in os.environ if name.startswith("WELLSTREAM_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def kind_of(parameter: Any) -> Any:
    """The type of a parameter's value; of its elements, if it has several."""
    kind = parameter.type_descriptor.annotation
    return get_args(kind)[0] if get_origin(kind) in (list, tuple) else kind


def value_of(parameter: Any, missing: str) -> str:
    """A value that the parameter takes: files do not exist, and words mean nothing."""
    kind = kind_of(parameter)
    if issubclass(kind, StrEnum):
        return str(next(iter(kind)))
    if issubclass(kind, (int, float)):
        return str(parameter.min or 1)
    if parameter.name == "number":
        return "+447700900123"
    return missing if issubclass(kind, Path) else "nonsense"


def words(name: str, missing: str = "missing.file") -> list[str]:
    """A call of a command with all that it requires."""
    called = name.split()
    for parameter in COMMANDS[name].parameters:
        if parameter.required:
            option = [parameter.opts[-1]] if parameter.param_type_name == "option" else []
            called += [*option, *[value_of(parameter, missing)] * max(parameter.nargs, 1)]
    return called


def said(called: list[str], capfd: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """The exit code of a command and what it says on standard error, or without it on standard output."""
    with pytest.raises(SystemExit) as ended:
        main(called)
    code = ended.value.code
    out, err = capfd.readouterr()
    assert isinstance(code, int | None)
    return code or 0, (err or out).strip()


def assert_one_sentence(code: int, text: str) -> None:
    assert code in (1, 2), text
    assert text
    assert "Traceback" not in text
    assert "Error(" not in text
    assert not re.search(r"\[Errno|<class|object at 0x", text)
    if code == 1:
        # Each problem of a file is a line that begins with where it is.
        lines = [line for line in text.splitlines() if not re.match(r"(wellstream: )?.+:[0-9]+: ", line)]
        assert len(lines) <= 1, text
        assert all(len(line) < LONGEST_LINE for line in text.splitlines())


READ_NO_SETTING = {
    name
    for name in COMMANDS
    if name in NEEDS_NOTHING or name.startswith(("study ", "instrument ", "indicators", "import"))
}
WITH_SERVICES = sorted(COMMANDS.keys() - NEEDS_NOTHING - STARTS_MUCH - {"doctor"})


@pytest.mark.parametrize("name", WITH_SERVICES)
@pytest.mark.parametrize("deleted", [False, True], ids=["nothing was started", "its folder was deleted"])
def test_where_nothing_runs_a_command_is_one_sentence(
    name: str, deleted: bool, folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    if deleted:
        (folder / ".wellstream").mkdir()
        shutil.rmtree(folder / ".wellstream")
    assert_one_sentence(*said(words(name), capfd))


@pytest.mark.parametrize("name", [name for name in sorted(COMMANDS) if "missing.file" in words(name)])
@pytest.mark.parametrize("kind", ["missing", "a folder", "not text", "empty"])
def test_a_file_that_is_none_is_one_sentence(
    name: str, kind: str, folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    given = folder / "given.yaml"
    match kind:
        case "a folder":
            given.mkdir()
        case "not text":
            given.write_bytes(b"\xff\xfe\x00\x01" * 9)
        case "empty":
            given.touch()
    assert_one_sentence(*said(words(name, str(given)), capfd))


WRONG = {
    "numbers": ("abc", "-1e9", "99999999999999999999999", "1e309", "nan", ""),
    "times": ("yesterday", "0001-01-01T00:00:00+23:59", ""),
    "words": ("\0", "../../etc", "x" * 300, "\N{RIGHT-TO-LEFT OVERRIDE}\x1b[2J", ""),
    "choices": ("nonsense", "", "\N{PILE OF POO}"),
}


@pytest.mark.parametrize(("name", "option"), OPTIONS, ids=[f"{name} {option}" for name, option in OPTIONS])
def test_a_wrong_value_of_an_option_is_one_sentence(
    name: str, option: str, capfd: pytest.CaptureFixture[str]
) -> None:
    parameter = next(one for one in COMMANDS[name].parameters if option in one.opts)
    kind = kind_of(parameter)
    if issubclass(kind, StrEnum):
        wrong = WRONG["choices"]
    elif issubclass(kind, (int, float)):
        wrong = WRONG["numbers"]
    elif issubclass(kind, datetime):
        wrong = WRONG["times"]
    elif name in STARTS_MUCH:
        pytest.skip("words mean nothing to this command before it runs")
    else:
        wrong = WRONG["words"]
    for value in wrong:
        code, text = said([*words(name), option, *[value] * parameter.nargs], capfd)
        assert_one_sentence(code, text)


@pytest.mark.parametrize("name", sorted(COMMANDS.keys() - READ_NO_SETTING))
def test_a_wrong_setting_is_one_sentence(
    name: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WELLSTREAM_GATEWAY_PORT", "abc")
    code, text = said(words(name, str(DEMO)), capfd)
    assert_one_sentence(code, text)
    assert "WELLSTREAM_GATEWAY_PORT" in text


def test_the_sentence_about_a_wrong_setting_names_it_and_what_it_may_be(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WELLSTREAM_GATEWAY_PORT", "abc")
    code, text = said(["status"], capfd)
    assert (code, text) == (
        1,
        "wellstream: WELLSTREAM_GATEWAY_PORT is 'abc'; it must be a whole number from 1 to 65535",
    )


def test_an_unknown_setting_is_told_with_what_may_have_been_meant(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WELLSTREAM_GATWAY_PORT", "18080")
    monkeypatch.setenv("WELLSTREAM_TEST_BROKER", "not a setting of ours")
    _, text = said(["status"], capfd)
    assert text == (
        "wellstream: WELLSTREAM_GATWAY_PORT is not a setting and has no effect; did you mean "
        "WELLSTREAM_GATEWAY_PORT?"
    )
    assert "WELLSTREAM_GATWAY_PORT" not in os.environ
