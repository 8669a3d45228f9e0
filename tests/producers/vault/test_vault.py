"""The vault: numbers in, pseudonyms out, and nothing to read without the key."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from producers.vault.people import Enrolment, NewLink
from producers.vault.vault import Vault, VaultError
from schemas.identity import event_id

NUMBER = "+447700900123"
NOW = datetime(2026, 6, 1, tzinfo=UTC)
SECRET = "a key of at least thirty-two characters"
PERSON = Enrolment(
    number=NUMBER, study="demo@2", arm="cbt", language="en", zone="Europe/London", start_date=date(2026, 6, 1)
)


async def test_a_number_keeps_its_pseudonym_and_does_not_show_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "vault.db"
    vault = await Vault.open(path, SECRET)
    first, again = await vault.enrol([PERSON], NOW), await vault.enrol([PERSON], NOW)
    assert first[0].participant == again[0].participant
    found = await vault.resolve("+44 7700 900123")
    assert found is not None
    assert found.participant == first[0].participant
    assert len(await vault.key(found.participant) or b"") == 32
    assert await vault.resolve("+447700900124") is None
    await vault.close()
    written = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert b"7700900123" not in written
    assert b"SQLite" not in written


async def test_another_key_opens_nothing(tmp_path: Path) -> None:
    path = tmp_path / "vault.db"
    await (await Vault.open(path, SECRET)).close()
    with pytest.raises(VaultError, match="WELLSTREAM_VAULT_KEY"):
        await Vault.open(path, SECRET[::-1])


async def test_the_ledger_remembers_the_first_time(tmp_path: Path) -> None:
    vault = await Vault.open(tmp_path / "vault.db", SECRET)
    name = event_id("twilio", "SM1")
    assert await vault.first_seen(name, NOW) == (NOW, False)
    await vault.acknowledge(name)
    assert await vault.first_seen(name, NOW.replace(year=2030)) == (NOW, True)
    await vault.close()


async def test_other_content_is_another_version_and_the_same_content_the_same(tmp_path: Path) -> None:
    vault = await Vault.open(tmp_path / "vault.db", SECRET)
    name = event_id("link", "a form")
    assert [await vault.version(name, content) for content in ("7", "8", "7", "9", "8")] == [1, 2, 1, 3, 2]
    assert await vault.version(event_id("link", "another form"), "9") == 1
    await vault.close()


async def test_a_prompt_has_one_link_and_a_standing_one_is_new_each_time(tmp_path: Path) -> None:
    vault = await Vault.open(tmp_path / "vault.db", SECRET)
    (person,) = await vault.enrol([PERSON], NOW)
    one, other = (
        NewLink(participant=person.participant, prompt_id=event_id("prompt", name), expires_at=NOW)
        for name in ("one", "other")
    )
    standing = NewLink(participant=person.participant, expires_at=NOW)
    tokens = await vault.mint_links([one, other, one, standing, standing])
    assert tokens[0] == tokens[2]
    assert len(set(tokens)) == 4
    assert {len(token) for token in tokens} == {22}
    opened = await vault.link(tokens[0])
    assert opened is not None
    assert opened.prompt_id == one.prompt_id
    await vault.close()
    elsewhere = await Vault.open(tmp_path / "another.db", SECRET[::-1])
    await elsewhere.enrol([PERSON.model_copy(update={"pseudonym": person.participant})], NOW)
    assert await elsewhere.mint_links([one]) != tokens[:1]
    await elsewhere.close()


async def test_a_number_that_stands_twice_in_a_list_is_one_person(tmp_path: Path) -> None:
    vault = await Vault.open(tmp_path / "vault.db", SECRET)
    spelt = [PERSON, PERSON.model_copy(update={"number": "+44 (0)7700-900 123"}), PERSON]
    assert len({one.participant for one in await vault.enrol(spelt, NOW)}) == 1
    await vault.close()
