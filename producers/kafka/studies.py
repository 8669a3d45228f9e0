"""Announcing this installation's study on the topic of definitions."""

from collections.abc import MutableMapping

from producers.kafka.publisher import Publisher
from schemas.announced_studies import read_studies
from schemas.kafka_access import Broker
from schemas.study import Study
from schemas.topics import STUDIES


class StudyChanged(RuntimeError):
    """The study's file differs from the definition that was published under the same id and version."""


async def announce(
    study: Study, bootstrap: Broker, publisher: Publisher, known: MutableMapping[str, Study]
) -> None:
    """Publish a study unless it is there already, and add the ones that are there to `known`.

    Raises:
        StudyChanged: The same `id@version` is there with other content.
        PublishFailed: Kafka did not take it.
    """
    published = await read_studies(bootstrap)
    there = published.get(study.ref)
    if there is not None and there != study:
        raise StudyChanged(
            f"{study.ref} is in use with other content, and a study in use does not change: "
            f"give the changed file version {study.version + 1}"
        )
    if there is None:
        await publisher.put(STUDIES.name, study.ref.encode(), study.model_dump_json().encode())
    known.update(published | {study.ref: study})
