"""One text of a participant, and the events that it can bring about."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from schemas.codec import dead_letter, encode
from schemas.events import (
    CheckInSubmitted,
    ConsentChanged,
    ConsentStatus,
    DeadLetter,
    EnvelopeFields,
    Intent,
    LanguageChosen,
    MessageClassified,
    MessageReceived,
    PauseChanged,
    ReplyRequested,
    SafetyRaised,
    caused_by,
)
from schemas.identity import event_id
from schemas.study import Study
from schemas.topics import MESSAGES
from streams.conversation.numbers import Refused
from streams.conversation.state import Conversation

Outcome = (
    CheckInSubmitted
    | ConsentChanged
    | DeadLetter
    | LanguageChosen
    | MessageClassified
    | PauseChanged
    | ReplyRequested
    | SafetyRaised
)
"""Every type of event that a text can bring about."""

Step = tuple[Conversation, list[Outcome]]
"""The conversation after a text, and the events that follow from it."""

_REPLY_WITHIN = timedelta(minutes=15)
_CONSENT_BY_TEXT = "sms"


@dataclass(frozen=True)
class Turn:
    """A text, with everything that is needed to reply to it.

    Attributes:
        message: The text's event.
        text: Its words, decrypted.
        study: The definition that the message names.
        now: When it is processed; recorded on what follows, and decides nothing.
    """

    message: MessageReceived
    text: str
    study: Study
    now: datetime

    def classified(self, intent: Intent, unclear_in_a_row: int = 0) -> MessageClassified:
        """The event that records what the text was taken for."""
        return MessageClassified(
            **self._envelope("read"),
            cause=self.message.event_id,
            intent=intent,
            unclear_in_a_row=unclear_in_a_row,
        )

    def reply(self, name: str, item: str | None = None, language: str | None = None) -> ReplyRequested:
        """A request to send a text back.

        Args:
            name: Of the text.
            item: The item that it is about, if any.
            language: If not the participant's.
        """
        name_of_reply = event_id("reply", str(self.message.event_id))
        return ReplyRequested(
            **caused_by(self.message, name_of_reply, recorded_at=self.now),
            cause=self.message.event_id,
            language=language or self.message.language,
            reply=name,
            item=item,
            expires_at=self.message.recorded_at + _REPLY_WITHIN,
        )

    def consent(self, status: ConsentStatus) -> ConsentChanged:
        """The participant changed by text what they agree to."""
        return ConsentChanged(**self._envelope("consent"), status=status, text_version=_CONSENT_BY_TEXT)

    def language(self, language: str) -> LanguageChosen:
        """The participant chose a language."""
        return LanguageChosen(**self._envelope("language"), language=language)

    def safety_alert(self, rule: str) -> SafetyRaised:
        """The text matches a safety rule."""
        return SafetyRaised(**self._envelope("safety"), cause=self.message.event_id, rule=rule)

    def pause(self, reason: str) -> PauseChanged:
        """Prompts pause until somebody resumes them."""
        return PauseChanged(**self._envelope("pause"), paused=True, reason=reason)

    def dead_letter(self, refused: Refused) -> DeadLetter:
        """The text could not be understood."""
        return dead_letter_for(self.message, refused, self.now)

    def _envelope(self, name: str) -> EnvelopeFields:
        return caused_by(self.message, event_id(name, str(self.message.event_id)))


def dead_letter_for(message: MessageReceived, refused: Refused, now: datetime) -> DeadLetter:
    """The dead letter for a text; its words stay sealed."""
    return dead_letter(
        topic=MESSAGES.name, key=message.participant.encode(), value=encode(message),
        reason=refused.reason, detail=refused.detail, at=now, event=message,
    )  # fmt: skip
