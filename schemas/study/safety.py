"""The notice about help, and the crisis words."""

from typing import Annotated

from pydantic import Field, StringConstraints

from schemas.base import FrozenModel, Language
from schemas.study.texts import Texts


class Safety(FrozenModel):
    """The notice about help, and the crisis words.

    Attributes:
        notice: Shown on every page of the form, and sent to whoever texts HELP or a crisis word.
        crisis: Crisis words by language, reviewed by the study's clinicians. A text message with one of
            them is answered immediately with the notice, raises a safety alert and pauses the participant's
            prompts. It does not measure risk.
    """

    notice: Texts
    crisis: dict[Language, tuple[Annotated[str, StringConstraints(min_length=2, max_length=60)], ...]] = (
        Field(default_factory=dict)
    )
