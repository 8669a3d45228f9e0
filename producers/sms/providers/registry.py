"""The SMS providers that an installation's settings configure.

To add a provider: a module beside this one, and its `from_settings` in `_PROVIDERS`.
"""

from collections.abc import Callable
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


@dataclass
class Registry:
    """The adapters of an installation.

    Attributes:
        adapters: By name, as in the webhook's path.
        sending: The one that sends; None if no texts are sent.
    """

    adapters: dict[str, Adapter] = field(default_factory=dict)
    sending: Adapter | None = None

    async def close(self) -> None:
        """Close all of them."""
        for adapter in self.adapters.values():
            await adapter.close()


def configured_providers(settings: Settings) -> Registry:
    """Every configured provider may deliver texts to us; `sms_provider` is the one that sends.

    Raises:
        MissingSetting: A provider lacks a setting, or the one that is to send is not configured.
    """
    found = [adapter for from_settings in _PROVIDERS if (adapter := from_settings(settings))]
    adapters = {adapter.name: adapter for adapter in found}
    return Registry(adapters, _sending(settings, adapters))


def _sending(settings: Settings, adapters: dict[str, Adapter]) -> Adapter | None:
    if settings.sms_provider:
        if settings.sms_provider not in adapters:
            known = ", ".join(adapters) or "none"
            raise MissingSetting(
                f"WELLSTREAM_SMS_PROVIDER is {settings.sms_provider}, which is not set up; these are: {known}"
            )
        return adapters[settings.sms_provider]
    if settings.simulation:
        return adapters[fake.NAME]
    return adapters.get("twilio") if settings.twilio_account_sid else None
