"""A dispatcher to test with."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from producers.kafka import Publisher
from producers.vault import Enrolment, Vault
from schemas.events import (
    ConsentStatus,
)
from schemas.identity import new_pseudonym
from schemas.settings import Settings
from schemas.study import Study
from tests.producers.sms.providers.kits import Answer, carrier
from tests.producers.sms.rig import NOON, NUMBER, Rig


@pytest.fixture
async def rig(broker: str, settings: Settings, study: Study, vault: Vault) -> AsyncIterator[Rig]:
    settings = settings.model_copy(
        update={"kafka": broker, "public_url": "https://study.example", "sms_segments_per_second": 1000.0}
    )
    enrolment = Enrolment(
        number=NUMBER, study=study.ref, arm="cbt", language="nl", zone="Europe/Brussels",
        start_date=NOON.date(), pseudonym=new_pseudonym(),
    )  # fmt: skip
    (person,) = await vault.directory.enrol([enrolment], NOON)
    publisher = Publisher(broker)
    with carrier(lambda _: Answer(500, "")) as provider:
        found = Rig(settings, study, vault, publisher, provider, person)
        granted = found.consent(ConsentStatus.GRANTED, NOON - timedelta(days=1))
        await vault.directory.record_consent(granted)
        yield found
        await found.adapter.close()
    await publisher.close()
