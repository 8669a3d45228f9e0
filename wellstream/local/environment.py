"""What each service gets to know: the settings, and of the secrets only its own."""

import os
from collections.abc import Mapping
from types import MappingProxyType

from pydantic import SecretStr

from schemas.settings import Settings
from schemas.topic_rights import OPERATOR
from wellstream.local.kafka_users import kafka_users

SECRETS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "gateway": (
            "vault_key", "admin_token", "twilio_auth_token", "telnyx_api_key", "http_sms_password",
            "http_sms_secret", "http_sms_hmac_key",
        ),
        "store": ("store_token",),
        "worker": ("admin_token",),
        "planner": ("planner_secret",),
        "notifier": ("smtp_password", "staff_webhook_secret"),
        "dashboard": ("store_token", "oidc_client_secret"),
    }
)  # fmt: skip
"""The secrets of each service; its Kafka password besides."""

_PREFIX = "WELLSTREAM_"


def as_operator(settings: Settings) -> Settings:
    """The settings with which this process and other commands connect to this installation's Kafka."""
    password = SecretStr(kafka_users(settings.home)[OPERATOR])
    return settings.model_copy(update={"kafka_user": OPERATOR, "kafka_password": password})


def environment_of(service: str, settings: Settings) -> dict[str, str]:
    """The environment of a service's process.

    Of this process's environment, it gets what is not a setting of wellstream's; and the settings, without
    the secrets of other services.
    """
    variables = {name: value for name, value in os.environ.items() if not name.startswith(_PREFIX)}
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if value is None or (isinstance(value, SecretStr) and name not in SECRETS[service]):
            continue
        text = value.get_secret_value() if isinstance(value, SecretStr) else str(value)
        variables[f"{_PREFIX}{name.upper()}"] = text
    users = kafka_users(settings.home) if settings.kafka_user else {}
    variables[f"{_PREFIX}KAFKA_USER"] = service if service in users else ""
    if service in users:
        variables[f"{_PREFIX}KAFKA_PASSWORD"] = users[service]
    return variables
