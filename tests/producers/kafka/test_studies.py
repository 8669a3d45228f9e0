"""A study in use does not change under its version."""

import pytest

from producers.kafka.publisher import Publisher
from producers.kafka.studies import StudyChanged, announce, read_studies
from schemas.study import Study

pytestmark = pytest.mark.kafka


async def test_the_same_version_with_other_content_is_refused(broker: str, study: Study) -> None:
    publisher = Publisher(broker)
    known: dict[str, Study] = {}
    mine = study.model_copy(update={"id": "announced"})
    await announce(mine, broker, publisher, known)
    await announce(mine, broker, publisher, known)
    await publisher.put("studies.v1", b"junk@1", b"not a study")
    changed = mine.model_copy(update={"sms": mine.sms[:1]})
    with pytest.raises(StudyChanged, match=f"version {mine.version + 1}"):
        await announce(changed, broker, publisher, known)
    newer = changed.model_copy(update={"version": mine.version + 1})
    await announce(newer, broker, publisher, known)
    await publisher.close()
    assert {mine.ref, newer.ref} <= set(known)
    found = await read_studies(broker)
    assert (found[mine.ref], found[newer.ref]) == (mine, newer)
