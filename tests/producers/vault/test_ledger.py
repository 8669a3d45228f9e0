"""The ledger: a retried event is the same event."""

from producers.vault import Vault
from schemas.identity import event_id
from tests.producers.vault.conftest import NOW


async def test_the_ledger_remembers_the_first_time(vault: Vault) -> None:
    name = event_id("twilio", "SM1")
    assert await vault.ledger.first_seen(name, NOW) == (NOW, False)
    await vault.ledger.acknowledge(name)
    assert await vault.ledger.first_seen(name, NOW.replace(year=2030)) == (NOW, True)


async def test_other_content_is_another_version_and_the_same_content_the_same(vault: Vault) -> None:
    name = event_id("link", "a form")
    contents = ("7", "8", "7", "9", "8")
    assert [await vault.ledger.version(name, content) for content in contents] == [1, 2, 1, 3, 2]
    assert await vault.ledger.version(event_id("link", "another form"), "9") == 1
