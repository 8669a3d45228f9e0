"""The study definitions, read from their topic: every version that was ever announced."""

from collections.abc import Iterable

from pydantic import ValidationError

from schemas.study import Study
from schemas.study.versions import Versions
from schemas.topics import STUDIES
from streams.kafka.topic_reader import TopicReader

_WAIT_MS = 500


async def read_versions(bootstrap: str) -> Versions:
    """All readable definitions; the first one of each `id@version`, which does not change.

    Raises:
        KafkaError: Kafka is away.
    """
    found: dict[str, Study] = {}
    async with TopicReader(bootstrap, {}, (STUDIES,)) as reader:
        ends = await reader.ends()
        while any(reader.expected.get(place, 0) < end for place, end in ends.items()):
            for record in await reader.next(_WAIT_MS):
                try:
                    study = Study.model_validate_json(record.value or b"")
                except ValidationError:
                    continue  # the store makes the dead letter
                found.setdefault(study.ref, study)
    return Versions(found.values())


class KnownVersions:
    """The definitions, read again when an event names one that is not among them."""

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap
        self._versions = Versions([])

    async def having(self, refs: Iterable[str]) -> Versions:
        """The definitions; a wanted one is missing only if the topic has none."""
        if any(ref not in self._versions for ref in refs):
            self._versions = await read_versions(self._bootstrap)
        return self._versions
