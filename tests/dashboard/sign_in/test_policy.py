"""When the dashboard asks who is there."""

from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from dashboard.sign_in.policy import OpenDashboard, asks
from schemas.settings import Settings
from tests.conftest import DEMO
from tests.dashboard.sign_in.site import CountingStore, serving
from wellstream.cli.app import main
from wellstream.local.services import local_settings


@pytest.mark.parametrize(
    ("given", "asked"),
    [
        ({}, True),
        ({"simulation": "true"}, False),
        ({"simulation": "true", "dashboard_host": "0.0.0.0"}, True),
        ({"simulation": "true", "dashboard_host": "dashboard.example"}, True),
        ({"dashboard_sign_in": "false"}, False),
        ({"dashboard_sign_in": "false", "dashboard_host": "::1"}, False),
        ({"dashboard_sign_in": "false", "dashboard_host": "localhost"}, False),
        ({"dashboard_host": "0.0.0.0"}, True),
    ],
)
def test_everybody_is_asked_but_those_on_this_machine_who_see_invented_people_or_chose_not_to_be(
    given: dict[str, str], asked: bool
) -> None:
    assert asks(Settings.model_validate(given)) is asked


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "", "127.0.0.1.example", "localhost.example"])
@pytest.mark.parametrize("simulation", ["true", "false"])
def test_asking_cannot_be_switched_off_where_others_can_reach_it(host: str, simulation: str) -> None:
    given = {"dashboard_sign_in": "false", "dashboard_host": host, "simulation": simulation}
    with pytest.raises(OpenDashboard, match="WELLSTREAM_DASHBOARD_SIGN_IN=false would open the dashboard"):
        asks(Settings.model_validate(given))


@pytest.mark.parametrize("command", [["serve", "dashboard"], ["up", "--study", str(DEMO)]])
def test_a_dashboard_that_would_be_open_does_not_start(
    command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WELLSTREAM_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("WELLSTREAM_DASHBOARD_HOST", "0.0.0.0")
    monkeypatch.setenv("WELLSTREAM_DASHBOARD_SIGN_IN", "false")
    with pytest.raises(SystemExit) as ended:
        main(command)
    assert ended.value.code == 1
    said = capsys.readouterr().err
    assert said.startswith("wellstream: WELLSTREAM_DASHBOARD_SIGN_IN=false would open")
    assert said.count("\n") == 1


def test_up_asks_and_the_demo_does_not(tmp_path: Path) -> None:
    for simulation in (True, False):
        settings = local_settings(tmp_path, DEMO, "127.0.0.1:9092", simulation=simulation)
        settings = settings.model_copy(update={"kafka_password": SecretStr("x")})
        assert asks(settings) is not simulation


@pytest.mark.slow
def test_the_demo_on_loopback_is_open_and_may_not_be_framed(
    counting_store: CountingStore, home: Path
) -> None:
    with serving(home, counting_store, simulation="true") as site:
        shown = httpx.get(site.url, headers={"accept": "text/html"})
        assert shown.status_code == 200
        assert shown.headers["x-frame-options"] == "DENY"
        assert httpx.get(f"{site.url}/sign-in").headers["location"] == "/"
        assert site.log.read_text() == ""


@pytest.mark.slow
def test_without_asking_a_real_study_is_shown_on_its_own_machine_only(
    counting_store: CountingStore, home: Path
) -> None:
    with serving(home, counting_store, dashboard_sign_in="false") as site:
        assert httpx.get(site.url).status_code == 200
        assert httpx.get(site.url, headers={"host": f"localhost:{site.port}"}).status_code == 200
        for headers in (
            {"host": "rebound.evil.example"},
            {"host": "dashboard.example"},
            {"host": ""},
            {"x-forwarded-for": "192.0.2.1"},
            {"forwarded": "for=192.0.2.1"},
        ):
            answer = httpx.get(site.url, headers=headers)
            assert answer.status_code in (400, 403), headers
            assert "streamlit" not in answer.text.lower()
