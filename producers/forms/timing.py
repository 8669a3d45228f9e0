"""When a form was opened and answered, as far as the submitted page can be believed.

The times are not signed: participants can falsify their own, but only within plausible limits.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from producers.vault import Link

AFTER_EXPIRY = timedelta(hours=48)
"""How long after being answered a form that waited on a telephone is accepted once its link has expired."""

_LONGEST_WAIT = timedelta(days=7)
_LONGEST_PROMPT = timedelta(days=1)
_OFFLINE = timedelta(minutes=1)


@dataclass(frozen=True)
class Times:
    """The times that the page reports; None if missing or implausible.

    Attributes:
        opened_at: When it was opened.
        answered_at: When the form was completed.
        started_at: When the first answer was given or, if unknown, when the page was opened.
    """

    opened_at: datetime | None = None
    answered_at: datetime | None = None
    started_at: datetime | None = None

    def in_time(self, link: Link, now: datetime) -> bool:
        """Whether the form may be accepted now."""
        if now < link.expires_at:
            return True
        return self.answered_at is not None and now - self.answered_at <= AFTER_EXPIRY

    def occurred_at(self, first_sent: datetime) -> datetime:
        """When the participant answered: when the form was first sent, or earlier if it waited on a phone.

        Online, the two times lie within a minute; the time of first sending is then used, because it is the
        same for every retry, even one without JavaScript.
        """
        if self.answered_at is not None and first_sent - self.answered_at > _OFFLINE:
            return self.answered_at
        return first_sent


def read_times(fields: Iterable[tuple[str, str]], link: Link, now: datetime) -> Times:
    """The times in the hidden fields `OpenedAt`, `StartedAt` and `AnsweredAt`.

    The opening time is believed if the link was valid then: before its expiry, and no earlier than a prompt's
    link can have been created (for a standing link, no longer ago than a telephone keeps a form). The others
    are believed if they lie between the opening and now or the expiry, whichever is earlier.
    """
    given = dict(fields)
    oldest = link.expires_at - _LONGEST_PROMPT if link.prompt_id else now - _LONGEST_WAIT
    latest = min(now, link.expires_at - timedelta(milliseconds=1))
    opened = _instant(given.get("OpenedAt", ""))
    if opened is None or not oldest <= opened <= latest:
        return Times()
    answered = _instant(given.get("AnsweredAt", ""))
    if answered is None or not opened <= answered <= latest:
        answered = None
    started = _instant(given.get("StartedAt", ""))
    if started is None or not opened <= started <= (answered or latest):
        started = opened
    return Times(opened, answered, started)


def _instant(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None
