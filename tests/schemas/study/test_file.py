"""A study file with a fault is refused with file, line, field and what is allowed."""

from pathlib import Path
from typing import get_args

import pytest

from schemas.base import Measure, PhaseKind
from schemas.study import Condition, InterventionKind, Item, ItemKind, Level, Setting
from schemas.study.file import load_study
from schemas.yaml_file import DefinitionError

DEMO = Path(__file__).parents[3] / "studies" / "demo.yaml"


def broken(tmp_path: Path, old: str, new: str) -> tuple[DefinitionError, int]:
    """The error for the demo study with one change, and the line of that change."""
    text = DEMO.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "study.yaml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(DefinitionError) as refusal:
        load_study(path)
    return refusal.value, text[: text.index(old)].count("\n") + 1


def test_the_demo_study_covers_every_concept() -> None:
    study = load_study(DEMO)
    assert set(study.languages) == {"en", "nl", "ar"}
    assert {i.kind for i in study.interventions} == set(InterventionKind)
    assert {i.level for i in study.interventions} == set(Level)
    assert {i.setting for i in study.interventions} == set(Setting)
    assert set(study.conditions) == set(Condition)
    assert {p.kind for arm in study.arms for p in arm.phases} == set(PhaseKind)
    assert {i.measures for i in study.items} - {None} == set(Measure)
    assert len(study.arms) == 3
    assert {arm.days for arm in study.arms} == {56}


def test_an_unknown_kind_names_line_field_and_what_is_allowed(tmp_path: Path) -> None:
    error, line = broken(tmp_path, "kind: cbt", "kind: hypnosis")
    assert [problem.line for problem in error.problems] == [line]
    assert "kind" in error.problems[0].field
    assert "mindfulness" in str(error)
    assert "study.yaml" in str(error)


def test_two_options_of_one_name_are_refused(tmp_path: Path) -> None:
    error, line = broken(tmp_path, "- id: problem_solving", "- id: creative_activity")
    (problem,) = error.problems
    assert (problem.field, problem.message) == (
        "items.8.options",
        "two options have the id creative_activity",
    )
    assert problem.line < line


def test_the_kinds_of_items_are_those_of_the_union() -> None:
    models = get_args(get_args(Item)[0])
    kinds = [get_args(model.model_fields["kind"].annotation) for model in models]
    assert sorted(kinds) == sorted((kind,) for kind in get_args(ItemKind))


OF_SCALE = "scale: &zero-to-ten-bad-good"
NO_SUCH = "has no such field; check the spelling"


@pytest.mark.parametrize(
    ("old", "new", "line", "field", "message"),
    [
        (
            "kind: scale", "kind: scales", "kind: scales", "items.0.kind",
            "'scales' is not allowed; allowed: 'scale', 'choice', 'choices', 'yes_no', 'text'",
        ),
        ("kind: text", "sort: text", "- id: note", "items.12.kind", "this field is required"),
        ("min: 0", "min: none", "min: none", "items.0.scale.min", "Input should be a valid integer"),
        (OF_SCALE, "s" + OF_SCALE, "- id: mood", "items.0.scale", "kind `scale` requires this field"),
        (OF_SCALE, "s" + OF_SCALE, "sscale:", "items.0.sscale", f"kind `scale` {NO_SUCH}"),
        (
            "kind: text", "kind: text\n    measures: stress", "measures: stress", "items.12.measures",
            f"kind `text` {NO_SUCH}",
        ),
        (
            "measures: coping_strategy", "measures: stress", "measures: stress", "items.8.measures",
            "kind `choices` measures coping_strategy; a scale measures anything else",
        ),
        (
            "kind: random", "kind: chance", "kind: chance", "schedule.prompts.0.kind",
            "'chance' is not allowed; allowed: 'random', 'fixed', 'interval', 'event', 'relative'",
        ),
        (
            "sms, web]", "sms, fax]", "sms, fax]", "schedule.prompts.0.channels.2",
            "'fax' is not allowed; allowed: 'sms', 'web'",
        ),
        ("- id: stress", "- id: mood", "- id: mood", "items.1.id", "the id mood is used twice"),
        (
            "interventions: [cbt]", "interventions: [hypnosis]", "interventions: [hypnosis]",
            "arms.0.phases.1.interventions.0", "there is no intervention hypnosis; allowed: cbt, ",
        ),
        (
            "sms: [mood, stress, handled]", "sms: [mood, coping]", "sms: [mood, coping]", "sms.1",
            "coping is not an item of kind scale, yes_no or choice",
        ),
        (
            "kind: text", "show_if: coping > 3\n    kind: text", "show_if: coping > 3", "items.12.show_if",
            "coping is not a number; write `coping has OPTION`",
        ),
        (
            "kind: text", "show_if: morale > 3\n    kind: text", "show_if: morale > 3", "items.12.show_if",
            "morale is not an earlier item",
        ),
        (
            "{kind: event, max_per_day: 5}",
            "{kind: relative, phase: baseline, intervention: hypnosis, day: 1, time: '12:00', channel: web}",
            "intervention: hypnosis", "schedule.prompts.1.intervention", "there is no intervention hypnosis",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_in_an_item_or_a_rule_is_said_of_its_field(
    tmp_path: Path, old: str, new: str, line: str, field: str, message: str
) -> None:
    error, _ = broken(tmp_path, old, new)
    (problem,) = [one for one in error.problems if one.field == field]
    assert problem.message.startswith(message)
    assert line in error.path.read_text(encoding="utf-8").splitlines()[problem.line - 1]


def test_a_misspelt_field_is_named(tmp_path: Path) -> None:
    error, line = broken(tmp_path, "\nschedule:", "\nshedule:")
    assert line + 1 in {problem.line for problem in error.problems}
    assert "shedule" in str(error)


def test_yaml_that_is_none_names_the_line(tmp_path: Path) -> None:
    path = tmp_path / "study.yaml"
    path.write_text("id: demo\nversion: [1\n", encoding="utf-8")
    with pytest.raises(DefinitionError, match="YAML"):
        load_study(path)


def test_a_missing_file_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError, match="cannot be read"):
        load_study(tmp_path / "absent.yaml")


def test_phases_follow_the_study_day() -> None:
    arm = load_study(DEMO).arms[0]
    assert arm.phase_on(0) is None
    assert arm.phase_on(1) == arm.phases[0]
    assert arm.phase_on(arm.phases[0].days + 1) == arm.phases[1]
    assert arm.phase_on(arm.days) == arm.phases[-1]
    assert arm.phase_on(arm.days + 1) is None


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("{valence: 11}", "11 is more than the whole scale of valence, 10 points"),
        ("{resilience: 2}", "no item of kind scale measures resilience"),
        ("{valence: 0}", "greater than 0"),
        ("{mood: 2}", "valence"),
    ],
)
def test_a_cut_for_acute_change_must_fit_the_scale(tmp_path: Path, given: str, said: str) -> None:
    without = DEMO.read_text(encoding="utf-8").replace("measures: resilience", "measures: arousal")
    path = tmp_path / "study.yaml"
    path.write_text(f"{without}\nacute_change: {given}\n", encoding="utf-8")
    with pytest.raises(DefinitionError) as refusal:
        load_study(path)
    (problem,) = refusal.value.problems
    assert problem.line == without.count("\n") + 2
    assert problem.field.startswith("acute_change")
    assert said in str(refusal.value)


def test_a_cut_for_acute_change_is_read(tmp_path: Path) -> None:
    path = tmp_path / "study.yaml"
    path.write_text(DEMO.read_text(encoding="utf-8") + "\nacute_change: {valence: 2.5}\n", encoding="utf-8")
    assert load_study(path).acute_change == {Measure.VALENCE: 2.5}


def test_an_item_without_a_measure_is_not_named_like_one_of_another(tmp_path: Path) -> None:
    text = DEMO.read_text(encoding="utf-8").replace("    measures: stress\n", "")
    path = tmp_path / "study.yaml"
    path.write_text(text, encoding="utf-8")
    load_study(path)
    path.write_text(text.replace("measures: arousal", "measures: stress"), encoding="utf-8")
    with pytest.raises(DefinitionError, match="stress is a measure of other items"):
        load_study(path)
