"""What participants are told about help, and which words call for it."""

from typing import Annotated

from pydantic import Field, StringConstraints

from schemas.base import FrozenModel, Language
from schemas.study.texts import Texts


class Safety(FrozenModel):
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
