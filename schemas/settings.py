"""Every setting, declared once. Each is read from the environment as `WELLSTREAM_` and its name."""

import re
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from schemas.kafka_access import KafkaAccess

_Port = Annotated[int, Field(ge=1, le=65535, description="a whole number from 1 to 65535")]
_Positive = Annotated[float, Field(gt=0, allow_inf_nan=False, description="a number above 0, such as 1")]
_Days = Annotated[int | None, Field(ge=1, description="a whole number of days, at least 1")]
_Servers = Annotated[
    str,
    Field(
        pattern=r"^[^\s,]+:\d{1,5}(,[^\s,]+:\d{1,5})*$",
        description="`host:port`, or several of them separated by commas",
    ),
]
_WebAddress = Annotated[
    str,
    Field(pattern=r"^https?://[^\s/]+", description="a web address, such as https://study.example"),
]
_IdleMinutes = Annotated[
    float, Field(gt=0, le=720, allow_inf_nan=False, description="a number of minutes up to 720, such as 30")
]
_YesOrNo = Annotated[bool, Field(description="true or false")]
_KAFKA_USER = re.compile("kafka_(.+)_password")
_ANYWHERE = ("0.0.0.0", "::", "")  # noqa: S104 - recognised, not bound


class MissingSetting(ValueError):
    """A required setting is missing."""


def reached_at(host: str, port: int) -> str:
    """The web address of a server on this machine; one that listens everywhere is reached by loopback."""
    name = "127.0.0.1" if host in _ANYWHERE else f"[{host}]" if ":" in host else host
    return f"http://{name}:{port}"


def _public_url(given: dict[str, Any]) -> str:
    return reached_at(given.get("gateway_host", ""), given.get("gateway_port", 0))


def _admin_url(given: dict[str, Any]) -> str:
    return reached_at(given.get("admin_host", ""), given.get("admin_port", 0))


class WeakSecret(ValueError):
    """A secret of ours could be guessed."""


class Settings(BaseSettings):
    """The settings of an installation.

    Attributes:
        home: The state folder.
        kafka: Kafka's bootstrap servers, as `host:port`, separated by commas.
        kafka_user, kafka_password: The Kafka user of this service, with SCRAM-SHA-512; none where Kafka asks
            for none.
        kafka_ca: The certificate authority of the brokers, a PEM file; with one, connections use TLS.
        kafka_gateway_password, kafka_worker_password, kafka_planner_password, kafka_store_password,
            kafka_notifier_password: The passwords that `wellstream topics` gives to the services' users in
            Kafka; none for users that Kafka got elsewhere.
        study: The study definition, a YAML file.
        gateway_host, gateway_port: Where the gateway listens.
        public_url: The address at which participants and the SMS provider reach the gateway; signatures are
            checked against it, and links begin with it. By default, where the gateway listens.
        trusted_proxies: Addresses or networks, separated by commas, of reverse proxies in front of the
            gateway; only their `X-Forwarded-For` is believed when requests are limited by address.
        admin_host, admin_port, admin_url, admin_token: The gateway's admin API, for the worker and for
            enrolment: where it listens, and where it is reached if that is not the same. Never expose it to
            the internet.
        vault_key: Opens the vault; at least 32 characters. Without it, telephone numbers are lost.
        planner_secret: The times of prompts are derived from it, so that nobody can predict them. A new one
            holds for days that are not planned yet.
        vault_file, store_file, worker_data: Where the vault, the DuckDB file and the worker's tables
            are; by default in `home`.
        sms_provider: The provider that sends: `twilio`, `telnyx`, `kannel`, `jasmin`, `africastalking` or
            `simulator`. By default, Twilio if an account is set, and the simulator in a simulation.
        sms_segments_per_second: Most SMS segments to pass to the provider in a second (a long
            code carries 1).
        twilio_auth_token, twilio_account_sid, twilio_from, twilio_api_url: The Twilio account. Without
            `twilio_account_sid`, texts are only received.
        telnyx_public_key, telnyx_api_key, telnyx_from, telnyx_api_url: The Telnyx account.
        http_sms_preset, http_sms_url, http_sms_user, http_sms_password, http_sms_from, http_sms_secret,
            http_sms_hmac_key: A generic HTTP gateway; see `producers.sms.providers.generic_http`.
        store_host, store_port, store_token: Where readers reach the store, and the token of the dashboard and
            the commands. Further readers get their own from `wellstream token add`.
        store_listen: The address that the store binds to.
        store_query_memory_mb: Megabytes that the queries of all readers may use together; a process of
            their own takes at most 1,024 more.
        batch_minutes: Minutes between batches: full records, arms, alerts and the nightly check.
        record_retention_days: For how many days Kafka keeps the record that `wellstream rebuild` starts
            from: check-ins, prompts, texts, alerts and dead letters. By default, for ever. It must exceed the
            study's longest arm by at least 90 days; `wellstream topics --apply` changes existing topics.
        dashboard_host, dashboard_port: Where the dashboard listens.
        dashboard_url: The dashboard's address as staff reach it; what they are told links to it.
        dashboard_sign_in: Whether the dashboard asks who is there. `false` is accepted only where it listens
            on a loopback address; the demo asks nobody there.
        dashboard_idle_minutes: After how many minutes without activity people are signed out.
        oidc_metadata_url, oidc_client_id, oidc_client_secret: An OpenID Connect provider with which people
            sign in to the dashboard; its address ends in `/.well-known/openid-configuration`.
        oidc_emails, oidc_domains: Who may: verified addresses, or what follows the @ of them, separated by
            commas.
        oidc_name: What the page calls the provider.
        staff_emails: Who is told of a call for help by e-mail: addresses, separated by commas.
        smtp_host, smtp_port, smtp_user, smtp_password, smtp_from: The mail server that sends it.
        smtp_tls: How the connection to it is secured: `starttls` (port 587), `tls` (port 465) or `none`.
        staff_webhook_url, staff_webhook_secret: An address that calls for help are posted to, and the key of
            its signature (standardwebhooks.com).
        simulation: Accept invented times from the simulator. Never for a real study.
    """

    model_config = SettingsConfigDict(
        env_prefix="WELLSTREAM_", env_ignore_empty=True, frozen=True, extra="ignore"
    )

    home: Path = Path(".wellstream")
    kafka: _Servers = "127.0.0.1:9092"
    kafka_user: str = ""
    kafka_password: SecretStr | None = None
    kafka_ca: Path | None = None
    kafka_gateway_password: SecretStr | None = None
    kafka_worker_password: SecretStr | None = None
    kafka_planner_password: SecretStr | None = None
    kafka_store_password: SecretStr | None = None
    kafka_notifier_password: SecretStr | None = None
    study: Path | None = None
    gateway_host: str = "127.0.0.1"
    gateway_port: _Port = 8080
    public_url: _WebAddress = Field(default_factory=_public_url)
    trusted_proxies: str = ""
    admin_host: str = "127.0.0.1"
    admin_port: _Port = 8081
    admin_url: _WebAddress = Field(default_factory=_admin_url)
    admin_token: SecretStr | None = None
    vault_key: SecretStr | None = None
    planner_secret: SecretStr | None = None
    vault_file: Path | None = None
    sms_provider: str = ""
    sms_segments_per_second: _Positive = 1.0
    twilio_auth_token: SecretStr | None = None
    twilio_account_sid: str = ""
    twilio_from: str = ""
    twilio_api_url: str = ""
    telnyx_public_key: str = ""
    telnyx_api_key: SecretStr | None = None
    telnyx_from: str = ""
    telnyx_api_url: str = ""
    http_sms_preset: str = ""
    http_sms_url: str = ""
    http_sms_user: str = ""
    http_sms_password: SecretStr | None = None
    http_sms_from: str = ""
    http_sms_secret: SecretStr | None = None
    http_sms_hmac_key: SecretStr | None = None
    store_host: str = "localhost"
    store_listen: str = "localhost"
    store_port: _Port = 9494
    store_token: SecretStr | None = None
    store_query_memory_mb: Annotated[int, Field(ge=64)] = 2048
    store_file: Path | None = None
    batch_minutes: _Positive = 60.0
    record_retention_days: _Days = None
    worker_data: Path | None = None
    dashboard_host: str = "127.0.0.1"
    dashboard_port: _Port = 8501
    dashboard_url: _WebAddress = "http://127.0.0.1:8501"
    dashboard_sign_in: _YesOrNo = True
    dashboard_idle_minutes: _IdleMinutes = 30.0
    oidc_metadata_url: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: SecretStr | None = None
    oidc_emails: str = ""
    oidc_domains: str = ""
    oidc_name: str = ""
    staff_emails: str = ""
    smtp_host: str = ""
    smtp_port: _Port = 587
    smtp_user: str = ""
    smtp_password: SecretStr | None = None
    smtp_from: str = ""
    smtp_tls: Literal["starttls", "tls", "none"] = "starttls"
    staff_webhook_url: str = ""
    staff_webhook_secret: SecretStr | None = None
    simulation: _YesOrNo = False

    @property
    def broker(self) -> KafkaAccess:
        """How this service connects to Kafka.

        Raises:
            MissingSetting: There is a user without a password.
        """
        password = self.secret("kafka_password") if self.kafka_user else ""
        return KafkaAccess(self.kafka, self.kafka_user, password, self.kafka_ca)

    @property
    def kafka_users(self) -> dict[str, str]:
        """The passwords to give to Kafka's users, by user: the services' that are set, and one's own."""
        services = {
            found[1]: password.get_secret_value()
            for name in type(self).model_fields
            if (found := _KAFKA_USER.fullmatch(name)) and (password := getattr(self, name))
        }
        return {self.kafka_user: self.broker.password, **services} if services else {}

    @property
    def vault_path(self) -> Path:
        """Where the vault is."""
        return self.vault_file or self.home / "vault.db"

    @property
    def store_path(self) -> Path:
        """Where the DuckDB file is."""
        return self.store_file or self.home / "store.duckdb"

    @property
    def worker_path(self) -> Path:
        """Where the worker keeps its tables."""
        return self.worker_data or self.home / "worker"

    @property
    def dashboard_users_path(self) -> Path:
        """Where the dashboard's local accounts are."""
        return self.home / "dashboard-users.json"

    @property
    def tells_staff(self) -> bool:
        """Whether staff are told of calls for help."""
        return bool(self.staff_emails or self.staff_webhook_url)

    @property
    def store_uri(self) -> str:
        """The store's address for its readers."""
        return f"http://{self.store_host}:{self.store_port}"

    @property
    def store_tokens_path(self) -> Path:
        """Where the readers' tokens are kept, as hashes."""
        return self.store_path.with_name("readers.json")

    @property
    def study_path(self) -> Path:
        """The study file.

        Raises:
            MissingSetting: No study is set.
        """
        if self.study is None:
            raise MissingSetting("no study is set: set WELLSTREAM_STUDY to a study's YAML file")
        return self.study

    def secret(self, name: str) -> str:
        """A secret in plain text.

        Raises:
            MissingSetting: It is not set.
        """
        value = getattr(self, name)
        if not isinstance(value, SecretStr) or not value.get_secret_value():
            raise MissingSetting(
                f"the secret {name} is not set: set WELLSTREAM_{name.upper()} to a long random text"
            )
        return value.get_secret_value()


_OWN_SECRETS = (
    "vault_key", "admin_token", "store_token", "planner_secret", "kafka_password", "http_sms_secret",
    "http_sms_hmac_key", "staff_webhook_secret",
)  # fmt: skip
_SHORTEST_SECRET = 16
_FEWEST_CHARACTERS = 8
_MOST_IN_SEQUENCE = 0.5
_WORDS = ("change", "example", "password", "secret", "wellstream")


def refuse_weak_secrets(settings: Settings) -> None:
    """Look at the secrets that whoever installs wellstream makes up.

    Raises:
        WeakSecret: One is shorter than 16 characters, has fewer than 8 different ones, repeats itself, is a
            sequence such as 01234567, or contains a word that examples and placeholders consist of.
    """
    for name in type(settings).model_fields:
        if name not in _OWN_SECRETS and not _KAFKA_USER.fullmatch(name):
            continue
        secret = getattr(settings, name)
        if secret and _weak(secret.get_secret_value()):
            raise WeakSecret(
                f"WELLSTREAM_{name.upper()} could be guessed: make a new one with `openssl rand -hex 32`, "
                "and set it wherever this one is set"
            )


def _weak(secret: str) -> bool:
    if not secret:
        return False
    if len(secret) < _SHORTEST_SECRET or len(set(secret)) < _FEWEST_CHARACTERS:
        return True
    neighbours = sum(abs(ord(one) - ord(other)) <= 1 for one, other in pairwise(secret))
    return (
        secret in (secret * 2)[1:-1]
        or neighbours > _MOST_IN_SEQUENCE * (len(secret) - 1)
        or any(word in secret.lower() for word in _WORDS)
    )
