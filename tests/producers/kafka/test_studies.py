"""A study in use does not change under its version."""

import pytest

from producers.kafka import Publisher, StudyChanged, announce
from schemas.announced_studies import KnownVersions, read_studies
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


async def test_of_two_definitions_of_one_version_the_first_holds_for_everybody(
    broker: str, study: Study
) -> None:
    publisher = Publisher(broker)
    first = study.model_copy(update={"id": "claimed-twice"})
    second = first.model_copy(update={"sms": first.sms[:1]})
    for one in (first, second):
        await publisher.put("studies.v1", one.ref.encode(), one.model_dump_json().encode())
    gateway: dict[str, Study] = {}
    await announce(study, broker, publisher, gateway)
    await publisher.close()
    worker = await KnownVersions(broker).having([first.ref])
    assert gateway[first.ref] == worker[first.ref] == first
