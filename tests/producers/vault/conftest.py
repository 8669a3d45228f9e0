"""A new vault, empty."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from producers.vault import Enrolment, Vault

NOW = datetime(2026, 6, 1, tzinfo=UTC)
SECRET = "a key of at least thirty-two characters"
ENROLMENT = Enrolment(
    number="+447700900123",
    study="demo@3",
    arm="cbt",
    language="en",
    zone="Europe/London",
    start_date=date(2026, 6, 1),
)


@pytest.fixture
async def vault(tmp_path: Path) -> AsyncIterator[Vault]:
    opened = await Vault.open(tmp_path / "vault.db", SECRET)
    yield opened
    await opened.close()
