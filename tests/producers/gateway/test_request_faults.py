"""Every field of a request to the admin API has words for what it may hold."""

import inspect
from types import ModuleType

import pytest
from pydantic import TypeAdapter, ValidationError

from producers.gateway import admin_api, staff_api
from producers.gateway.request_faults import MUST_BE, sentence_about
from producers.vault import Enrolment, NewLink
from schemas.base import FrozenModel
from schemas.receipts import Receipt


def requests_of(module: ModuleType) -> set[type[FrozenModel]]:
    """The models that a module declares for its own requests."""
    return {
        one
        for one in vars(module).values()
        if inspect.isclass(one) and issubclass(one, FrozenModel) and one.__module__ == module.__name__
    }


MODELS = sorted(
    {Enrolment, NewLink, Receipt} | requests_of(admin_api) | requests_of(staff_api),
    key=lambda one: one.__name__,
)


@pytest.mark.parametrize("model", MODELS, ids=[one.__name__ for one in MODELS])
def test_each_field_has_its_words(model: type[FrozenModel]) -> None:
    assert model.model_fields.keys() <= MUST_BE.keys()
    for name in model.model_fields:
        with pytest.raises(ValidationError) as wrong:
            TypeAdapter(list[model]).validate_python([{name: object()}])  # type: ignore[valid-type]
        assert sentence_about(wrong.value).startswith("entry 1: ")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("{", "this is not the JSON that is expected here"),
        ("[]", "this is not the JSON that is expected here"),
        (
            '{"participant": "Jan +447700900123"}',
            "participant must be a pseudonym, such as p-0123456789abcdef",
        ),
        ('{"expires_at": "2026-01-01T00:00:00Z"}', "participant is missing; it must be a pseudonym"),
    ],
)
def test_it_says_what_is_wrong_and_quotes_nothing(given: str, said: str) -> None:
    with pytest.raises(ValidationError) as wrong:
        NewLink.model_validate_json(given)
    assert sentence_about(wrong.value).startswith(said)
    assert "+44" not in sentence_about(wrong.value)
