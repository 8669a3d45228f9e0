"""The known versions of studies, and which of their answers may be pooled.

Within a window, only answers count whose measure has the same items and scales as at its end; otherwise it is
a different measure. Nothing is rescaled: no formula turns 7 out of 10 into 5 out of 7.
"""

from collections.abc import Iterable
from functools import cached_property

from schemas.base import Measure
from schemas.study import ScaleItem, Study

_Asked = tuple[tuple[object, ...], ...]


class Versions:
    """Study definitions by `id@version`."""

    def __init__(self, studies: Iterable[Study]) -> None:
        self.studies = {study.ref: study for study in studies}

    def __contains__(self, ref: object) -> bool:
        return ref in self.studies

    def __getitem__(self, ref: str) -> Study:
        return self.studies[ref]

    def alike(self, one: str, other: str, measure: Measure) -> bool:
        """Whether two versions measure something with the same items on the same scales."""
        return one == other or self._asked[one].get(measure) == self._asked[other].get(measure)

    def once_a_day(self, ref: str) -> bool:
        """Whether no day of a version has more than one prompt (`Schedule.most_a_day`), but some have one."""
        return ref in self._once_a_day

    @cached_property
    def _once_a_day(self) -> frozenset[str]:
        return frozenset(
            ref for ref, study in self.studies.items() if study.schedule.most_a_day(study.arms) == 1
        )

    def scaled_alike(self, one: str, other: str, item: str) -> bool:
        """Whether two versions ask an item, whatever it measures, on the same scale."""
        bounds = {
            (asked.scale.min, asked.scale.max) if isinstance(asked, ScaleItem) else None
            for ref in (one, other)
            for asked in (self.studies[ref].item(item),)
        }
        return len(bounds) == 1

    @cached_property
    def _asked(self) -> dict[str, dict[Measure, _Asked]]:
        return {
            ref: {measure: _asked(study, measure) for measure in Measure}
            for ref, study in self.studies.items()
        }


def _asked(study: Study, measure: Measure) -> _Asked:
    return tuple(
        sorted(
            (item.id, item.scale.min, item.scale.max)
            if isinstance(item, ScaleItem)
            else (item.id, *(option.id for option in item.options))
            for item in study.items_of(measure)
        )
    )
