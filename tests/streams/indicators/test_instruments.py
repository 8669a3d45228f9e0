"""Every instrument that ships: its scores by hand, its borders, and what a missing answer does."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.events import Undefined
from schemas.instrument import FOLDER, Instrument, load_instrument, shipped_instruments
from schemas.yaml_file import DefinitionError
from streams.indicators.instruments import Score, score

ALL = shipped_instruments()
SEVERE = ("mild symptoms", "moderate symptoms", "severe symptoms")
MAY_SHIP = {"phq-2", "phq-8", "phq-9", "gad-2", "gad-7", "phq-4", "spane", "rses"}


def all_at(instrument: Instrument, answer: int) -> dict[int, int]:
    return {i: 1 if i == instrument.gate else answer for i in range(1, instrument.count + 1)}


def of(name: str, answers: dict[int, int], scale: str = "total") -> Score:
    return next(found for found in score(ALL[name], answers) if found.scale == scale)


def test_what_ships_is_what_may() -> None:
    assert len(ALL) == 20
    assert {name for name, one in ALL.items() if one.texts} == MAY_SHIP
    assert all(one.licence.redistributable for one in ALL.values() if one.texts)
    assert ALL["phq-9"].crisis_items == (9,)
    assert not ALL["phq-8"].crisis_items


@pytest.mark.parametrize(
    ("name", "scale", "lowest", "highest"),
    [
        ("who-5", "total", 0, 100), ("phq-9", "total", 0, 27), ("phq-8", "total", 0, 24),
        ("phq-2", "total", 0, 6), ("gad-7", "total", 0, 21), ("gad-2", "total", 0, 6),
        ("phq-4", "total", 0, 12), ("phq-4", "anxiety", 0, 6), ("pc-ptsd-5", "total", 0, 5),
        ("audit-c", "total", 0, 12), ("spane", "positive", 6, 30), ("spane", "negative", 6, 30),
        ("spane", "balance", 0, 0), ("rses", "total", 15, 15), ("brs", "total", 3, 3),
        ("pss-4", "total", 8, 8), ("panas", "positive", 10, 50), ("i-panas-sf", "negative", 5, 25),
        ("brief-cope", "humour", 2, 8), ("mspss", "total", 1, 7), ("mspss", "family", 1, 7),
        ("ucla-3", "total", 3, 9), ("erq", "suppression", 1, 7),
    ],
)  # fmt: skip
def test_all_at_the_lowest_and_at_the_highest(name: str, scale: str, lowest: float, highest: float) -> None:
    one = ALL[name]
    assert of(name, all_at(one, one.low), scale).value == lowest
    assert of(name, all_at(one, one.high), scale).value == highest


def test_reverse_keys_by_hand() -> None:
    best = {i: 0 if i in (2, 5, 6, 8, 9) else 3 for i in range(1, 11)}
    assert of("rses", best).value == 30
    assert of("brs", {1: 5, 2: 1, 3: 5, 4: 1, 5: 4, 6: 2}).value == pytest.approx(28 / 6)
    assert of("pss-4", {1: 4, 2: 0, 3: 0, 4: 4}).value == 16
    happy = {i: 5 if i in (1, 3, 5, 7, 10, 12) else 1 for i in range(1, 13)}
    assert of("spane", happy, "balance").value == 24


@pytest.mark.parametrize(
    ("name", "answers", "says"),
    [
        ("gad-7", dict.fromkeys(range(1, 6), 1) | {6: 0, 7: 0}, ("mild symptoms",)),
        ("gad-7", dict.fromkeys(range(1, 5), 1) | {5: 0, 6: 0, 7: 0}, ()),
        ("gad-7", dict.fromkeys(range(1, 8), 2) | {7: 3}, SEVERE),
        ("who-5", {1: 3, 2: 3, 3: 3, 4: 2, 5: 2}, ()),
        ("who-5", {1: 3, 2: 3, 3: 2, 4: 2, 5: 2}, ("low well-being; worth a closer look",)),
        ("rses", {i: 0 if i in (2, 5, 6, 8, 9) else 1 for i in range(1, 11)}, ()),
        ("ucla-3", {1: 2, 2: 2, 3: 2}, ("lonely",)),
        ("brs", dict.fromkeys(range(1, 7), 3), ()),
    ],
)  # fmt: skip
def test_borders(name: str, answers: dict[int, int], says: tuple[str, ...]) -> None:
    assert of(name, answers).says == says


def test_a_missing_answer_leaves_no_score() -> None:
    for name, one in ALL.items():
        answers = all_at(one, one.low)
        del answers[one.scales[0].items[-1]]
        found = score(one, answers)[0]
        assert (found.value, found.reason) == (None, Undefined.PART_MISSING), name
    assert of("gad-7", {}).reason == Undefined.NO_DATA
    assert of("spane", {1: 5}, "balance").reason in (Undefined.PART_MISSING, Undefined.NO_DATA)


def test_prorating_only_where_the_manual_allows_it() -> None:
    one = ALL["gad-7"]
    scale = one.scales[0].model_copy(update={"prorate_from": 6})
    allowed = one.model_copy(update={"scales": (scale,)})
    assert score(allowed, dict.fromkeys(range(1, 7), 2))[0].value == 14
    assert score(allowed, dict.fromkeys(range(1, 6), 2))[0].reason == Undefined.PART_MISSING


def test_a_table_that_is_not_there_and_one_that_is() -> None:
    answers = all_at(ALL["swemwbs"], 3)
    assert score(ALL["swemwbs"], answers)[0].reason == Undefined.NO_TABLE
    assert score(ALL["swemwbs"], answers, {"total": {21.0: 19.25}})[0].value == 19.25


def test_the_gate_of_the_trauma_screen() -> None:
    assert of("pc-ptsd-5", {1: 0}).value == 0
    assert of("pc-ptsd-5", {1: 1}).reason == Undefined.NO_DATA
    assert of("pc-ptsd-5", dict.fromkeys(range(1, 7), 1)).says


@given(st.sampled_from(sorted(ALL)), st.data())
def test_a_score_stays_in_its_range_and_turns_with_the_answers(name: str, data: st.DataObject) -> None:
    one = ALL[name]
    if one.gate:
        return
    answers = {i: data.draw(st.integers(one.low, one.high)) for i in range(1, one.count + 1)}
    turned = {i: one.low + one.high - answer for i, answer in answers.items()}
    ends = [score(one, all_at(one, answer)) for answer in (one.low, one.high)]
    for scale, found, other, low, high in zip(
        one.scales, score(one, answers), score(one, turned), *ends, strict=True
    ):
        if found.value is None or low.value is None or high.value is None or other.value is None:
            assert scale.converted
            continue
        assert found.value + other.value == pytest.approx(low.value + high.value)
        if not scale.reverse and not scale.minus:
            assert low.value - 1e-9 <= found.value <= high.value + 1e-9


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            ("redistributable: true", "redistributable: false"),
            "does not allow the `texts` to ship",
        ),
        (("high: 3", "high: 4"), "`options` must name all 5 answers"),
        (("rule: sum", "rule: product"), "'product' is not allowed; allowed: 'sum', 'mean' or 'difference'"),
        (("items: [1, 2]", "items: [1, 3]"), "names an item above 2"),
        (("at_least: 3", "at_list: 3"), "there is no such field"),
    ],
)
def test_a_wrong_manifest_is_named_with_line_and_field(
    tmp_path: Path, change: tuple[str, str], said: str
) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text((FOLDER / "gad-2.yaml").read_text().replace(*change))
    with pytest.raises(DefinitionError) as refusal:
        load_instrument(path)
    assert said in str(refusal.value)
    assert str(refusal.value).startswith(f"{path}:")
