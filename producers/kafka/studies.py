"""The study definitions on their topic: read them, and put this installation's one there."""

import logging
from collections.abc import MutableMapping

from aiokafka import AIOKafkaConsumer, TopicPartition
from pydantic import ValidationError

from producers.kafka.publisher import Publisher
from schemas.study import Study
from schemas.topics import STUDIES

_log = logging.getLogger(__name__)
_POLL_MS = 1000


class StudyChanged(RuntimeError):
    """The study's file differs from the definition that was published under the same id and version."""


async def announce(
    study: Study, bootstrap: str, publisher: Publisher, known: MutableMapping[str, Study]
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


async def read_studies(bootstrap: str) -> dict[str, Study]:
    """Every readable definition on the topic, by `id@version`; the newest record of each.

    Raises:
        KafkaError: Kafka is away.
    """
    place = TopicPartition(STUDIES.name, 0)
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap, enable_auto_commit=False, auto_offset_reset="earliest"
    )
    found: dict[str, Study] = {}
    await consumer.start()
    try:
        consumer.assign([place])
        end = (await consumer.end_offsets([place]))[place]
        # Not seek_to_beginning: a reset to the end that `assign` began may win over it (aiokafka 0.14).
        consumer.seek(place, 0)
        while await consumer.position(place) < end:
            for records in (await consumer.getmany(timeout_ms=_POLL_MS)).values():
                found |= {study.ref: study for study in map(_study, records) if study}
    finally:
        await consumer.stop()
    return found


def _study(record: object) -> Study | None:
    value = getattr(record, "value", None)
    try:
        return Study.model_validate_json(value) if value else None
    except ValidationError:
        _log.warning("a study definition on %s is from another release and is left aside", STUDIES.name)
        return None
