"""A study imported through Kafka has, in the running system, the values that its file has by itself."""

import asyncio
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from producers.imports.send import send
from schemas.settings import Settings
from schemas.study import Study
from streams.store.client import Reader
from tests.journeys.people import until
from wellstream.operations.imports import Imported, Memory, events_in, summaries, wait_until_stored

pytestmark = [pytest.mark.kafka, pytest.mark.journey, pytest.mark.timeout(300)]
ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "golden"
FRIED = ROOT / "studies" / "fried2021"
DATA = ROOT.parent / "shared" / "data" / "fried2021_ema.csv"
LIVE = (
    "select participant, indicator, scale, window_length, window_end, value, n, n_pairs, reason, notes, "
    "revision from indicators where split_part(study, '@', 1) = :study order by all"
)


async def carried(
    system: Settings, reader: Reader, file: Path, folder: Path
) -> tuple[Study, Memory, Imported]:
    """Import a file and wait until the worker has answered every check-in in the way that it ends."""
    study, events = events_in(file, folder / "study.yaml", folder / "map.yaml")
    counted = Imported.of(events)
    await send(system.kafka, study, events, lambda _: None)
    memory = Memory(study, events)
    await asyncio.to_thread(wait_until_stored, reader.query, study, counted)
    expected, newest = rows(memory.query, study), revisions(memory.query, study)

    def arrived() -> bool:
        return revisions(reader.query, study) == newest and rows(reader.query, study) == expected

    await asyncio.to_thread(until, arrived, 120)
    return study, memory, counted


def revisions(query: Any, study: Study) -> list[Any]:
    """How many live values there are, and how much was known for them: cheap to ask while one waits."""
    sql = "select count(*), sum(revision) from indicators where split_part(study, '@', 1) = :study"
    return [float(part) for part in query(sql, study=study.id).iloc[0].fillna(0)]


def rows(query: Any, study: Study) -> list[tuple[Any, ...]]:
    """The live indicators, exact to the last bit."""
    found = query(LIVE, study=study.id)
    return [tuple(map(repr, row)) for row in found.itertuples(index=False)]


async def test_live_values_and_whole_records_are_those_of_the_file(system: Settings, reader: Reader) -> None:
    study, memory, counted = await carried(system, reader, GOLDEN / "checkins.csv", GOLDEN)
    assert (counted.participants, counted.prompts, counted.answered) == (12, 840, 650)
    assert len(rows(memory.query, study)) > 10_000
    mine = summaries(memory.query, study)
    assert summaries(reader.query, study) == mine
    assert len(mine) > 1500
    whole = {
        (row.participant, row.indicator, row.scale): (row.value, row.n, row.n_pairs, row.reason, row.notes)
        for row in mine
    }
    await asyncio.to_thread(until, lambda: kept(reader, study) == whole, 180)
    drift = reader.query("select max(compared) as n, max(different) as d from drift where study = 'golden'")
    assert int(drift["n"][0]) > 10_000


def kept(reader: Reader, study: Study) -> dict[tuple[str, str, str], tuple[Any, ...]]:
    """The whole records that the store's own batch has computed."""
    found = reader.query("select * from summaries where study = :study", study=study.id)
    return {
        (row.participant, row.indicator, row.scale): tuple(
            None if pd.isna(part) else part for part in (row.value, row.n, row.n_pairs, row.reason, row.notes)
        )
        for row in found.itertuples()
    }


async def test_a_real_study_is_carried_whole(system: Settings, reader: Reader) -> None:
    if not DATA.exists():
        pytest.skip("the real study's data are not part of the project, and are not here")
    study, memory, counted = await carried(system, reader, DATA, FRIED)
    assert (counted.participants, counted.prompts, counted.answered) == (79, 4372, 3948)
    outcomes = reader.query(
        "select status, count(*) as n from prompt_outcomes where study = :study group by 1", study=study.ref
    )
    assert dict(zip(outcomes["status"], outcomes["n"], strict=True)) == {"answered": 3948, "expired": 424}
    assert summaries(reader.query, study) == summaries(memory.query, study)
