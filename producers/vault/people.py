"""Who takes part, as the vault knows them. Beyond the gateway only the pseudonym travels."""

from datetime import date
from uuid import UUID

import phonenumbers

from schemas.base import FrozenModel, Instant, Language, Pseudonym, Slug, StudyRef, Zone
from schemas.events import ConsentStatus, Delivery


class Enrolment(FrozenModel):
    """Somebody who joins a study.

    Attributes:
        pseudonym: Only where one was already given elsewhere.
        occurred_at: When they joined, if not now.
    """

    number: str
    study: StudyRef
    arm: Slug
    language: Language
    zone: Zone
    start_date: date
    pseudonym: Pseudonym | None = None
    occurred_at: Instant | None = None


class Person(FrozenModel):
    """A participant without the telephone number.

    Attributes:
        revision: 1 at enrolment, one more at each change of what follows `participant`.
        changed_at: When that revision was written down.
    """

    participant: Pseudonym
    study: StudyRef
    arm: Slug
    language: Language
    zone: Zone
    start_date: date
    revision: int = 1
    changed_at: Instant


class NewLink(FrozenModel):
    """A link to make: for one prompt, or a standing one (`prompt_id` None)."""

    participant: Pseudonym
    prompt_id: UUID | None = None
    expires_at: Instant


class Link(FrozenModel):
    """A link that was opened, and whose it is."""

    token_hash: str
    person: Person
    prompt_id: UUID | None
    expires_at: Instant


class Dispatch(FrozenModel):
    """A text that was claimed for sending, and what is known of it.

    Attributes:
        text: `event_id` of the request.
        participant: Whom to.
        request: The request's event, as JSON.
        provider, provider_id: Who carries it, and its name there; empty as long as it is not known.
        claimed_at: When it was decided to send it.
        segments: How many SMS it takes.
        delivery: What is known; `CLAIMED` until the provider has answered.
        code: Its code of an error.
    """

    text: UUID
    participant: Pseudonym
    request: str
    provider: str
    provider_id: str = ""
    claimed_at: Instant
    segments: int
    delivery: Delivery = Delivery.CLAIMED
    code: str | None = None


class Contact(FrozenModel):
    """Whether a participant may be texted.

    Attributes:
        status: The newest consent.
        at: When it was given.
    """

    status: ConsentStatus
    at: Instant


def normalise(number: str) -> str | None:
    """A telephone number in E.164, such as +32470123456; None if it is no international number."""
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(parsed):
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
