"""Runs the simulated study: first its past in one go, then live as time passes."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from producers.simulator.client import Client
from producers.simulator.days import (
    Action,
    Form,
    Prompt,
    Stranger,
    Text,
    awake,
    chosen,
    form_fields,
    history,
    value_of,
)
from producers.simulator.ledger import Ledger
from producers.simulator.people import Person, gain, invent
from producers.simulator.wording import write
from schemas.base import Channel
from schemas.clock import Clock
from schemas.identity import event_id
from schemas.settings import Settings
from schemas.study import Study

_LONGEST_GAP = timedelta(days=2)
_EPOCH = timedelta(days=7)
_LIVE_ANSWERS = 0.85

Report = Callable[[int, int], None]


async def send_past(
    settings: Settings, study: Study, ledger: Ledger, until: datetime, report: Report
) -> None:
    """Send the simulated past that has not been sent yet, week by week, each participant's in order.

    Args:
        settings: Where the gateway, its admin API and Kafka are.
        study: What is asked.
        ledger: What was sent before; it is brought up to date.
        until: The past ends here.
        report: Receives the number of actions done and their total.
    """
    people = invent(study, ledger.people, ledger.days, ledger.seed, ledger.first_day)
    since = max(ledger.sent_until, until - _LONGEST_GAP) if ledger.sent_until else datetime.min
    since = since.replace(tzinfo=until.tzinfo)
    plans = {person: list(history(person, study, since, until)) for person in people}
    total, done = sum(map(len, plans.values())), 0

    def tick(count: int) -> None:
        nonlocal done
        done += count
        report(done, total)

    try:
        async with Client(settings, study, ledger) as client:
            await client.enrol(people)
            for week in _weeks(plans):
                await _send_week(client, week, tick)
        ledger.sent_until = until
    finally:
        ledger.save()


def _weeks(plans: dict[Person, list[Action]]) -> list[dict[Person, list[Action]]]:
    starts = [actions[0].at for actions in plans.values() if actions]
    weeks: dict[int, dict[Person, list[Action]]] = defaultdict(lambda: defaultdict(list))
    for person, actions in plans.items():
        for action in actions:
            weeks[(action.at - min(starts)) // _EPOCH][person].append(action)
    return [weeks[number] for number in sorted(weeks)]


async def _send_week(client: Client, week: dict[Person, list[Action]], tick: Callable[[int], None]) -> None:
    actions = [action for actions in week.values() for action in actions]
    prompts = [action for action in actions if isinstance(action, Prompt)]
    await client.ask(prompts)
    tick(len(prompts))
    # A form may be sent in the week after its prompt, or in the run after it.
    tokens = await client.links([action.prompt for action in actions if isinstance(action, Form)])
    async with asyncio.TaskGroup() as group:
        for own in week.values():
            group.create_task(_send_in_order(client, own, tokens, tick))


async def _send_in_order(
    client: Client, actions: Sequence[Action], tokens: dict[str, str], tick: Callable[[int], None]
) -> None:
    for action in actions:
        if isinstance(action, Text):
            await client.text(action)
        elif isinstance(action, Form):
            await client.form(action, tokens[str(action.prompt.id)])
        elif isinstance(action, Stranger):
            await client.stranger(action)
        if not isinstance(action, Prompt):
            tick(1)


async def go_live(
    settings: Settings, study: Study, ledger: Ledger, clock: Clock, stop: asyncio.Event, pace: float
) -> None:
    """Prompt a participant who is awake about every `pace` seconds until `stop`; most answer immediately."""
    people = invent(study, ledger.people, ledger.days, ledger.seed, ledger.first_day)
    draw = np.random.default_rng()
    try:
        async with Client(settings, study, ledger) as client:
            while not stop.is_set():
                available = [person for person in people if awake(person, study, clock())]
                if available:
                    await _one_moment(
                        client, study, available[int(draw.integers(len(available)))], clock(), draw
                    )
                ledger.sent_until = clock()
                with suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), pace)
    finally:
        ledger.save()


async def _one_moment(
    client: Client, study: Study, person: Person, at: datetime, draw: np.random.Generator
) -> None:
    channels = study.schedule.channels or (Channel.WEB,)
    channel = channels[int(draw.integers(len(channels)))]
    day = max((at.astimezone(ZoneInfo(person.zone)).date() - person.start).days + 1, 1)
    name = event_id("simulated-live", str(person.seed), at.isoformat())
    beep = min(at.hour * 2 + at.minute // 30 + 1, 48)
    prompt = Prompt(person, name, at, at + timedelta(minutes=5), day, beep, channel)
    await client.ask([prompt])
    if float(draw.uniform()) > _LIVE_ANSWERS:
        return
    mood = person.level + gain(study, person.arm, day) + person.spread * float(draw.normal())
    values = {item.id: value_of(item, mood, draw) for item in study.scales}
    if channel == Channel.WEB:
        tokens = await client.links([prompt])
        fields = form_fields(person, study, values, chosen(study, mood, draw), float(draw.uniform()))
        await client.form(Form(person, at, prompt, fields), tokens[str(name)])
    else:
        words = write(values, study, person.language, float(draw.uniform()))
        await client.text(Text(person, at, f"SL{name.hex}", words))
