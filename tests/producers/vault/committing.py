"""A process that accepts check-ins and claims texts in a vault, and says so after each.

python -m tests.producers.vault.committing FOLDER [PRAGMA]
"""

import asyncio
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from uuid import UUID

from producers.vault import Dispatch, Vault
from schemas.identity import digest, event_id
from schemas.receipts import Receipt
from schemas.topics import CHECKINS
from tests.producers.vault.conftest import NOW, SECRET

ROUNDS, EACH = 3, 60


def accepted(number: int) -> Receipt:
    """The receipt of a check-in."""
    return Receipt(
        event_id=event_id("cut", str(number)), topic=CHECKINS.name, partition=0, offset=number,
        digest=digest(str(number)),
    )  # fmt: skip


def claimed(number: int) -> UUID:
    """The id of a text."""
    return event_id("cut", "text", str(number))


async def commit(vault: Vault, numbers: range, say: Callable[[str], object]) -> None:
    """Accept check-ins and claim texts."""
    for number in numbers:
        receipt = accepted(number)
        await vault.ledger.first_seen(receipt.event_id, NOW)
        await vault.ledger.acknowledge(receipt.event_id, receipt)
        say(f"accepted {number}\n")
        claim = Dispatch(
            text=claimed(number), participant="p-0123456789abcdef", request="{}" * 400, provider="fake",
            claimed_at=NOW, segments=1,
        )  # fmt: skip
        await vault.dispatches.claim(claim)
        say(f"claimed {number}\n")


async def main(folder: Path, pragma: str) -> None:
    """Open the vault, use it and close it, several times over."""
    for turn in range(ROUNDS):
        vault = await Vault.open(folder / "vault.db", SECRET)
        file = vault._connection
        if pragma:
            await file.run(partial(file.execute, f"PRAGMA {pragma}"))
        await commit(vault, range(turn * EACH, (turn + 1) * EACH), _say)
        await vault.close()


def _say(line: str) -> None:
    sys.stdout.write(line)
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else ""))
