"""The catalogue of indicators: every entry of every family."""

from streams.indicators.entry import Indicator
from streams.indicators.measures import (
    careless,
    change,
    compliance,
    control_charts,
    coping,
    differentiation,
    diurnal,
    diversity,
    early_warning,
    inertia,
    instability,
    level,
    overlap,
    wellbeing,
)

FAMILIES = (
    level,
    instability,
    inertia,
    differentiation,
    diversity,
    coping,
    wellbeing,
    diurnal,
    compliance,
    careless,
    change,
    control_charts,
    early_warning,
    overlap,
)

"""The families of indicators, in the order of the catalogue's page.

A family's module holds its entries, their functions, and what computes them: `over_record` for a full
record, `live` for the windows at a check-in. A new family needs a line here and nothing elsewhere.
"""

CATALOGUE: tuple[Indicator, ...] = tuple(
    entry for family in FAMILIES for entry in vars(family).values() if isinstance(entry, Indicator)
)
"""All entries, by family, in the order of their modules."""


_BY_ID = {entry.id: entry for entry in CATALOGUE}


def entry_of(row_id: str) -> Indicator | None:
    """The entry that describes a row: the one with its id, or the longest part of it before a slash."""
    parts = row_id.split("/")
    tries = ("/".join(parts[:length]) for length in range(len(parts), 0, -1))
    return next((_BY_ID[one] for one in tries if one in _BY_ID), None)
