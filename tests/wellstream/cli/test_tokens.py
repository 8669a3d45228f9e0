"""`wellstream token`: made once, listed without its text, revoked; and only its hash is kept."""

import stat
from pathlib import Path

import pytest
from typer.testing import CliRunner

from schemas.clock import now
from streams.store.tokens import OPERATOR, Holders, Role, TokenError, TokenFile, digest_of
from wellstream.cli.app import app


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WELLSTREAM_HOME", str(tmp_path))
    monkeypatch.setenv("WELLSTREAM_STORE_TOKEN", "of-the-operator")
    return tmp_path


def run(*words: str) -> tuple[int, str]:
    ran = CliRunner().invoke(app, ["token", *words])
    return ran.exit_code, ran.stdout


def test_a_token_is_shown_once_and_kept_as_a_hash(home: Path) -> None:
    code, shown = run("add", "ann")
    text = shown.split()[0]
    assert (code, text[:4], len(text)) == (0, "wsr_", 47)
    kept = home / "readers.json"
    assert text not in kept.read_text()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    holders = Holders(digest_of("of-the-operator"), kept)
    found, operator = holders.find(text), holders.find("of-the-operator")
    assert found is not None
    assert operator is not None
    assert (found.name, found.role, found.operates) == ("ann", Role.STAFF, False)
    assert (operator.name, operator.operates) == (OPERATOR, True)
    assert "ann" in run("list")[1]
    assert run("revoke", "ann")[0] == 0
    assert holders.find(text) is None


@pytest.mark.parametrize("name", ["", "Ann", "a b", "../x", "operator", "x" * 41, "-a"])
def test_a_name_that_is_none_is_refused(home: Path, name: str) -> None:
    with pytest.raises(TokenError):
        TokenFile(home / "readers.json").add(name, Role.STAFF, now())
    assert not (home / "readers.json").exists()


def test_what_cannot_be_done_is_one_sentence(home: Path) -> None:
    assert run("add", "ann")[0] == 0
    assert run("add", "ann")[0] == 1
    assert run("revoke", "bob")[0] == 1
    assert run("add", "bob", "--role", "nobody")[0] == 2


@pytest.mark.parametrize("content", ["", "{", "{}", "[1]", '[{"name": "a"}]', '[{"role": "king"}]', "null"])
def test_a_damaged_file_is_said_and_opens_the_store_to_nobody_but_the_operator(
    home: Path, content: str
) -> None:
    kept = home / "readers.json"
    kept.write_text(content)
    with pytest.raises(TokenError):
        TokenFile(kept).revoke("ann")
    holders = Holders(digest_of("of-the-operator"), kept)
    assert holders.find("") is None
    assert holders.find("of-the-operator") is not None
