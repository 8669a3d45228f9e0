"""Alerts of control charts, for staff."""

from typing import Literal
from uuid import UUID

from schemas.base import Slug, StudyDay
from schemas.events.envelope import Envelope


class AlertRaised(Envelope):
    """A control chart exceeded its limits on a day, given the data at the time. It is never withdrawn.

    For staff only: with many participants and charts, there are false alerts every day.

    Attributes:
        chart: `ewma`, `cusum` or `shewhart`.
        item: The measure whose daily means are charted, or the item if it measures none.
        study_day: 1 on the participant's first day.
        value: The chart's value on that day, in its own unit.
    """

    type: Literal["alert.raised"] = "alert.raised"
    chart: Slug
    item: Slug
    study_day: StudyDay
    value: float


class AlertSuperseded(Envelope):
    """With later answers or corrections, the chart is within its limits on that day.

    Attributes:
        alert: `event_id` of the alert that no longer holds.
    """

    type: Literal["alert.superseded"] = "alert.superseded"
    alert: UUID
