"""The file of accounts, passwords and the cookies of known browsers."""

import json
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.sign_in.accounts import AccountError, AccountFile, Accounts, Role
from dashboard.sign_in.devices import device_of, new_cookie
from dashboard.sign_in.passwords import WeakPassword, agrees, hash_of, nobodys_hash
from tests.examples import examples

AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
GOOD = "four little words here"


@pytest.fixture
def file(tmp_path: Path) -> AccountFile:
    return AccountFile(tmp_path / "state" / "dashboard-users.json")


def test_an_account_is_kept_as_an_argon2id_hash_in_a_private_file(file: AccountFile, tmp_path: Path) -> None:
    file.add(" Ann ", GOOD, Role.RESEARCHER, AT)
    path = tmp_path / "state" / "dashboard-users.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    (kept,) = json.loads(path.read_text())["accounts"]
    assert kept["name"] == "ann"
    assert kept["role"] == "researcher"
    assert kept["password"].startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert GOOD not in path.read_text()


def test_other_readers_of_the_file_see_changes_at_once(file: AccountFile) -> None:
    file.add("ann", GOOD, Role.RESEARCHER, AT)
    reader = AccountFile(file._path)
    before = reader.read().find("ann")
    file.set_password("ann", "five other little words here", AT)
    after = reader.read().find("ann")
    assert before is not None
    assert after is not None
    assert before.stamp != after.stamp
    assert agrees("five other little words here", after.password)
    assert not agrees(GOOD, after.password)
    file.remove("ann")
    assert reader.read().accounts == ()


@pytest.mark.parametrize("name", ["", "-ann", "an n", "änn", "a" * 65, "../ann", "an\nn", "<b>"])
def test_what_is_no_name_is_refused(file: AccountFile, name: str) -> None:
    with pytest.raises(AccountError, match="no name"):
        file.add(name, GOOD, Role.RESEARCHER, AT)


def test_a_name_is_taken_once(file: AccountFile) -> None:
    file.add("ann", GOOD, Role.RESEARCHER, AT)
    with pytest.raises(AccountError, match="already"):
        file.add("ANN", GOOD, Role.RESEARCHER, AT)
    with pytest.raises(AccountError, match="no account named bert; there are: ann"):
        file.remove("bert")
    with pytest.raises(AccountError, match="no account named bert; there are: ann"):
        file.set_password("bert", GOOD, AT)


@pytest.mark.parametrize(
    ("password", "why"),
    [("short", "12 to 128"), ("x" * 129, "12 to 128"), ("aaaabbbbaaaa", "repeats"), ("annika2026!!", "name")],
)
def test_a_password_that_could_be_guessed_is_refused(file: AccountFile, password: str, why: str) -> None:
    with pytest.raises(WeakPassword, match=why):
        file.add("annika", password, Role.RESEARCHER, AT)
    assert file.read() == Accounts()


def test_letters_that_keyboards_compose_in_two_ways_are_the_same() -> None:
    assert agrees("cafe\u0301 con leche por favor", hash_of("caf\u00e9 con leche por favor", "ann"))


@examples(10)
@given(st.text(max_size=200))
def test_no_text_fits_what_is_compared_where_there_is_no_account(text: str) -> None:
    assert not agrees(text, _NOBODY)


_NOBODY = nobodys_hash()


@pytest.mark.parametrize("content", ["", "[]", "{", "[" * 5000, '{"accounts": 1, "device_key": ""}',
                                     '{"accounts": [{"name": "ann"}], "device_key": ""}',
                                     '{"accounts": [{"name": "ann", "role": "king", "password": "x", '
                                     '"made_at": "", "password_at": ""}], "device_key": ""}'])  # fmt: skip
def test_a_damaged_file_is_a_sentence(file: AccountFile, content: str) -> None:
    file._path.parent.mkdir()
    file._path.write_text(content)
    with pytest.raises(AccountError, match="cannot be read; restore it"):
        file.read()


def test_a_browser_is_known_for_its_own_account_and_password_only() -> None:
    cookie = new_cookie("key", "stamp of ann")
    assert device_of(cookie, "key", "stamp of ann") is not None
    assert device_of(cookie, "key", "stamp of bert") is None
    assert device_of(cookie, "other key", "stamp of ann") is None
    assert device_of(cookie, "", "stamp of ann") is None
    for changed in ("", cookie[1:], cookie[:-1] + ("0" if cookie[-1] != "0" else "1"), f"{cookie}\n", "é.é"):
        assert device_of(changed, "key", "stamp of ann") is None
