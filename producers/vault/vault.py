"""The vault: the only place with telephone numbers and participants' keys. One encrypted SQLite file.

Only the gateway opens it. Numbers are found by a keyed hash, links by the hash of their token. The ledger
remembers for ever when an event was first seen and whether Kafka has acknowledged it.
"""

import asyncio
import base64
import hashlib
import hmac
import secrets
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlcipher3 import dbapi2 as sqlcipher

from producers.kafka.publisher import PublishFailed
from producers.vault.people import Contact, Dispatch, Enrolment, Link, NewLink, Person, normalise
from schemas.events import ConsentStatus
from schemas.identity import digest, new_pseudonym
from schemas.sealing import new_key

_T = TypeVar("_T")
_SHORTEST_KEY = 32
_BUSY_SECONDS = 5
_PERSON = "participant, study, arm, language, zone, start_date, revision, changed_at"
_NOT_KEPT = {"number", "pseudonym", "occurred_at"}
_SCHEMA = """
CREATE TABLE IF NOT EXISTS people(
    number_hmac TEXT PRIMARY KEY, number TEXT NOT NULL, participant TEXT NOT NULL UNIQUE,
    study TEXT NOT NULL, arm TEXT NOT NULL, language TEXT NOT NULL, zone TEXT NOT NULL,
    start_date TEXT NOT NULL, revision INTEGER NOT NULL, changed_at TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS data_keys(participant TEXT PRIMARY KEY, key BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS links(
    token_hash TEXT PRIMARY KEY, participant TEXT NOT NULL, prompt_id TEXT, expires_at TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS ledger(
    event_id TEXT PRIMARY KEY, received_at TEXT NOT NULL, acknowledged INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE TABLE IF NOT EXISTS attempts(
    event_id TEXT NOT NULL, version INTEGER NOT NULL, content_hash TEXT NOT NULL,
    PRIMARY KEY (event_id, version), UNIQUE (event_id, content_hash)) STRICT;
CREATE TABLE IF NOT EXISTS contacts(
    participant TEXT PRIMARY KEY, status TEXT NOT NULL, at TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS dispatches(
    text TEXT PRIMARY KEY, participant TEXT NOT NULL, request TEXT NOT NULL, provider TEXT NOT NULL,
    provider_id TEXT NOT NULL, claimed_at TEXT NOT NULL, segments INTEGER NOT NULL, delivery TEXT NOT NULL,
    code TEXT) STRICT;
CREATE INDEX IF NOT EXISTS dispatches_by_name ON dispatches(provider, provider_id);
CREATE INDEX IF NOT EXISTS dispatches_by_day ON dispatches(participant, claimed_at);
"""


class VaultError(RuntimeError):
    """The vault cannot be opened, or refuses what it was asked."""


class VaultAway(VaultError, PublishFailed):
    """The vault's file cannot be read or written for now: it is locked, say, or the disk is full."""


def _derive(secret: str, purpose: str) -> bytes:
    return HKDF(hashes.SHA256(), 32, salt=None, info=f"wellstream {purpose}".encode()).derive(secret.encode())


def _open(path: Path, secret: str) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600, exist_ok=True)
    # The methods are those of the standard library's sqlite3; sqlcipher3 ships no types.
    connection: sqlite3.Connection = sqlcipher.connect(
        str(path), isolation_level=None, check_same_thread=False, timeout=_BUSY_SECONDS
    )
    try:
        connection.execute("PRAGMA cipher_log_level = NONE")
        connection.execute(f"PRAGMA key = \"x'{_derive(secret, 'vault file').hex()}'\"")
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA secure_delete = ON")
        connection.executescript(_SCHEMA)
    except sqlcipher.DatabaseError as error:
        connection.close()
        if "not a database" in str(error):
            raise VaultError(
                f"WELLSTREAM_VAULT_KEY does not open the vault {path}: set the key that it was made with"
            ) from None
        raise VaultError(f"the vault {path} cannot be opened: {error}") from None
    return connection


class Vault:
    """The opened vault. All work happens in one thread, on one connection."""

    def __init__(
        self, connection: sqlite3.Connection, number_key: bytes, link_key: bytes, thread: ThreadPoolExecutor
    ) -> None:
        self._connection = connection
        self._number_key = number_key
        self._link_key = link_key
        self._thread = thread

    @classmethod
    async def open(cls, path: Path, secret: str) -> "Vault":
        """Open the vault, or make it where there is none.

        Raises:
            VaultError: The key is too short or another one, or the file is no vault.
        """
        if len(secret) < _SHORTEST_KEY:
            raise VaultError(f"WELLSTREAM_VAULT_KEY is too short: set at least {_SHORTEST_KEY} characters")
        thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="vault")
        try:
            connection = await asyncio.get_running_loop().run_in_executor(thread, _open, path, secret)
        except BaseException:
            thread.shutdown(wait=False)
            raise
        number_key, link_key = _derive(secret, "telephone numbers"), _derive(secret, "links of prompts")
        return cls(connection, number_key, link_key, thread)

    async def close(self) -> None:
        """Finish what is under way and close the file."""
        await self._do(self._connection.close)
        self._thread.shutdown()

    async def ready(self) -> bool:
        """Whether the file can be read."""
        try:
            await self._do(lambda: self._row("SELECT 1"))
        except (sqlcipher.Error, RuntimeError):
            return False
        return True

    async def resolve(self, number: str) -> Person | None:
        """The participant who has this telephone number."""
        normal = normalise(number)
        if normal is None:
            return None
        return await self._do(lambda: self._person("number_hmac = ?", self._hmac(normal)))

    async def known(self, number: str) -> tuple[Person, bytes] | None:
        """The participant who has this telephone number, and their key; None if it was destroyed, too."""
        normal = normalise(number)
        return await self._do(lambda: self._known(normal)) if normal else None

    async def person(self, participant: str) -> Person | None:
        """The participant of that pseudonym."""
        return await self._do(lambda: self._person("participant = ?", participant))

    async def number(self, participant: str) -> str | None:
        """A participant's telephone number, to send a text to."""
        row = await self._do(
            lambda: self._row("SELECT number FROM people WHERE participant = ?", participant)
        )
        return row[0] if row else None

    async def key(self, participant: str) -> bytes | None:
        """A participant's 32-byte key; None if unknown or destroyed."""
        row = await self._do(
            lambda: self._row("SELECT key FROM data_keys WHERE participant = ?", participant)
        )
        return bytes(row[0]) if row else None

    async def enrol(self, people: Sequence[Enrolment], at: datetime) -> list[Person]:
        """Write people down, all or none; a number that is known keeps its pseudonym and its key.

        Raises:
            VaultError: Something is no telephone number, or a pseudonym is another person's.
        """
        return await self._do(lambda: self._enrol(people, at))

    async def mint_links(self, links: Sequence[NewLink]) -> list[str]:
        """Make a link for each; the tokens (128 bits), in order. Only their hashes are kept.

        A prompt has one link for ever, so that its reminder opens the same form. Its token follows from the
        vault's key; that of a standing link is random.

        Raises:
            VaultError: A participant is unknown.
        """
        return await self._do(lambda: self._mint(links))

    async def link(self, token: str) -> Link | None:
        """What a token opens; also when it has expired."""
        return await self._do(lambda: self._link(digest(token)))

    async def first_seen(self, event_id: UUID, at: datetime) -> tuple[datetime, bool]:
        """When an event was first seen (`at`, if only now) and whether it is acknowledged."""
        return await self._do(lambda: self._first_seen(event_id, at))

    async def acknowledged(self, event_id: UUID) -> bool:
        """Whether Kafka has acknowledged an event; writes nothing."""
        query = "SELECT acknowledged FROM ledger WHERE event_id = ?"
        row = await self._do(lambda: self._row(query, str(event_id)))
        return bool(row and row[0])

    async def acknowledge(self, event_id: UUID) -> None:
        """Note that Kafka has acknowledged an event."""
        statement = "UPDATE ledger SET acknowledged = 1 WHERE event_id = ?"
        await self._do(lambda: self._connection.execute(statement, (str(event_id),)))

    async def version(self, event_id: UUID, content: str) -> int:
        """Which version of an event this content is: 1 for the first, one more for each other content.

        Somebody who was told that nothing is saved may change an answer before sending again; the first
        content may have reached Kafka all the same.
        """
        return await self._do(lambda: self._version(str(event_id), digest(content)))

    async def note_consent(self, participant: str, status: ConsentStatus, at: datetime) -> None:
        """Note a consent, unless a newer one is known."""
        statement = (
            "INSERT INTO contacts VALUES (?, ?, ?) ON CONFLICT(participant) DO UPDATE "
            "SET status = excluded.status, at = excluded.at WHERE excluded.at >= at"
        )
        await self._do(lambda: self._connection.execute(statement, (participant, status.value, _instant(at))))

    async def contact(self, participant: str) -> Contact | None:
        """Whether a participant may be texted; None if no consent is known."""
        query = "SELECT status, at FROM contacts WHERE participant = ?"
        row = await self._do(lambda: self._row(query, participant))
        return Contact(status=row[0], at=row[1]) if row else None

    async def speak(self, participant: str, language: str) -> None:
        """Address a participant in another language from now on."""
        statement = "UPDATE people SET language = ? WHERE participant = ?"
        await self._do(lambda: self._connection.execute(statement, (language, participant)))

    async def claim(self, dispatch: Dispatch) -> Dispatch | None:
        """Claim a text for sending; None if that is done now, else the claim that was there already."""
        return await self._do(lambda: self._claim(dispatch))

    async def settle(self, dispatch: Dispatch) -> None:
        """Note what is known of a claimed text."""
        statement = "UPDATE dispatches SET provider_id = ?, delivery = ?, code = ? WHERE text = ?"
        values = (dispatch.provider_id, dispatch.delivery.value, dispatch.code, str(dispatch.text))
        await self._do(lambda: self._connection.execute(statement, values))

    async def dispatch(self, text: UUID | None, provider: str, provider_id: str) -> Dispatch | None:
        """A claimed text by our name of it, or else by the provider's."""
        if text is not None:
            return await self._do(lambda: self._dispatch("text = ?", str(text)))
        if not provider_id:
            return None
        return await self._do(
            lambda: self._dispatch("provider = ? AND provider_id = ?", provider, provider_id)
        )

    async def segments_since(self, participant: str, since: datetime) -> int:
        """How many SMS were handed over for a participant since then; a failed one cost nothing."""
        query = (
            "SELECT coalesce(sum(segments), 0) FROM dispatches "
            "WHERE participant = ? AND claimed_at >= ? AND delivery <> 'failed'"
        )
        row = await self._do(lambda: self._row(query, participant, _instant(since)))
        return int(row[0])

    async def _do(self, work: Callable[[], _T]) -> _T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        except sqlcipher.OperationalError:
            raise VaultAway("the vault cannot be read or written for now") from None

    def _hmac(self, number: str) -> str:
        return hmac.new(self._number_key, number.encode(), hashlib.sha256).hexdigest()

    def _row(self, query: str, *values: Any) -> Any:
        return self._connection.execute(query, values).fetchone()

    def _person(self, where: str, value: str) -> Person | None:
        row = self._row(f"SELECT {_PERSON} FROM people WHERE {where}", value)  # noqa: S608 - our own text
        return Person.model_validate(dict(zip(_PERSON.split(", "), row, strict=True))) if row else None

    def _known(self, number: str) -> tuple[Person, bytes] | None:
        person = self._person("number_hmac = ?", self._hmac(number))
        row = (
            self._row("SELECT key FROM data_keys WHERE participant = ?", person.participant)
            if person
            else None
        )
        return (person, bytes(row[0])) if person and row else None

    def _enrol(self, people: Sequence[Enrolment], at: datetime) -> list[Person]:
        # A number or a key that is lost with the power cannot be had again, so this waits for the disk.
        self._connection.execute("PRAGMA synchronous = FULL")
        try:
            return self._all_or_none(lambda: [self._enrol_one(one, at) for one in people])
        finally:
            self._connection.execute("PRAGMA synchronous = NORMAL")

    def _enrol_one(self, one: Enrolment, at: datetime) -> Person:
        number = normalise(one.number)
        if number is None:
            raise VaultError("a telephone number is not in international form, such as +32 470 12 34 56")
        known = self._person("number_hmac = ?", self._hmac(number))
        if known is None:
            return self._add(one, number, at)
        details = one.model_dump(exclude=_NOT_KEPT)
        if known.model_dump(include=set(details)) == details:
            return known
        self._connection.execute(
            "UPDATE people SET study = ?, arm = ?, language = ?, zone = ?, start_date = ?,"
            " revision = revision + 1, changed_at = ? WHERE participant = ?",
            (*_details(one), at.isoformat(), known.participant),
        )
        return known.model_copy(update=details | {"revision": known.revision + 1, "changed_at": at})

    def _add(self, one: Enrolment, number: str, at: datetime) -> Person:
        participant = one.pseudonym or new_pseudonym()
        if self._person("participant = ?", participant):
            raise VaultError(f"the pseudonym {participant} is another person's")
        self._connection.execute(
            "INSERT INTO people VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1, ?)",
            (self._hmac(number), number, participant, *_details(one), at.isoformat()),
        )
        self._connection.execute("INSERT INTO data_keys VALUES (?, ?)", (participant, new_key()))
        details = one.model_dump(exclude=_NOT_KEPT)
        return Person(participant=participant, changed_at=at, **details)

    def _mint(self, links: Sequence[NewLink]) -> list[str]:
        return self._all_or_none(lambda: [self._mint_one(link) for link in links])

    def _mint_one(self, link: NewLink) -> str:
        if self._person("participant = ?", link.participant) is None:
            raise VaultError(f"there is no participant {link.participant}")
        prompt = str(link.prompt_id) if link.prompt_id else None
        token = self._prompt_token(link.participant, prompt) if prompt else secrets.token_urlsafe(16)
        self._connection.execute(
            "INSERT INTO links VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (digest(token), link.participant, prompt, link.expires_at.isoformat()),
        )
        return token

    def _prompt_token(self, participant: str, prompt: str) -> str:
        mark = hmac.new(self._link_key, f"{participant} {prompt}".encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(mark[:16]).decode().rstrip("=")

    def _link(self, token_hash: str) -> Link | None:
        row = self._row(
            "SELECT participant, prompt_id, expires_at FROM links WHERE token_hash = ?", token_hash
        )
        person = self._person("participant = ?", row[0]) if row else None
        if person is None:
            return None
        return Link(token_hash=token_hash, person=person, prompt_id=row[1], expires_at=row[2])

    def _claim(self, new: Dispatch) -> Dispatch | None:
        values = (
            str(new.text), new.participant, new.request, new.provider, new.provider_id,
            _instant(new.claimed_at), new.segments, new.delivery.value, new.code,
        )  # fmt: skip
        done = self._connection.execute(
            "INSERT INTO dispatches VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", values
        )
        return None if done.rowcount == 1 else self._dispatch("text = ?", str(new.text))

    def _dispatch(self, where: str, *values: str) -> Dispatch | None:
        names = tuple(Dispatch.model_fields)
        row = self._row(f"SELECT {', '.join(names)} FROM dispatches WHERE {where}", *values)  # noqa: S608
        return Dispatch.model_validate(dict(zip(names, row, strict=True))) if row else None

    def _first_seen(self, event_id: UUID, at: datetime) -> tuple[datetime, bool]:
        self._connection.execute(
            "INSERT INTO ledger(event_id, received_at) VALUES (?, ?) ON CONFLICT DO NOTHING",
            (str(event_id), at.isoformat()),
        )
        row = self._row("SELECT received_at, acknowledged FROM ledger WHERE event_id = ?", str(event_id))
        return datetime.fromisoformat(row[0]), bool(row[1])

    def _version(self, event_id: str, content_hash: str) -> int:
        self._connection.execute(
            "INSERT INTO attempts SELECT ?1, 1 + coalesce(max(version), 0), ?2 FROM attempts "
            "WHERE event_id = ?1 ON CONFLICT DO NOTHING",
            (event_id, content_hash),
        )
        query = "SELECT version FROM attempts WHERE event_id = ? AND content_hash = ?"
        return int(self._row(query, event_id, content_hash)[0])

    def _all_or_none(self, work: Callable[[], _T]) -> _T:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            result = work()
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")
        return result


def _instant(at: datetime) -> str:
    """One way of writing instants, so that their order is that of their text."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds")


def _details(one: Enrolment) -> tuple[str, str, str, str, str]:
    return one.study, one.arm, one.language, one.zone, one.start_date.isoformat()
