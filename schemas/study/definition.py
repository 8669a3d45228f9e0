"""A study's definition: what decides participants' prompts and how results are computed."""

from collections.abc import Mapping
from typing import Annotated, Self, assert_never

from pydantic import Field, model_validator

from schemas.base import FieldError, FrozenModel, Language, Measure, Slug, StudyRef
from schemas.study.arms import Arm, Condition, Intervention
from schemas.study.channels import ConversationOptions, Form
from schemas.study.conditions import Compare, Has, leaves, parse_condition
from schemas.study.items import (
    ChoiceItem,
    Item,
    MultipleChoiceItem,
    ScaleItem,
    TextItem,
    YesNoItem,
    options_of,
)
from schemas.study.safety import Safety
from schemas.study.schedule import (
    AroundPhase,
    EveryInterval,
    FixedTimes,
    OwnInitiative,
    PromptRule,
    RandomTimes,
    Schedule,
)
from schemas.study.texts import Texts


class Study(FrozenModel):
    """A study's definition.

    Attributes:
        reference_arm: The arm that reports compare the others with; `reference` says which it is by default.
        acute_change: From how many scale points on a change of a measure from one prompt to the next counts
            as acute, the same for everybody; `wellstream report --acute-change` proposes it.
    """

    id: Slug
    version: Annotated[int, Field(ge=1)]
    title: Texts
    languages: Annotated[tuple[Language, ...], Field(min_length=1)]
    conditions: tuple[Condition, ...] = ()
    interventions: tuple[Intervention, ...]
    arms: Annotated[tuple[Arm, ...], Field(min_length=1)]
    reference_arm: Slug | None = None
    items: Annotated[tuple[Item, ...], Field(min_length=1)]
    sms: tuple[Slug, ...] = ()
    conversation: ConversationOptions = ConversationOptions()
    form: Form = Form()
    schedule: Schedule
    safety: Safety
    acute_change: dict[Measure, Annotated[float, Field(gt=0, allow_inf_nan=False)]] = Field(
        default_factory=dict
    )
    texts: dict[Slug, Texts] = Field(default_factory=dict)

    @property
    def ref(self) -> StudyRef:
        """`id@version`."""
        return f"{self.id}@{self.version}"

    def item(self, item_id: str) -> Item | None:
        """The item with an id; None if there is none."""
        return next((item for item in self.items if item.id == item_id), None)

    def arm(self, arm_id: str) -> Arm | None:
        """The arm with an id; None if there is none."""
        return next((arm for arm in self.arms if arm.id == arm_id), None)

    @property
    def reference(self) -> Arm:
        """The arm that the others are compared with.

        The one that the study names, or the first whose phases have no interventions, or else the first.
        """
        named = self.arm(self.reference_arm) if self.reference_arm else None
        idle = (arm for arm in self.arms if not any(phase.interventions for phase in arm.phases))
        return named or next(idle, self.arms[0])

    @property
    def scales(self) -> tuple[ScaleItem, ...]:
        """The items that are answered on a scale, in the order of the study."""
        return tuple(item for item in self.items if isinstance(item, ScaleItem))

    def scales_of(self, measure: Measure) -> tuple[ScaleItem, ...]:
        """The scales that measure it, in the order of the study."""
        return tuple(item for item in self.scales if item.measures == measure)

    @property
    def strategy_items(self) -> tuple[MultipleChoiceItem, ...]:
        """The items that ask for coping strategies, in the order of the study."""
        return tuple(
            item
            for item in self.items
            if isinstance(item, MultipleChoiceItem) and item.measures == Measure.COPING_STRATEGY
        )

    def items_of(self, measure: Measure) -> tuple[ScaleItem | MultipleChoiceItem, ...]:
        """The items that measure it, in the order of the study."""
        return self.strategy_items if measure == Measure.COPING_STRATEGY else self.scales_of(measure)

    def in_language(self, texts: Mapping[str, str], language: str) -> str:
        """A text in a language, or in the study's first one if it is missing in that language."""
        return texts.get(language) or texts[self.languages[0]]

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        for name, things in (
            ("interventions", self.interventions),
            ("arms", self.arms),
            ("items", self.items),
        ):
            ids = [thing.id for thing in things]
            for place, one in enumerate(ids):
                if one in ids[:place]:
                    raise FieldError((name, place, "id"), f"the id {one} is used twice")
        self._check_arms()
        self._check_conditions()
        self._check_sms()
        self._check_schedule()
        self._check_scales()
        self._check_acute_change()
        return self

    def _check_arms(self) -> None:
        if self.reference_arm and self.arm(self.reference_arm) is None:
            allowed = ", ".join(arm.id for arm in self.arms)
            raise FieldError(("reference_arm",), f"there is no arm {self.reference_arm}; allowed: {allowed}")
        for place, arm in enumerate(self.arms):
            for number, phase in enumerate(arm.phases):
                for index, name in enumerate(phase.interventions):
                    self._check_intervention(("arms", place, "phases", number, "interventions", index), name)

    def _check_intervention(self, where: tuple[int | str, ...], name: str) -> None:
        known = [intervention.id for intervention in self.interventions]
        if name not in known:
            raise FieldError(
                where, f"there is no intervention {name}; allowed: {', '.join(known) or 'none is defined'}"
            )

    def _check_sms(self) -> None:
        for place, name in enumerate(self.sms):
            where, item = ("sms", place), self.item(name)
            if item is None or not _can_be_texted(item):
                raise FieldError(where, f"{name} is not an item of kind scale, yes_no or choice")
            if self.conversation.ask == "all" and not isinstance(item, ScaleItem):
                raise FieldError(where, f"{name} is not a scale; only `conversation.ask: each` can ask it")
            if self.conversation.ask == "all" and item.show_if:
                raise FieldError(where, f"{name} has `show_if`; only `conversation.ask: each` can ask it")

    def _check_conditions(self) -> None:
        earlier: dict[str, Item] = {}
        for place, item in enumerate(self.items):
            for leaf in leaves(parse_condition(item.show_if)) if item.show_if else ():
                wrong = _wrong(leaf, earlier.get(leaf.item))
                if wrong:
                    raise FieldError(("items", place, "show_if"), wrong)
            earlier[item.id] = item

    def _check_schedule(self) -> None:
        for place, rule in enumerate(self.schedule.prompts):
            intervention = _intervention(rule)
            if intervention is not None:
                self._check_intervention(("schedule", "prompts", place, "intervention"), intervention)
        for place, name in enumerate(self.schedule.support.texts if self.schedule.support else ()):
            if name not in self.texts:
                raise FieldError(
                    ("schedule", "support", "texts", place), f"there is no text {name} under `texts`"
                )

    def _check_scales(self) -> None:
        first: dict[Measure, ScaleItem] = {}
        for place, item in enumerate(self.items):
            if not isinstance(item, ScaleItem) or item.measures is None:
                continue
            other = first.setdefault(item.measures, item)
            if (item.scale.min, item.scale.max) != (other.scale.min, other.scale.max):
                raise FieldError(
                    ("items", place, "scale"),
                    f"all items that measure {item.measures} need the same scale, that of {other.id}",
                )
        for place, item in enumerate(self.items):
            if isinstance(item, ScaleItem) and item.measures is None and item.id in first:
                raise FieldError(
                    ("items", place, "id"),
                    f"{item.id} is a measure of other items, so this one's values could be taken for theirs; "
                    "choose another id",
                )

    def _check_acute_change(self) -> None:
        for measure, change in self.acute_change.items():
            asked = self.scales_of(measure)
            if not asked:
                raise FieldError(("acute_change", measure), f"no item of kind scale measures {measure}")
            widest = asked[0].scale.max - asked[0].scale.min
            if change > widest:
                raise FieldError(
                    ("acute_change", measure),
                    f"{change:g} is more than the whole scale of {measure}, {widest} points",
                )


def _wrong(leaf: Compare | Has, earlier: Item | None) -> str:
    """What is wrong with a comparison in a condition; empty if nothing is."""
    if earlier is None:
        return f"{leaf.item} is not an earlier item"
    if isinstance(leaf, Compare):
        return "" if _is_number(earlier) else f"{leaf.item} is not a number; write `{leaf.item} has OPTION`"
    known = [option.id for option in options_of(earlier)]
    return "" if leaf.option in known else f"{leaf.item} has no option {leaf.option}"


def _can_be_texted(item: Item) -> bool:
    """Whether a text message can ask for the item."""
    match item:
        case ScaleItem() | ChoiceItem() | YesNoItem():
            return True
        case MultipleChoiceItem() | TextItem():
            return False
        case _:
            assert_never(item)


def _is_number(item: Item) -> bool:
    """Whether a condition can compare the item's answer with a number."""
    match item:
        case ScaleItem() | YesNoItem():
            return True
        case ChoiceItem() | MultipleChoiceItem() | TextItem():
            return False
        case _:
            assert_never(item)


def _intervention(rule: PromptRule) -> Slug | None:
    """The intervention that a rule names."""
    match rule:
        case AroundPhase():
            return rule.intervention
        case RandomTimes() | FixedTimes() | EveryInterval() | OwnInitiative():
            return None
        case _:
            assert_never(rule)
