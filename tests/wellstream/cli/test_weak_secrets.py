"""A secret that could be guessed stops a service before it opens a port."""

import pytest
from pydantic import SecretStr
from typer.testing import CliRunner

from schemas.settings import Settings, WeakSecret, refuse_weak_secrets
from wellstream.cli.app import app


@pytest.mark.parametrize("secret", ["changeme", "0" * 64, "secretsecretsecretsecret", "ab" * 30])
def test_what_could_be_guessed_is_refused(secret: str) -> None:
    with pytest.raises(WeakSecret, match="WELLSTREAM_ADMIN_TOKEN could be guessed"):
        refuse_weak_secrets(Settings(admin_token=SecretStr(secret)))


def test_what_openssl_makes_is_not() -> None:
    refuse_weak_secrets(Settings(admin_token=SecretStr("6f0c2b9d4e817a35" * 4), store_token=None))


@pytest.mark.parametrize("service", ["gateway", "store", "worker", "planner"])
def test_no_service_starts_with_one(service: str) -> None:
    ran = CliRunner().invoke(app, ["serve", service], env={"WELLSTREAM_STORE_TOKEN": "changeme"})
    assert ran.exit_code == 1
    assert "could be guessed" in ran.output
    assert "changeme" not in ran.output
