"""A process that keeps private files as the commands and services do, and says so after each.

python -m tests.wellstream.local.keeping FOLDER
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

from schemas.identity import digest, event_id
from schemas.private_file import append_private
from streams.notifier.told import Told
from streams.store.tokens import Role, TokenFile, digest_of
from tests.producers.vault.conftest import NOW
from wellstream.local.secrets import local_secrets
from wellstream.local.state import claim_home

TURNS = 8


def call(turn: int) -> UUID:
    """The id of a call for help."""
    return event_id("cut", str(turn))


def kept(home: Path) -> Iterator[str]:
    """What a state folder keeps, in the words in which it was said. Raises what a command would raise."""
    if not home.exists():
        return
    claim_home(home)
    yield f"secrets {digest(str(sorted(local_secrets(home).items())))}"
    revealed = home / "revealed.jsonl"
    yield from revealed.read_text().splitlines() if revealed.exists() else ()
    yield from (f"token {one.digest}" for one in TokenFile(home / "tokens.json").read())
    told = Told(home / "notifier.db", NOW)
    yield from (f"told {turn}" for turn in range(TURNS) if told.has("email", call(turn)))
    told.close()


def main(home: Path) -> None:
    """Keep something of each kind, several times over."""
    claim_home(home)
    _say(f"secrets {digest(str(sorted(local_secrets(home).items())))}")
    told = Told(home / "notifier.db", NOW)
    for turn in range(TURNS):
        claim_home(home)
        append_private(home / "revealed.jsonl", f"revealed {turn}")
        _say(f"revealed {turn}")
        text = TokenFile(home / "tokens.json").add(f"reader{turn}", Role.STAFF, NOW)
        _say(f"token {digest_of(text)}")
        told.add("email", [call(turn)], NOW)
        _say(f"told {turn}")
    told.close()


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
