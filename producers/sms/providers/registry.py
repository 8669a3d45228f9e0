"""The adapters that an installation's settings ask for."""

from producers.sms.providers.base import Adapter, Registry
from producers.sms.providers.fake import Simulator
from producers.sms.providers.generic_http import PRESETS, Account, HttpGateway
from producers.sms.providers.telnyx import TelnyxSms
from producers.sms.providers.twilio import Twilio
from schemas.settings import MissingSetting, Settings

_SHORTEST_SECRET = 16


def chosen_gateways(settings: Settings) -> Registry:
    """Every provider that is set up may deliver texts to us; `sms_provider` is the one that sends.

    Raises:
        MissingSetting: The provider that is to send lacks a setting, or its name is not known.
    """
    adapters: dict[str, Adapter] = {}
    if settings.twilio_auth_token:
        adapters["twilio"] = Twilio(
            settings.secret("twilio_auth_token"), settings.twilio_account_sid, settings.twilio_from,
            settings.twilio_api_url,
        )  # fmt: skip
    if settings.telnyx_public_key:
        key = settings.telnyx_api_key.get_secret_value() if settings.telnyx_api_key else ""
        adapters["telnyx"] = TelnyxSms(
            settings.telnyx_public_key, key, settings.telnyx_from, settings.telnyx_api_url
        )
    if settings.http_sms_secret:
        adapters[_preset(settings)] = HttpGateway(_preset(settings), _account(settings))
    if settings.simulation:
        adapters["simulator"] = Simulator(settings.secret("admin_token"))
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
        return adapters["simulator"]
    return adapters.get("twilio") if settings.twilio_account_sid else None


def _preset(settings: Settings) -> str:
    if settings.http_sms_preset not in PRESETS:
        raise MissingSetting(f"set WELLSTREAM_HTTP_SMS_PRESET to one of {', '.join(PRESETS)}")
    return settings.http_sms_preset


def _account(settings: Settings) -> Account:
    secret = settings.secret("http_sms_secret")
    if len(secret) < _SHORTEST_SECRET:
        raise MissingSetting(
            f"WELLSTREAM_HTTP_SMS_SECRET is too short: set at least {_SHORTEST_SECRET} characters"
        )
    password, hmac_key = settings.http_sms_password, settings.http_sms_hmac_key
    return Account(
        send_url=settings.http_sms_url,
        user=settings.http_sms_user,
        password=password.get_secret_value() if password else "",
        sender=settings.http_sms_from,
        secret=secret,
        hmac_key=hmac_key.get_secret_value() if hmac_key else "",
    )
