"""The roles of the items: their scales, positive or negative affect, stress, and coping strategies."""

from collections.abc import Mapping
from dataclasses import dataclass

from schemas.base import Measure
from schemas.study import Study

Range = tuple[float, float]
"""Lowest and highest value of an item."""


@dataclass(frozen=True)
class Layout:
    """The roles of a study's or a file's items.

    Attributes:
        ranges: Lowest and highest value of every item.
        main: The item for which level, instability, inertia, charts and overlap are computed.
        positive: Items of positive affect, all on the same scale.
        negative: Items of negative affect, all on the same scale.
        stress: The stress item; empty if there is none.
        efficacy: The item "how well did you handle it"; empty if there is none.
        strategies: The coping strategies offered.
        baseline: The phase before any intervention.
        compared: The phase that is compared with the baseline.
    """

    ranges: Mapping[str, Range]
    main: str
    positive: tuple[str, ...]
    negative: tuple[str, ...]
    stress: str
    efficacy: str
    strategies: tuple[str, ...]
    baseline: str = "A"
    compared: str = "B"

    @classmethod
    def of(cls, study: Study) -> "Layout":
        """The layout of a study; `main` is its first valence item, or else its first scale.

        Raises:
            ValueError: The study has no scale.
        """
        scales = {item.id: (float(item.scale.min), float(item.scale.max)) for item in study.scales}
        if not scales:
            raise ValueError(f"{study.ref} has no item of kind scale, so nothing can be computed")
        measured = {measure: tuple(item.id for item in study.items_of(measure)) for measure in Measure}
        options = [option for item in study.strategy_items for option in item.options]
        return cls(
            ranges=scales,
            main=next(iter(measured[Measure.VALENCE] or tuple(scales))),
            positive=measured[Measure.POSITIVE_AFFECT],
            negative=measured[Measure.NEGATIVE_AFFECT],
            stress=next(iter(measured[Measure.STRESS]), ""),
            efficacy=next(iter(measured[Measure.COPING_EFFICACY]), ""),
            strategies=tuple(option.id for option in options if not option.exclusive),
        )


_TEN, _SEVEN = (0.0, 10.0), (1.0, 7.0)
_POSITIVE, _NEGATIVE = ("pa1", "pa2", "pa3"), ("na1", "na2", "na3")

CHECKINS = Layout(
    ranges={
        "valence": _TEN,
        "arousal": _TEN,
        **dict.fromkeys(_POSITIVE + _NEGATIVE, _SEVEN),
        "stress": _SEVEN,
        "coping_eff": _SEVEN,
    },
    main="valence",
    positive=_POSITIVE,
    negative=_NEGATIVE,
    stress="stress",
    efficacy="coping_eff",
    strategies=(
        "problem_solving",
        "social_emotional",
        "social_instrumental",
        "social_informational",
        "creative",
        "emotion_regulation",
    ),
)
"""The layout of files for `wellstream indicators`: valence and arousal from 0 to 10, others from 1 to 7."""
