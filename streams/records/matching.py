"""The rule that decides which prompt a check-in answers.

It applies to the prompts sent to one participant and their check-ins, each in its highest version:

1. A retracted check-in answers no prompt. Nor does a late one (`late_for`), which is kept and flagged.
2. A check-in that names a prompt, as one through a prompt's link does, answers that prompt, or none if the
   participant was never sent it.
3. A check-in that names none answers the latest prompt sent at or before it, unless that prompt has expired.
   This holds for texts, and also for a check-in through a standing link or on the participant's own
   initiative, if a prompt is open. It never answers an earlier prompt, even one that is still open. Of
   prompts sent at the same instant, the one with the greater id is the latest.
4. The first check-in that answers a prompt is its answer; of two at the same instant, that with the lower id.
5. A correction keeps the time of the first version, and so its place in the order. After a retraction, the
   next check-in that answers the prompt is its answer.

A check-in is prompted if it answers a prompt, names one or came too late for one. Any other was made on the
participant's own initiative: with no prompt open, or after the open one had its answer.

The store's views `prompt_outcomes` and `checkin_days` repeat the rules in SQL; a Hypothesis law holds them
to this module (`tests/streams/store/test_matching_law.py`).
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar


@dataclass(frozen=True, order=True)
class SentPrompt:
    """A prompt that was sent, ordered by time of sending; times are milliseconds since 1970 in UTC.

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
    """The highest version of a check-in, ordered by time.

    Attributes:
        at: When it happened, in milliseconds since 1970 in UTC.
        id: The check-in's id, the same in all its versions.
        prompt: The prompt that it names; empty if it names none.
        late: Whether it came too late for a prompt.
        retracted: Whether it was retracted and does not count.
    """

    at: int
    id: str
    prompt: str = field(default="", compare=False)
    late: bool = field(default=False, compare=False)
    retracted: bool = field(default=False, compare=False)


Prompt = TypeVar("Prompt", bound=SentPrompt)
CheckIn = TypeVar("CheckIn", bound=CheckInVersion)


def first_answers(prompts: Sequence[Prompt], checkins: Iterable[CheckIn]) -> dict[str, CheckIn]:
    """The check-in that answers each of a participant's prompts, by the id of the prompt; answered ones only.

    Args:
        prompts: The prompts, in order.
        checkins: The check-ins, in any order.
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


def prompted(checkins: Iterable[CheckInVersion], answers: Mapping[str, CheckInVersion]) -> frozenset[str]:
    """The ids of the check-ins that were prompted; the others were made on the participant's own initiative.

    Args:
        checkins: A participant's check-ins that are not retracted.
        answers: The check-in that answers each prompt, as `first_answers` finds them.
    """
    answering = {checkin.id for checkin in answers.values()}
    return frozenset(
        checkin.id for checkin in checkins if checkin.prompt or checkin.late or checkin.id in answering
    )


def open_prompt(prompts: Sequence[Prompt], at: int) -> Prompt | None:
    """The prompt that a check-in at a given time answers if it names none.

    Args:
        prompts: A participant's prompts, in order.
        at: Milliseconds since 1970 in UTC.
    """
    latest = latest_sent(prompts, at)
    return latest if latest is not None and at < latest.until else None


def latest_sent(prompts: Sequence[Prompt], at: int) -> Prompt | None:
    """The latest prompt sent at or before a time; `prompts` are in order."""
    place = bisect_right(prompts, at, key=_sent_at)
    return prompts[place - 1] if place else None


def _sent_at(prompt: SentPrompt) -> int:
    return prompt.at
