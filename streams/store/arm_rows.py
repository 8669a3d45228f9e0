"""The rows of the tables that hold the report of a study: contrasts, changes and weeks of its arms."""

from datetime import datetime
from typing import NamedTuple


class ArmWeek(NamedTuple):
    """Each arm's weekly mean with its interval, as of the last batch; small cells are suppressed.

    `checkins` says which check-ins it is of: `both`, or where there are any on people's own initiative, also
    `prompted` and `own_initiative`. Check-ins of `versions_left_out` are not in it, because these versions of
    the study ask the outcome with other items or scales.
    """

    study: str
    indicator: str
    scale: str
    checkins: str
    arm: str
    week: int
    mean: float | None
    low: float | None
    high: float | None
    method: str | None
    people: int | None
    observations: int | None
    reason: str | None
    checkins_left_out: int | None
    versions_left_out: str | None
    computed_at: datetime


class ArmChange(NamedTuple):
    """Each arm's change from baseline while in each later phase, as of the last batch; small cells are empty.

    A change within an arm is not the effect of anything: see `contrasts`. `p_adjusted` is over all changes of
    the study. `checkins` and what is left out are as in `arm_weeks`.
    """

    study: str
    indicator: str
    scale: str
    checkins: str
    arm: str
    kind: str
    phase: str
    estimate: float | None
    low: float | None
    high: float | None
    method: str | None
    p: float | None
    p_adjusted: float | None
    tau2: float | None
    i2: float | None
    people: int | None
    left_out: int | None
    reason: str | None
    checkins_left_out: int | None
    versions_left_out: str | None
    computed_at: datetime


class ArmContrast(NamedTuple):
    """Each arm's change from baseline minus that of the study's reference arm, as of the last batch.

    `claim` says whether that is an effect. `p_adjusted` is over all contrasts of the study. The mixed model's
    term is beside it. `checkins` and what is left out are as in `arm_weeks`.
    """

    study: str
    indicator: str
    scale: str
    checkins: str
    arm: str
    phase: str
    reference: str
    claim: str
    estimate: float | None
    low: float | None
    high: float | None
    p: float | None
    p_adjusted: float | None
    people: int | None
    people_reference: int | None
    method: str | None
    reason: str | None
    mixed_estimate: float | None
    mixed_low: float | None
    mixed_high: float | None
    mixed_p: float | None
    mixed_reason: str | None
    checkins_left_out: int | None
    versions_left_out: str | None
    computed_at: datetime
