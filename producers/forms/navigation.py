"""Navigation between the form's pages. The server keeps no session: each page carries its history.

Each hidden field `Seen` lists the items of one page, in the order in which the participant saw the pages; the
last is the page that was submitted, and an empty one is the review. Every page carries all answers so far.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from producers.forms.fields import Problem, Reading, is_asked, read_form
from schemas.study import Study

Steps = tuple[tuple[str, ...], ...]
"""The item ids of each page, first page first; the last page is the one to show."""

_REVIEW: tuple[str, ...] = ()


@dataclass(frozen=True)
class Turn:
    """What to do with a submitted page.

    Attributes:
        to: Show `questions`, show the `review`, or `send` the answers.
        steps: The pages up to the one to show.
        reading: The answers so far and their problems; none after "back".
    """

    to: Literal["questions", "review", "send"]
    steps: Steps
    reading: Reading


def first_steps(study: Study) -> Steps:
    """The first page: every item that does not depend on an answer."""
    return (tuple(item.id for item in study.items if is_asked(item, {})),)


def take_turn(study: Study, fields: Sequence[tuple[str, str]]) -> Turn:
    """What to do with a submitted page.

    A form without `Seen` holds all answers at once and is sent.

    Args:
        study: The definition that the form was built from.
        fields: Names and values as sent.
    """
    action, _, item = dict(fields).get("Action", "").partition(":")
    steps = _steps(study, fields)
    if not any(steps):
        return _all_at_once(study, fields)
    if action == "back":
        return Turn("questions", _back(steps, item), Reading())
    pages = tuple(page for page in steps if page)
    shown = {name for page in pages for name in page}
    reading = read_form(study, fields, shown)
    if reading.problems:
        return Turn("questions", _up_to_first(pages, reading.problems), reading)
    new = tuple(i.id for i in study.items if i.id not in shown and is_asked(i, reading.answers))
    if new:
        return Turn("questions", (*pages, new), reading)
    if study.form.review and action != "send":
        return Turn("review", (*pages, _REVIEW), reading)
    return Turn("send", pages, reading)


def what_follows(study: Study, steps: Steps) -> Literal["next", "review", "send"]:
    """What the page's button does; `next` as long as other questions may follow."""
    shown = {name for page in steps for name in page}
    if any(item.id not in shown for item in study.items):
        return "next"
    return "review" if study.form.review else "send"


def _steps(study: Study, fields: Sequence[tuple[str, str]]) -> Steps:
    known = {item.id for item in study.items}
    seen = [value.split() for name, value in fields if name == "Seen"]
    return tuple(tuple(name for name in page if name in known) for page in seen)


def _all_at_once(study: Study, fields: Sequence[tuple[str, str]]) -> Turn:
    reading = read_form(study, fields)
    first = {name for page in first_steps(study) for name in page}
    page = tuple(i.id for i in study.items if i.id in first or is_asked(i, reading.answers))
    return Turn("questions" if reading.problems else "send", (page,), reading)


def _back(steps: Steps, item: str) -> Steps:
    pages = [place for place, page in enumerate(steps, start=1) if item in page]
    return steps[: pages[0]] if pages else steps[:-1] or steps


def _up_to_first(pages: Steps, problems: tuple[Problem, ...]) -> Steps:
    wrong = {problem.item for problem in problems}
    places = [place for place, page in enumerate(pages, start=1) if wrong & set(page)]
    return pages[: places[0]] if places else pages
