"""How a check-in by SMS and the web form go."""

from typing import Literal

from schemas.base import FrozenModel


class ConversationOptions(FrozenModel):
    """How a check-in by SMS goes.

    Attributes:
        ask: `all` asks for every item in one text, `each` one item at a time.
    """

    ask: Literal["all", "each"] = "all"


class Form(FrozenModel):
    """How the web form goes.

    Attributes:
        review: Show the answers once more before they are sent.
        last_two_weeks: The thank-you page shows the person their own last two weeks.
    """

    review: bool = False
    last_two_weeks: bool = False
