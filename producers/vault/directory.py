"""The directory: who takes part, under which number, and whether they may be texted.

Numbers are found by a keyed hash. Beyond the gateway only the pseudonym travels.
"""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

import phonenumbers

from producers.vault.connection import Connection, VaultError, keyed_hash, named, sortable
from producers.vault.keys import Keys
from schemas.base import FrozenModel, Instant, Language, Pseudonym, Slug, StudyRef, Zone
from schemas.events import ConsentChanged, ConsentStatus, EnvelopeFields
from schemas.identity import new_pseudonym

SCHEMA = """
CREATE TABLE IF NOT EXISTS people(
    number_hmac TEXT PRIMARY KEY, number TEXT NOT NULL, participant TEXT NOT NULL UNIQUE,
    study TEXT NOT NULL, arm TEXT NOT NULL, language TEXT NOT NULL, zone TEXT NOT NULL,
    start_date TEXT NOT NULL, revision INTEGER NOT NULL, changed_at TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS contacts(
    participant TEXT PRIMARY KEY, status TEXT NOT NULL, at TEXT NOT NULL) STRICT;
"""


class Enrolment(FrozenModel):
    """Somebody who joins a study.

    Attributes:
        pseudonym: Only where one was assigned elsewhere.
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
        revision: 1 at enrolment, one more at each change of the other fields.
        changed_at: When that revision was written.
    """

    participant: Pseudonym
    study: StudyRef
    arm: Slug
    language: Language
    zone: Zone
    start_date: date
    revision: int = 1
    changed_at: Instant

    def envelope(self, event_id: UUID, occurred_at: datetime, recorded_at: datetime) -> EnvelopeFields:
        """The envelope of an event about this participant."""
        return EnvelopeFields(
            event_id=event_id,
            study=self.study,
            participant=self.participant,
            occurred_at=occurred_at,
            recorded_at=recorded_at,
            zone=self.zone,
        )


class Contact(FrozenModel):
    """Whether a participant may be texted.

    Attributes:
        status: The newest consent.
        at: When it was given.
    """

    status: ConsentStatus
    at: Instant


_COLUMNS = tuple(Person.model_fields)
_SELECT = f"SELECT {', '.join(_COLUMNS)} FROM people WHERE "  # noqa: S608 - our own column names
_NOT_IN_PERSON = {"number", "pseudonym", "occurred_at"}


class Directory:
    """Enrolment, and looking people up.

    Args:
        connection: The vault's.
        keys: A participant gets one at enrolment.
        number_key: Numbers are hashed with it.
    """

    def __init__(self, connection: Connection, keys: Keys, number_key: bytes) -> None:
        self._connection = connection
        self._keys = keys
        self._number_key = number_key

    async def enrol(self, people: Sequence[Enrolment], at: datetime) -> list[Person]:
        """Enrol people, all or none; a known number keeps its pseudonym and its key.

        Raises:
            VaultError: A telephone number is invalid, or a pseudonym belongs to somebody else.
        """
        work = [(normalise(one.number), one) for one in people]
        return await self._connection.transaction(
            lambda: [self._enrol(number, one, at) for number, one in work]
        )

    async def with_number(self, number: str) -> Person | None:
        """The participant who has this telephone number, however it is spelt."""
        normal = normalise(number)
        if normal is None:
            return None
        return await self._connection.run(lambda: self._with_number(normal))

    async def find(self, participant: str) -> Person | None:
        """The participant with this pseudonym."""
        return await self._connection.run(lambda: self.look_up(participant))

    async def number(self, participant: str) -> str | None:
        """A participant's telephone number, for sending a text."""
        query = "SELECT number FROM people WHERE participant = ?"
        row = await self._connection.run(lambda: self._connection.row(query, participant))
        return row[0] if row else None

    async def set_language(self, participant: str, language: str) -> None:
        """Address a participant in another language from now on."""
        statement = "UPDATE people SET language = ? WHERE participant = ?"
        await self._connection.run(lambda: self._connection.execute(statement, language, participant))

    async def record_consent(self, change: ConsentChanged) -> None:
        """Record a consent, unless a newer one is known."""
        statement = (
            "INSERT INTO contacts VALUES (?, ?, ?) ON CONFLICT(participant) DO UPDATE "
            "SET status = excluded.status, at = excluded.at WHERE excluded.at >= at"
        )
        values = (change.participant, change.status.value, sortable(change.occurred_at))
        await self._connection.run(lambda: self._connection.execute(statement, *values))

    async def contact(self, participant: str) -> Contact | None:
        """Whether a participant may be texted; None if no consent is known."""
        query = "SELECT status, at FROM contacts WHERE participant = ?"
        row = await self._connection.run(lambda: self._connection.row(query, participant))
        return Contact(status=row[0], at=row[1]) if row else None

    def look_up(self, participant: str) -> Person | None:
        """`find` for the vault's other parts; to be called in its thread."""
        return self._select("participant = ?", participant)

    def rehash(self, number_key: bytes) -> None:
        """Find numbers by another key from now on; part of a transaction."""
        self._number_key = number_key
        everybody = list(self._connection.each("SELECT participant, number FROM people"))
        for participant, number in everybody:
            statement = "UPDATE people SET number_hmac = ? WHERE participant = ?"
            self._connection.execute(statement, self._hash(number), participant)

    def _enrol(self, number: str | None, one: Enrolment, at: datetime) -> Person:
        if number is None:
            raise VaultError("a telephone number is not in international form, such as +32 470 12 34 56")
        known = self._with_number(number)
        if known is None:
            return self._add(one, number, at)
        details = one.model_dump(exclude=_NOT_IN_PERSON)
        if known.model_dump(include=set(details)) == details:
            return known
        self._connection.execute(
            "UPDATE people SET study = ?, arm = ?, language = ?, zone = ?, start_date = ?,"
            " revision = revision + 1, changed_at = ? WHERE participant = ?",
            *_details(one),
            at.isoformat(),
            known.participant,
        )
        return known.model_copy(update=details | {"revision": known.revision + 1, "changed_at": at})

    def _add(self, one: Enrolment, number: str, at: datetime) -> Person:
        participant = one.pseudonym or new_pseudonym()
        if self.look_up(participant):
            raise VaultError(f"the pseudonym {participant} belongs to somebody else")
        self._connection.execute(
            "INSERT INTO people VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1, ?)",
            self._hash(number),
            number,
            participant,
            *_details(one),
            at.isoformat(),
        )
        self._keys.create(participant)
        return Person(participant=participant, changed_at=at, **one.model_dump(exclude=_NOT_IN_PERSON))

    def _with_number(self, number: str) -> Person | None:
        return self._select("number_hmac = ?", self._hash(number))

    def _select(self, where: str, value: str) -> Person | None:
        row = self._connection.row(_SELECT + where, value)
        return Person.model_validate(named(_COLUMNS, row)) if row else None

    def _hash(self, number: str) -> str:
        return keyed_hash(self._number_key, number).hex()


def normalise(number: str) -> str | None:
    """A telephone number in E.164, such as +32470123456; None if it is not an international number."""
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(parsed):
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def _details(one: Enrolment) -> tuple[str, str, str, str, str]:
    return one.study, one.arm, one.language, one.zone, one.start_date.isoformat()
