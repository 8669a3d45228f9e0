"""Links: one for each prompt, and a token that only this vault's key can make."""

from pathlib import Path

from producers.vault import NewLink, Vault
from schemas.identity import event_id
from tests.producers.vault.conftest import ENROLMENT, NOW, SECRET


async def test_a_prompt_has_one_link_and_a_standing_one_is_new_each_time(
    vault: Vault, tmp_path: Path
) -> None:
    (person,) = await vault.directory.enrol([ENROLMENT], NOW)
    one, other = (
        NewLink(participant=person.participant, prompt_id=event_id("prompt", name), expires_at=NOW)
        for name in ("one", "other")
    )
    standing = NewLink(participant=person.participant, expires_at=NOW)
    tokens = await vault.links.create([one, other, one, standing, standing])
    assert tokens[0] == tokens[2]
    assert len(set(tokens)) == 4
    assert {len(token) for token in tokens} == {22}
    opened = await vault.links.find(tokens[0])
    assert opened is not None
    assert (opened.prompt_id, opened.person) == (one.prompt_id, person)

    elsewhere = await Vault.open(tmp_path / "another.db", SECRET[::-1])
    await elsewhere.directory.enrol([ENROLMENT.model_copy(update={"pseudonym": person.participant})], NOW)
    assert await elsewhere.links.create([one]) != tokens[:1]
    await elsewhere.close()
