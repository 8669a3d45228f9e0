"""The catalogue as rows: in the store for its readers, and as a codebook."""

from collections.abc import Iterator
from dataclasses import dataclass

from streams.indicators.catalogue import CATALOGUE
from streams.statistics.catalogue import METHODS


@dataclass(frozen=True)
class Entry:
    """An indicator or a method; the fields are those of `streams.indicators.entry.Indicator`."""

    id: str
    title: str
    family: str
    formula: str
    unit: str
    range: str
    minimum: str
    edge_cases: str
    interpretation: str
    source: str
    live: bool
    research_only: bool

    @property
    def help(self) -> str:
        """A paragraph for people who look at the indicator."""
        return (
            f"{self.interpretation} Formula: {self.formula}. Unit: {self.unit}; range: {self.range}. "
            f"Minimum: {self.minimum}. {self.edge_cases} Source: {self.source}."
        )


def entries() -> Iterator[Entry]:
    """Indicators of single people by family, then methods over people."""
    for one in CATALOGUE:
        yield Entry(
            one.id, one.title, one.family, one.formula, one.unit, one.range,
            f"{one.minimum} {one.counted}", one.edge_cases, one.interpretation, one.source, one.rolling,
            one.research_only,
        )  # fmt: skip
    for method in METHODS:
        yield Entry(
            method.id, method.title, "Statistics over people", method.formula, method.unit, method.range,
            f"{method.minimum} {method.counted}", method.edge_cases, method.interpretation, method.source,
            False, False,
        )  # fmt: skip
