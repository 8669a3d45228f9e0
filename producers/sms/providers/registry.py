"""The SMS providers that an installation's settings configure.

To add a provider: a module beside this one, and its `from_settings` in `_PROVIDERS`.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

from producers.sms.providers import fake, generic_http, twilio
from producers.sms.providers.base import Adapter
from schemas.settings import MissingSetting, Settings


def _telnyx(settings: Settings) -> Adapter | None:
    if not settings.telnyx_public_key:
        return None
    # Here, because its library takes longer to load than all else in the gateway.
    from producers.sms.providers import telnyx

    return telnyx.from_settings(settings, settings.telnyx_public_key)


_PROVIDERS: tuple[Callable[[Settings], Adapter | None], ...] = (
    twilio.from_settings,
    _telnyx,
    generic_http.from_settings,
    fake.from_settings,
)
_SENDING_NEEDS = {
    "twilio": ("twilio_account_sid", "twilio_from"),
    "telnyx": ("telnyx_api_key", "telnyx_from"),
}
_GATEWAY_NEEDS = ("http_sms_url", "http_sms_from")


@dataclass
class Registry:
    """The adapters of an installation.

    Attributes:
        adapters: By name, as in the webhook's path.
        sending: The one that sends; None if no texts are sent.
        faults: What is wrong with the settings of those that are therefore not among the adapters.
        sending_fault: Why the one that is to send cannot.
    """

    adapters: dict[str, Adapter] = field(default_factory=dict)
    sending: Adapter | None = None
    faults: Sequence[str] = ()
    sending_fault: str = ""

    async def close(self) -> None:
        """Close all of them."""
        for adapter in self.adapters.values():
            await adapter.close()


def configured_providers(settings: Settings) -> Registry:
    """Every configured provider may deliver texts to us; `sms_provider` is the one that sends.

    A wrong setting of one keeps none of the others from being used.
    """
    adapters: dict[str, Adapter] = {}
    faults = []
    for from_settings in _PROVIDERS:
        try:
            adapter = from_settings(settings)
        except MissingSetting as missing:
            faults.append(str(missing))
        else:
            adapters |= {adapter.name: adapter} if adapter else {}
    name = _sender(settings)
    fault = _sending_fault(settings, name, adapters) if name else ""
    return Registry(adapters, None if fault else adapters.get(name), faults, fault)


def _sender(settings: Settings) -> str:
    """The name of the provider that is to send; empty if no texts are sent."""
    if settings.sms_provider or settings.simulation:
        return settings.sms_provider or fake.NAME
    return "twilio" if settings.twilio_account_sid and settings.twilio_auth_token else ""


def _sending_fault(settings: Settings, name: str, adapters: Collection[str]) -> str:
    if name not in adapters:
        known = ", ".join(adapters) or "none"
        return f"WELLSTREAM_SMS_PROVIDER is {name}, which is not set up; these are: {known}"
    needed = () if name == fake.NAME else _SENDING_NEEDS.get(name, _GATEWAY_NEEDS)
    lacking = [f"WELLSTREAM_{one.upper()}" for one in needed if not getattr(settings, one)]
    if not lacking:
        return ""
    return (
        f"{name} is to send texts, but {' and '.join(lacking)} {'is' if len(lacking) == 1 else 'are'} not set"
    )
