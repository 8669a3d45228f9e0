"""Answers with decimals are kept from a file to every value; whole numbers stay what they were."""

import math
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.imports import csv_table as cells
from producers.imports.csv_table import CellRefused, DataFileError
from producers.imports.events import events_of
from producers.imports.rows import read_rows
from schemas.base import Measure
from schemas.codec import decode, encode
from schemas.events import CheckInSubmitted
from schemas.study import Study
from schemas.study.conditions import holds, parse_condition
from schemas.study.file import load_study
from schemas.study.versions import Versions
from streams.store.drift import drift_of
from streams.store.observations import observations
from streams.store.outcomes import outcomes
from tests.wellstream.operations.test_study_days import GOLDEN, MAPPING, START, live_value
from wellstream.operations.imports import Memory, summaries

MOODS = (3.5, 4, 2.25, 7, 6.75, 3.5, 0.5, 10, 9.25, 4.5)


def a_study(decimals: int) -> Study:
    content = load_study(GOLDEN / "study.yaml").model_dump()
    valence = next(item for item in content["items"] if item["id"] == "valence")
    valence["scale"]["decimals"] = decimals
    return Study.model_validate(content)


def a_file(path: Path) -> Path:
    rows = []
    for place, mood in enumerate(MOODS):
        at = START + timedelta(days=place // 5, hours=9 + 2 * (place % 5))
        rows.append(f"P1,{place % 5 + 1},{at},{at + timedelta(minutes=1)},{mood}")
    path.write_text("\n".join(["who,beep,at,done,mood", *rows]), encoding="utf-8")
    return path


def test_decimals_reach_every_value(tmp_path: Path) -> None:
    study = a_study(2)
    events = list(events_of(read_rows(a_file(tmp_path / "slider.csv"), study, MAPPING), study))
    given_ = [event.answers["valence"] for event in events if isinstance(event, CheckInSubmitted)]
    assert given_ == list(MOODS)
    assert [type(one) for one in given_] == [type(one) for one in MOODS]
    memory = Memory(study, events)
    assert [decode(encode(event)) for event in events] == events
    stored = memory.query("select value from answers order by checkin")["value"]
    assert sorted(stored) == sorted(MOODS)
    mean = math.fsum(MOODS) / len(MOODS)
    (valence,) = (one for one in outcomes(study) if one.measure == Measure.VALENCE)
    versions = Versions([study])
    assert [row.value for row in observations(memory.query, study, versions, valence)] == list(MOODS)
    whole = {row.indicator: row.value for row in summaries(memory.query, study) if row.scale == "valence"}
    assert whole["mean"] == live_value(memory, "mean") == mean
    assert drift_of(memory.query, study, versions, datetime.now().astimezone()).different == frozenset()


def test_a_scale_without_decimals_or_with_fewer_refuses_them(tmp_path: Path) -> None:
    path = a_file(tmp_path / "slider.csv")
    with pytest.raises(DataFileError, match=r":2: mood: .* for decimals, give the scale `decimals`"):
        read_rows(path, a_study(0), MAPPING)
    with pytest.raises(
        DataFileError, match=r":4: mood: '2.25' .* numbers from 0 to 10 with at most 1 decimals"
    ):
        read_rows(path, a_study(1), MAPPING)


@given(st.integers(0, 10_000_000), st.integers(1, 6))
def test_a_cell_is_read_as_it_was_written_or_refused(millionths: int, decimals: int) -> None:
    cell = f"{millionths // 1_000_000}.{millionths % 1_000_000:06d}"
    read = cells.decimal_number(0, 10, decimals)
    if millionths % 10 ** (6 - decimals):
        with pytest.raises(CellRefused):
            read(cell)
    else:
        found = read(cell)
        assert found == float(cell)
        assert isinstance(found, int) == (millionths % 1_000_000 == 0)


def test_a_condition_compares_decimals() -> None:
    condition = parse_condition("stress >= 7")
    assert holds(condition, {"stress": 7.5})
    assert not holds(condition, {"stress": 6.999})
