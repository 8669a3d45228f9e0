"""The notice about help, whom to call, and the crisis words."""

import re
from typing import Annotated

from pydantic import Field, StringConstraints

from schemas.base import FrozenModel, Language
from schemas.study.texts import Texts

_NOT_DIALLED = re.compile(r"[^\d+]")

DialledNumber = Annotated[str, StringConstraints(pattern=r"^\+?\d[\d ()./-]{1,24}$")]
"""A telephone number as it is dialled in the study's country, such as `112` or `+44 20 7946 0018`."""


class Contact(FrozenModel):
    """Somebody whom a participant can call.

    Attributes:
        name: Who answers, and when if not always.
        number: As it is dialled from where the participants are.
    """

    name: Texts
    number: DialledNumber

    @property
    def address(self) -> str:
        """The number for a link, such as `tel:+442079460018`."""
        return f"tel:{_NOT_DIALLED.sub('', self.number)}"


class Safety(FrozenModel):
    """The notice about help, whom to call, and the crisis words.

    Attributes:
        notice: Shown on every page of the form, and sent to whoever texts HELP or a crisis word.
        contacts: Whom to call: the study's own people and a line that answers day and night. They are named,
            with the number as a link, in the reply to a crisis word, and sent to whoever texts HELP.
        crisis: Crisis words by language, reviewed by the study's clinicians, in addition to those in the file
            of each language in `locales/` and in the same form (`*`, `~` and `|` as in `Locale.crisis`). Free
            text in the form and texts with one of them are answered at once with the notice and the contacts,
            raise a safety alert and pause the participant's prompts. It does not measure risk.
    """

    notice: Texts
    contacts: tuple[Contact, ...] = ()
    crisis: dict[Language, tuple[Annotated[str, StringConstraints(min_length=2, max_length=60)], ...]] = (
        Field(default_factory=dict)
    )
