"""Contrasts between arms: what they find, what they are called, what they hide, and which laws they obey."""

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import t, ttest_ind

from streams.statistics.arm_changes import Estimate
from streams.statistics.claims import Claim
from streams.statistics.contrast import Contrast, ContrastMethod, difference, modelled
from streams.statistics.disclosure_control import MINIMUM_CELL, Audience
from streams.statistics.family import benjamini_hochberg
from streams.statistics.plan import Plan, PlannedArm, PlannedOutcome, PlannedPhase
from streams.statistics.report import Observed, StudyReport, report
from streams.statistics.result import Reason
from streams.statistics.rows import Row
from streams.statistics.wording import adjusted_over, nothing_compared, what_is_compared
from tests.examples import examples

BASELINE = PlannedPhase("baseline", "baseline")
THERAPY = PlannedPhase("intervention", "therapy", randomised=True)
LATER = PlannedPhase("follow-up", "follow-up")
PHASES = (BASELINE, THERAPY, LATER)
MOOD, COMPLIANCE = PlannedOutcome("mood", scores=True), PlannedOutcome("compliance", scores=False)
DAYS = 10


def arm(name: str, *phases: PlannedPhase) -> PlannedArm:
    return PlannedArm(name, phases or PHASES)


PLAN = Plan((MOOD,), (arm("cbt"), arm("waitlist")), "waitlist", Audience.STAFF, models=False)


def rows(gains: dict[str, tuple[float, float]], people: int = 20, seed: int = 1) -> list[Row]:
    """One check-in a day; each arm's mean gain in therapy and in follow-up, other for each person."""
    draw = np.random.default_rng(seed)
    return [
        Row(f"{name}{who}", name, phase.kind, DAYS * place + day + 1, float(level + noise[day]), phase.label)
        for name, gain in gains.items()
        for who in range(people)
        for own, part in ((draw.normal(5, 1.5), draw.normal(0, 0.6)),)
        for place, phase in enumerate(PHASES)
        for level, noise in ((own + (0.0, *gain)[place] + part * (place > 0), draw.normal(0, 1, DAYS)),)
        for day in range(DAYS)
    ]


def contrasts(found: Sequence[Row], plan: Plan = PLAN) -> dict[tuple[str, str], Contrast]:
    made = report({one.name: Observed(found) for one in plan.outcomes}, plan, ())
    return {(one.arm, one.kind): one for one in made.outcomes[0].contrasts}


def covers(one: Contrast, truth: float) -> bool:
    assert one.interval is not None
    return one.interval.low <= truth <= one.interval.high


class TestWhatIsFound:
    def test_arms_that_recover_alike_do_not_differ_although_each_changed(self) -> None:
        made = [rows({"cbt": (1.0, 1.0), "waitlist": (1.0, 1.0)}, seed=seed) for seed in range(40)]
        found = [contrasts(one)["cbt", "intervention"] for one in made]
        assert 36 <= sum(covers(one, 0) for one in found) <= 40
        assert {one.claim for one in found} == {Claim.EFFECT}
        whole = report({"mood": Observed(made[0])}, PLAN, ())
        within = whole.of("mood").changes[:-2]
        assert [one.p is not None and one.p < 0.001 for one in within] == [True] * 4
        assert not any("effect" in str(value) for one in within for value in one.row().values())

    def test_arms_that_differ_are_told_apart_in_follow_up_as_well(self) -> None:
        found = contrasts(rows({"cbt": (2.0, 1.5), "waitlist": (0.5, 0.5)}))
        assert set(found) == {("cbt", "intervention"), ("cbt", "follow-up")}
        for kind, truth in (("intervention", 1.5), ("follow-up", 1.0)):
            one = found["cbt", kind]
            assert covers(one, truth)
            assert not covers(one, 0)
            assert one.p is not None
            assert one.p < 0.01
            assert (one.people, one.people_reference) == (20, 20)

    def test_a_reader_can_recompute_it_from_the_two_changes_shown(self) -> None:
        made = report({"mood": Observed(rows({"cbt": (1.0, 0.5), "waitlist": (0.0, 0.0)}, 8))}, PLAN, ())
        cbt, _, waitlist, *_ = made.of("mood").changes
        one = made.of("mood").contrasts[0]
        assert cbt.estimate is not None
        assert waitlist.estimate is not None
        assert one.estimate == pytest.approx(cbt.estimate - waitlist.estimate)
        of_seven = t.ppf(0.975, 7)
        errors = [(c.interval.high - c.interval.low) / 2 / of_seven for c in (cbt, waitlist) if c.interval]
        se = math.hypot(*errors)
        df = se**4 / sum(error**4 / 7 for error in errors)
        assert one.interval is not None
        assert (one.interval.high - one.interval.low) / 2 == pytest.approx(t.ppf(0.975, df) * se)

    def test_one_value_a_week_gives_welchs_t(self) -> None:
        weekly = [
            Row(f"{name}{who}", name, phase, day, value * (who + 1) ** 1.5 / 7 + who, "")
            for name, size, gain in (("cbt", 9, 1.4), ("waitlist", 6, 1.1))
            for who in range(size)
            for phase, day, value in (("baseline", 7, 1.0), ("intervention", 14, gain))
        ]
        one = contrasts(weekly, replace(PLAN, outcomes=(COMPLIANCE,)))["cbt", "intervention"]
        changes = [
            [0.4 * (who + 1) ** 1.5 / 7 for who in range(9)], [0.1 * (who + 1) ** 1.5 / 7 for who in range(6)]
        ]  # fmt: skip
        reference = ttest_ind(*changes, equal_var=False)
        low, high = reference.confidence_interval()
        assert one.interval is not None
        assert (one.p, one.interval.low, one.interval.high) == pytest.approx((reference.pvalue, low, high))
        assert one.method is ContrastMethod.WELCH_T

    def test_the_mixed_model_is_beside_it(self) -> None:
        made = rows({"cbt": (2.0, 1.0), "waitlist": (0.5, 0.5), "other": (9.0, 9.0)}, 12)
        compared = PLAN.comparisons[0]
        found = modelled(made, compared)
        assert found.interval is not None
        assert found.interval.low < 1.5 < found.interval.high
        few = modelled([row for row in made if row.participant[-1] in "123"], compared)
        assert few.reason is Reason.TOO_FEW
        assert modelled([row for row in made if row.arm == "cbt"], compared).reason is Reason.NO_DATA


class TestWhatItIsCalled:
    WAITING = PlannedPhase("intervention", "waiting", randomised=True)
    ASIDE = PlannedPhase("intervention", "aside")

    @pytest.mark.parametrize(
        ("reference", "kinds"),
        [
            ((BASELINE, WAITING, LATER), {"intervention": Claim.EFFECT, "follow-up": Claim.EFFECT}),
            ((BASELINE, ASIDE, LATER), {"intervention": Claim.DIFFERENCE, "follow-up": Claim.DIFFERENCE}),
            (
                (BASELINE, ASIDE, replace(LATER, randomised=True)),
                {"intervention": Claim.DIFFERENCE, "follow-up": Claim.EFFECT},
            ),
            ((BASELINE, LATER), {"follow-up": Claim.DIFFERENCE}),
        ],
    )
    def test_an_effect_needs_randomisation_to_both_arms_by_then(
        self, reference: tuple[PlannedPhase, ...], kinds: dict[str, Claim]
    ) -> None:
        plan = replace(PLAN, arms=(arm("cbt"), arm("waitlist", *reference)))
        assert {one.kind: one.claim for one in plan.comparisons} == kinds

    def test_a_phase_before_the_randomised_one_is_no_effect(self) -> None:
        phases = (BASELINE, self.ASIDE, PlannedPhase("washout", "washout"), THERAPY)
        plan = replace(PLAN, arms=(arm("cbt", *phases), arm("waitlist", *phases)))
        assert {one.kind: one.claim for one in plan.comparisons} == {
            "intervention": Claim.DIFFERENCE,
            "washout": Claim.DIFFERENCE,
        }

    def test_the_words_say_what_was_randomised(self) -> None:
        assert "randomised to cbt or waitlist" in what_is_compared(PLAN)
        plain = replace(PLAN, arms=(arm("cbt"), arm("waitlist", BASELINE, self.ASIDE, LATER)))
        assert "not an effect" in what_is_compared(plain)
        mixed = replace(PLAN, arms=(*PLAN.arms, arm("music", BASELINE, self.ASIDE, LATER)))
        assert "(music in intervention; music in follow-up)" in what_is_compared(mixed)

    def test_nothing_is_compared_without_a_second_arm_or_a_common_phase(self) -> None:
        assert nothing_compared(PLAN) is None
        one = replace(PLAN, arms=(arm("waitlist"),))
        apart = replace(PLAN, arms=(arm("cbt", BASELINE, THERAPY), arm("waitlist", BASELINE, LATER)))
        for plan, word in ((one, "one arm"), (apart, "nothing to compare")):
            assert contrasts(rows({"waitlist": (1.0, 1.0)}, 6), plan) == {}
            assert word in str(nothing_compared(plan))

    def test_a_reference_is_an_arm(self) -> None:
        with pytest.raises(ValueError, match="not an arm"):
            replace(PLAN, reference="yoga")


class TestFamily:
    ARMS = (arm("cbt"), arm("music"), arm("waitlist", BASELINE, THERAPY))
    PLAN_OF_TWO = replace(PLAN, arms=ARMS, outcomes=(MOOD, COMPLIANCE))

    def made(self, audience: Audience = Audience.STAFF, small: int = 9) -> StudyReport:
        found = rows({"cbt": (1.0, 0.8), "music": (0.4, 0.3), "waitlist": (0.1, 0.2)}, 14)
        kept = [row for row in found if row.arm != "music" or int(row.participant[5:]) < small]
        plan = replace(self.PLAN_OF_TWO, audience=audience)
        return report({"mood": Observed(kept), "compliance": Observed(kept)}, plan, ())

    def test_p_is_adjusted_over_all_contrasts_and_all_changes_of_the_study(self) -> None:
        made = self.made()
        for family, cells in (
            (made.contrast_family, [one for of in made.outcomes for one in of.contrasts]),
            (made.change_family, [one for of in made.outcomes for one in of.changes if one.arm]),
        ):
            assert len(cells) == len(family.members)
            raw = dict(zip(family.members, [one.p for one in cells], strict=True))
            expected = benjamini_hochberg(family, raw)
            assert [one.p_adjusted for one in cells] == list(expected.values())
            assert sum(one.p is not None for one in cells) >= 4

    def test_the_family_says_its_size(self) -> None:
        made = self.made()
        assert made.contrast_family.name == "4 contrasts: 2 arms x 2 outcomes x 1 phase"
        assert made.change_family.name == "10 changes: 2 outcomes x 5 phases of 3 arms"
        assert "over 4 contrasts" in adjusted_over(made.contrast_family)
        other = replace(self.PLAN_OF_TWO, reference="music")
        uneven = report({"mood": Observed([]), "compliance": Observed([])}, other, ())
        assert uneven.contrast_family.name == (
            "6 contrasts: 2 arms x 2 outcomes x 2 phases, where both arms have the phase"
        )

    def test_hidden_p_values_count_in_no_family(self) -> None:
        hidden = self.made(Audience.PUBLIC)
        cells = [one for of in hidden.outcomes for one in of.contrasts]
        assert {one.reason for one in cells if one.arm == "music"} == {Reason.SUPPRESSED}
        assert {one.p_adjusted for one in cells} == {None}
        kept = {one.phase: one for one in hidden.of("mood").changes if one.p is not None and one.arm}
        assert set(kept) == {"therapy"}
        assert len(hidden.change_family.members) == 10
        assert [one.p_adjusted for one in kept.values()] == [one.p for one in kept.values()]


class TestHidden:
    @pytest.mark.parametrize("small", [1, 4])
    def test_a_contrast_is_hidden_exactly_where_a_change_is(self, small: int) -> None:
        plan = replace(PLAN, arms=(arm("cbt"), arm("music"), arm("waitlist")))
        found = rows({"cbt": (1.0, 0.8), "music": (0.4, 0.3), "waitlist": (0.1, 0.2)}, 8)
        kept = [row for row in found if row.arm != "music" or int(row.participant[5:]) < small]
        made = report({"mood": Observed(kept)}, plan, ()).of("mood")
        hidden = {(one.arm, one.kind) for one in made.changes if one.reason is Reason.SUPPRESSED and one.arm}
        assert ("music", "intervention") in hidden
        assert len(hidden) == 4
        for one in made.contrasts:
            either = (one.arm, one.kind) in hidden or (one.reference, one.kind) in hidden
            assert (one.reason is Reason.SUPPRESSED) == either
            if either:
                named = {"arm", "reference", "phase", "claim", "reason", "mixed_reason"}
                assert {value for name, value in one.row().items() if name not in named} == {None}

    @given(
        sizes=st.lists(st.integers(0, 12), min_size=2, max_size=4),
        audience=st.sampled_from(list(Audience)),
    )
    @examples(30)
    def test_nothing_shown_is_of_few_people(self, sizes: list[int], audience: Audience) -> None:
        names = [f"a{place}" for place in range(len(sizes))]
        plan = replace(PLAN, arms=tuple(map(arm, names)), reference="a0", audience=audience)
        found = [
            Row(f"{name}-{who}", name, phase.kind, 10 * place + day, (who + 2) * place + day % 3, phase.label)
            for name, size in zip(names, sizes, strict=True)
            for who in range(size)
            for place, phase in enumerate(PHASES)
            for day in range(1, 6)
        ]
        for one in contrasts(found, plan).values():
            for count in (one.people, one.people_reference):
                assert not count or count >= MINIMUM_CELL[audience]


ALIKE = {"cbt": (1.0, 1.0), "waitlist": (0.0, 0.0)}
BAD: dict[str, tuple[Callable[[], list[Row]], Reason]] = {
    "nobody": (list, Reason.NO_DATA),
    "one person": (lambda: [row for row in rows(ALIKE) if row.participant == "cbt1"], Reason.SUPPRESSED),
    "one arm has people": (lambda: [row for row in rows(ALIKE) if row.arm == "cbt"], Reason.NO_DATA),
    "no baseline": (lambda: [row for row in rows(ALIKE) if row.phase != "baseline"], Reason.NO_DATA),
    "a single week": (lambda: [row for row in rows(ALIKE) if row.week == 1], Reason.NO_DATA),
    "constant series": (lambda: [replace(row, value=3.0) for row in rows(ALIKE)], Reason.ZERO_VARIANCE),
    "few answers": (lambda: [row for row in rows(ALIKE) if row.day % 3 == 0], Reason.TOO_FEW),
    "equal changes": (
        lambda: [
            replace(row, value=0.1 * (row.day % 3) + (row.phase != "baseline")) for row in rows(ALIKE)
        ],
        Reason.ZERO_VARIANCE,
    ),
}  # fmt: skip


class TestBadInput:
    @pytest.mark.parametrize("what", BAD)
    def test_there_is_a_reason_and_never_an_interval_of_no_width(self, what: str) -> None:
        make, reason = BAD[what]
        made = report({"mood": Observed(make())}, replace(PLAN, models=True), {"mood"}).of("mood")
        assert made.contrasts[0].reason is reason
        assert made.contrasts[0].interval is None
        assert made.contrasts[0].modelled.interval is None or what in ("equal changes", "few answers")
        for row in (*made.table(made.weeks), *made.table(made.changes), *made.table(made.contrasts)):
            assert (row["low"] is None) == (row["reason"] is not None)
            assert row["low"] is None or row["high"] - row["low"] > 1e-9
            assert all(math.isfinite(value) for value in row.values() if isinstance(value, float))

    @pytest.mark.parametrize("outcome", [MOOD, COMPLIANCE])
    def test_constant_values_of_unequal_counts_are_still_constant(self, outcome: PlannedOutcome) -> None:
        plan = replace(PLAN, outcomes=(outcome,))
        uneven = [
            replace(row, value=0.7 if row.phase == "baseline" else 0.1)
            for place, row in enumerate(rows(ALIKE))
            if place % 3 or int(row.participant.removeprefix(row.arm)) % 2
        ]
        made = report({outcome.name: Observed(uneven)}, plan, {outcome.name}).of(outcome.name)
        cells = [row for row in made.table(made.weeks) if row["week"] == 1]
        cells += made.table(made.changes) + made.table(made.contrasts)
        assert {row["low"] for row in cells} == {None}

    def test_unequal_arms(self) -> None:
        kept = [
            row for row in rows(ALIKE, 30)
            if row.arm == "cbt" or (int(row.participant[8:]) < 5 and row.day % 2)
        ]  # fmt: skip
        one = contrasts(kept)["cbt", "intervention"]
        assert (one.people, one.people_reference) == (30, 5)
        assert covers(one, 1.0)

    def test_a_person_in_two_arms_is_refused(self) -> None:
        first, *_ = rows(ALIKE)
        with pytest.raises(ValueError, match="two arms"):
            contrasts([first, replace(first, arm="waitlist")])


estimates = st.builds(
    Estimate,
    value=st.floats(-100, 100),
    se=st.floats(1e-6, 100),
    interval=st.none(), method=st.none(), p=st.none(), tau2=st.none(), i2=st.none(),
    people=st.integers(5, 6000),
    left_out=st.just(0),
)  # fmt: skip


class TestLaws:
    @given(arm=estimates, reference=estimates)
    @examples(100)
    def test_swapping_arms_turns_the_sign(self, arm: Estimate, reference: Estimate) -> None:
        one, other = difference(arm, reference), difference(reference, arm)
        assert one.value == -(other.value or 0.0)
        assert one.p == pytest.approx(other.p)
        assert one.interval is not None
        assert other.interval is not None
        assert (one.interval.low, one.interval.high) == pytest.approx(
            (-other.interval.high, -other.interval.low)
        )

    @given(arm=estimates, reference=estimates)
    @examples(100)
    def test_it_is_no_surer_than_either_change_allows(self, arm: Estimate, reference: Estimate) -> None:
        found = difference(arm, reference)
        assert found.interval is not None
        assert found.value is not None
        assert found.interval.low < found.value < found.interval.high
        normal = 1.959963 * max(arm.se or 0.0, reference.se or 0.0)
        assert found.interval.high - found.value >= normal

    @given(shift=st.floats(-50, 50), seed=st.integers(0, 9))
    @examples(10)
    def test_what_is_added_to_everybody_changes_nothing(self, shift: float, seed: int) -> None:
        made = rows({"cbt": (1.0, 0.5), "waitlist": (0.2, 0.1)}, 6, seed)
        moved = [replace(row, value=row.value + shift) for row in made]
        later = [replace(row, value=row.value + shift * (row.phase != "baseline")) for row in made]
        for key, one in contrasts(made).items():
            for other in (contrasts(moved)[key], contrasts(later)[key]):
                assert other.estimate == pytest.approx(one.estimate, abs=1e-6)
                assert other.p == pytest.approx(one.p, abs=1e-6)

    def test_the_order_of_rows_is_nothing_to_it(self) -> None:
        made = rows({"cbt": (1.0, 0.5), "waitlist": (0.2, 0.1)}, 6)
        shuffled = list(made)
        random.Random(4).shuffle(shuffled)
        assert contrasts(shuffled) == contrasts(made)
