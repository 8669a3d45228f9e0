"""A secret that could be guessed stops a service before it opens a port."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr
from typer.testing import CliRunner

from schemas.settings import Settings, WeakSecret, refuse_weak_secrets
from wellstream.cli.app import app

WEAK = (
    "changeme", "0" * 64, "ab" * 30, "abcdefgh" * 8, "0123456789abcdef", "0123456789abcdef" * 4,
    "please-change-me-before-use", "abcdefghijklmnopqrstuvwxyz123456", "zyxwvutsrqponmlkjihgfedcba",
    "my-secret-key-for-the-study-2026",
)  # fmt: skip


@pytest.mark.parametrize("secret", WEAK)
def test_what_could_be_guessed_is_refused(secret: str) -> None:
    with pytest.raises(WeakSecret, match="WELLSTREAM_ADMIN_TOKEN could be guessed"):
        refuse_weak_secrets(Settings(admin_token=SecretStr(secret)))


@pytest.mark.parametrize("name", ["kafka_store_password", "http_sms_hmac_key", "staff_webhook_secret"])
def test_every_secret_of_ours_is_looked_at(name: str) -> None:
    with pytest.raises(WeakSecret, match=f"WELLSTREAM_{name.upper()}"):
        refuse_weak_secrets(Settings.model_validate({name: "abcdefgh" * 8}))


@given(text=st.binary(min_size=16, max_size=32))
def test_what_is_random_is_not(text: bytes) -> None:
    refuse_weak_secrets(Settings(admin_token=SecretStr(sha256(text).hexdigest())))


@pytest.mark.parametrize("service", ["gateway", "store", "worker", "planner"])
def test_no_service_starts_with_one(service: str) -> None:
    ran = CliRunner().invoke(app, ["serve", service], env={"WELLSTREAM_STORE_TOKEN": "changeme"})
    assert ran.exit_code == 1
    assert "could be guessed" in ran.output
    assert "changeme" not in ran.output
