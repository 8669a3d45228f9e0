"""What a study is: arms and their phases, interventions, items, languages, schedule and safety.

A definition is immutable: `id@version` is stamped on every event, and a change is a new version.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from schemas.conditions import Compare, Has, holds, leaves, parse_condition
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


def _readable(text: str) -> str:
    parse_condition(text)
    return text


ConditionText = Annotated[str, StringConstraints(max_length=500), AfterValidator(_readable)]
"""When an item is asked, in the language of `schemas.conditions`, such as `stress >= 7`."""

ItemKind = Literal["scale", "choice", "choices", "yes_no", "text"]


class Item(Word):
    """One question.

    Attributes:
        id: Stable over versions, and the field's name in the form.
        kind: `scale` (a number), `choice` (one option), `choices` (any number of options), `yes_no` (stored
            as 1 or 0) or `text` (sealed words).
        measures: What it measures; None for what is stored but is no indicator.
        text: The question.
        sms_text: The question in a text message, where `text` is too long for one.
        scale: For kind `scale`.
        options: For kinds `choice` and `choices`.
        required: The form asks for it before it can be sent.
        show_if: Asked only where this is true of the answers to items that stand before it.
        sms: Words that name the item in a text, such as `mood` in "mood 7".
    """

    id: Slug
    kind: ItemKind
    measures: Measure | None = None
    text: Texts
    sms_text: Texts | None = None
    scale: Scale | None = None
    options: tuple[Option, ...] = ()
    required: bool = False
    show_if: ConditionText | None = None
    sms: dict[Language, tuple[Annotated[str, StringConstraints(min_length=1, max_length=20)], ...]] = Field(
        default_factory=dict
    )

    def asked(self, answers: Mapping[str, int | tuple[str, ...]]) -> bool:
        """Whether the item is asked after these answers."""
        return self.show_if is None or holds(parse_condition(self.show_if), answers)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.kind == "scale") != (self.scale is not None):
            raise ValueError("kind `scale`, and only that one, has a `scale`")
        if (self.kind in ("choice", "choices")) != bool(self.options):
            raise ValueError("kinds `choice` and `choices`, and only these, have `options`")
        if self.kind in ("choice", "yes_no", "text") and self.measures is not None:
            raise ValueError(f"kind `{self.kind}` measures nothing: leave `measures` out")
        options = [option.id for option in self.options]
        twice = sorted({name for name in options if options.count(name) > 1})
        if twice:
            raise ValueError(f"`options`: the id {twice[0]} stands twice")
        if self.measures is not None and (self.kind == "choices") != (
            self.measures == Measure.COPING_STRATEGY
        ):
            raise ValueError("kind `choices` measures coping_strategy; a scale measures anything else")
        return self


class Weekday(StrEnum):
    """A day of the week."""

    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"


class Rule(Word):
    """When one kind of prompt applies.

    Attributes:
        phases: Only in these; in all where none is named.
        weekdays: Only on these; on all where none is named.
    """

    phases: tuple[PhaseKind, ...] = ()
    weekdays: tuple[Weekday, ...] = ()


class Adaptive(Word):
    """Ask a person less the next day when they answer little, and more when they answer well.

    Attributes:
        fewest, most: Bounds of the number of prompts a day.
        below: One prompt less where the share answered is under this.
        above: One prompt more where the share answered is over this.
        days: Over how many days before the share is taken.
    """

    fewest: Annotated[int, Field(ge=1, le=24)]
    most: Annotated[int, Field(ge=1, le=24)]
    below: Annotated[float, Field(ge=0, le=1)] = 0.5
    above: Annotated[float, Field(ge=0, le=1)] = 0.8
    days: Annotated[int, Field(ge=1, le=14)] = 3

    @model_validator(mode="after")
    def _ascending(self) -> Self:
        if self.fewest > self.most or self.below > self.above:
            raise ValueError("`fewest` must not be over `most`, nor `below` over `above`")
        return self


class RandomTimes(Rule):
    """Random times: one in each equal part of the waking day, at least `min_gap_minutes` apart.

    Attributes:
        channels: The channel of each prompt of a day; as many as there are prompts.
    """

    kind: Literal["random"] = "random"
    channels: Annotated[tuple[Channel, ...], Field(min_length=1, max_length=24)]
    min_gap_minutes: Annotated[int, Field(ge=0, le=12 * 60)] = 0
    adaptive: Adaptive | None = None


class FixedTimes(Rule):
    """The same local times every day."""

    kind: Literal["fixed"] = "fixed"
    times: Annotated[tuple[TimeOfDay, ...], Field(min_length=1, max_length=24)]
    channel: Channel


class EveryInterval(Rule):
    """Every so many minutes on the wall clock, from waking until sleeping."""

    kind: Literal["interval"] = "interval"
    every_minutes: Annotated[int, Field(ge=15, le=24 * 60)]
    channel: Channel


class OwnInitiative(Rule):
    """The person asks to check in when something happens: at most so many times a day."""

    kind: Literal["event"] = "event"
    most_per_day: Annotated[int, Field(ge=1, le=24)] = 5


class AroundPhase(Rule):
    """Once, on a day counted from the first day of a phase: 1 is that day, 0 the one before.

    Attributes:
        phase: Kind of the phase; every phase of that kind counts.
        intervention: Only phases in which this runs.
    """

    kind: Literal["relative"] = "relative"
    phase: PhaseKind
    intervention: Slug | None = None
    day: Annotated[int, Field(ge=-60, le=365)]
    time: TimeOfDay
    channel: Channel


PromptRule = Annotated[
    RandomTimes | FixedTimes | EveryInterval | OwnInitiative | AroundPhase, Field(discriminator="kind")
]


class QuietHours(Word):
    """Local hours in which nobody is texted unless they wrote first; they may span midnight."""

    begin: TimeOfDay
    end: TimeOfDay


class Support(Word):
    """A micro-randomised trial: at each prompt chance decides whether a supportive text goes with it.

    Klasnja et al. (2015). The decision, its probability and the person's availability are logged.

    Attributes:
        probability: Of sending one.
        texts: Names of the study's `texts` to choose from, each as likely.
    """

    probability: Annotated[float, Field(gt=0, lt=1)]
    texts: Annotated[tuple[Slug, ...], Field(min_length=1)]


class Schedule(Word):
    """When participants are asked. All times are on the participant's own wall clock.

    Attributes:
        wake, sleep: The waking day; `sleep` before `wake` means the next date.
        expires_minutes: How long a prompt can be answered.
        grace_minutes: A prompt that could not be sent this long after its time is not sent any more.
        reminders_minutes: How long after the prompt an unanswered one is repeated.
        quiet: Hours without texts; none by default beyond what lies outside the waking day.
        most_segments_per_day: SMS segments that one person may be sent on a day.
        prompts: The rules; a day's prompts are all of theirs.
        support: Micro-randomised supportive texts.
    """

    wake: TimeOfDay
    sleep: TimeOfDay
    expires_minutes: Annotated[int, Field(ge=5, le=24 * 60)]
    grace_minutes: Annotated[int, Field(ge=1, le=24 * 60)] = 10
    reminders_minutes: tuple[Annotated[int, Field(ge=1, le=24 * 60)], ...] = ()
    quiet: QuietHours | None = None
    most_segments_per_day: Annotated[int, Field(ge=1, le=1000)] = 30
    prompts: Annotated[tuple[PromptRule, ...], Field(min_length=1)]
    support: Support | None = None

    @property
    def channels(self) -> tuple[Channel, ...]:
        """The channels of a day's prompts at random times."""
        return tuple(c for rule in self.prompts if isinstance(rule, RandomTimes) for c in rule.channels)

    @property
    def silent(self) -> QuietHours:
        """The hours without texts."""
        return self.quiet or QuietHours(begin=self.sleep, end=self.wake)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.wake == self.sleep:
            raise ValueError("`wake` and `sleep` must differ")
        late = [minutes for minutes in self.reminders_minutes if minutes >= self.expires_minutes]
        if late:
            raise ValueError(f"a reminder after {late[0]} minutes comes after the prompt has expired")
        return self


class Dialogue(Word):
    """How a check-in by SMS goes.

    Attributes:
        ask: `all` asks for every item in one text, `each` one item at a time.
    """

    ask: Literal["all", "each"] = "all"


class Form(Word):
    """How the web form goes.

    Attributes:
        review: Show the answers once more before they are sent.
        last_two_weeks: The thank-you page shows the person their own last two weeks.
    """

    review: bool = False
    last_two_weeks: bool = False


class Safety(Word):
    """What participants are told about help, and what calls for it.

    Attributes:
        notice: Shown on every page of the form, and sent to who texts HELP or a word of crisis.
        crisis: Words of crisis by language, reviewed by the study's clinicians. A text with one of them is
            answered at once with the notice, raises a safety alert and pauses the person's prompts. It is no
            measure of risk.
    """

    notice: Texts
    crisis: dict[Language, tuple[Annotated[str, StringConstraints(min_length=2, max_length=60)], ...]] = (
        Field(default_factory=dict)
    )


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
    dialogue: Dialogue = Dialogue()
    form: Form = Form()
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
        self._check_conditions()
        self._check_sms()
        self._check_schedule()
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
            if item is None or item.kind not in ("scale", "yes_no", "choice"):
                raise ValueError(f"`sms`: {item_id} is not an item of kind scale, yes_no or choice")
            if self.dialogue.ask == "all" and item.kind != "scale":
                raise ValueError(f"`sms`: {item_id} is no scale; `dialogue.ask: each` can ask it")
            if self.dialogue.ask == "all" and item.show_if:
                raise ValueError(f"`sms`: {item_id} has show_if; `dialogue.ask: each` can ask it")

    def _check_conditions(self) -> None:
        before: dict[str, Item] = {}
        for item in self.items:
            for leaf in leaves(parse_condition(item.show_if)) if item.show_if else ():
                earlier = before.get(leaf.item)
                where = f"`items.{item.id}.show_if`"
                if earlier is None:
                    raise ValueError(f"{where}: {leaf.item} is no item that stands before {item.id}")
                if isinstance(leaf, Compare) and earlier.kind not in ("scale", "yes_no"):
                    raise ValueError(f"{where}: {leaf.item} is no number; write `{leaf.item} has OPTION`")
                if isinstance(leaf, Has) and leaf.option not in {option.id for option in earlier.options}:
                    raise ValueError(f"{where}: {leaf.item} has no option {leaf.option}")
            before[item.id] = item

    def _check_schedule(self) -> None:
        known = {i.id for i in self.interventions}
        for rule in self.schedule.prompts:
            if isinstance(rule, AroundPhase) and rule.intervention and rule.intervention not in known:
                raise ValueError(f"`schedule.prompts`: no intervention {rule.intervention}")
        for name in self.schedule.support.texts if self.schedule.support else ():
            if name not in self.texts:
                raise ValueError(f"`schedule.support`: there is no text {name} under `texts`")

    def _check_scales(self) -> None:
        for measure in Measure:
            ranges = {(i.scale.min, i.scale.max) for i in self.items_of(measure) if i.scale}
            if len(ranges) > 1:
                raise ValueError(f"`items`: all items that measure {measure} need one and the same scale")
