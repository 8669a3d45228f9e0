"""A conversation by SMS: what each text brings about."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.events import (
    CheckInSubmitted,
    ConsentChanged,
    DeadLetter,
    Intent,
    LanguageChosen,
    MessageClassified,
    PauseChanged,
    SafetyRaised,
)
from schemas.study import ScaleItem, Study
from schemas.study.file import load_study
from streams.conversation.machine import respond
from streams.conversation.state import Conversation
from streams.conversation.words import correction, language_wanted, reserved, reserved_words
from tests.conftest import DEMO
from tests.examples import examples
from tests.streams.conversation.conftest import NOON, Talk

DEMO_STUDY = load_study(DEMO)
SAID = [
    "7", "7 3 5", "skip", "back", "restart", "stop", "start", "help", "lang ar", "change mood 5", "no",
    "ho hum", "yes", "check in", "mood 3",
]  # fmt: skip


def test_all_in_one_text(talk: Talk) -> None:
    prompt = talk.prompt()
    assert talk.say("7 3 5") == []
    assert talk.checkin.answers == {"mood": 7, "stress": 3, "handled": 5}
    assert talk.checkin.late_for is None
    assert talk.state.asked[0].prompt_id == prompt.event_id
    assert talk.state.asked[0].answered
    assert [read.intent for read in talk.of(MessageClassified)] == [Intent.ANSWER]


def test_one_question_at_a_time(asking: Talk) -> None:
    asking.prompt()
    assert asking.say("7", 1) == ["question:stress"]
    assert asking.say("eight", 2) == ["question:alone"]
    assert asking.say("yes", 3) == ["question:where"]
    assert asking.say("2", 4) == ["question:handled"]
    assert asking.say("٥", 5) == ["thanks"]
    versions = asking.of(CheckInSubmitted)
    assert [one.version for one in versions] == [1, 2, 3, 4, 5]
    assert {one.checkin for one in versions} == {versions[0].event_id}
    assert {one.occurred_at for one in versions} == {NOON + timedelta(minutes=1)}
    assert versions[-1].answers == {"mood": 7, "stress": 8, "alone": 1, "where": ("work",), "handled": 5}


def test_a_question_that_depends_on_an_answer_is_left_out(asking: Talk) -> None:
    asking.prompt()
    asking.say("7")
    assert asking.say("3") == ["question:where"]
    assert asking.say("home") == ["question:handled"]


def test_what_was_answered_before_the_end_is_kept(asking: Talk) -> None:
    asking.prompt(minutes=60)
    asking.say("7", 5)
    asking.prompt(at=300, name="two")
    assert asking.say("2", 301) == ["question:stress"]
    first, second = asking.of(CheckInSubmitted)
    assert first.checkin != second.checkin
    assert (first.answers, second.answers) == ({"mood": 7}, {"mood": 2})


def test_names_answer_several_questions_at_once(asking: Talk) -> None:
    asking.prompt()
    assert asking.say("mood 7 stress 4") == ["question:where"]
    assert asking.checkin.answers == {"mood": 7, "stress": 4}


def test_skip_back_and_restart(asking: Talk) -> None:
    asking.prompt()
    assert asking.say("skip") == ["question:stress"]
    assert asking.say("BACK") == ["question:mood"]
    assert asking.say("6") == ["question:stress"]
    assert asking.say("terug") == ["question:mood"]
    assert asking.say("5") == ["question:stress"]
    assert asking.say("Overslaan") == ["question:where"]
    assert asking.say("restart") == ["question:mood"]
    assert asking.say("4") == ["question:stress"]
    assert asking.checkin.answers == {"mood": 4}
    assert asking.checkin.version == 3


def test_everything_skipped_stores_nothing(asking: Talk) -> None:
    asking.prompt()
    for _ in range(4):
        last = asking.say("skip")
    assert last == ["skipped"]
    assert not asking.of(CheckInSubmitted)
    assert asking.state.current is None


def test_asked_again_twice_then_the_link_then_silence(talk: Talk) -> None:
    talk.prompt()
    assert talk.say("what do you mean", 1) == ["not_understood"]
    assert talk.say("6 or 7", 2) == ["ambiguous"]
    assert talk.say("dunno", 3) == ["web_link"]
    assert talk.say("I am out of office", 4) == []
    assert [read.unclear_in_a_row for read in talk.of(MessageClassified)] == [1, 2, 3, 4]
    assert len(talk.of(DeadLetter)) == 4
    talk.prompt(at=100, name="two")
    assert talk.say("dunno", 101) == ["not_understood"]


def test_what_is_out_of_range_is_never_clamped(asking: Talk) -> None:
    asking.prompt()
    assert asking.say("11") == ["out_of_range:mood"]
    assert not asking.of(CheckInSubmitted)


def test_a_late_answer_is_kept_and_flagged(talk: Talk) -> None:
    prompt = talk.prompt(minutes=60)
    talk.say("7 3 5", 61)
    assert talk.checkin.late_for == prompt.event_id
    talk.say("7 3 5", 60 + 24 * 60 + 1)
    assert talk.checkin.late_for is None


def test_a_second_check_in_is_not_late_for_an_answered_prompt(talk: Talk) -> None:
    talk.prompt(minutes=60)
    talk.say("7 3 5", 10)
    talk.say("6 3 5", 70)
    assert talk.checkin.late_for is None


def test_a_correction_is_a_version(talk: Talk) -> None:
    talk.prompt()
    talk.say("7 3 5", 1)
    assert talk.say("CHANGE mood 5", 9) == ["corrected"]
    first, second = talk.of(CheckInSubmitted)
    assert (second.version, second.corrects) == (2, first.event_id)
    assert second.occurred_at == first.occurred_at
    assert second.answers == {"mood": 5, "stress": 3, "handled": 5}
    assert talk.say("wijzig stress 1", 10) == ["corrected"]
    assert talk.checkin.version == 3
    assert talk.checkin.answers == {"mood": 5, "stress": 1, "handled": 5}


def test_a_correction_under_way_goes_on(asking: Talk) -> None:
    asking.prompt()
    asking.say("7", 1)
    assert asking.say("change mood 5", 2) == ["corrected"]
    assert asking.say("3", 3) == ["question:where"]
    assert asking.checkin.version == 3
    assert asking.checkin.answers == {"mood": 5, "stress": 3}


def test_nothing_to_correct(talk: Talk) -> None:
    assert talk.say("change mood 5") == ["nothing_to_change"]


@pytest.mark.parametrize(
    "words",
    ["STOP", "stop.", "Stop please", "please stop texting me", "QUIT", "end", "revoke", "opt out", "OPT-OUT",
     "cancel", "unsubscribe", "don't text me", "stoppen aub", "STOP STOP!", "stop. please stop texting me",
     "توقف", "إلغاء الاشتراك", "stop all messages"],
)  # fmt: skip
def test_opt_out(talk: Talk, words: str) -> None:
    assert talk.say(words) == ["stopped"]
    assert [one.status for one in talk.of(ConsentChanged)] == ["contact_stopped"]
    assert talk.say("start") == ["resumed"]
    assert [one.status for one in talk.of(ConsentChanged)] == ["contact_stopped", "granted"]


def test_start_is_consent_again_also_where_only_the_provider_was_told_to_stop(talk: Talk) -> None:
    assert talk.say("start") == ["help"]
    assert [one.status for one in talk.of(ConsentChanged)] == ["granted"]


def test_a_very_long_text_is_read_at_once(talk: Talk) -> None:
    assert talk.say("stop " * 12_000) == ["stopped"]
    assert talk.say("stop it " * 8_000 + "hurting") != ["stopped"]


@pytest.mark.parametrize(
    "words", ["I can't stop crying", "end of the day 7", "cancel my appointment", "the end is near"]
)
def test_what_is_no_opt_out(talk: Talk, words: str) -> None:
    talk.say(words)
    assert not talk.of(ConsentChanged)


@pytest.mark.parametrize(
    ("words", "rule"),
    [("I want to die", "en-5"), ("help, I will KILL  MYSELF", "en-3"), ("7 3 5 suicidal", "en-2"),
     ("I want to end it all", "common-en"), ("I can\u2019t go on anymore", "common-en"),
     ("ik wil dood", "nl-6"), ("zelfmoord!", "nl-1"), ("والانتحار", "ar-1"), ("أُرِيدُ أَنْ أَمُوت", "ar-4")],
)  # fmt: skip
def test_a_word_of_crisis_comes_before_everything(talk: Talk, words: str, rule: str) -> None:
    assert talk.say(words) == ["crisis"]
    (alert,) = talk.of(SafetyRaised)
    assert alert.rule.startswith(rule)
    assert [(one.paused, one.until) for one in talk.of(PauseChanged)] == [(True, None)]
    assert not any("die" in one.model_dump_json() for one in talk.log if not isinstance(one, DeadLetter))


def test_words_that_only_look_like_crisis(talk: Talk) -> None:
    talk.say("the diet is killing my mood")
    assert not talk.of(SafetyRaised)


def test_help_language_and_begin(talk: Talk, asking: Talk) -> None:
    assert talk.say("HELP") == ["help"]
    assert talk.say("LANG nl") == ["language_set"]
    assert talk.of(LanguageChosen)[0].language == "nl"
    assert talk.say("taal Arabisch") == ["language_set"]
    assert talk.say("language klingon") == ["language_unknown"]
    assert talk.say("check in") == ["ask_all"]
    assert asking.say("check in") == ["question:mood"]
    assert asking.say("7") == ["question:stress"]
    assert asking.say("lang nl") == ["question:stress"]


def test_own_check_ins_are_limited_by_the_day(talk: Talk) -> None:
    assert [talk.say("check")[0] for _ in range(6)] == ["ask_all"] * 5 + ["enough_today"]
    assert talk.say("check", at=24 * 60) == ["ask_all"]


def test_a_text_that_is_read_twice_is_read_once(talk: Talk) -> None:
    talk.prompt()
    message = talk.message("7 3 5", 1)
    before = talk.state
    after, once = respond(before, message, "7 3 5", talk.study, NOON)
    assert respond(after, message, "7 3 5", talk.study, NOON) == (after, [])
    assert respond(before, message, "7 3 5", talk.study, NOON) == (after, once)


def test_no_item_of_the_demo_is_named_with_a_command() -> None:
    names = {name for item in DEMO_STUDY.items for words in item.sms.values() for name in words}
    assert not names & set(reserved_words())


@examples(200)
@given(st.lists(st.sampled_from(SAID) | st.text(max_size=30), max_size=25))
def test_any_conversation_keeps_its_laws(words: list[str]) -> None:
    study = DEMO_STUDY.model_copy(
        update={"conversation": DEMO_STUDY.conversation.model_copy(update={"ask": "each"})}
    )
    talk = Talk(study)
    talk.prompt()
    for place, text in enumerate(words):
        replies = talk.say(text, 1 + place)
        assert len(replies) <= 1
        # It survives being written to the table and read again.
        assert Conversation.model_validate_json(talk.state.model_dump_json()) == talk.state
    read = {one.cause for one in talk.of(MessageClassified)}
    assert len(read) == len(words)
    submitted = talk.of(CheckInSubmitted)
    assert len({one.event_id for one in submitted}) == len(submitted)
    for one in submitted:
        for item, value in one.answers.items():
            asked = study.item(item)
            assert isinstance(asked, ScaleItem)
            assert isinstance(value, int)
            assert asked.scale.min <= value <= asked.scale.max


def test_words_that_steer_are_recognised_whole(study: Study) -> None:
    assert reserved("help") == Intent.HELP
    assert reserved("no help today") is None
    assert correction("change") is None
    assert language_wanted("nl", study) is None
