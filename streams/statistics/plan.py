"""What a group report covers, declared before looking at the data."""

from collections.abc import Iterable
from dataclasses import dataclass

from schemas.base import PhaseKind
from schemas.study import Phase, Study
from streams.statistics.claims import Claim, claim
from streams.statistics.disclosure_control import Audience

ALL_ARMS = "all arms"
"""The label of the row for all arms together; no arm's id contains a space."""


@dataclass(frozen=True)
class PlannedPhase:
    """A phase of an arm.

    Attributes:
        kind: Its kind, such as baseline or follow-up.
        label: Its name in tables.
        randomised: Whether it was randomised who was in it.
    """

    kind: str
    label: str
    randomised: bool = False


@dataclass(frozen=True)
class PlannedArm:
    """An arm and its phases in order."""

    id: str
    phases: tuple[PlannedPhase, ...]

    def labels(self, kind: str) -> tuple[str, ...]:
        """The distinct labels of its phases of a kind."""
        return tuple(dict.fromkeys(phase.label for phase in self.phases if phase.kind == kind))


@dataclass(frozen=True)
class Plan:
    """What to report about one outcome.

    Attributes:
        outcome: Its name; p values are adjusted within it.
        arms: All arms, in the order of the report.
        scores: Whether observations are check-in scores, so that each person's change has a standard error;
            otherwise there is one value per person and week.
        audience: Decides which cells are too small to show.
    """

    outcome: str
    arms: tuple[PlannedArm, ...]
    scores: bool
    audience: Audience

    @classmethod
    def of(cls, study: Study, outcome: str, audience: Audience, *, scores: bool) -> "Plan":
        """Plan for a study's arms and phases."""
        arms = tuple(
            PlannedArm(
                arm.id,
                tuple(PlannedPhase(p.kind.value, phase_label(p, study), p.randomised) for p in arm.phases),
            )
            for arm in study.arms
        )
        return cls(outcome, arms, scores, audience)

    @property
    def kinds(self) -> tuple[str, ...]:
        """Kinds of phases after baseline, in order of first appearance."""
        everything = [phase.kind for arm in self.arms for phase in arm.phases]
        return tuple(kind for kind in dict.fromkeys(everything) if kind != PhaseKind.BASELINE)

    def claim_for(self, kind: str, arm: PlannedArm | None = None, label: str = "") -> Claim:
        """What a change in a phase may be called; without an arm, for all arms together."""
        arms: Iterable[PlannedArm] = self.arms if arm is None else (arm,)
        phases = [
            phase for one in arms for phase in one.phases
            if phase.kind == kind and (not label or phase.label == label)
        ]  # fmt: skip
        return claim(randomised=all(phase.randomised for phase in phases))


def phase_label(phase: Phase, study: Study) -> str:
    """A phase's label: the names of its interventions in an intervention phase, otherwise its kind."""
    names = {one.id: study.in_language(one.name, "en") for one in study.interventions}
    if phase.kind == PhaseKind.INTERVENTION and phase.interventions:
        return " and ".join(names[one] for one in phase.interventions)
    return phase.kind.value
