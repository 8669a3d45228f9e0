"""What a report of a study covers, declared before looking at the data."""

from dataclasses import dataclass

from schemas.base import CheckIns, PhaseKind
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

    @property
    def kinds(self) -> tuple[str, ...]:
        """Kinds of its phases after baseline, in order of first appearance."""
        kinds = dict.fromkeys(phase.kind for phase in self.phases)
        return tuple(kind for kind in kinds if kind != PhaseKind.BASELINE)

    def labels(self, kind: str) -> tuple[str, ...]:
        """The distinct labels of its phases of a kind."""
        return tuple(dict.fromkeys(phase.label for phase in self.phases if phase.kind == kind))

    def randomised_by(self, kind: str) -> bool:
        """Whether people were randomised to the arm by the start of its first phase of a kind."""
        first = next(place for place, phase in enumerate(self.phases) if phase.kind == kind)
        return any(phase.randomised for phase in self.phases[: first + 1])


@dataclass(frozen=True)
class PlannedOutcome:
    """An outcome of a report.

    Attributes:
        name: Such as `mean/stress`.
        scores: Whether observations are check-in scores, so that each person's change has a standard error;
            otherwise there is one value for each person and week.
    """

    name: str
    scores: bool


@dataclass(frozen=True)
class Comparison:
    """Two arms that are compared in their change from baseline.

    Attributes:
        arm, reference: The change in `arm` minus that in `reference`.
        kind: The kind of phase that the change is to.
    """

    arm: PlannedArm
    reference: PlannedArm
    kind: str

    @property
    def claim(self) -> Claim:
        """What the difference may be called. Allocation carries into the phases after the randomised one."""
        return claim(randomised=all(arm.randomised_by(self.kind) for arm in (self.arm, self.reference)))


@dataclass(frozen=True)
class Plan:
    """What to report about a study.

    Attributes:
        outcomes: All of the study's: p values are adjusted over all, whichever are shown.
        arms: All arms, in the order of the report.
        reference: The arm that the others are compared with.
        audience: Decides which cells are too small to show.
        checkins: Which check-ins are observed.
        models: Whether to fit the mixed model of each comparison, too, which takes longest.

    Raises:
        ValueError: If the reference is not one of the arms.
    """

    outcomes: tuple[PlannedOutcome, ...]
    arms: tuple[PlannedArm, ...]
    reference: str
    audience: Audience
    checkins: CheckIns = CheckIns.BOTH
    models: bool = True

    def __post_init__(self) -> None:
        """Check that the reference is an arm."""
        if self.reference not in [arm.id for arm in self.arms]:
            raise ValueError(f"the reference {self.reference!r} is not an arm of the plan")

    @property
    def kinds(self) -> tuple[str, ...]:
        """Kinds of phases after baseline, in order of first appearance."""
        return tuple(dict.fromkeys(kind for arm in self.arms for kind in arm.kinds))

    @property
    def comparisons(self) -> tuple[Comparison, ...]:
        """Each other arm with the reference, in each kind of phase after baseline that both have."""
        reference = next(arm for arm in self.arms if arm.id == self.reference)
        return tuple(
            Comparison(arm, reference, kind)
            for arm in self.arms
            for kind in self.kinds
            if arm is not reference and kind in arm.kinds and kind in reference.kinds
        )


def planned_arms(study: Study) -> tuple[PlannedArm, ...]:
    """A study's arms as a report's plan has them."""
    return tuple(
        PlannedArm(
            arm.id,
            tuple(PlannedPhase(p.kind.value, phase_label(p, study), p.randomised) for p in arm.phases),
        )
        for arm in study.arms
    )


def phase_label(phase: Phase, study: Study) -> str:
    """A phase's label: the names of its interventions in an intervention phase, otherwise its kind."""
    names = {one.id: study.in_language(one.name, "en") for one in study.interventions}
    if phase.kind == PhaseKind.INTERVENTION and phase.interventions:
        return " and ".join(names[one] for one in phase.interventions)
    return phase.kind.value
