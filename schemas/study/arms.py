"""Interventions, and the arms and phases in which participants receive them (Derluyn 2023)."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from schemas.base import FrozenModel, PhaseKind, Slug
from schemas.study.texts import Texts


class InterventionKind(StrEnum):
    """The psychosocial interventions that the review compares (Derluyn 2023)."""

    CBT = "cbt"
    MINDFULNESS = "mindfulness"
    GROUP_THERAPY = "group_therapy"
    RELAXATION = "relaxation"
    COUNSELLING = "counselling"
    COMMUNITY_PROGRAMME = "community_programme"


class Level(StrEnum):
    """The level at which an intervention works."""

    INDIVIDUAL = "individual"
    GROUP = "group"
    COMMUNITY = "community"


class Setting(StrEnum):
    """Where an intervention takes place."""

    EDUCATION = "education"
    SOCIAL_WORK = "social_work"
    COMMUNITY = "community"
    CLINIC = "clinic"


class Condition(StrEnum):
    """The conditions that participants live with."""

    ANXIETY = "anxiety"
    DEPRESSION = "depression"
    PTSD = "ptsd"
    ADDICTION = "addiction"


class Intervention(FrozenModel):
    """An intervention that is offered to participants."""

    id: Slug
    kind: InterventionKind
    level: Level
    setting: Setting
    name: Texts


class Phase(FrozenModel):
    """A period of days, with the interventions that run in it.

    Attributes:
        randomised: Whether participants were randomised to it. Only then is a difference called an effect.
    """

    kind: PhaseKind
    days: Annotated[int, Field(ge=1, le=3650)]
    interventions: tuple[Slug, ...] = ()
    randomised: bool = False


class Arm(FrozenModel):
    """A study arm: participants who go through the same phases."""

    id: Slug
    name: Texts
    phases: Annotated[tuple[Phase, ...], Field(min_length=1)]

    @property
    def days(self) -> int:
        """Length of all phases together, in days."""
        return sum(phase.days for phase in self.phases)

    def phase_on(self, study_day: int) -> Phase | None:
        """The phase on a study day (1 is the first); None before the first and after the last."""
        if study_day < 1:
            return None
        end = 0
        for phase in self.phases:
            end += phase.days
            if study_day <= end:
                return phase
        return None
