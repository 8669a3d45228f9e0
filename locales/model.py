"""What the file of a language holds, checked when it is read.

Lists hold words that participants write, and may be empty: a language may be known only for what people write
in it. The sections `form`, `sms` and `gateway` hold what participants read. A language has all three of them,
complete, or none.
"""

import re
from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from schemas.base import FrozenModel

Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
"""A text that participants read."""

Phrases = tuple[Annotated[str, StringConstraints(min_length=1)], ...]
"""Words or phrases that participants write."""

_PLACEHOLDER = re.compile(r"\{(\w+)\}")


class Texts(FrozenModel):
    """Texts by name, as attributes and as items."""

    def __getitem__(self, name: str) -> str:
        """The text of that name.

        Raises:
            KeyError: There is no such text.
        """
        if name not in type(self).model_fields:
            raise KeyError(name)
        return str(getattr(self, name))

    def names(self) -> Iterator[str]:
        """The names of all texts, in the order of the model."""
        yield from type(self).model_fields


class FormTexts(Texts):
    """The web form's own texts. A study's title, questions and notice come from its definition."""

    send: Text
    next: Text
    back: Text
    review: Text
    review_title: Text
    review_text: Text
    change: Text
    unanswered: Text
    more: Text
    yes: Text
    no: Text
    phone_kept: Text
    phone_offline: Text
    phone_sent: Text
    phone_again: Text
    phone_removed: Text
    phone_note: Text
    phone_remove: Text
    recent_title: Text
    recent_count: Text
    recent_dots: Text
    recent_first: Text
    recent_last: Text
    too_often_title: Text
    too_often: Text
    choose_any: Text
    optional: Text
    help: Text
    call_title: Text
    call: Text
    call_automatic: Text
    thanks_title: Text
    thanks: Text
    already_title: Text
    already: Text
    unsaved_title: Text
    unsaved: Text
    problems_title: Text
    missing: Text
    empty: Text
    conflict: Text
    too_long: Text
    unknown_item: Text
    out_of_range: Text
    resend: Text
    expired_title: Text
    expired: Text
    unknown_title: Text
    unknown: Text
    too_large_title: Text
    too_large: Text
    error_title: Text
    error: Text


class SmsTexts(Texts):
    """Our own text messages. A study's `texts` of the same name take precedence.

    `reminder` and `yes_no` are parts of other messages.
    """

    ask_all: Text
    ask_web: Text
    reminder: Text
    yes_no: Text
    not_understood: Text
    ambiguous: Text
    out_of_range: Text
    unknown_item: Text
    web_link: Text
    help: Text
    crisis: Text
    stopped: Text
    resumed: Text
    skipped: Text
    thanks: Text
    corrected: Text
    nothing_to_change: Text
    language_set: Text
    language_unknown: Text
    enough_today: Text


class GatewayTexts(Texts):
    """What the gateway answers to a text message that it cannot accept."""

    unknown_number: Text
    sms_unsaved: Text


class Commands(FrozenModel):
    """Words that steer a conversation. They are recognised in every language, whatever the participant's own.

    Attributes:
        opt_out: Phrases that end all messages.
        around_opt_out: Words that may surround an opt-out without changing its meaning, such as "please".
        opt_in: Phrases that allow messages again.
        help: Phrases that ask for help.
        skip: Phrases that skip a question.
        back: Phrases that return to the question before.
        restart: Phrases that start a check-in over.
        begin: Phrases that begin a check-in on one's own initiative.
        language: Words after which a language is named.
        correct: Words after which a correction follows.
    """

    opt_out: Phrases = ()
    around_opt_out: Phrases = ()
    opt_in: Phrases = ()
    help: Phrases = ()
    skip: Phrases = ()
    back: Phrases = ()
    restart: Phrases = ()
    begin: Phrases = ()
    language: Phrases = ()
    correct: Phrases = ()


class Answers(FrozenModel):
    """Words of which answers are made. They are recognised in every language.

    Attributes:
        yes: Ways to say yes.
        no: Ways to say no.
        fillers: Words and phrases that change nothing about a number: "I feel like a 7 today".
        out_of: What may stand between a number and its maximum: "7 out of 10".
        number_words: Number words, for languages in which text2num cannot read them.
    """

    yes: Phrases = ()
    no: Phrases = ()
    fillers: Phrases = ()
    out_of: Phrases = ()
    number_words: dict[Annotated[int, Field(ge=0)], Phrases] = Field(default_factory=dict)


class Locale(FrozenModel):
    """One language.

    Attributes:
        direction: In which its script runs.
        comma: What separates the elements of a list.
        names: What participants may call it, in any language.
        commands: See `Commands`.
        answers: See `Answers`.
        crisis: Phrases that call for help, recognised in every language, in free text too. Case, accents,
            apostrophes, repeated letters and the spaces between words do not matter. `*` at the end of a word
            stands for any ending, `~` for up to two words, and `|` at the end of a phrase for the end of a
            clause: `can't go on |` is not found in "can't go on holiday".
        form: The form's texts; None if the language is known only for what people write in it.
        sms: The text messages; None like `form`.
        gateway: The gateway's answers; None like `form`.
    """

    direction: Literal["ltr", "rtl"]
    comma: Annotated[str, StringConstraints(min_length=1)] = ", "
    names: Annotated[Phrases, Field(min_length=1)]
    commands: Commands = Commands()
    answers: Answers = Answers()
    crisis: Phrases = ()
    form: FormTexts | None = None
    sms: SmsTexts | None = None
    gateway: GatewayTexts | None = None

    @model_validator(mode="after")
    def _all_texts_or_none(self) -> Self:
        missing = [name for name, texts in self.sections().items() if texts is None]
        if 0 < len(missing) < len(self.sections()):
            raise ValueError(
                f"a language has all of the sections form, sms and gateway, or none of them; missing: "
                f"{', '.join(missing)}"
            )
        return self

    def sections(self) -> dict[str, Texts | None]:
        """What participants read, by the name of the section."""
        return {"form": self.form, "sms": self.sms, "gateway": self.gateway}


def placeholders(text: str) -> frozenset[str]:
    """The names in braces in a text, such as `link` in `Answer here: {link}`."""
    return frozenset(_PLACEHOLDER.findall(text))
