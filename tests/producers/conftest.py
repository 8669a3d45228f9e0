"""A vault with one person in it, and the settings that go with it."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlcipher3 import dbapi2 as sqlcipher

from producers.vault import Enrolment, Person, Vault
from producers.vault.connection import file_key_pragma
from schemas.clock import now
from schemas.settings import Settings
from schemas.study import Study
from schemas.study.file import load_study
from tests.conftest import DEMO

NUMBER = "+447700900123"


@pytest.fixture
def study() -> Study:
    return load_study(DEMO)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        home=tmp_path,
        study=DEMO,
        kafka="127.0.0.1:1",
        vault_key=SecretStr("a key of at least thirty-two characters"),
        admin_token=SecretStr("the admin API's token"),
        twilio_auth_token=SecretStr("twilio's token"),
        twilio_account_sid="ACtest",
        twilio_from="+447700900999",
    )


@pytest.fixture
async def vault(settings: Settings) -> AsyncIterator[Vault]:
    opened = await Vault.open(settings.vault_path, settings.secret("vault_key"))
    yield opened
    await opened.close()


@pytest.fixture
async def person(vault: Vault, study: Study) -> Person:
    enrolment = Enrolment(
        number=NUMBER,
        study=study.ref,
        arm="cbt",
        language="nl",
        zone="Europe/Brussels",
        start_date=date(2026, 6, 1),
    )
    return (await vault.directory.enrol([enrolment], now()))[0]


@contextmanager
def locked(settings: Settings) -> Iterator[None]:
    """The vault while somebody else writes to its file: a copy being restored, say."""
    other = sqlcipher.connect(str(settings.vault_path), isolation_level=None)
    other.execute(file_key_pragma(settings.secret("vault_key")))
    other.execute("BEGIN IMMEDIATE")
    yield
    other.execute("ROLLBACK")
    other.close()
