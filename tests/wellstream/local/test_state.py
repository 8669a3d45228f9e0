"""A state folder says which version made it, and leads commands to what runs from it."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from pydantic import SecretStr

from schemas.settings import Settings
from wellstream.local.secrets import local_secrets
from wellstream.local.services import local_settings
from wellstream.local.state import (
    FORMAT,
    NothingRuns,
    OtherState,
    adopt_running,
    chosen_kafka_port,
    claim_home,
    published,
    running,
    running_home,
)


def test_a_folder_is_claimed_and_used_again(tmp_path: Path) -> None:
    home = tmp_path / "state"
    claim_home(home)
    local_secrets(home)
    claim_home(home)
    assert (home / "format").read_text() == f"{FORMAT}\n"


def test_a_folder_of_an_earlier_checkout_is_left_alone_with_what_to_do(tmp_path: Path) -> None:
    local_secrets(tmp_path)
    before = sorted(path.name for path in tmp_path.iterdir())
    with pytest.raises(OtherState, match=r"start afresh.*WELLSTREAM_HOME"):
        claim_home(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_a_folder_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    (tmp_path / "format").write_text(f"{FORMAT + 1}\n")
    with pytest.raises(OtherState, match="upgrade"):
        claim_home(tmp_path)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, with no setting in the environment."""
    for name in [name for name in os.environ if name.startswith("WELLSTREAM_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@contextmanager
def runs(settings: Settings) -> Iterator[None]:
    """What commands find of an `up` with these settings that this process runs."""
    settings.home.mkdir(parents=True, exist_ok=True)
    with published(settings):
        own = psutil.Process()
        listed = {"supervisor": {"pid": own.pid, "born": own.create_time()}, "services": []}
        (settings.home / "services.json").write_text(json.dumps(listed))
        yield


def up(home: Path) -> Settings:
    """The settings of an `up` with the present environment."""
    return local_settings(home, home / "study.yaml", "127.0.0.1:45454", simulation=False)


@pytest.mark.parametrize("place", [".wellstream", ".wellstream/demo"])
def test_a_command_finds_the_addresses_and_secrets_of_what_runs(
    folder: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    monkeypatch.setenv("WELLSTREAM_ADMIN_PORT", "18081")
    monkeypatch.setenv("WELLSTREAM_GATEWAY_PORT", "18080")
    monkeypatch.setenv("WELLSTREAM_ADMIN_TOKEN", "of the environment")
    with runs(up(folder / place)):
        for name in ("ADMIN_PORT", "GATEWAY_PORT", "ADMIN_TOKEN"):
            monkeypatch.delenv(f"WELLSTREAM_{name}")
        found = adopt_running("admin_token", "store_token")
        assert found.home == folder / place
        assert found.admin_url == "http://127.0.0.1:18081"
        assert found.public_url == "http://127.0.0.1:18080"
        assert found.kafka == "127.0.0.1:45454"
        assert found.secret("admin_token") == "of the environment"
        assert found.secret("store_token") == local_secrets(folder / place)["store_token"]
        what = running()
        assert what
        assert "store_token" in what.made_up
        assert "admin_token" not in what.made_up


def test_what_a_command_is_told_comes_before_what_runs(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with runs(up(folder / ".wellstream")):
        monkeypatch.setenv("WELLSTREAM_ADMIN_URL", "http://10.0.0.5:8081")
        monkeypatch.setenv("WELLSTREAM_ADMIN_TOKEN", "another one")
        found = adopt_running("admin_token")
        assert found.admin_url == "http://10.0.0.5:8081"
        assert found.secret("admin_token") == "another one"
        assert found.home == folder / ".wellstream"


def test_what_opens_the_vault_is_not_left_where_commands_look(folder: Path) -> None:
    home = folder / ".wellstream"
    settings = up(home).model_copy(update={"vault_key": SecretStr("of the environment")})
    with runs(settings):
        assert "of the environment" not in (home / "settings.json").read_text()
        assert "of the environment" not in (home / "access.json").read_text()
        assert (home / "access.json").stat().st_mode & 0o777 == 0o600
    assert not (home / "access.json").exists()


def test_where_nothing_runs_a_command_says_how_to_start(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(
        NothingRuns, match=rf"nothing runs from {folder}.*wellstream up.*set WELLSTREAM_KAFKA"
    ):
        adopt_running("kafka", "store_token")
    monkeypatch.setenv("WELLSTREAM_KAFKA", "kafka:19092")
    with pytest.raises(NothingRuns, match="set WELLSTREAM_STORE_TOKEN"):
        adopt_running("kafka", "store_token")
    monkeypatch.setenv("WELLSTREAM_STORE_TOKEN", "somewhere else")
    assert adopt_running("kafka", "store_token").kafka == "kafka:19092"


@pytest.mark.parametrize(
    "content", ["", "[]", "{", '{"supervisor": 7}', '{"supervisor": {"pid": "x"}}', "dead"]
)
def test_a_list_of_services_that_says_nothing_means_that_nothing_runs(folder: Path, content: str) -> None:
    home = folder / ".wellstream"
    home.mkdir()
    own = psutil.Process()
    # Another process with the number of one that ended long ago.
    dead = json.dumps({"supervisor": {"pid": own.pid, "born": own.create_time() - 60}})
    (home / "services.json").write_text(dead if content == "dead" else content)
    assert running_home() is None


def test_ports_that_were_chosen_stay(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = folder / ".wellstream"
    monkeypatch.setenv("WELLSTREAM_DASHBOARD_PORT", "18501")
    with runs(up(home)):
        pass
    monkeypatch.delenv("WELLSTREAM_DASHBOARD_PORT")
    again = up(home)
    assert (again.dashboard_port, again.gateway_port) == (18501, 8080)
    assert chosen_kafka_port(home) == 45454
    monkeypatch.setenv("WELLSTREAM_DASHBOARD_PORT", "18502")
    assert up(home).dashboard_port == 18502
