"""The vault's one connection: an encrypted SQLite file, used from a single thread."""

import asyncio
import hmac
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Self, TypeVar

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlcipher3 import dbapi2 as sqlcipher

from schemas.folders import make_folder, sync_folder

_T = TypeVar("_T")
_SHORTEST_SECRET = 32
_ROWS = 1000


class VaultError(RuntimeError):
    """The vault cannot be opened, or refuses a request."""


class SecretTooShort(VaultError):
    """The vault's secret could be guessed."""


class VaultUnavailable(VaultError):
    """The vault's file cannot be read or written for now: it is locked, or the disk is full. Try again."""


class Connection:
    """The open file. Statements run in its own thread; only `run` and `transaction` may be awaited.

    Everything else must be called from within a function that `run` or `transaction` executes.
    """

    def __init__(self, file: sqlite3.Connection, thread: ThreadPoolExecutor) -> None:
        self._file = file
        self._thread = thread

    @classmethod
    async def open(cls, path: Path, secret: str, schema: str, busy_seconds: float) -> Self:
        """Open the file and create what is missing of `schema`.

        Raises:
            VaultError: The secret is too short or wrong, or the file is not a vault.
        """
        if len(secret) < _SHORTEST_SECRET:
            raise SecretTooShort(
                f"WELLSTREAM_VAULT_KEY is too short: set at least {_SHORTEST_SECRET} characters"
            )
        thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="vault")
        try:
            file = await asyncio.get_running_loop().run_in_executor(
                thread, _open, path, secret, schema, busy_seconds
            )
        except BaseException:
            thread.shutdown(wait=False)
            raise
        return cls(file, thread)

    async def close(self) -> None:
        """Finish the work in progress and close the file."""
        await self.run(self._file.close)
        self._thread.shutdown()

    async def ready(self) -> bool:
        """Whether the file can be read."""
        try:
            await self.run(lambda: self.row("SELECT 1"))
        except (sqlcipher.Error, RuntimeError):
            return False
        return True

    async def run(self, work: Callable[[], _T]) -> _T:
        """Do some work in the vault's thread.

        Raises:
            VaultUnavailable: The file is locked, or cannot be written.
        """
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        except sqlcipher.OperationalError:
            raise VaultUnavailable("the vault cannot be read or written for now") from None

    async def transaction(self, work: Callable[[], _T]) -> _T:
        """Do some work in one transaction: all of it or none, and on the disk when this returns.

        Args:
            work: Runs in the vault's thread.

        Raises:
            VaultUnavailable: The file is locked, or cannot be written.
        """
        return await self.run(lambda: self._all_or_nothing(work))

    def row(self, query: str, *values: Any) -> Any:
        """The first row of a query; None if there is none."""
        return self._file.execute(query, values).fetchone()

    def rows(self, query: str, *values: Any) -> list[Any]:
        """All rows of a query that has a limit."""
        return self._file.execute(query, values).fetchall()

    def each(self, query: str) -> Iterator[Any]:
        """The rows of a query without a limit, a thousand at a time."""
        cursor = self._file.execute(query)
        while rows := cursor.fetchmany(_ROWS):
            yield from rows

    def execute(self, statement: str, *values: Any) -> int:
        """Run a statement; the number of rows that it changed."""
        return self._file.execute(statement, values).rowcount

    def close_to_others(self) -> None:
        """From now on no other process can open the file; fails where one has it open."""
        self._file.execute("PRAGMA journal_mode = DELETE")
        self._file.execute("PRAGMA locking_mode = EXCLUSIVE")

    def change_key(self, secret: str) -> None:
        """Encrypt the file anew, all of it or nothing."""
        self._file.execute(f"PRAGMA rekey = {_file_key(secret)}")

    def _all_or_nothing(self, work: Callable[[], _T]) -> _T:
        self.execute("BEGIN IMMEDIATE")
        try:
            result = work()
        except BaseException:
            self.execute("ROLLBACK")
            raise
        self.execute("COMMIT")
        return result


def derive_key(secret: str, purpose: str) -> bytes:
    """The 32-byte key for one purpose. Changing `purpose` makes what was written with the old one useless."""
    return HKDF(hashes.SHA256(), 32, salt=None, info=f"wellstream {purpose}".encode()).derive(secret.encode())


def file_key_pragma(secret: str) -> str:
    """The statement that unlocks the file."""
    return f"PRAGMA key = {_file_key(secret)}"


def _file_key(secret: str) -> str:
    return f"\"x'{derive_key(secret, 'vault file').hex()}'\""


def keyed_hash(key: bytes, text: str) -> bytes:
    """HMAC-SHA256 of a text."""
    return hmac.new(key, text.encode(), sha256).digest()


def sortable(at: datetime) -> str:
    """An instant as text whose alphabetical order is the order in time."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds")


def named(columns: Iterable[str], row: Any) -> dict[str, Any]:
    """A row by the names of its columns."""
    return dict(zip(columns, row, strict=True))


def _open(path: Path, secret: str, schema: str, busy_seconds: float) -> sqlite3.Connection:
    make_folder(path.parent)
    path.touch(mode=0o600, exist_ok=True)
    # SQLite makes its log's name durable by itself, but not that of a file that it finds.
    sync_folder(path.parent)
    # The methods are those of the standard library's sqlite3; sqlcipher3 ships no types.
    file: sqlite3.Connection = sqlcipher.connect(
        str(path), isolation_level=None, check_same_thread=False, timeout=busy_seconds
    )
    try:
        file.execute("PRAGMA cipher_log_level = NONE")
        file.execute(file_key_pragma(secret))
        file.execute("SELECT count(*) FROM sqlite_master").fetchone()
        file.execute("PRAGMA journal_mode = WAL")
        # A claim to send, a key or an acknowledgement that a power failure takes back would be a text sent
        # twice, answers that nobody can open, or a changed answer under an earlier version's id.
        file.execute("PRAGMA synchronous = FULL")
        file.execute("PRAGMA secure_delete = ON")
        file.executescript(schema)
    except sqlcipher.DatabaseError as error:
        file.close()
        if "not a database" in str(error):
            raise VaultError(
                f"WELLSTREAM_VAULT_KEY does not open the vault {path}: set the key it was created with"
            ) from None
        raise VaultError(f"the vault {path} cannot be opened: {error}") from None
    return file
