"""`wellstream dashboard-user`: accounts are made, changed and removed, and no password is an argument."""

import os
import pty
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dashboard.sign_in.accounts import AccountFile
from dashboard.sign_in.passwords import agrees
from wellstream.cli.app import app

GOOD, OTHER = "four little words here", "five other little words here"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WELLSTREAM_HOME", str(tmp_path))
    return tmp_path


def run(*words: str, said: str | bytes = "") -> tuple[int, str]:
    ran = CliRunner().invoke(app, ["dashboard-user", *words], input=said)
    return ran.exit_code, ran.output


def fits(home: Path, name: str, password: str) -> bool:
    account = AccountFile(home / "dashboard-users.json").read().find(name)
    return account is not None and agrees(password, account.password)


def test_an_account_from_its_making_to_its_end(home: Path) -> None:
    assert "no account yet" in run("list")[1]
    assert run("add", "Ann", said=f"{GOOD}\n") == (0, "ann can sign in to the dashboard now.\n")
    assert stat.S_IMODE((home / "dashboard-users.json").stat().st_mode) == 0o600
    assert fits(home, "ann", GOOD)
    shown = run("list")[1]
    assert "ann" in shown
    assert "researcher" in shown
    assert "argon2" not in shown
    assert run("password", "ann", said=OTHER)[0] == 0
    assert (fits(home, "ann", GOOD), fits(home, "ann", OTHER)) == (False, True)
    assert run("remove", "ann")[0] == 0
    assert not fits(home, "ann", OTHER)


@pytest.mark.parametrize(
    ("words", "said", "why"),
    [
        (("add", "ann"), "", "no password was given"),
        (("add", "ann"), "\n", "no password was given"),
        (("add", "ann"), "short\n", "12 to 128"),
        (("add", "ann"), "x" * 100_000, "12 to 128"),
        (("add", "ann"), b"\xff\xfe four little words", "not text in UTF-8"),
        (("add", "a b"), GOOD, "no name for an account"),
        (("password", "bert"), GOOD, "there is no account named bert; there are: none"),
        (("remove", "bert"), "", "there is no account named bert; there are: none"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    home: Path, words: tuple[str, ...], said: str | bytes, why: str
) -> None:
    code, shown = run(*words, said=said)
    assert code == 1
    assert shown.startswith("wellstream: ")
    assert why in shown
    assert shown.count("\n") == 1
    assert not (home / "dashboard-users.json").exists()


def test_no_command_takes_a_password_as_an_argument(home: Path) -> None:
    for words in (("add", "ann", GOOD), ("add", "ann", "--password", GOOD), ("password", "ann", GOOD)):
        assert run(*words)[0] == 2


@pytest.mark.parametrize(("again", "made"), [(GOOD, True), (OTHER, False)])
def test_a_terminal_is_asked_twice_and_shows_no_password(home: Path, again: str, made: bool) -> None:
    terminal, theirs = pty.openpty()
    command = [sys.executable, "-m", "wellstream", "dashboard-user", "add", "ann"]
    process = subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True, env=dict(os.environ)
    )
    os.close(theirs)
    shown = b""
    for prompt, typed in ((b"Password for ann: ", GOOD), (b"Once more: ", again)):
        while prompt not in shown:
            shown += os.read(terminal, 1024)
        os.write(terminal, f"{typed}\n".encode())
    try:
        while more := os.read(terminal, 1024):
            shown += more
    except OSError:
        pass  # the other end is closed
    assert (process.wait(30) == 0) is made
    os.close(terminal)
    assert b"little words" not in shown
    assert fits(home, "ann", GOOD) is made
