"""The directory: numbers in, pseudonyms out."""

import pytest

from producers.vault import Vault, VaultError
from schemas.identity import new_pseudonym
from tests.producers.vault.conftest import ENROLMENT, NOW


async def test_a_number_keeps_its_pseudonym_and_its_key(vault: Vault) -> None:
    (first,) = await vault.directory.enrol([ENROLMENT], NOW)
    key = await vault.keys.get(first.participant)
    moved = ENROLMENT.model_copy(update={"arm": "waitlist"})
    (again,) = await vault.directory.enrol([moved], NOW)
    assert (again.participant, again.arm, again.revision) == (first.participant, "waitlist", 2)
    found = await vault.directory.with_number("+44 7700 900123")
    assert found is not None
    assert found.participant == first.participant
    assert await vault.keys.get(first.participant) == key
    assert len(key or b"") == 32
    assert await vault.directory.with_number("+447700900124") is None


async def test_a_number_that_stands_twice_in_a_list_is_one_person(vault: Vault) -> None:
    spelt = [ENROLMENT, ENROLMENT.model_copy(update={"number": "+44 (0)7700-900 123"}), ENROLMENT]
    assert len({one.participant for one in await vault.directory.enrol(spelt, NOW)}) == 1


async def test_people_are_enrolled_all_or_none(vault: Vault) -> None:
    wrong = ENROLMENT.model_copy(update={"number": "0470 12 34 56"})
    with pytest.raises(VaultError, match="international form"):
        await vault.directory.enrol([ENROLMENT, wrong], NOW)
    assert await vault.directory.with_number(ENROLMENT.number) is None


async def test_nobody_gets_the_pseudonym_of_somebody_else(vault: Vault) -> None:
    given = {"pseudonym": new_pseudonym()}
    other = {"number": "+447700900124"}
    await vault.directory.enrol([ENROLMENT.model_copy(update=given)], NOW)
    with pytest.raises(VaultError, match="belongs to somebody else"):
        await vault.directory.enrol([ENROLMENT.model_copy(update=given | other)], NOW)
