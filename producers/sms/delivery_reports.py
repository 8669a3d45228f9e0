"""The events that report on a text: its delivery, and what that means for its prompt."""

from collections.abc import Callable, Iterator
from datetime import datetime
from uuid import UUID

from pydantic import TypeAdapter

from producers.vault import Dispatch
from schemas.events import (
    DeliveryReported,
    DeliveryStatus,
    Outcome,
    PromptClosed,
    PromptRequested,
    PromptSent,
    ReplyRequested,
    caused_by,
)
from schemas.identity import event_id

Requested = PromptRequested | ReplyRequested
Report = DeliveryReported | PromptSent | PromptClosed
Build = Callable[[datetime], Report]

REQUESTED: TypeAdapter[Requested] = TypeAdapter(Requested)
_REACHED = frozenset({DeliveryStatus.ACCEPTED, DeliveryStatus.SENT, DeliveryStatus.DELIVERED})


def reports_on(
    dispatch: Dispatch, delivery: DeliveryStatus, code: str | None
) -> Iterator[tuple[UUID, Build]]:
    """The events that follow from a new delivery state of a text: the id of each, and how to build it.

    A prompt counts as sent from the moment it was claimed, even if only a delivery report shows that it was.
    """
    request = REQUESTED.validate_json(dispatch.request)
    prompt = request if isinstance(request, PromptRequested) else None
    name = event_id("report", str(dispatch.text), delivery.value)
    yield name, lambda at: DeliveryReported(
        **caused_by(request, name, occurred_at=at, recorded_at=at), text=dispatch.text,
        prompt_id=prompt.prompt_id if prompt else None, provider=dispatch.provider, delivery=delivery,
        code=code, segments=dispatch.segments,
    )  # fmt: skip
    if prompt is None or prompt.attempt:
        return
    if delivery in _REACHED:
        yield prompt.prompt_id, lambda at: _sent(prompt, dispatch.claimed_at, at)
    elif delivery == DeliveryStatus.FAILED:
        yield prompt_closed(prompt, Outcome.FAILED, "provider")


def prompt_closed(prompt: PromptRequested, outcome: Outcome, detail: str) -> tuple[UUID, Build]:
    """The event that closes a prompt that was never sent."""
    name = event_id("closed", str(prompt.prompt_id))
    return (
        name,
        lambda at: PromptClosed(
            **caused_by(prompt, name, occurred_at=at, recorded_at=at),
            prompt_id=prompt.prompt_id,
            outcome=outcome,
            detail=detail,
        ),
    )


def _sent(prompt: PromptRequested, sent_at: datetime, at: datetime) -> PromptSent:
    return PromptSent(
        **caused_by(prompt, prompt.prompt_id, occurred_at=sent_at, recorded_at=at), channel=prompt.channel,
        scheduled_at=prompt.scheduled_at, expires_at=prompt.expires_at, study_day=max(prompt.study_day, 1),
        beep=prompt.beep,
    )  # fmt: skip


def text_withheld(request: Requested, provider: str, reason: str) -> tuple[UUID, Build]:
    """The event for a text that was withheld, and why."""
    name = event_id("report", str(request.event_id), DeliveryStatus.WITHHELD.value)
    prompt_id = request.prompt_id if isinstance(request, PromptRequested) else None
    return name, lambda at: DeliveryReported(
        **caused_by(request, name, occurred_at=at, recorded_at=at), text=request.event_id,
        prompt_id=prompt_id, provider=provider, delivery=DeliveryStatus.WITHHELD, code=reason,
    )  # fmt: skip
