"""The questions of a study."""

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from schemas.base import FrozenModel, Language, Measure, Slug
from schemas.study.conditions import holds, parse_condition
from schemas.study.texts import Texts


class Scale(FrozenModel):
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


class Option(FrozenModel):
    """One of the answers to choose from; an exclusive one ("none of these") excludes the others."""

    id: Slug
    text: Texts
    exclusive: bool = False


def _readable(text: str) -> str:
    parse_condition(text)
    return text


ConditionText = Annotated[str, StringConstraints(max_length=500), AfterValidator(_readable)]
"""When an item is asked, in the language of `schemas.study.conditions`, such as `stress >= 7`."""


ItemKind = Literal["scale", "choice", "choices", "yes_no", "text"]


class Item(FrozenModel):
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
