"""What is scored: the scales of a study or a file, their items and ranges, and the coping strategies."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from schemas.base import Measure
from schemas.study import ScaleItem, Study

Range = tuple[float, float]
"""Lowest and highest value of an item."""


@dataclass(frozen=True)
class Scale:
    """A measure with its items, or a single item. Its score at a check-in is the mean of those answered.

    Attributes:
        name: The measure, or the item's id.
        items: Its items, in the order of the study.
        low, high: Lowest and highest value, the same for all items.
        acute_change: From how many scale points on the study calls a change acute; None if it does not say.
    """

    name: str
    items: tuple[str, ...]
    low: float
    high: float
    acute_change: float | None = None


@dataclass(frozen=True)
class Layout:
    """The scales of a study or a file.

    Attributes:
        scales: By name: the measures, and the items that measure none.
        ranges: Lowest and highest value of every item.
        main: The scale that control charts and alerts are about.
        strategies: The coping strategies offered.
        shown: The scales with values of their own.
        baseline: The phase before any intervention.
        compared: The phase that is compared with the baseline.
    """

    scales: Mapping[str, Scale]
    ranges: Mapping[str, Range]
    main: str
    strategies: tuple[str, ...]
    shown: tuple[str, ...]
    baseline: str = "A"
    compared: str = "B"

    @classmethod
    def of(cls, study: Study) -> "Layout":
        """The layout of a study; `main` is valence, or else its first scale.

        Raises:
            ValueError: The study has no scale.
        """
        if not study.scales:
            raise ValueError(f"{study.ref} has no item of kind scale, so nothing can be computed")
        members: dict[str, list[ScaleItem]] = {}
        for item in study.scales:
            members.setdefault(item.measures.value if item.measures else item.id, []).append(item)
        scales = {
            name: Scale(
                name=name,
                items=tuple(item.id for item in items),
                low=float(items[0].scale.min),
                high=float(items[0].scale.max),
                acute_change=study.acute_change.get(items[0].measures) if items[0].measures else None,
            )
            for name, items in members.items()
        }
        options = [option for item in study.strategy_items for option in item.options]
        return cls(
            scales=scales,
            ranges={item.id: (float(item.scale.min), float(item.scale.max)) for item in study.scales},
            main=Measure.VALENCE.value if Measure.VALENCE in scales else next(iter(scales)),
            strategies=tuple(option.id for option in options if not option.exclusive),
            shown=tuple(scales),
        )

    def only(self, name: str) -> "Layout":
        """The layout with values for one scale or item, which is then the main one, too."""
        one = self.scales.get(name) or Scale(name, (name,), *self.ranges[name])
        return replace(self, scales={**self.scales, name: one}, main=name, shown=(name,))

    def parts(self, name: str) -> tuple[str, ...]:
        """A scale's items, or the strategies for `coping_strategy`; empty if it is not asked."""
        if name == Measure.COPING_STRATEGY:
            return self.strategies
        return self.scales[name].items if name in self.scales else ()


_FILE = (
    Scale("valence", ("valence",), 0.0, 10.0),
    Scale("arousal", ("arousal",), 0.0, 10.0),
    Scale("positive_affect", ("pa1", "pa2", "pa3"), 1.0, 7.0),
    Scale("negative_affect", ("na1", "na2", "na3"), 1.0, 7.0),
    Scale("stress", ("stress",), 1.0, 7.0),
    Scale("coping_efficacy", ("coping_eff",), 1.0, 7.0),
)

CHECKINS = Layout(
    scales={scale.name: scale for scale in _FILE},
    ranges={item: (scale.low, scale.high) for scale in _FILE for item in scale.items},
    main="valence",
    strategies=(
        "problem_solving",
        "social_emotional",
        "social_instrumental",
        "social_informational",
        "creative",
        "emotion_regulation",
    ),
    shown=tuple(scale.name for scale in _FILE),
)
"""The layout of files for `wellstream indicators`: valence and arousal from 0 to 10, others from 1 to 7."""
