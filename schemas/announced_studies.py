"""The study definitions on their topic: every version that was ever announced.

A definition is immutable, so if two claim the same `id@version`, the first one holds for every service: the
gateway, the worker and the store.
"""

import logging
from collections.abc import Iterable

from schemas.kafka_access import Broker
from schemas.study import Study
from schemas.study.versions import Versions
from schemas.topic_log import read_to_end
from schemas.topics import STUDIES

_log = logging.getLogger(__name__)


async def read_studies(bootstrap: Broker) -> dict[str, Study]:
    """Every readable definition, by `id@version`; the first one of each.

    Definitions that cannot be read are skipped; the store quarantines them.

    Raises:
        KafkaError: Kafka is unavailable.
        LogStalled: Kafka delivers nothing.
        TopicMissing: The topic does not exist.
    """
    found: dict[str, Study] = {}
    async for record in read_to_end(bootstrap, (STUDIES,)):
        study = _definition(record.value)
        if study is None:
            continue
        if found.setdefault(study.ref, study) != study:
            _log.warning("%s was announced again with other content; the first definition holds", study.ref)
    return found


class KnownVersions:
    """The announced definitions, read again when an event names one that is not among them."""

    def __init__(self, bootstrap: Broker) -> None:
        self._bootstrap = bootstrap
        self._versions = Versions([])

    async def having(self, refs: Iterable[str]) -> Versions:
        """The definitions; one of `refs` is missing only if it was never announced.

        Raises:
            KafkaError: Kafka is unavailable.
            LogStalled: Kafka delivers nothing.
            TopicMissing: The topic does not exist.
        """
        if any(ref not in self._versions for ref in refs):
            self._versions = Versions((await read_studies(self._bootstrap)).values())
        return self._versions


def _definition(value: bytes | None) -> Study | None:
    try:
        return Study.model_validate_json(value) if value else None
    except Exception:  # a validator of ours that fails unexpectedly must not stop every service
        _log.warning("a definition on %s cannot be read by this release and is ignored", STUDIES.name)
        return None
