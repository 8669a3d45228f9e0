"""What a schedule says of its days: the most prompts that one can have, and where a night belongs."""

from typing import Any

import pytest

from schemas.study import Schedule, Study
from schemas.study.file import load_study
from schemas.study.versions import Versions
from tests.conftest import DEMO

STUDY = load_study(DEMO)
EVENING: dict[str, Any] = {"kind": "fixed", "times": ["20:00"], "channel": "sms"}
MORNING = EVENING | {"times": ["10:00"]}
ADAPTIVE = {"min_per_day": 1, "max_per_day": 3}
ON_DAY_1 = {"kind": "relative", "phase": "intervention", "day": 1, "time": "12:00", "channel": "web"}


def asking(*rules: dict[str, Any], wake: str = "09:00", sleep: str = "21:00") -> Study:
    schedule = STUDY.schedule.model_dump() | {"wake": wake, "sleep": sleep, "prompts": list(rules)}
    return STUDY.model_copy(update={"schedule": Schedule.model_validate(schedule)})


@pytest.mark.parametrize(
    ("rules", "most"),
    [
        ([EVENING], 1),
        ([EVENING | {"times": ["20:00", "10:00"]}], 2),
        ([EVENING, MORNING], 2),
        ([EVENING, EVENING | {"channel": "web"}], 1),
        ([EVENING | {"weekdays": ["mon", "tue"]}, MORNING | {"weekdays": ["wed"]}], 1),
        ([EVENING | {"weekdays": ["mon", "tue"]}, MORNING | {"weekdays": ["tue"]}], 2),
        ([EVENING | {"phases": ["baseline"]}, MORNING | {"phases": ["intervention"]}], 1),
        ([EVENING | {"phases": ["baseline"]}, MORNING], 2),
        ([{"kind": "random", "channels": ["sms"]}], 1),
        ([{"kind": "random", "channels": ["sms"], "adaptive": ADAPTIVE}], 3),
        ([{"kind": "random", "channels": ["sms"] * 3, "adaptive": ADAPTIVE | {"max_per_day": 1}}], 1),
        ([{"kind": "interval", "every_minutes": 720, "channel": "sms"}], 1),
        ([{"kind": "interval", "every_minutes": 240, "channel": "sms"}], 3),
        ([{"kind": "event"}], 0),
        ([{"kind": "event"}, EVENING], 1),
        ([ON_DAY_1, ON_DAY_1 | {"day": 8, "time": "13:00"}], 1),
        ([ON_DAY_1, ON_DAY_1 | {"time": "13:00"}], 2),
        ([ON_DAY_1, EVENING | {"phases": ["baseline"]}], 1),
        ([ON_DAY_1, EVENING], 2),
    ],
)
def test_the_most_prompts_that_a_day_can_have(rules: list[dict[str, Any]], most: int) -> None:
    study = asking(*rules)
    assert study.schedule.most_a_day(study.arms) == most
    assert Versions([study]).once_a_day(study.ref) == (most == 1)


@pytest.mark.parametrize(
    ("wake", "sleep", "past_midnight"),
    [
        ("09:00", "21:00", []),
        ("09:00", "01:00", ["00:00", "00:30", "01:00"]),
        ("09:00", "00:00", ["00:00"]),
        ("00:30", "23:00", []),
        ("20:00", "07:30", ["00:00", "00:30", "01:00", "01:01", "07:30"]),
    ],
)
def test_a_time_after_midnight_belongs_to_the_waking_day_that_it_ends(
    wake: str, sleep: str, past_midnight: list[str]
) -> None:
    schedule = asking(EVENING, wake=wake, sleep=sleep).schedule
    times = ["00:00", "00:30", "01:00", "01:01", "07:30", "07:31", "08:59", "09:00", "20:00", "23:59"]
    assert [time for time in times if schedule.after_midnight(time)] == past_midnight
