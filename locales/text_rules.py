"""The registry of safety rules about what a participant writes. To add one, add an entry here.

The same rules read text messages (`streams.conversation`) and free text in the form (`producers.gateway`). A
match alerts the staff on `safety.alerts.v1`, pauses the prompts, and answers at once with whom to call. None
of them is a measure of risk.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from locales.crisis_words import crisis_words
from schemas.study import Study


@dataclass(frozen=True)
class TextRule:
    """A rule about a participant's text.

    Attributes:
        name: Unique among the text rules.
        match: Given a text and the study, the name of what matched, for the alert's `rule`; None if nothing
            did. It holds none of the participant's words.
    """

    name: str
    match: Callable[[str, Study], str | None]


TEXT_RULES: tuple[TextRule, ...] = (TextRule("crisis-words", crisis_words),)


def text_alert(text: str, study: Study, rules: Iterable[TextRule] = TEXT_RULES) -> str | None:
    """What the first rule that matches says of a text; None if none matches."""
    return next((found for rule in rules if (found := rule.match(text, study)) is not None), None)
