"""Study days from a file to a report: prompts after midnight, and diaries that ask once a day."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from producers.imports.csv_table import DataFileError
from producers.imports.events import events_of, pseudonym_of
from producers.imports.mapping import Mapping, Source
from producers.imports.rows import read_rows
from schemas.base import Measure
from schemas.study import Schedule, Study
from schemas.study.file import load_study
from schemas.study.versions import Versions
from streams.store.drift import drift_of
from streams.store.observations import observations
from streams.store.outcomes import outcomes
from streams.store.queries.study import StudyData
from wellstream.operations.imports import Memory, summaries

GOLDEN = Path(__file__).parents[2] / "golden"
MAPPING = Mapping(
    participant="who", arm=Source(value="cbt"), language=Source(value="en"),
    zone=Source(value="Europe/Brussels"), scheduled="at", answered="done", beep="beep",
    items={"valence": "mood"},
)  # fmt: skip
WITH_DAYS = MAPPING.model_copy(update={"day": "day"})
ONCE = [{"kind": "fixed", "times": ["20:00"], "channel": "web"}]
START = datetime(2026, 3, 23)  # the clocks change on the 29th


def a_study(**schedule: Any) -> Study:
    study = load_study(GOLDEN / "study.yaml")
    changed = Schedule.model_validate(study.schedule.model_dump() | schedule)
    return study.model_copy(update={"schedule": changed})


def a_file(path: Path, *lines: tuple[int, int, datetime, int | None]) -> Path:
    """A file with study day, beep, time and mood of each prompt; the mood of a missed one is None."""
    rows = [
        f"P1,{day},{beep},{at},{'' if mood is None else at + timedelta(minutes=1)},"
        f"{'' if mood is None else mood}"
        for day, beep, at, mood in lines
    ]
    path.write_text("\n".join(["who,day,beep,at,done,mood", *rows]), encoding="utf-8")
    return path


def memory_of(path: Path, study: Study, mapping: Mapping = MAPPING) -> Memory:
    return Memory(study, list(events_of(read_rows(path, study, mapping), study)))


def recorded(memory: Memory, study: Study) -> dict[str, tuple[float | None, int | None]]:
    rows = summaries(memory.query, study)
    return {row.indicator: (row.value, row.n_pairs) for row in rows if row.scale in ("", "valence")}


def newest(memory: Memory, indicator: str) -> Any:
    return memory.query(
        "select value, n_pairs from indicators where indicator = :indicator and scale = 'valence' "
        "and window_length = '28d' order by window_end desc limit 1",
        indicator=indicator,
    ).iloc[0]


def live(memory: Memory, indicator: str) -> tuple[float, int]:
    return live_value(memory, indicator), int(newest(memory, indicator)["n_pairs"])


def live_value(memory: Memory, indicator: str) -> float:
    return float(newest(memory, indicator)["value"])


def nights(days: int) -> list[tuple[int, int, datetime, int | None]]:
    """Five prompts a day from 09:00 to 01:00; moods go 0, 10, 0, 10, 0 and so on."""
    return [
        (day, beep, START + timedelta(days=day - 1, hours=9 + 4 * (beep - 1)), 10 * ((beep + 1) % 2))
        for day in range(1, days + 1)
        for beep in range(1, 6)
    ]


@pytest.mark.parametrize(
    ("study", "mapping"),
    [(a_study(wake="09:00", sleep="01:00"), MAPPING), (a_study(), WITH_DAYS)],
    ids=["waking day past midnight", "column with the study day"],
)
def test_prompts_after_midnight_end_the_day_for_which_they_were_planned(
    tmp_path: Path, study: Study, mapping: Mapping
) -> None:
    memory = memory_of(a_file(tmp_path / "nights.csv", *nights(10)), study, mapping)
    assert recorded(memory, study)["rmssd"] == live(memory, "rmssd") == (10.0, 40)
    days = memory.query(
        "select study_day, count(*) as n, bool_and(prompted) as prompted from checkin_days "
        "group by 1 order by 1"
    )
    assert [tuple(row) for row in days.to_numpy()] == [(day, 5, True) for day in range(1, 11)]
    asked = StudyData(memory).prompts(pseudonym_of(study, "P1"))
    dates = [pd.Timestamp(START) + pd.Timedelta(days=day - 1) for day in range(1, 11) for _ in range(5)]
    assert list(pd.to_datetime(asked["day"])) == dates
    assert list(asked["beep"]) == [1, 2, 3, 4, 5] * 10
    versions = Versions([study])
    (valence,) = (one for one in outcomes(study) if one.measure == Measure.VALENCE)
    rows = observations(memory.query, study, versions, valence)
    assert [row.day for row in rows] == [day for day in range(1, 11) for _ in range(5)]
    assert drift_of(memory.query, study, versions, datetime.now().astimezone()).different == frozenset()


def test_beeps_that_are_not_in_order_of_time_are_refused(tmp_path: Path) -> None:
    """The study sleeps at 21:00, so the fifth prompt, at 01:00, would come before the first of its date."""
    path = a_file(tmp_path / "nights.csv", *nights(2))
    with pytest.raises(
        DataFileError, match=r":7: beep: prompt 1 is later than prompt 5 of the same study day"
    ):
        read_rows(path, a_study(), MAPPING)
    turned = [(3 - day, beep, at, mood) for day, beep, at, mood in nights(2)]
    with pytest.raises(DataFileError, match=r"day: study day 1 is later than study day 2 in line 6"):
        read_rows(a_file(path, *turned), a_study(), WITH_DAYS)
    with pytest.raises(DataFileError, match="day: '0' is not allowed; allowed: 1 to 3650"):
        read_rows(a_file(path, (0, 1, START, 5)), a_study(), WITH_DAYS)


def test_a_study_that_begins_with_a_later_study_day_keeps_its_days(tmp_path: Path) -> None:
    study = a_study()
    lines = [(day, beep, at + timedelta(days=2), mood) for day, beep, at, mood in nights(4) if day > 2]
    events = events_of(read_rows(a_file(tmp_path / "late.csv", *lines), study, WITH_DAYS), study)
    assert str(next(iter(events)).start_date) == "2026-03-25"  # type: ignore[union-attr]


@pytest.mark.parametrize("hour", [20, 24])
def test_a_diary_that_asks_once_a_day(tmp_path: Path, hour: int) -> None:
    """Thirty evenings, or midnights; one is missed, and one is not in the file at all."""
    study = a_study(wake="09:00", sleep="02:00", prompts=ONCE)
    lines = [
        (day, 1, START + timedelta(days=day - 1, hours=hour), None if day == 20 else 4 + 2 * (day % 2))
        for day in range(1, 31)
        if day != 25
    ]
    memory = memory_of(a_file(tmp_path / "diary.csv", *lines), study)
    found = recorded(memory, study)
    assert found["rmssd"] == (2.0, 25)
    assert found["ar1_slope"][0] == pytest.approx(-1)
    assert found["py_asd_mean_lambda1"][0] == pytest.approx(2, abs=0.2)
    pairs = {found[name][1] for name in ("n_pairs", "ar1_slope", "py_asd_mean_lambda1")}
    assert pairs == {25}
    assert live(memory, "rmssd") == (2.0, 24)  # without the first day
    assert (
        drift_of(memory.query, study, Versions([study]), datetime.now().astimezone()).different == frozenset()
    )
