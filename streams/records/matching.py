"""Which prompt a check-in answers: the one home of the rule.

The rule is about the prompts sent to one participant and their check-ins, each in its highest version:

1. A retracted check-in answers no prompt. Neither does a late one (`late_for`): it is kept, and flagged.
2. A check-in that names a prompt, as a prompt's link to the form does, answers that prompt; none, if the
   participant was never sent it.
3. A check-in that names none answers the latest prompt sent at or before it, unless that prompt has expired.
   This goes for texts, and also for a standing link or a check-in on the participant's own initiative, which
   answers a prompt if one is open. An earlier prompt is not answered so, even if it is still open. Of prompts
   sent at the same instant, the one with the greater id is the latest.
4. The first check-in to answer a prompt is its answer; of two at one instant, the one with the lesser id.
5. A correction keeps the time of the first version, and so the check-in's place. A retraction leaves the
   prompt to the next check-in that answers it.

The store's view `prompt_outcomes` repeats the rule in SQL; a law holds it to `first_answers`
(`tests/streams/store/test_matching_law.py`).
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar


@dataclass(frozen=True, order=True)
class SentPrompt:
    """A prompt that was sent, by time of sending; times are milliseconds since 1970 in UTC.

    Attributes:
        at: When it was sent.
        id: Its id.
        until: When it expires.
    """

    at: int
    id: str
    until: int


@dataclass(frozen=True, order=True)
class CheckInVersion:
    """The highest version of a check-in, by time.

    Attributes:
        at: When it happened, in milliseconds since 1970 in UTC.
        id: The check-in's id, the same in all its versions.
        prompt: The prompt that it names; empty if it names none.
        late: It came too late for a prompt.
        retracted: It does not count.
    """

    at: int
    id: str
    prompt: str = field(default="", compare=False)
    late: bool = field(default=False, compare=False)
    retracted: bool = field(default=False, compare=False)


Prompt = TypeVar("Prompt", bound=SentPrompt)
CheckIn = TypeVar("CheckIn", bound=CheckInVersion)


def first_answers(prompts: Sequence[Prompt], checkins: Iterable[CheckIn]) -> dict[str, CheckIn]:
    """The answer of each of a participant's prompts that has one, by the prompt's id.

    Args:
        prompts: In order.
        checkins: In any order.
    """
    known = {prompt.id for prompt in prompts}
    answers: dict[str, CheckIn] = {}
    for checkin in sorted(checkins):
        if checkin.retracted or checkin.late:
            continue
        if not checkin.prompt:
            answered = open_prompt(prompts, checkin.at)
            if answered is not None:
                answers.setdefault(answered.id, checkin)
        elif checkin.prompt in known:
            answers.setdefault(checkin.prompt, checkin)
    return answers


def open_prompt(prompts: Sequence[Prompt], at: int) -> Prompt | None:
    """The prompt that a check-in at that time answers if it names none.

    Args:
        prompts: A participant's prompts, in order.
        at: Milliseconds since 1970 in UTC.
    """
    latest = latest_sent(prompts, at)
    return latest if latest is not None and at < latest.until else None


def latest_sent(prompts: Sequence[Prompt], at: int) -> Prompt | None:
    """The latest of the prompts, given in order, that were sent at or before a time."""
    place = bisect_right(prompts, at, key=_sent_at)
    return prompts[place - 1] if place else None


def _sent_at(prompt: SentPrompt) -> int:
    return prompt.at
