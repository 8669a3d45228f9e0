"""When a form was opened and answered, as far as the page that was sent can be believed.

Nothing here is signed: people can mislead about their own times, and only within what is plausible.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from producers.vault import Link

AFTER_EXPIRY = timedelta(hours=48)
"""How long after it was answered a form that waited on a telephone is taken when its link has expired."""

_LONGEST_WAIT = timedelta(days=7)
_LONGEST_PROMPT = timedelta(days=1)
_OFFLINE = timedelta(minutes=1)


@dataclass(frozen=True)
class Times:
    """What the page says of its times; None where that is missing or not plausible.

    Attributes:
        opened_at: When it was opened.
        answered_at: When all was answered.
        started_at: When the first answer was given; where only the opening is known, that.
    """

    opened_at: datetime | None = None
    answered_at: datetime | None = None
    started_at: datetime | None = None

    def in_time(self, link: Link, now: datetime) -> bool:
        """Whether the form may be taken now."""
        if now < link.expires_at:
            return True
        return self.answered_at is not None and now - self.answered_at <= AFTER_EXPIRY

    def occurred_at(self, first_sent: datetime) -> datetime:
        """When the person answered: when it was first sent, or earlier if it waited on a telephone.

        A form that was sent while online has both times within a minute; the one taken here is then the
        same for every attempt, also for one that came without JavaScript.
        """
        if self.answered_at is not None and first_sent - self.answered_at > _OFFLINE:
            return self.answered_at
        return first_sent


def read_times(fields: Iterable[tuple[str, str]], link: Link, now: datetime) -> Times:
    """The times in the hidden fields `OpenedAt`, `StartedAt` and `AnsweredAt`.

    A page is believed if it was opened while its link could be: before the expiry, and not earlier than a
    prompt's link can have been made (a standing link has no such bound; there it is how long a telephone
    keeps a form). The other times are believed between then, now and the expiry.
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
