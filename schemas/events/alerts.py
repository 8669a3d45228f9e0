"""Alerts of control charts, for staff."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from schemas.base import Slug
from schemas.events.envelope import Envelope


class AlertRaised(Envelope):
    """A control chart went beyond its bounds on a day, as the data were then. It is never taken back.

    For staff alone; with many people and charts some are false every day.

    Attributes:
        chart: `ewma`, `cusum` or `shewhart`.
        item: What is charted: its day means.
        study_day: 1 on the participant's first day.
        value: Of the chart on that day, in its own unit.
    """

    type: Literal["alert.raised"] = "alert.raised"
    chart: Slug
    item: Slug
    study_day: Annotated[int, Field(ge=1)]
    value: Annotated[float, Field(allow_inf_nan=False)]


class AlertSuperseded(Envelope):
    """With later answers or corrections the chart is within its bounds on that day.

    Attributes:
        alert: `event_id` of what was raised.
    """

    type: Literal["alert.superseded"] = "alert.superseded"
    alert: UUID
