"""Types that every room shares: the base of all models, references, names of zones and languages."""

from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Annotated
from zoneinfo import available_timezones

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, StringConstraints


class FrozenModel(BaseModel):
    """A frozen model that refuses fields it does not know.

    Refusing is what makes reading forward-compatible: an event from a newer release goes to the dead
    letters whole, to be replayed after the upgrade, rather than being stored with a part cut off.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")


def _utc_milliseconds(moment: datetime) -> datetime:
    moment = moment.astimezone(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def known_zone(name: str) -> str:
    """The name, if it is an IANA zone's.

    Raises:
        ValueError: It is none.
    """
    if name not in _zones():
        raise ValueError(f"{name!r} is not a time zone; write an IANA name such as Europe/Brussels")
    return name


Instant = Annotated[AwareDatetime, AfterValidator(_utc_milliseconds)]
"""An instant in UTC, to the millisecond. A time without an offset is refused."""

Zone = Annotated[str, AfterValidator(known_zone)]
"""The name of an IANA time zone, such as Europe/Brussels."""

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,47}$")]
"""A stable name: lower-case letters, digits, `-` and `_`, at most 48 characters."""

Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]
"""A BCP 47 language tag, such as nl or ar."""

Pseudonym = Annotated[str, StringConstraints(pattern=r"^p-[0-9a-z]{16}$")]
"""The random name of a participant, the only one known beyond the vault."""

StudyRef = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,47}@[0-9]+$")]
"""A study definition, for ever the same one: `id@version`."""


class Channel(StrEnum):
    """The way by which a check-in came."""

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
