"""Reliable change on instruments: the published example, every verdict, and what is refused."""

import csv
import io
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from schemas.events import Undefined
from schemas.instrument import Instrument, Norm, shipped_instruments
from streams.indicators.instrument_change import (
    Basis,
    Given,
    Group,
    NoNorms,
    PersonChange,
    Verdict,
    basis_of,
    changes,
    counts,
)
from streams.indicators.instrument_file import Filled
from wellstream.cli.app import app

ALL = shipped_instruments()
GAD = ALL["gad-7"]


def summing_to(instrument: Instrument, total: int) -> dict[int, int]:
    """Answers to a sum, from the first item on."""
    answers: dict[int, int] = {}
    for item in range(1, instrument.count + 1):
        answers[item] = min(instrument.high, total - sum(answers.values()))
    return answers


def judged(
    instrument: Instrument, given: Given, pre: dict[int, int] | None, post: dict[int, int] | None
) -> PersonChange:
    scale = instrument.scales[0]
    before, after = ([Filled("P01", one, 2)] if one is not None else [] for one in (pre, post))
    return next(changes(instrument, {scale.id: basis_of(instrument, scale, given)}, before, after))


def file(path: Path, instrument: Instrument, people: dict[str, dict[int, int]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as opened:
        writer = csv.writer(opened)
        writer.writerow(["participant", *range(1, instrument.count + 1)])
        for who, answers in people.items():
            writer.writerow([who, *(answers.get(item, "") for item in range(1, instrument.count + 1))])
    return path


def test_the_example_of_jacobson_and_truax() -> None:
    """From 32.5 to 47.5 with SD 7.5 and reliability .80: RC = 3.16; the cut between 60 and 40 is at 50.

    No scale of ours has halves. One that is twice as fine stands for theirs: from 65 to 95, with SD 15.
    """
    scale = GAD.scales[0].model_copy(update={"better": "higher", "norms": (), "cut_offs": ()})
    fine = GAD.model_copy(update={"high": 20, "scales": (scale,), "options": (), "texts": ()})
    given = Given("", 15.0, 0.8, Group(120, 15), Group(80, 15))
    basis = basis_of(fine, scale, given)
    assert (basis.cut, basis.healthier) == (100.0, 1)
    found = judged(fine, given, summing_to(fine, 65), summing_to(fine, 95))
    assert found.rci == pytest.approx(3.16, abs=0.005)
    assert (found.difference, found.change, found.crossed_cut) == (30, Verdict.IMPROVED, False)
    assert judged(fine, given, summing_to(fine, 65), summing_to(fine, 100)).crossed_cut is True
    assert judged(fine, given, summing_to(fine, 100), summing_to(fine, 140)).crossed_cut is False


@pytest.mark.parametrize(
    ("pre", "post", "verdict"),
    [
        (14, 10, Verdict.IMPROVED),
        (10, 14, Verdict.DETERIORATED),
        (14, 11, Verdict.UNCHANGED),
        (11, 14, Verdict.UNCHANGED),
        (5, 5, Verdict.UNCHANGED),
    ],
)
def test_the_manifest_says_which_direction_is_better(pre: int, post: int, verdict: Verdict) -> None:
    women = Given(norms="women")
    basis = basis_of(GAD, GAD.scales[0], women)
    assert basis.least == pytest.approx(1.96 * 3.5 * (2 * 0.11) ** 0.5)
    assert 3 < basis.least < 4
    assert judged(GAD, women, summing_to(GAD, pre), summing_to(GAD, post)).change == verdict
    happier = ALL["rses"]
    turned = {Verdict.IMPROVED: Verdict.DETERIORATED, Verdict.DETERIORATED: Verdict.IMPROVED}
    reverse = happier.scales[0].reverse
    answers = [
        {
            item: 3 - answer if item in reverse else answer
            for item, answer in summing_to(happier, total).items()
        }
        for total in (pre, post)
    ]
    assert judged(happier, Given("", 3.5, 0.89), *answers).change == turned.get(verdict, verdict)
    neither = ALL["brief-cope"]
    low, high = (dict.fromkeys(range(1, neither.count + 1), answer) for answer in (1, 4))
    assert judged(neither, Given("", 1, 0.9), low, high).change == Verdict.INCREASED
    assert judged(neither, Given("", 1, 0.9), high, low).change == Verdict.DECREASED


def test_every_scale_on_symptoms_says_that_lower_is_better() -> None:
    better = {(name, scale.id): scale.better for name, one in ALL.items() for scale in one.scales}
    neither = {name for (name, _), direction in better.items() if direction is None}
    assert neither == {"brief-cope", "erq"}
    assert {name for (name, _), direction in better.items() if direction == "higher"} == {
        "brs", "i-panas-sf", "mspss", "panas", "rses", "spane", "swemwbs", "who-5",
    }  # fmt: skip
    assert [better["spane", scale] for scale in ("positive", "negative", "balance")] == [
        "higher",
        "lower",
        "higher",
    ]


def test_norms_that_ship_were_read_in_their_source() -> None:
    norms = [norm for one in ALL.values() for scale in one.scales for norm in scale.norms]
    assert norms
    assert all(norm.verified for norm in norms)


@pytest.mark.parametrize(
    ("pre", "post", "reason", "numbers"),
    [
        (None, 9, Undefined.NO_BASELINE, (None, 9)),
        (14, None, Undefined.NO_DATA, (14, None)),
    ],
)
def test_who_is_in_one_file_has_a_row_with_a_reason(
    pre: int | None, post: int | None, reason: Undefined, numbers: tuple[float | None, float | None]
) -> None:
    before, after = (None if total is None else summing_to(GAD, total) for total in (pre, post))
    found = judged(GAD, Given(norms="men"), before, after)
    assert (found.pre, found.post) == numbers
    assert (found.reason, found.difference, found.rci, found.change) == (reason, None, None, None)


def test_a_missing_answer_has_a_reason() -> None:
    part = dict.fromkeys(range(1, 7), 1)
    whole = summing_to(GAD, 9)
    assert judged(GAD, Given(norms="men"), part, whole).reason == Undefined.PART_MISSING
    assert judged(GAD, Given(norms="men"), whole, part).reason == Undefined.PART_MISSING
    assert judged(GAD, Given(norms="men"), whole, {}).reason == Undefined.NO_DATA


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("gad-2", Given(), "does not state what --sd and --reliability would; give --sd and"),
        ("gad-7", Given(), "several norms; choose with --norms, or give --sd and --reliability: women"),
        ("gad-7", Given(norms="students"), "there are no norms 'students'; there are: women (general"),
        ("gad-2", Given(norms="students"), "there are: none"),
        ("phq-9", Given(norms="men"), "does not state what --reliability would; Kocalevent"),
        ("gad-2", Given(sd=0.0, reliability=0.8), "the SD must be above 0, and the reliability"),
        ("gad-2", Given(sd=float("nan"), reliability=0.8), "the SD must be above 0"),
        ("gad-2", Given(sd=float("inf"), reliability=0.8), "the SD must be above 0"),
        ("gad-2", Given(sd=2.0, reliability=1.0), "the reliability from 0 to below 1"),
        ("gad-2", Given(sd=2.0, reliability=float("nan")), "the reliability from 0 to below 1"),
        ("gad-2", Given("", 2, 0.8, Group(4, 1), Group(1, 1)), "worse than those with it (lower is better)"),
        ("who-5", Given("", 2, 0.8, Group(1, 1), Group(4, 1)), "worse than those with it (higher is"),
        ("gad-2", Given("", 2, 0.8, Group(1, 1), Group(1, 1)), "must have different means"),
        ("gad-2", Given("", 2, 0.8, Group(1, 1), None), "a cut needs both groups: give --without and --with"),
        ("gad-7", Given("", 2, 0.8, None, Group(9, 1)), "a cut needs both groups"),
        ("gad-2", Given("", 2, 0.8, Group(1, 0), Group(4, 1)), "SDs above 0"),
        ("gad-2", Given("", 2, 0.8, Group(float("nan"), 1), Group(4, 1)), "must be numbers"),
    ],
)  # fmt: skip
def test_what_is_not_known_is_not_guessed(name: str, given: Given, said: str) -> None:
    with pytest.raises(NoNorms) as refusal:
        basis_of(ALL[name], ALL[name].scales[0], given)
    assert str(refusal.value).startswith(f"{name}, scale total: ")
    assert said in str(refusal.value)


def test_the_cut_comes_from_norms_of_people_with_and_without_the_condition() -> None:
    ill = Norm(
        id="patients", group="with", sample="patients", language="en", mean=14.0, sd=5.0, source="made up",
        verified=False,
    )  # fmt: skip
    scale = GAD.scales[0].model_copy(update={"norms": (GAD.scales[0].norms[0], ill)})
    basis = basis_of(GAD, scale, Given(norms="women"))
    assert basis.cut == pytest.approx((3.5 * 14.0 + 5.0 * 3.2) / 8.5)
    assert basis.healthier == -1
    assert basis_of(GAD, scale, Given("women", 4.0, 0.9)) == replace(basis, sd=4.0, reliability=0.9)
    assert basis_of(GAD, GAD.scales[0], Given("women")) == Basis(3.5, 0.89, None, 0, GAD.scales[0].norms[0])
    people = {"P1": (20, 3), "P2": (20, 12), "P3": (8, 7), "P4": (3, 20)}
    before, after = ([Filled(who, summing_to(GAD, n[at]), 2) for who, n in people.items()] for at in (0, 1))
    found = list(changes(GAD.model_copy(update={"scales": (scale,)}), {"total": basis}, before, after))
    assert [one.crossed_cut for one in found] == [True, False, True, False]
    assert counts(found) == [
        ("total", "no reliable change", 1),
        ("total", "reliable deterioration", 1),
        ("total", "reliable improvement", 2),
        ("total", "reliable, and across the cut", 1),
    ]


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["instrument", "change", *map(str, arguments)], catch_exceptions=False)


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    people = {"P01": (16, 4), "P02": (3, 4), "P03": (2, 15)}
    before = {who: summing_to(GAD, totals[0]) for who, totals in people.items()}
    after = {who: summing_to(GAD, totals[1]) for who, totals in people.items()}
    return (
        file(tmp_path / "pre.csv", GAD, {**before, "P04": summing_to(GAD, 9)}),
        file(tmp_path / "post.csv", GAD, {**after, "P05": summing_to(GAD, 9)}),
    )


def test_the_command_prints_a_line_for_each_person_and_counts(pair: tuple[Path, Path]) -> None:
    ran = run("gad-7", *pair, "--norms", "women", "--format", "csv", "--with-condition", 14, 5)
    assert ran.exit_code == 0
    lines = list(csv.DictReader(io.StringIO(ran.stdout)))
    assert [(line["participant"], line["change"] or line["reason"]) for line in lines] == [
        ("P01", "reliable improvement"),
        ("P02", "no reliable change"),
        ("P03", "reliable deterioration"),
        ("P04", "no_data"),
        ("P05", "no_baseline"),
    ]
    assert [line["crossed_cut"] for line in lines] == ["yes", "no", "no", "", ""]
    assert "norms of general population of Germany, women" in ran.stderr
    assert "another language (de)" in ran.stderr
    without_cut = run("gad-7", *pair, "--norms", "women", "--format", "csv")
    assert {line["crossed_cut"] for line in csv.DictReader(io.StringIO(without_cut.stdout))} == {""}
    groups = ("--without", 3.2, 3.5, "--with-condition", 14, 5)
    table = run("gad-7", *pair, "--sd", 3.5, "--reliability", 0.89, *groups)
    assert "total: SD 3.5, reliability 0.89: reliable beyond 3.22 points; clinical cut: 7.65" in table.output
    assert "reliable, and across the cut" in table.output
    assert table.stderr == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("gad-9", "pre", "post"), "there is no instrument 'gad-9'"),
        (("gad-7", "pre", "post"), "choose with --norms"),
        (("gad-7", "pre", "post", "--scale", "worry"), "gad-7 has no scale 'worry'; its scales: total"),
        (
            ("panas", "pre", "post", "--sd", "7", "--reliability", "0.9"),
            "choose with --scale: positive, negative",
        ),
    ],
)
def test_the_command_refuses_in_one_sentence(
    pair: tuple[Path, Path], arguments: tuple[str, ...], said: str
) -> None:
    files = {"pre": pair[0], "post": pair[1]}
    ran = run(*(files.get(one, one) for one in arguments))
    assert ran.exit_code == 1
    assert said in " ".join(ran.output.split())


def test_the_command_names_who_is_twice_or_differs_in_capitals(tmp_path: Path) -> None:
    row = ",".join(["1"] * 7)
    header = "participant," + ",".join(map(str, range(1, 8)))
    pre, post = tmp_path / "pre.csv", tmp_path / "post.csv"
    pre.write_text(f"{header}\nP01,{row}\nP02,{row}\nP01,{row}\n")
    post.write_text(f"{header}\np02,{row}\n")
    ran = run("gad-7", pre, post, "--norms", "women")
    assert ran.exit_code == 1
    assert f"{pre}:4: participant: 'P01' is also in line 2" in ran.output.replace("\n", "")
    pre.write_text(f"{header}\nP01,{row}\nP02,{row}\n")
    ran = run("gad-7", pre, post, "--norms", "women")
    assert ran.exit_code == 1
    said = f"{post}:2: participant: 'p02' differs from 'P02' in {pre}:3 in capitals only"
    assert said.replace(" ", "") in "".join(ran.output.split())


def test_the_command_accepts_files_with_nobody_in_them(tmp_path: Path) -> None:
    pre, post = (file(tmp_path / name, GAD, {}) for name in ("pre.csv", "post.csv"))
    ran = run("gad-7", pre, post, "--norms", "women", "--format", "csv")
    assert ran.exit_code == 0
    assert ran.stdout.splitlines() == ["participant,scale,pre,post,difference,rci,change,crossed_cut,reason"]
