"""A study's definition: everything a participant's day and a researcher's number follow from."""

from collections.abc import Mapping
from typing import Annotated, Self, assert_never

from pydantic import Field, model_validator

from schemas.base import FrozenModel, Language, Measure, Slug, StudyRef
from schemas.study.arms import Arm, Condition, Intervention
from schemas.study.conditions import Compare, Has, leaves, parse_condition
from schemas.study.delivery import ConversationOptions, Form
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
    conversation: ConversationOptions = ConversationOptions()
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
            if item is None or not _can_be_texted(item):
                raise ValueError(f"`sms`: {item_id} is not an item of kind scale, yes_no or choice")
            if self.conversation.ask == "all" and not isinstance(item, ScaleItem):
                raise ValueError(f"`sms`: {item_id} is no scale; `conversation.ask: each` can ask it")
            if self.conversation.ask == "all" and item.show_if:
                raise ValueError(f"`sms`: {item_id} has show_if; `conversation.ask: each` can ask it")

    def _check_conditions(self) -> None:
        before: dict[str, Item] = {}
        for item in self.items:
            for leaf in leaves(parse_condition(item.show_if)) if item.show_if else ():
                earlier = before.get(leaf.item)
                where = f"`items.{item.id}.show_if`"
                if earlier is None:
                    raise ValueError(f"{where}: {leaf.item} is no item that stands before {item.id}")
                if isinstance(leaf, Compare) and not _is_number(earlier):
                    raise ValueError(f"{where}: {leaf.item} is no number; write `{leaf.item} has OPTION`")
                if isinstance(leaf, Has) and leaf.option not in {option.id for option in options_of(earlier)}:
                    raise ValueError(f"{where}: {leaf.item} has no option {leaf.option}")
            before[item.id] = item

    def _check_schedule(self) -> None:
        known = {i.id for i in self.interventions}
        for rule in self.schedule.prompts:
            wanted = _intervention(rule)
            if wanted is not None and wanted not in known:
                raise ValueError(f"`schedule.prompts`: no intervention {wanted}")
        for name in self.schedule.support.texts if self.schedule.support else ():
            if name not in self.texts:
                raise ValueError(f"`schedule.support`: there is no text {name} under `texts`")

    def _check_scales(self) -> None:
        for measure in Measure:
            ranges = {(item.scale.min, item.scale.max) for item in self.scales_of(measure)}
            if len(ranges) > 1:
                raise ValueError(f"`items`: all items that measure {measure} need one and the same scale")


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
