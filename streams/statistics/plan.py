"""What a group report covers, declared before anyone looks at the data."""

from collections.abc import Iterable
from dataclasses import dataclass

from schemas.base import PhaseKind
from schemas.study import Phase, Study
from streams.statistics.claims import Claim, claim
from streams.statistics.disclosure_control import Audience
from streams.statistics.resampling import SEED

ALL_ARMS = "all arms"
"""How the row of all arms together is called in tables; no arm's id has a space."""


@dataclass(frozen=True)
class PlannedPhase:
    """A phase of an arm.

    Attributes:
        kind: Such as baseline or follow-up.
        label: What it is called.
        randomised: Whether chance decided who was in it.
    """

    kind: str
    label: str
    randomised: bool = False


@dataclass(frozen=True)
class PlannedArm:
    """An arm with its phases in order."""

    id: str
    phases: tuple[PlannedPhase, ...]

    def labels(self, kind: str) -> tuple[str, ...]:
        """What its phases of a kind are called, each once."""
        return tuple(dict.fromkeys(phase.label for phase in self.phases if phase.kind == kind))


@dataclass(frozen=True)
class Plan:
    """What to report of one outcome.

    Attributes:
        outcome: Its name; p values are adjusted within it.
        arms: All arms, in the order of the report.
        scores: Whether observations are scores of check-ins, whose changes have a standard error for each
            person; else they are one value for each person and week.
        audience: Decides which cells are too small to show.
        seed: Of the bootstrap.
    """

    outcome: str
    arms: tuple[PlannedArm, ...]
    scores: bool
    audience: Audience
    seed: int = SEED

    @classmethod
    def of(cls, study: Study, outcome: str, audience: Audience, *, scores: bool) -> "Plan":
        """The plan for a study's arms and phases."""
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
        """Kinds of the phases after baseline, in the order in which they are first met."""
        everything = [phase.kind for arm in self.arms for phase in arm.phases]
        return tuple(kind for kind in dict.fromkeys(everything) if kind != PhaseKind.BASELINE)

    def claim_for(self, kind: str, arm: PlannedArm | None = None, label: str = "") -> Claim:
        """What a change in a phase may be called; of all arms together where none is given."""
        arms: Iterable[PlannedArm] = self.arms if arm is None else (arm,)
        phases = [
            phase for one in arms for phase in one.phases
            if phase.kind == kind and (not label or phase.label == label)
        ]  # fmt: skip
        return claim(randomised=all(phase.randomised for phase in phases))


def phase_label(phase: Phase, study: Study) -> str:
    """What a phase is called: its interventions where they are what it is for, else its kind."""
    names = {one.id: study.in_language(one.name, "en") for one in study.interventions}
    if phase.kind == PhaseKind.INTERVENTION and phase.interventions:
        return " and ".join(names[one] for one in phase.interventions)
    return phase.kind.value
