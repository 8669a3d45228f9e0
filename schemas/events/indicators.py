"""Rolling indicators at one check-in, and why a value is undefined."""

from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from schemas.base import Count, FrozenModel
from schemas.events.envelope import Envelope


class Undefined(StrEnum):
    """Why an indicator has no value. Undefined is never 0 and never NaN.

    From `zero_variance` on they occur in full records only, never in a live window.
    """

    NO_DATA = "no_data"
    NOT_ASKED = "not_asked"
    TOO_FEW = "too_few"
    TOO_FEW_PAIRS = "too_few_pairs"
    NO_STRESS = "no_stress"
    NO_COPING = "no_coping"
    NO_PROMPTS = "no_prompts"
    PART_MISSING = "part_missing"
    ZERO_VARIANCE = "zero_variance"
    AT_BOUND = "at_bound"
    NEGATIVE_ICC = "negative_icc"
    NO_EMOTION = "no_emotion"
    NO_BASELINE = "no_baseline"
    NO_TIMES = "no_times"
    NO_TABLE = "no_table"


class Window(StrEnum):
    """Length of a rolling window `(t - w, t]` in event time."""

    DAY = "1d"
    WEEK = "7d"
    MONTH = "28d"


class Note(StrEnum):
    """A caveat about a value."""

    SCALE_CHANGED = "scale_changed"
    LANGUAGES_MIXED = "languages_mixed"
    OWN_INITIATIVE = "own_initiative"


class IndicatorValue(FrozenModel):
    """One indicator over one window.

    Attributes:
        indicator: Id in the catalogue, such as `mean`. Where the window holds check-ins on the participant's
            own initiative, `mean` is from all check-ins, `mean/prompted` from those that were prompted, and
            `mean/own_initiative` from the others.
        scale: What was measured, such as `stress`; empty where the indicator spans several.
        window: Length of the window.
        value: The value, or None with a `reason`.
        n: Number of answers used (for compliance: of prompts).
        n_pairs: Number of valid pairs used; None for an indicator that does not use pairs.
        reason: Why there is no value; None if there is one.
        notes: Caveats. `scale_changed`: answers to another version of the study, with other items or
            another scale for the same measure, were left out. `languages_mixed`: the answers were given in
            more than one language. `own_initiative`: some check-ins were made on the participant's own
            initiative.
    """

    indicator: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,47}(/[a-z_]{1,20})?$")]
    scale: Annotated[str, Field(max_length=48)] = ""
    window: Window
    value: float | None = None
    n: Count
    n_pairs: Count | None = None
    reason: Undefined | None = None
    notes: tuple[Note, ...] | None = None


class IndicatorsUpdated(Envelope):
    """A participant's indicators at one check-in; `occurred_at` is where the windows end.

    Attributes:
        checkin: `event_id` of the check-in at which the windows end.
        revision: How many of the participant's events the longest window and the day before it hold: prompts,
            and versions of check-ins. It only grows as events arrive, and in the end depends on the events
            alone, not on their order: of two updates with the same `event_id`, the higher revision wins.
        values: One entry for each indicator, scale and window.
    """

    type: Literal["indicators.updated"] = "indicators.updated"
    checkin: UUID
    revision: Annotated[Count, Field(ge=1)]
    values: Annotated[tuple[IndicatorValue, ...], Field(max_length=2000)]
