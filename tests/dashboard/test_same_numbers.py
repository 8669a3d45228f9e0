"""The page, its charts, `wellstream report` and the batch's tables show one and the same number."""

import csv
import io
import json
import re
import socket
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from pydantic import SecretStr
from streamlit.testing.v1 import AppTest
from typer.testing import CliRunner

import dashboard
from dashboard import connection
from schemas.settings import Settings
from schemas.study.versions import Versions
from streams.statistics.disclosure_control import MINIMUM_CELL, Audience
from streams.statistics.plan import ALL_ARMS
from streams.store.batch_job import Batch, keep
from streams.store.client import Reader
from streams.store.drift import Drift
from streams.store.group_report import reports_of
from streams.store.queries import StudyData
from streams.store.schema import Rows
from streams.store.writer import open_store, write
from tests.dashboard.conftest import NOW, STUDY, File
from tests.served import serve_read_only
from wellstream.cli.app import app

pytestmark = pytest.mark.slow  # a simulated study in DuckDB takes seconds

VIEWS = Path(dashboard.__file__).parent / "views"
SMALLEST = MINIMUM_CELL[Audience.STAFF]
OUTCOMES = ("mean/valence", "coping_efficacy", "compliance")
Table = list[dict[str, Any]]


@pytest.fixture(scope="module")
def served(simulated: Rows) -> Iterator[Settings]:
    """A store with ten people in each of two arms and three in the last, served as `serve store` does."""
    store = open_store(":memory:")
    write(store, simulated, {})
    store.execute("delete from enrolments where arm = 'community' and participant > 'p-0000000000000009'")
    reports = reports_of(File(store).query, STUDY, Versions([STUDY]), models=False)
    keep(store, [Batch(STUDY, [], reports, [], None, Drift(NOW, 0, 0, frozenset()))], NOW)
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    serve_read_only(store, "localhost", port, "a-token-for-the-test")
    yield Settings(store_port=port, store_token=SecretStr("a-token-for-the-test"))
    store.close()


@pytest.fixture(scope="module")
def reader(served: Settings) -> Reader:
    # The pages keep a report for a while: all tests here ask one store, so that one report does.
    connection.report.clear()
    connection.weeks.clear()
    return Reader(served.store_uri, served.secret("store_token"))


@pytest.fixture
def page(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    monkeypatch.setattr(connection, "data", lambda: StudyData(reader))
    return AppTest.from_file(str(VIEWS / "interventions.py"), default_timeout=60).run()


def plain(rows: pd.DataFrame | Table) -> Table:
    """Rows with every absent thing as None and every number as a float."""
    return [
        {
            str(name): None if pd.isna(value) or value == "" else _number(value)
            for name, value in row.items()
            if name not in ("study", "outcome", "indicator", "scale", "computed_at")
        }
        for row in (rows.to_dict("records") if isinstance(rows, pd.DataFrame) else rows)
    ]  # fmt: skip


def _number(value: Any) -> Any:
    try:
        return float(value)
    except ValueError:
        return value


def by_command(served: Settings, *options: str) -> Table:
    env = {
        "WELLSTREAM_STORE_PORT": str(served.store_port),
        "WELLSTREAM_STORE_TOKEN": served.secret("store_token"),
    }
    ran = CliRunner().invoke(app, ["report", "--format", "csv", *options], env=env, catch_exceptions=False)
    assert ran.exit_code == 0, ran.output
    return list(csv.DictReader(io.StringIO(ran.output)))


@pytest.fixture(scope="module")
def printed(
    served: Settings, reader: Reader, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str, str], Table]:
    """What the command prints of one outcome in a table of all, which it computes once for all of them."""

    @cache
    def whole(option: str) -> Table:
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(tmp_path_factory.mktemp("elsewhere"))
            return by_command(served, option)

    def of(option: str, name: str) -> Table:
        return plain([row for row in whole(option) if row["outcome"] == name])

    return of


def drawn(page: AppTest, names: set[str]) -> Table:
    """The rows behind all charts of a page that have columns of these names."""
    rows: list[Table] = []
    for chart in page.get("vega_lite_chart"):
        for dataset in chart.proto.datasets:
            table = pa.ipc.open_stream(dataset.data.data).read_pandas()
            if names <= set(table.columns):
                rows.append(plain(table))
    return [row for found in {json.dumps(one): one for one in rows}.values() for row in found]


@pytest.mark.parametrize("name", OUTCOMES)
def test_one_number_everywhere(
    name: str,
    page: AppTest,
    served: Settings,
    reader: Reader,
    printed: Callable[[str, str], Table],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    outcome = next(one for one in StudyData(reader).outcomes() if one.name == name)
    shown = page.selectbox(key="outcome").select(outcome).run()
    assert not shown.exception
    everything = shown.dataframe[0].value
    contrasts = plain(everything[everything["outcome"] == name])
    weeks, changes = (plain(table.value) for table in shown.dataframe[1:3])
    assert contrasts
    assert contrasts == printed("--contrasts", name)
    assert weeks == plain(by_command(served, "--weeks", "--outcome", name))
    assert changes == printed("--changes", name)
    for table, rows in (("contrasts", contrasts), ("arm_weeks", weeks), ("arm_changes", changes)):
        kept = reader.query(
            f"select * from {table} where indicator = :indicator and scale = :scale and checkins = 'both'",
            indicator=outcome.indicator,
            scale=outcome.scale,
        )
        key = ("week", "arm") if table == "arm_weeks" else ("arm", "phase")
        assert sorted(plain(kept), key=lambda row: [row[part] for part in key]) == sorted(
            rows, key=lambda row: [row[part] for part in key]
        )
    for rows, value in ((contrasts, "estimate"), (weeks, "mean"), (changes, "estimate")):
        known = [row for row in rows if row[value] is not None and row["arm"] != ALL_ARMS]
        points = [{part: row[part] for part in rows[0]} for row in drawn(shown, {*rows[0]})]
        for row in known:
            assert row in points


def test_one_outcome_is_what_all_say_of_it(
    served: Settings,
    printed: Callable[[str, str], Table],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert plain(by_command(served, "--changes", "--outcome", OUTCOMES[1])) == printed(
        "--changes", OUTCOMES[1]
    )


def test_small_arms_are_hidden_and_cannot_be_worked_out(page: AppTest) -> None:
    contrasts, weeks, changes = (plain(table.value) for table in page.dataframe[:3])
    between = [row for row in contrasts if row["reason"] == "suppressed"]
    assert {row["phase"] for row in between if row["arm"] == "community"} == {"intervention", "follow-up"}
    for row in between:
        named = {"arm", "reference", "phase", "claim", "reason", "mixed_reason", "checkins"}
        assert {value for name, value in row.items() if name not in named} == {None}
    for row in (*contrasts, *weeks, *changes):
        assert row["people"] is None or row["people"] == 0 or row["people"] >= SMALLEST
    for week in {row["week"] for row in weeks}:
        hidden = [row["arm"] for row in weeks if row["week"] == week and row["reason"] == "suppressed"]
        assert "community" in hidden
        assert len(hidden) >= 2
    for row in (*weeks, *changes):
        if row["reason"] == "suppressed":
            named = {"arm", "week", "kind", "phase", "reason", "checkins"}
            assert {value for name, value in row.items() if name not in named} == {None}
    points = drawn(page, {"week", "mean", "people"}) + drawn(page, {"estimate", "people"})
    assert points
    assert not [row for row in points if row["arm"] == "community"]


def test_the_descriptions_have_the_numbers_of_the_table(page: AppTest) -> None:
    weeks = plain(page.dataframe[1].value)
    specs = [json.loads(chart.proto.spec) for chart in page.get("vega_lite_chart")]
    text = " ".join(spec["description"] for spec in specs)
    for row in weeks:
        if row["mean"] is not None and row["arm"] != ALL_ARMS:
            interval = f"95 % {row['low']:.2f} to {row['high']:.2f}"
            assert f"eek {row['week']:.0f}: {row['mean']:.2f} ({interval})" in text
    titles = [spec for spec in specs if re.search(r"Community|Buurt", spec["description"])]
    assert not titles


def test_the_overview_hides_the_same_arm(reader: Reader) -> None:
    arms = StudyData(reader).arms().set_index("arm")
    assert arms.loc[ALL_ARMS, "people"] == 23
    hidden = arms[arms["people"].isna()]
    assert "community" in hidden.index
    assert len(hidden) == 2
    assert hidden.drop(columns="hidden").isna().all(axis=None)
    assert {arm.id for arm in STUDY.arms} | {ALL_ARMS} == set(arms.index)
