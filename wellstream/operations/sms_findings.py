"""What `wellstream doctor` finds about texts. None is sent or received to find it."""

from collections.abc import Iterator

from producers.sms.providers import fake
from producers.sms.providers.base import Adapter
from producers.sms.providers.registry import configured_providers
from schemas.settings import Settings
from wellstream.operations.findings import Finding

_SETTINGS = "docs/sms.md has the settings of each provider"
_TRY = "to try it, enrol your own telephone with `wellstream participant add` and text the study"


def sms_findings(settings: Settings, *, made_up_token: bool) -> Iterator[Finding]:
    """How texts come in and are sent.

    Args:
        settings: Those of the gateway.
        made_up_token: Whether `up` made up Twilio's token, as none was given: then Twilio cannot reach us.
    """
    registry = configured_providers(settings)
    for fault in registry.faults:
        yield Finding(False, fault, _SETTINGS)
    usable = [
        adapter for name, adapter in registry.adapters.items() if not (name == "twilio" and made_up_token)
    ]
    for adapter in usable:
        yield _incoming(settings, adapter)
    if not usable:
        yield Finding(
            False,
            "no provider is set up from which texts come in",
            "set WELLSTREAM_TWILIO_AUTH_TOKEN, or another provider's settings (docs/sms.md); not needed if "
            "people answer only by the form",
        )
    if registry.sending_fault:
        yield Finding(False, f"{registry.sending_fault}, so no prompts or replies are sent", _SETTINGS)
    else:
        yield _outgoing(registry.sending)


def _incoming(settings: Settings, adapter: Adapter) -> Finding:
    where = f"{settings.public_url}/sms/{adapter.name}"
    if adapter.name == fake.NAME:
        return Finding(True, "texts come in from simulated telephones", "try `wellstream phone`", tried=False)
    if adapter.capabilities.signed:
        return Finding(
            True, f"texts are to come in from {adapter.name}, signed, at {where}", _TRY, tried=False
        )
    return Finding(
        True,
        f"texts are to come in from {adapter.name}, UNSIGNED: only the secret in its path protects it",
        f"keep it within a private network; {_TRY}",
        tried=False,
    )


def _outgoing(sending: Adapter | None) -> Finding:
    if sending is None:
        return Finding(
            False,
            "no provider sends texts, so prompts and replies fail",
            "set WELLSTREAM_SMS_PROVIDER and that provider's settings (docs/sms.md)",
        )
    if sending.name == fake.NAME:
        return Finding(True, "texts are sent to simulated telephones", "try `wellstream phone`", tried=False)
    return Finding(True, f"texts are to be sent by {sending.name}", _TRY, tried=False)
