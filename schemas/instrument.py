"""An instrument's manifest: its items, its scoring, and the terms on which its texts may be used."""

from datetime import date
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from schemas.base import FrozenModel, Language, Slug
from schemas.yaml_file import read_yaml

FOLDER = Path(__file__).resolve().parent.parent / "instruments"

Line = Annotated[str, Field(min_length=1, max_length=1000)]


class CutOff(FrozenModel):
    """A cut-off of a score; it holds for the language and country in which it was validated.

    Attributes:
        at_least, at_most: The cut-off, inclusive; exactly one of the two.
        says: What a score beyond it means; never a diagnosis.
        source: Where it was published.
        verified: Whether the source itself was checked for this manifest.
    """

    at_least: float | None = None
    at_most: float | None = None
    says: Line
    source: Line
    verified: bool

    @model_validator(mode="after")
    def _one_limit(self) -> Self:
        if (self.at_least is None) == (self.at_most is None):
            raise ValueError("give either `at_least` or `at_most`")
        return self

    def holds(self, score: float) -> bool:
        """Whether a score reaches the cut-off."""
        return score >= self.at_least if self.at_least is not None else score <= (self.at_most or 0.0)


class Norm(FrozenModel):
    """What a publication reports about the scores of a group of people.

    Attributes:
        group: Whether they are people `without` the condition that the instrument asks about, such as the
            general population, or `with` it.
        sample: Who they are.
        language: Of the texts that they answered.
        mean, sd: Of their scores, in scale points.
        reliability: Of the scale among them, 0 to 1; None where the publication reports none.
        source: Where it was published.
        verified: Whether the numbers were read in the source for this manifest.
    """

    id: Slug
    group: Literal["without", "with"]
    sample: Line
    language: Language
    mean: float
    sd: Annotated[float, Field(gt=0)]
    reliability: Annotated[float, Field(ge=0, lt=1)] | None = None
    source: Line
    verified: bool


class ScoredScale(FrozenModel):
    """A score computed from some of the items.

    Attributes:
        items: Their numbers, from 1.
        reverse: Those that are reverse-scored.
        rule: `sum` or `mean` of the items, or `difference` of two other scales.
        times: A factor for the sum.
        minus: For `difference`: ids of two scales; the second is subtracted from the first.
        converted: The raw score needs a conversion table that does not ship; without it there is no score.
        prorate_from: The minimum number of answered items from which the manual imputes the others with
            their mean; None where a missing item leaves no score.
        better: Which scores are better; None where neither is.
        norms: What is known about the scores of groups of people.
        unverified: What was not checked against the source.
    """

    id: Slug
    title: Line
    items: tuple[Annotated[int, Field(ge=1)], ...] = ()
    reverse: tuple[int, ...] = ()
    rule: Literal["sum", "mean", "difference"]
    times: float = 1.0
    minus: tuple[Slug, Slug] | None = None
    converted: bool = False
    prorate_from: Annotated[int, Field(ge=1)] | None = None
    cut_offs: tuple[CutOff, ...] = ()
    better: Literal["lower", "higher"] | None = None
    norms: tuple[Norm, ...] = ()
    unverified: Line | None = None

    @model_validator(mode="after")
    def _consistent_rule(self) -> Self:
        if (self.rule == "difference") != (self.minus is not None):
            raise ValueError("only rule `difference` has `minus`, and it requires it")
        if (self.rule == "difference") == bool(self.items):
            raise ValueError("`sum` and `mean` have `items`, `difference` has none")
        if not set(self.reverse) <= set(self.items):
            raise ValueError("`reverse` names an item that is not among `items`")
        if len({norm.id for norm in self.norms}) < len(self.norms):
            raise ValueError("two `norms` have the same id")
        return self


class Licence(FrozenModel):
    """The terms on which the texts may be used.

    Attributes:
        id: SPDX where there is one, else a short name.
        redistributable: Whether the texts may ship with wellstream.
        evidence: The grounds for that.
        checked_on: When that was checked.
        obtain: How a site obtains the texts, and what it must do.
        notice: The notice that must accompany the texts.
    """

    id: Line
    redistributable: bool
    evidence: Line
    checked_on: date
    obtain: Line
    notice: Line | None = None


class Instrument(FrozenModel):
    """A questionnaire for weekly or pre-post use. Its cut-offs do not hold for momentary assessment.

    Attributes:
        version: Version of the manifest.
        language: Language of the texts; in another language it is another instrument, not to be pooled.
        count: Number of items.
        low, high: Lowest and highest answer.
        frame: The period that it asks about, such as the last two weeks.
        gate: An item whose answer 0 makes every score 0.
        crisis_items: Items on self-harm: off unless the study has a safety protocol.
        stem, options, texts: The wording, where it ships; one text for each item.
    """

    id: Slug
    version: Annotated[int, Field(ge=1)]
    language: Language
    title: Line
    source: Line
    count: Annotated[int, Field(ge=1, le=100)]
    low: int
    high: int
    frame: Line
    gate: int | None = None
    crisis_items: tuple[int, ...] = ()
    scales: Annotated[tuple[ScoredScale, ...], Field(min_length=1)]
    licence: Licence
    stem: Line | None = None
    options: tuple[Line, ...] = ()
    texts: tuple[Line, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.low >= self.high:
            raise ValueError(f"low ({self.low}) must be below high ({self.high})")
        ids = [scale.id for scale in self.scales]
        for scale in self.scales:
            if any(item > self.count for item in scale.items):
                raise ValueError(f"`scales.{scale.id}` names an item above {self.count}")
            if scale.minus and not set(scale.minus) <= set(ids):
                raise ValueError(f"`scales.{scale.id}`: `minus` names an unknown scale")
        if self.texts and not self.licence.redistributable:
            raise ValueError("the licence does not allow the `texts` to ship")
        if self.texts and len(self.texts) != self.count:
            raise ValueError(f"there are {len(self.texts)} `texts` for {self.count} items")
        if self.options and len(self.options) != self.high - self.low + 1:
            raise ValueError(f"`options` must name all {self.high - self.low + 1} answers")
        return self


def load_instrument(path: Path) -> Instrument:
    """Load an instrument's manifest.

    Raises:
        DefinitionError: The file cannot be read, or is not a valid manifest; names line and field.
    """
    return read_yaml(path).as_a(Instrument)


def shipped_instruments() -> dict[str, Instrument]:
    """The instruments that ship with wellstream, by id."""
    found = (load_instrument(path) for path in sorted(FOLDER.glob("*.yaml")))
    return {instrument.id: instrument for instrument in found}
