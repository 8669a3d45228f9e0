"""`doctor` says "ok" only of what it tried, and what to do about everything else."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from schemas.settings import Settings
from schemas.study.file import load_study
from tests.conftest import DEMO
from wellstream.local.kafka import free_port
from wellstream.operations.doctor import examine
from wellstream.operations.findings import Finding
from wellstream.operations.running import Running
from wellstream.operations.sms_findings import sms_findings
from wellstream.operations.staff_findings import staff_findings

TOKEN = SecretStr("a token of Twilio's")


def sms(**given: object) -> list[Finding]:
    settings = Settings.model_validate({"public_url": "https://study.example"} | given)
    return list(sms_findings(settings, made_up_token=False))


def elsewhere(folder: Path) -> Settings:
    """The settings of services that do not answer."""
    ports = {name: free_port() for name in ("gateway_port", "admin_port", "store_port", "dashboard_port")}
    return Settings.model_validate(
        ports | {"home": folder, "study": DEMO, "kafka": f"127.0.0.1:{free_port()}", "store_token": "token"}
    )


def test_every_finding_that_is_not_ok_has_its_remedy(tmp_path: Path) -> None:
    found = examine(elsewhere(tmp_path), None)
    assert [one for one in found if not one.ok]
    assert not [one for one in found if one.mark != "ok" and not one.remedy]


def test_where_nothing_runs_one_finding_says_so(tmp_path: Path) -> None:
    found = [one for one in examine(Settings(home=tmp_path), None) if "nothing runs from" in one.text]
    assert [(one.ok, "wellstream up --study" in one.remedy) for one in found] == [(False, True)]


def test_a_service_that_is_unhealthy_is_told_with_its_reason_and_log(tmp_path: Path) -> None:
    services = [{"name": "store", "health": "unhealthy", "reason": "ended: no such study"}]
    found = examine(elsewhere(tmp_path), Running(tmp_path, services))
    (store,) = [one for one in found if one.text == "store is unhealthy: ended: no such study"]
    assert not store.ok
    assert str(tmp_path / "logs" / "store.log") in store.remedy


def test_nothing_about_texts_is_ok_before_one_was_tried() -> None:
    found = sms(twilio_auth_token=TOKEN, twilio_account_sid="AC1", twilio_from="+15005550006")
    assert [one.mark for one in found] == ["untried", "untried"]
    assert "https://study.example/sms/twilio" in found[0].text


@pytest.mark.parametrize("lacking", ["twilio_account_sid", "twilio_from"])
def test_a_provider_that_lacks_what_it_needs_to_send_is_to_be_checked(lacking: str) -> None:
    account = {"twilio_account_sid": "AC1", "twilio_from": "+15005550006"}
    given = account | {lacking: "", "twilio_auth_token": TOKEN, "sms_provider": "twilio"}
    sending = sms(**given)[-1]
    assert sending.mark == "check"
    assert f"WELLSTREAM_{lacking.upper()} is not set" in sending.text


@pytest.mark.parametrize("preset", ["kannel", "africastalking"])
def test_an_http_gateway_without_an_address_cannot_send(preset: str) -> None:
    sending = sms(http_sms_preset=preset, http_sms_secret="s" * 32, sms_provider=preset)[-1]
    assert sending.mark == "check"
    assert "WELLSTREAM_HTTP_SMS_URL and WELLSTREAM_HTTP_SMS_FROM are not set" in sending.text


def test_a_token_that_was_made_up_brings_in_no_texts() -> None:
    (incoming, _) = sms_findings(Settings(twilio_auth_token=TOKEN), made_up_token=True)
    assert incoming.mark == "check"
    assert "WELLSTREAM_TWILIO_AUTH_TOKEN" in incoming.remedy


STUDY = load_study(DEMO)


@pytest.mark.parametrize(
    ("given", "mark"),
    [
        ({}, "check"),
        ({"staff_emails": "ann@study.example"}, "untried"),
        ({"staff_webhook_url": "https://study.example/x"}, "untried"),
    ],
)
def test_it_is_told_where_nobody_hears_a_call_for_help(given: dict[str, str], mark: str) -> None:
    (found,) = staff_findings(Settings.model_validate(given), STUDY)
    assert found.mark == mark


def test_nobody_has_to_hear_simulated_people() -> None:
    assert not list(staff_findings(Settings(simulation=True), STUDY))
