"""Options of the two channels: the conversation by SMS and the web form."""

from typing import Literal

from schemas.base import FrozenModel


class ConversationOptions(FrozenModel):
    """Options of a check-in by SMS.

    Attributes:
        ask: `all` asks for every item in one text, `each` one item at a time.
    """

    ask: Literal["all", "each"] = "all"


class Form(FrozenModel):
    """Options of the web form.

    Attributes:
        review: Show the answers again before they are submitted.
        last_two_weeks: The thank-you page shows participants their own last two weeks.
    """

    review: bool = False
    last_two_weeks: bool = False
