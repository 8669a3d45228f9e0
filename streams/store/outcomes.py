"""The outcomes of a study: what the pages, the report and the store's tables show over the study weeks."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from schemas.base import Measure
from schemas.study import Study
from streams.indicators.measures import compliance, coping, instability, level, wellbeing


@dataclass(frozen=True)
class Outcome:
    """An outcome.

    Attributes:
        title: For people.
        indicator: Its id in the catalogue.
        scale: The measure that it is about; empty where the indicator spans several.
    """

    title: str
    indicator: str
    scale: str = ""

    @property
    def measure(self) -> Measure | None:
        """The measure, where the outcome is the mean of its answers."""
        return Measure(self.scale) if self.indicator == level.MEAN.id else None

    @property
    def measures(self) -> frozenset[Measure]:
        """All measures that it is computed from; none for compliance."""
        return frozenset({self.measure}) if self.measure else _NEEDED.get(self.name, frozenset())

    def span(self, study: Study) -> float:
        """The distance between the lowest and the highest value that it can have, in its unit; above 0.

        Args:
            study: One whose outcomes have this one.
        """
        match self.indicator:
            case wellbeing.WELLBEING.id:
                return 100.0
            case compliance.COMPLIANCE.id:
                return 1.0
            case coping.VARIETY.id:
                return max(_strategies(study) - 1.0, 1.0)
            case coping.SHANNON.id:
                return math.log(max(_strategies(study), 2))
            case coping.EFFICACY.id:
                return _scale(study, Measure.COPING_EFFICACY)
            case _:
                return _scale(study, Measure(self.scale))

    @property
    def name(self) -> str:
        """What it is called in commands: the indicator, with its scale where it has one."""
        return f"{self.indicator}/{self.scale}" if self.scale else self.indicator


_MEANS: Mapping[Measure, str] = MappingProxyType(
    {
        Measure.VALENCE: "Mood (valence)",
        Measure.AROUSAL: "Energy (arousal)",
        Measure.STRESS: "Stress",
        Measure.POSITIVE_AFFECT: "Positive affect",
        Measure.NEGATIVE_AFFECT: "Negative affect",
        Measure.COPING_EFFICACY: "Coping: how well handled",
        Measure.RESILIENCE: "Resilience",
        Measure.RELATIONSHIPS: "Relationships",
        Measure.SELF_ESTEEM: "Self-esteem",
    }
)
_OF_SEVERAL: tuple[tuple[Outcome, frozenset[Measure]], ...] = (
    (
        Outcome("Well-being composite", wellbeing.WELLBEING.id),
        frozenset({Measure.POSITIVE_AFFECT, Measure.NEGATIVE_AFFECT}),
    ),
    (
        Outcome("Coping efficacy under stress", coping.EFFICACY.id),
        frozenset({Measure.STRESS, Measure.COPING_EFFICACY}),
    ),
    (Outcome("Coping variety", coping.VARIETY.id), frozenset({Measure.COPING_STRATEGY})),
    (Outcome("Coping diversity (entropy)", coping.SHANNON.id), frozenset({Measure.COPING_STRATEGY})),
    (
        Outcome("Instability of mood (RMSSD)", instability.RMSSD.id, Measure.VALENCE.value),
        frozenset({Measure.VALENCE}),
    ),
    (Outcome("Compliance", compliance.COMPLIANCE.id), frozenset()),
)

_NEEDED: Mapping[str, frozenset[Measure]] = MappingProxyType(
    {outcome.name: needed for outcome, needed in _OF_SEVERAL}
)


def _scale(study: Study, measure: Measure) -> float:
    scale = study.scales_of(measure)[0].scale
    return float(scale.max - scale.min)


def _strategies(study: Study) -> int:
    options = {option.id for item in study.strategy_items for option in item.options if not option.exclusive}
    return len(options)


def outcomes(study: Study) -> tuple[Outcome, ...]:
    """The outcomes that a study's items allow: means of what is asked on scales, then indicators."""
    measured = {item.measures for item in study.items if item.measures}
    on_scales = {item.measures for item in study.scales}
    means = (
        Outcome(title, level.MEAN.id, measure.value)
        for measure, title in _MEANS.items()
        if measure in on_scales
    )
    return (*means, *(outcome for outcome, needed in _OF_SEVERAL if needed <= measured))


def measures(of: Iterable[Outcome]) -> list[Measure]:
    """The measures whose scores are among some outcomes, in their order."""
    return [one.measure for one in of if one.measure]
