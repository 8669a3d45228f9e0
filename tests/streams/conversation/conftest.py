"""A conversation to be played in a test: texts and prompts in, events out, time said."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import pytest

from schemas.base import Channel
from schemas.events import CheckInSubmitted, MessageReceived, PromptSent, ReplyRequested
from schemas.identity import event_id
from schemas.sealing import new_key, seal
from schemas.study import Study
from schemas.study.file import load_study
from schemas.topics import MESSAGES
from streams.conversation.machine import respond
from streams.conversation.prompts import remember_prompt
from streams.conversation.state import Conversation
from streams.conversation.turn import Outcome
from tests.conftest import DEMO

WHO = "p-0123456789abcdef"
NOON = datetime(2026, 6, 1, 10, 0, tzinfo=UTC)
KEY = new_key()
_Event = TypeVar("_Event")


@dataclass
class Talk:
    """Plays a conversation."""

    study: Study
    language: str = "en"
    state: Conversation = field(default_factory=Conversation)
    log: list[Outcome] = field(default_factory=list)
    messages: int = 0

    def prompt(self, at: float = 0, minutes: int = 90, name: str = "one") -> PromptSent:
        sent = NOON + timedelta(minutes=at)
        prompt = PromptSent(
            event_id=event_id("test-prompt", name), study=self.study.ref, participant=WHO, occurred_at=sent,
            recorded_at=sent, zone="Europe/Brussels", channel=Channel.SMS, scheduled_at=sent,
            expires_at=sent + timedelta(minutes=minutes), study_day=1, beep=1,
        )  # fmt: skip
        self.state = remember_prompt(self.state, prompt, self.study)
        return prompt

    def message(self, words: str, at: float) -> MessageReceived:
        self.messages += 1
        number = f"SM{self.messages}"
        name, moment = event_id("test", str(self.messages)), NOON + timedelta(minutes=at)
        return MessageReceived(
            event_id=name, study=self.study.ref, participant=WHO, occurred_at=moment, recorded_at=moment,
            zone="Europe/Brussels", provider="twilio", provider_message_id=number,
            language=self.language,
            text=seal(KEY, words, topic=MESSAGES.name, participant=WHO, event_id=name),
        )  # fmt: skip

    def say(self, words: str, at: float = 1) -> list[str]:
        """Names of the replies, with the item they are about."""
        message = self.message(words, at)
        self.state, outcomes = respond(self.state, message, words, self.study, message.recorded_at)
        self.log += outcomes
        replies = [one for one in outcomes if isinstance(one, ReplyRequested)]
        return [f"{one.reply}:{one.item}" if one.item else one.reply for one in replies]

    def of(self, kind: type[_Event]) -> list[_Event]:
        return [event for event in self.log if isinstance(event, kind)]

    @property
    def checkin(self) -> CheckInSubmitted:
        return self.of(CheckInSubmitted)[-1]


@pytest.fixture
def study() -> Study:
    return load_study(DEMO)


@pytest.fixture
def each(study: Study) -> Study:
    """The demo study, asking one item at a time, with a question of yes or no that depends on another."""
    plain = study.model_dump()
    alone = {
        "id": "alone", "kind": "yes_no", "show_if": "stress >= 7",
        "text": {"en": "Are you alone?", "nl": "Ben je alleen?", "ar": "هل أنت وحدك؟"},
    }  # fmt: skip
    where = [
        {
            "id": "where", "kind": "choice", "text": dict.fromkeys(("en", "nl", "ar"), "Where are you?"),
            "options": [
                {"id": place, "text": dict.fromkeys(("en", "nl", "ar"), place)} for place in ("home", "work")
            ],
        }
    ]  # fmt: skip
    plain["items"] = [*plain["items"][:2], alone, *where, *plain["items"][2:]]
    plain["sms"] = ["mood", "stress", "alone", "where", "handled"]
    plain["conversation"] = {"ask": "each"}
    return Study.model_validate(plain)


@pytest.fixture
def talk(study: Study) -> Talk:
    return Talk(study)


@pytest.fixture
def asking(each: Study) -> Talk:
    return Talk(each)
