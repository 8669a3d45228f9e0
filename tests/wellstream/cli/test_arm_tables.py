"""What `wellstream report` prints of arms: words, and lines that fit 80 columns."""

import pytest

from streams.statistics.disclosure_control import Audience
from streams.statistics.plan import Plan, PlannedArm, PlannedOutcome, PlannedPhase
from streams.statistics.report import Observed, StudyReport, report
from streams.statistics.rows import Row
from wellstream.cli import arm_tables, output
from wellstream.cli.arm_tables import Part

PHASES = (
    PlannedPhase("baseline", "baseline"),
    PlannedPhase("intervention", "therapy", randomised=True),
    PlannedPhase("follow-up", "follow-up"),
)
OUTCOMES = (PlannedOutcome("mean/negative_affect", scores=True), PlannedOutcome("compliance", scores=False))


def made(*arms: str) -> StudyReport:
    """Each arm gains a point or two in therapy and keeps it; nobody has a value of compliance."""
    rows = [
        Row(f"{arm}{who}", arm, phase.kind, 7 * place + day, who + day % 3 + gained, phase.label)
        for arm in arms
        for who in range(6)
        for place, phase in enumerate(PHASES)
        for gained in (min(place, 1) * (1 + who % 2),)
        for day in range(1, 8)
    ]
    plan = Plan(OUTCOMES, tuple(PlannedArm(arm, PHASES) for arm in arms), arms[-1], Audience.STAFF)
    return report({"mean/negative_affect": Observed(rows), "compliance": Observed([])}, plan, ())


def printed(
    found: StudyReport, only: Part | None, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> str:
    monkeypatch.setattr(output.out, "_width", 80)
    arm_tables._print(found, [one.outcome for one in found.outcomes], only)
    return capsys.readouterr().out


def test_the_contrast_comes_first_and_only_it_is_an_effect(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = printed(made("cbt", "waitlist"), None, capsys, monkeypatch)
    between, within = text.split("Change while in therapy: cbt")
    assert "Effect of cbt, in intervention; reference waitlist" in between
    assert "Effect of cbt, in follow-up; reference waitlist" in between
    assert "0.00 [" in between
    assert "4 contrasts: 1 arm x 2 outcomes x 2 phases" in " ".join(between.split())
    assert "Effect of" not in within
    assert "No data, in any arm: compliance." in within
    assert max(map(len, text.splitlines())) <= 80


def test_a_study_of_one_arm_says_why_nothing_is_compared(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = printed(made("cbt"), None, capsys, monkeypatch)
    assert text.startswith("The study has one arm, cbt")
    assert "Change while in therapy: cbt" in text


def test_one_part_can_be_printed_alone(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = made("cbt", "waitlist")
    assert "Change while in" not in printed(found, Part.CONTRASTS, capsys, monkeypatch)
    assert "reference waitlist" not in printed(found, Part.CHANGES, capsys, monkeypatch)
