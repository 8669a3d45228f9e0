"""What a study is: arms and their phases, interventions, items, languages, schedule and safety.

A definition is immutable: `id@version` is stamped on every event, and a change is a new version.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from schemas.words import Channel, Language, Measure, PhaseKind, Slug, StudyRef, Word

Text = Annotated[str, StringConstraints(min_length=1, max_length=2000)]
Texts = dict[Language, Text]
"""The same words in each language of the study."""

TimeOfDay = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]


class InterventionKind(StrEnum):
    """The psychosocial interventions that the review compares (Derluyn 2023)."""

    CBT = "cbt"
    MINDFULNESS = "mindfulness"
    GROUP_THERAPY = "group_therapy"
    RELAXATION = "relaxation"
    COUNSELLING = "counselling"
    COMMUNITY_PROGRAMME = "community_programme"


class Level(StrEnum):
    """With whom an intervention works."""

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
    """What the people in the study live with."""

    ANXIETY = "anxiety"
    DEPRESSION = "depression"
    PTSD = "ptsd"
    ADDICTION = "addiction"


class Intervention(Word):
    """Something that is offered to participants."""

    id: Slug
    kind: InterventionKind
    level: Level
    setting: Setting
    name: Texts


class Phase(Word):
    """A stretch of days, with the interventions that run in it.

    Attributes:
        randomised: Whether chance decided who is in it. Only then is a difference called an effect.
    """

    kind: PhaseKind
    days: Annotated[int, Field(ge=1, le=3650)]
    interventions: tuple[Slug, ...] = ()
    randomised: bool = False


class Arm(Word):
    """A group of participants who go through the same phases."""

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


class Scale(Word):
    """Whole numbers from `min` to `max`, with words at both ends."""

    min: Annotated[int, Field(ge=-1000, le=1000)]
    max: Annotated[int, Field(ge=-1000, le=1000)]
    low: Texts
    high: Texts

    @model_validator(mode="after")
    def _ascending(self) -> Self:
        if self.min >= self.max:
            raise ValueError(f"min ({self.min}) must be below max ({self.max})")
        return self


class Option(Word):
    """One of the answers to choose from; an exclusive one ("none of these") excludes the others."""

    id: Slug
    text: Texts
    exclusive: bool = False


class Item(Word):
    """One question.

    Attributes:
        id: Stable over versions, and the field's name in the form.
        kind: `scale` (a number), `choices` (any number of options) or `text` (sealed words).
        measures: What it measures; None for free text, and for a scale that is stored but is no indicator.
        text: The question.
        scale: For kind `scale`.
        options: For kind `choices`.
        required: The form asks for it before it can be sent.
        sms: Words that name the item in a text, such as `mood` in "mood 7".
    """

    id: Slug
    kind: Literal["scale", "choices", "text"]
    measures: Measure | None = None
    text: Texts
    scale: Scale | None = None
    options: tuple[Option, ...] = ()
    required: bool = False
    sms: dict[Language, tuple[Annotated[str, StringConstraints(min_length=1, max_length=20)], ...]] = Field(
        default_factory=dict
    )

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.kind == "scale") != (self.scale is not None):
            raise ValueError("kind `scale`, and only that one, has a `scale`")
        if (self.kind == "choices") != bool(self.options):
            raise ValueError("kind `choices`, and only that one, has `options`")
        if self.kind == "text" and self.measures is not None:
            raise ValueError("free text measures nothing: leave `measures` out")
        if (self.kind == "choices") != (self.measures == Measure.COPING_STRATEGY):
            raise ValueError("kind `choices` measures coping_strategy; a scale measures anything else")
        return self


class Schedule(Word):
    """When participants are asked: random times, one in each equal part of the waking day."""

    prompts_per_day: Annotated[int, Field(ge=1, le=24)]
    wake: TimeOfDay
    sleep: TimeOfDay
    expires_minutes: Annotated[int, Field(ge=5, le=24 * 60)]
    channels: Annotated[tuple[Channel, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if len(self.channels) != self.prompts_per_day:
            raise ValueError(
                f"`channels` names one channel for each of the {self.prompts_per_day} prompts of a day"
            )
        if self.wake >= self.sleep:
            raise ValueError("`wake` must be earlier than `sleep`")
        return self


class Safety(Word):
    """What participants are told about help; shown on every page of the form."""

    notice: Texts


class Study(Word):
    """A study's definition."""

    id: Slug
    version: Annotated[int, Field(ge=1)]
    title: Texts
    languages: Annotated[tuple[Language, ...], Field(min_length=1)]
    conditions: tuple[Condition, ...] = ()
    interventions: tuple[Intervention, ...]
    arms: Annotated[tuple[Arm, ...], Field(min_length=1)]
    items: Annotated[tuple[Item, ...], Field(min_length=1)]
    sms: tuple[Slug, ...] = ()
    schedule: Schedule
    safety: Safety
    texts: dict[Slug, Texts] = Field(default_factory=dict)

    @property
    def ref(self) -> StudyRef:
        """`id@version`."""
        return f"{self.id}@{self.version}"

    def item(self, item_id: str) -> Item | None:
        """The item of that id."""
        return next((item for item in self.items if item.id == item_id), None)

    def arm(self, arm_id: str) -> Arm | None:
        """The arm of that id."""
        return next((arm for arm in self.arms if arm.id == arm_id), None)

    def items_of(self, measure: Measure) -> tuple[Item, ...]:
        """The items that measure it, in the order of the study."""
        return tuple(item for item in self.items if item.measures == measure)

    def in_language(self, texts: Mapping[str, str], language: str) -> str:
        """The words in a language, or in the study's first one where they are not given."""
        return texts.get(language) or texts[self.languages[0]]

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        for name, ids in (
            ("interventions", [i.id for i in self.interventions]),
            ("arms", [a.id for a in self.arms]),
            ("items", [i.id for i in self.items]),
        ):
            twice = sorted({i for i in ids if ids.count(i) > 1})
            if twice:
                raise ValueError(f"`{name}`: the id {twice[0]} stands twice")
        self._check_arms()
        self._check_sms()
        self._check_scales()
        return self

    def _check_arms(self) -> None:
        known = {i.id for i in self.interventions}
        for arm in self.arms:
            for phase in arm.phases:
                unknown = sorted(set(phase.interventions) - known)
                if unknown:
                    raise ValueError(
                        f"`arms.{arm.id}`: no intervention {unknown[0]}; there are {', '.join(sorted(known))}"
                    )

    def _check_sms(self) -> None:
        for item_id in self.sms:
            item = self.item(item_id)
            if item is None or item.kind != "scale":
                raise ValueError(f"`sms`: {item_id} is not an item of kind scale")

    def _check_scales(self) -> None:
        for measure in Measure:
            ranges = {(i.scale.min, i.scale.max) for i in self.items_of(measure) if i.scale}
            if len(ranges) > 1:
                raise ValueError(f"`items`: all items that measure {measure} need one and the same scale")
