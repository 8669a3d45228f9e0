"""The items of a study: one model for each kind, with exactly the fields that the kind allows.

Code that treats kinds differently uses `match` over `Item` and closes it with `assert_never`, so that a new
kind is a type error wherever it is not handled.
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal, Self, assert_never

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from schemas.base import MOST_DECIMALS, FrozenModel, Language, Measure, Slug
from schemas.study.conditions import holds, parse_condition
from schemas.study.texts import Texts


class Scale(FrozenModel):
    """Whole numbers from `min` to `max`, with labels at both ends.

    Attributes:
        min, max: The lowest and the highest number.
        low, high: Their labels.
        decimals: How many decimals an imported answer may have. The form and texts ask for whole numbers.
    """

    min: Annotated[int, Field(ge=-1000, le=1000)]
    max: Annotated[int, Field(ge=-1000, le=1000)]
    low: Texts
    high: Texts
    decimals: Annotated[int, Field(ge=0, le=MOST_DECIMALS)] = 0

    @model_validator(mode="after")
    def _ascending(self) -> Self:
        if self.min >= self.max:
            raise ValueError(f"min ({self.min}) must be below max ({self.max})")
        return self


class Option(FrozenModel):
    """An answer option; an exclusive one ("none of these") excludes the others."""

    id: Slug
    text: Texts
    exclusive: bool = False


def _readable(text: str) -> str:
    parse_condition(text)
    return text


ConditionText = Annotated[str, StringConstraints(max_length=500), AfterValidator(_readable)]
"""When an item is asked, as a condition (`schemas.study.conditions`) such as `stress >= 7`."""


def _distinct(options: tuple[Option, ...]) -> tuple[Option, ...]:
    ids = [option.id for option in options]
    twice = sorted({one for one in ids if ids.count(one) > 1})
    if twice:
        raise ValueError(f"two options have the id {twice[0]}")
    return options


Options = Annotated[tuple[Option, ...], Field(min_length=1), AfterValidator(_distinct)]
"""Answer options, in the order in which they are shown."""

ItemKind = Literal["scale", "choice", "choices", "yes_no", "text"]


class ItemBase(FrozenModel):
    """The fields of items of every kind.

    Attributes:
        id: Stable over versions, and the field's name in the form.
        kind: Which kind of item it is.
        text: The question.
        sms_text: The question in a text message, if `text` is too long for one.
        required: The form cannot be submitted without it.
        show_if: Asked only if this holds for the answers to earlier items.
        sms: Words that name the item in a text message, such as `mood` in "mood 7".
    """

    id: Slug
    kind: ItemKind
    text: Texts
    sms_text: Texts | None = None
    required: bool = False
    show_if: ConditionText | None = None
    sms: dict[Language, tuple[Annotated[str, StringConstraints(min_length=1, max_length=20)], ...]] = Field(
        default_factory=dict
    )

    def asked(self, answers: Mapping[str, float | tuple[str, ...]]) -> bool:
        """Whether the item is asked, given the answers to earlier items."""
        return self.show_if is None or holds(parse_condition(self.show_if), answers)


def _on_a_scale(measure: Measure | None) -> Measure | None:
    if measure == Measure.COPING_STRATEGY:
        raise ValueError("kind `choices` measures coping_strategy; a scale measures anything else")
    return measure


def _by_choices(measure: Measure | None) -> Measure | None:
    if measure not in (None, Measure.COPING_STRATEGY):
        raise ValueError("kind `choices` measures coping_strategy; a scale measures anything else")
    return measure


class ScaleItem(ItemBase):
    """A number on a scale.

    Attributes:
        measures: What it measures; None if it is stored but not used for indicators.
        scale: Its bounds and labels.
    """

    kind: Literal["scale"]
    measures: Annotated[Measure | None, AfterValidator(_on_a_scale)] = None
    scale: Scale


class MultipleChoiceItem(ItemBase):
    """Any number of options.

    Attributes:
        measures: Coping strategies; None if it is stored but not used for indicators.
        options: The options to choose from.
    """

    kind: Literal["choices"]
    measures: Annotated[Measure | None, AfterValidator(_by_choices)] = None
    options: Options


class UnmeasuredItem(ItemBase):
    """An item that is stored but not used for indicators."""

    measures: ClassVar[None] = None


class ChoiceItem(UnmeasuredItem):
    """One option of several."""

    kind: Literal["choice"]
    options: Options


class YesNoItem(UnmeasuredItem):
    """Yes or no, stored as 1 or 0."""

    kind: Literal["yes_no"]


class TextItem(UnmeasuredItem):
    """Free text, which is sealed."""

    kind: Literal["text"]


Item = Annotated[
    ScaleItem | ChoiceItem | MultipleChoiceItem | YesNoItem | TextItem, Field(discriminator="kind")
]
"""An item of any kind; `kind` is the discriminator."""


def options_of(item: Item) -> tuple[Option, ...]:
    """The options that an item offers; none for a kind without options."""
    match item:
        case ChoiceItem() | MultipleChoiceItem():
            return item.options
        case ScaleItem() | YesNoItem() | TextItem():
            return ()
        case _:
            assert_never(item)
