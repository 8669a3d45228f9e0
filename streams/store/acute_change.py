"""From which size on a change is acute: the 90th percentile over everybody, for a study to freeze."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from schemas.base import Measure
from schemas.study import Study
from schemas.study.versions import Versions
from streams.records.item_roles import Layout
from streams.statistics.disclosure_control import MINIMUM_CELL, Audience
from streams.store.definitions import Query
from streams.store.series import read_series

_PERCENTILE = 90


@dataclass(frozen=True)
class AcuteChange:
    """A measure's 90th percentile of |Δx| over all pairs of everybody (Jahng, Wood & Trull 2008).

    Attributes:
        measure: The measure.
        cut: The percentile, in scale points; None where too few people have pairs, or where nine in
            ten pairs do not change at all, so that no size is acute.
        people: Number of people who have a pair; None if too few to be told.
        pairs: Number of their pairs; None then, too.
    """

    measure: str
    cut: float | None
    people: int | None
    pairs: int | None


def acute_changes(
    query: Query, study: Study, known: Versions, audience: Audience = Audience.STAFF
) -> list[AcuteChange]:
    """The percentile of every measure that the study asks on a scale, between observed values if need be.

    Args:
        query: The store.
        study: Its newest definition; answers to other items or scales than its own are left out.
        known: All its versions.
        audience: Decides how many people are too few.
    """
    everybody, layout = read_series(query, study, known), Layout.of(study)
    found = []
    for scale in (layout.scales[name] for name in layout.scales if name in set(Measure)):
        sizes = [[abs(b - a) for a, b in series.pairs_of(scale)] for series in everybody]
        people, pooled = sum(map(bool, sizes)), [size for own in sizes for size in own]
        if 0 < people < MINIMUM_CELL[audience]:
            found.append(AcuteChange(scale.name, None, None, None))
            continue
        cut = float(np.percentile(pooled, _PERCENTILE)) if pooled else 0.0
        found.append(AcuteChange(scale.name, cut or None, people, len(pooled)))
    return found


def to_freeze(found: Mapping[str, float | None]) -> str:
    """The YAML that freezes the cuts of measures in the study's definition; empty if there is none."""
    cuts = [f"  {measure}: {cut:.6g}" for measure, cut in found.items() if cut is not None]
    return "\n".join(["acute_change:", *cuts]) if cuts else ""
