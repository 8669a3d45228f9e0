"""Another key for the vault: everything in it stays, and the old key opens nothing."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from uuid import UUID

import pytest

from producers.gateway.vault_key import change_vault_key
from producers.vault import NewLink, Vault, VaultError, VaultUnavailable
from schemas.identity import event_id
from tests.producers.vault.conftest import ENROLMENT, NOW, SECRET

FRESH = "another key of more than thirty-two characters"
PROMPT = event_id("prompt", "one")


async def filled(path: Path) -> tuple[str, str]:
    """A vault with a participant and a link: the pseudonym and the link's token."""
    vault = await Vault.open(path, SECRET)
    (person,) = await vault.directory.enrol([ENROLMENT], NOW)
    (token,) = await vault.links.create([link_of(person.participant, PROMPT)])
    await vault.close()
    return person.participant, token


def link_of(participant: str, prompt: UUID) -> NewLink:
    return NewLink(participant=participant, prompt_id=prompt, expires_at=NOW)


async def test_everything_stays_and_the_old_key_opens_nothing(tmp_path: Path) -> None:
    path = tmp_path / "vault.db"
    participant, token = await filled(path)
    for _ in range(2):  # repeating it changes nothing
        await change_vault_key(path, SECRET, FRESH)
    with pytest.raises(VaultError, match="does not open the vault"):
        await Vault.open(path, SECRET)
    vault = await Vault.open(path, FRESH)
    found = await vault.directory.with_number(ENROLMENT.number)
    assert found is not None
    assert found.participant == participant
    assert await vault.keys.get(participant)
    opened = await vault.links.find(token)
    assert opened is not None
    (again,) = await vault.links.create([link_of(participant, PROMPT)])
    assert again != token, "the old key would still make valid links"
    assert await vault.links.find(again) == opened, "both links lead to one form"
    await vault.close()


async def test_two_prompts_stay_two_forms(tmp_path: Path) -> None:
    path = tmp_path / "vault.db"
    participant, token = await filled(path)
    vault = await Vault.open(path, SECRET)
    (other,) = await vault.links.create([link_of(participant, event_id("prompt", "other"))])
    one, two = await vault.links.find(token), await vault.links.find(other)
    await vault.close()
    assert one is not None
    assert two is not None
    assert one.token_hash != two.token_hash


async def test_a_vault_that_is_open_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "vault.db"
    await filled(path)
    vault = await Vault.open(path, SECRET)
    await vault.directory.find("p-x")
    with pytest.raises(VaultUnavailable, match="stop the gateway"):
        await change_vault_key(path, SECRET, FRESH)
    assert await vault.directory.with_number(ENROLMENT.number)
    await vault.close()


@pytest.mark.parametrize(("old", "new"), [(FRESH[::-1], FRESH), (SECRET, "short")])
async def test_a_wrong_or_a_short_key_changes_nothing(tmp_path: Path, old: str, new: str) -> None:
    path = tmp_path / "vault.db"
    await filled(path)
    with pytest.raises(VaultError):
        await change_vault_key(path, old, new)
    vault = await Vault.open(path, SECRET)
    assert await vault.directory.with_number(ENROLMENT.number)
    await vault.close()


_CHANGE = """
import asyncio, sys
from pathlib import Path
from producers.gateway.vault_key import change_vault_key
print("ready", flush=True)
sys.stdin.readline()
asyncio.run(change_vault_key(Path(sys.argv[1]), sys.argv[2], sys.argv[3]))
"""


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.7, 0.9])
def test_a_kill_in_the_middle_leaves_a_vault_that_one_of_the_keys_opens(tmp_path: Path, share: float) -> None:
    path = tmp_path / "vault.db"
    asyncio.run(filled(path))
    asyncio.run(_swell(path))
    copy = tmp_path / "copy.db"
    copy.write_bytes(path.read_bytes())
    begun = time.monotonic()
    asyncio.run(change_vault_key(copy, SECRET, FRESH))
    whole = time.monotonic() - begun
    command = [sys.executable, "-c", _CHANGE, str(path), SECRET, FRESH]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        process.stdout.readline()
        process.stdin.write(b"go\n")
        process.stdin.flush()
        time.sleep(whole * share)
        os.kill(process.pid, signal.SIGKILL)
    asyncio.run(change_vault_key(path, SECRET, FRESH))
    assert asyncio.run(_knows(path))


async def _swell(path: Path) -> None:
    vault = await Vault.open(path, SECRET)
    people = [ENROLMENT.model_copy(update={"number": f"+4477009{place:05}"}) for place in range(5000)]
    await vault.directory.enrol(people, NOW)
    await vault.close()


async def _knows(path: Path) -> bool:
    vault = await Vault.open(path, FRESH)
    numbers = [f"+4477009{place:05}" for place in range(0, 5000, 500)]
    found = [await vault.directory.with_number(number) for number in [ENROLMENT.number, *numbers]]
    await vault.close()
    return all(found)
