"""`wellstream report --trends`: the trends of a running store, by study and outcome."""

import csv
import io
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from schemas.study.versions import Versions
from streams.store.trends import TrendRow, trends_of
from streams.store.writer import asking, open_store, write
from tests.served import serve_read_only
from tests.streams.store.test_trends import QUESTIONS, rows_of, written
from wellstream.cli.app import app

pytestmark = pytest.mark.slow  # a store that is served takes seconds


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[dict[str, str], list[TrendRow]]]:
    """How to reach a store with a study of 24 people, and its trends."""
    study, rows = rows_of(written(tmp_path_factory.mktemp("trends") / "ema.csv", 24))
    store = open_store(":memory:")
    write(store, rows, {})
    expected = trends_of(asking(store), study, Versions([study]))
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    serve_read_only(store, "localhost", port, "a-token-for-the-test")
    reach = {"WELLSTREAM_STORE_PORT": str(port), "WELLSTREAM_STORE_TOKEN": "a-token-for-the-test"}
    yield reach, expected
    store.close()


def run(reach: dict[str, str], *options: str) -> Result:
    return CliRunner().invoke(app, ["report", "--trends", *options], env=reach)


def test_every_trend_is_printed_in_full(served: tuple[dict[str, str], list[TrendRow]]) -> None:
    reach, expected = served
    ran = run(reach, "--format", "csv", "--study", "fried2021")
    assert ran.exit_code == 0, ran.output
    lines = list(csv.DictReader(io.StringIO(ran.stdout)))
    assert [line["outcome"] for line in lines] == [
        "mean/negative_affect",
        *(f"item/{name}" for name in QUESTIONS),
    ]
    for line, row in zip(lines, expected, strict=True):
        assert (line["arm"], line["checkins"], line["people"], line["n"]) == (
            row.arm,
            "both",
            "24",
            str(row.n),
        )
        assert float(line["slope_per_day"]) == pytest.approx(row.slope_per_day)
        assert float(line["p_adjusted"]) == pytest.approx(row.p_adjusted)


def test_one_trend_can_be_chosen_and_an_unknown_one_is_named(
    served: tuple[dict[str, str], list[TrendRow]],
) -> None:
    reach, _ = served
    assert len(run(reach, "--outcome", "item/home", "--format", "csv").stdout.splitlines()) == 2
    unknown = run(reach, "--outcome", "item/house")
    assert unknown.exit_code == 2
    assert "item/house" in unknown.output
    assert "no such study" in run(reach, "--study", "other").output
    own = run(reach, "--outcome", "item/home", "--checkins", "own-initiative", "--format", "csv")
    assert [(line["checkins"], line["n"]) for line in csv.DictReader(io.StringIO(own.stdout))] == [
        ("own_initiative", "0")
    ]


def test_fewer_than_ten_people_are_hidden_from_the_public(tmp_path: Path) -> None:
    _, rows = rows_of(written(tmp_path / "ema.csv", 9))
    store = open_store(":memory:")
    write(store, rows, {})
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    serve_read_only(store, "localhost", port, "a-token-for-the-test")
    reach = {"WELLSTREAM_STORE_PORT": str(port), "WELLSTREAM_STORE_TOKEN": "a-token-for-the-test"}
    for options, reason, people in (((), "too_few_clusters", "9"), (("--public",), "suppressed", "")):
        lines = list(csv.DictReader(io.StringIO(run(reach, "--format", "csv", *options).stdout)))
        assert {(line["reason"], line["people"]) for line in lines} == {(reason, people)}
    store.close()
