"""Types that every package shares: the base of all models, references, and names of zones and languages."""

from datetime import UTC, date, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Annotated
from zoneinfo import available_timezones

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints


class FrozenModel(BaseModel):
    """A frozen model that refuses fields it does not know.

    Refusing unknown fields makes reading forward-compatible: an event from a newer release is quarantined
    and replayed after the upgrade, rather than stored incomplete. Numbers are finite: JSON has no others, and
    no sum or mean could be made with them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class FieldError(ValueError):
    """Raised by a model's validator about one of its fields.

    Attributes:
        where: The field's path within the model, such as `("items", 2, "show_if")`.
    """

    def __init__(self, where: tuple[int | str, ...], message: str) -> None:
        super().__init__(message)
        self.where = where


FIRST_YEAR = 1900
LAST_YEAR = 2199
"""No event is from outside these years, so that windows and schedules around it are dates, too."""


def _within_years(day: date) -> date:
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise ValueError(f"the year must be from {FIRST_YEAR} to {LAST_YEAR}")
    return day


def _utc_milliseconds(moment: datetime) -> datetime:
    _within_years(moment)
    moment = moment.astimezone(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def known_zone(name: str) -> str:
    """The name, if it is that of an IANA time zone.

    Raises:
        ValueError: It is not.
    """
    if name not in _zones():
        raise ValueError(f"{name!r} is not a time zone; write an IANA name such as Europe/Brussels")
    return name


MOST_DECIMALS = 6
"""How many decimals an answer can have."""

Instant = Annotated[AwareDatetime, AfterValidator(_utc_milliseconds)]
"""An instant in UTC, to the millisecond. A time without a UTC offset is refused."""

Day = Annotated[date, AfterValidator(_within_years)]
"""A date on somebody's calendar."""

Count = Annotated[int, Field(ge=0, le=2**31 - 1)]
"""A number of things, as large as the store's columns hold."""

StudyDay = Annotated[int, Field(ge=1, le=100_000)]
"""A day of a participant in the study: 1 on the first."""

Zone = Annotated[str, AfterValidator(known_zone)]
"""The name of an IANA time zone, such as Europe/Brussels."""

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,47}$")]
"""A stable name: lower-case letters, digits, `-` and `_`, at most 48 characters."""

Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]
"""A BCP 47 language tag, such as nl or ar."""

Pseudonym = Annotated[str, StringConstraints(pattern=r"^p-[0-9a-z]{16}$")]
"""A participant's random name, the only one known outside the vault."""

StudyRef = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,47}@[0-9]+$")]
"""Names a study definition, `id@version`, which never changes."""


class Channel(StrEnum):
    """How a check-in arrives, or how a participant is prompted."""

    SMS = "sms"
    WEB = "web"
    IMPORT = "import"


class Measure(StrEnum):
    """What an item measures. The list follows the outcomes and coping strategies of Derluyn (2023)."""

    VALENCE = "valence"
    AROUSAL = "arousal"
    POSITIVE_AFFECT = "positive_affect"
    NEGATIVE_AFFECT = "negative_affect"
    STRESS = "stress"
    COPING_STRATEGY = "coping_strategy"
    COPING_EFFICACY = "coping_efficacy"
    RESILIENCE = "resilience"
    RELATIONSHIPS = "relationships"
    SELF_ESTEEM = "self_esteem"


class PhaseKind(StrEnum):
    """A participant's stage in the study."""

    BASELINE = "baseline"
    INTERVENTION = "intervention"
    WASHOUT = "washout"
    FOLLOW_UP = "follow-up"


class CheckIns(StrEnum):
    """Which check-ins a value is computed from.

    A check-in is `prompted` if it answers a prompt, names one or came too late for one; any other was made on
    the participant's `own_initiative` (`streams/records/matching.py`). `both` is every check-in.
    """

    PROMPTED = "prompted"
    OWN_INITIATIVE = "own_initiative"
    BOTH = "both"
