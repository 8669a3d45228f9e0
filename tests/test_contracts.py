"""No event type reaches a consumer that has not decided what to make of it."""

import subprocess
import sys
from dataclasses import replace
from typing import Any, Literal

import pytest

from producers.forms import recent_answers
from producers.sms import dispatcher
from schemas.consumers import Consumes, ContractBroken
from schemas.events import Envelope
from streams.indicators import update
from streams.notifier import service as notifier
from streams.scheduling import participant_state
from streams.store import reconcile
from streams.worker import agents

CONTRACTS: tuple[Consumes[Any], ...] = (
    participant_state.CONTRACT,
    agents.CONVERSATION,
    update.TIMELINE,
    reconcile.ACCEPTED,
    reconcile.ASKED,
    dispatcher.CONTRACT,
    recent_answers.CONTRACT,
    notifier.CONTRACT,
)
NEW_TYPE = """
from dataclasses import replace
from schemas import topics
from schemas.events import Envelope
class MadeUp(Envelope): ...
topics.{topic} = replace(topics.{topic}, events=(*topics.{topic}.events, MadeUp))
import {module}
"""


class MadeUp(Envelope):
    """An event type that no consumer knows."""

    type: Literal["made.up"] = "made.up"


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.consumer)
def test_a_new_event_type_on_any_topic_of_a_consumer_is_refused(contract: Consumes[Any]) -> None:
    for topic in contract.topics:
        grown = replace(topic, events=(*topic.events, MadeUp))
        topics = tuple(grown if one is topic else one for one in contract.topics)
        with pytest.raises(ContractBroken, match=f"{contract.consumer} neither handles nor ignores: MadeUp"):
            replace(contract, topics=topics)


@pytest.mark.parametrize(
    ("module", "topic"),
    [
        ("streams.scheduling.service", "PROMPTS"),
        ("streams.worker.agents", "MESSAGES"),
        ("streams.store.reconcile", "PROMPTS"),
        ("producers.sms.dispatcher", "PARTICIPANTS"),
        ("producers.forms.recent_answers", "CHECKINS"),
    ],
)
@pytest.mark.slow
def test_a_consumer_of_a_topic_with_a_new_event_type_cannot_be_imported(module: str, topic: str) -> None:
    program = NEW_TYPE.format(module=module, topic=topic)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "neither handles nor ignores: MadeUp" in done.stderr
