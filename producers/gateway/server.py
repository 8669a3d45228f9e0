"""Running the gateway: public app, admin API and dispatcher, in the one process that owns the vault."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial

import uvicorn
from aiokafka.errors import KafkaError

from locales import all_locales
from producers.forms.recent_answers import Follower, RecentAnswers
from producers.gateway.admin_api import build_admin_api
from producers.gateway.app import build_gateway
from producers.gateway.help_calls import publish_kept
from producers.gateway.helpers import Helpers, Report
from producers.gateway.intake import Intake
from producers.kafka import Publisher, PublishFailed, announce
from producers.sms.dispatcher import Dispatcher
from producers.sms.providers.registry import Registry, configured_providers
from producers.vault import Vault
from schemas.clock import now
from schemas.http_server import ConnectionLimits, http_server
from schemas.settings import Settings
from schemas.stop_signals import on_stop
from schemas.study import Study
from schemas.study.file import load_study

_log = logging.getLogger(__name__)
_RETRY_SECONDS = 1.0
_BACKLOG = 1024
# Enrolling thousands takes minutes: each is on Kafka before the answer.
_ADMIN_LIMITS = ConnectionLimits(connections=100, response_seconds=1800.0)


class PortInUse(RuntimeError):
    """Another process listens on one of the gateway's ports."""


async def serve_gateway(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT; then finish the requests, publish the last events, and close.

    Raises:
        StudyChanged: `id@version` was published before with other content.
        PortInUse: A port is taken.
        MissingSetting: A secret or the study is not set.
        VaultError: The vault does not open.
        DefinitionError: The file of the study or of a language is wrong.
    """
    all_locales()  # a wrong file must stop the gateway, not the first page that needs it
    study = load_study(settings.study_path)
    studies = {study.ref: study}
    announced = asyncio.Event()
    registry = configured_providers(settings)
    async with _vault(settings) as vault, _publisher(settings) as publisher, _closing(registry):
        recent = RecentAnswers(studies) if study.form.last_two_weeks else None
        work: dict[str, Callable[[Report], Awaitable[None]]] = {}
        if sending := registry.sending:
            work["sender"] = Dispatcher(settings, sending, studies, vault, publisher, now).run
        intake, began = Intake(vault, publisher, now), now()
        work["calls for help"] = partial(publish_kept, vault, intake, began)
        if recent:
            work["reader of recent answers"] = lambda report: _follow(recent, settings, announced, report)
        helpers = Helpers(work)
        unset = _told(registry)
        public = build_gateway(
            settings, studies, registry, vault, publisher, now, announced.is_set, recent,
            helpers=lambda: helpers.states | unset,
        )  # fmt: skip
        admin = build_admin_api(settings, studies, registry, vault, publisher, now)
        with (
            listen(settings.gateway_host, settings.gateway_port) as public_socket,
            listen(settings.admin_host, settings.admin_port) as admin_socket,
        ):
            await _run(
                [
                    (http_server(public, ConnectionLimits()), public_socket),
                    (http_server(admin, _ADMIN_LIMITS), admin_socket),
                ],
                asyncio.create_task(_announce(study, settings, publisher, studies, announced)),
                asyncio.create_task(helpers.run()),
            )


@asynccontextmanager
async def _vault(settings: Settings) -> AsyncIterator[Vault]:
    vault = await Vault.open(settings.vault_path, settings.secret("vault_key"))
    try:
        yield vault
    finally:
        await vault.close()


@asynccontextmanager
async def _publisher(settings: Settings) -> AsyncIterator[Publisher]:
    publisher = Publisher(settings.broker)
    try:
        yield publisher
    finally:
        await publisher.close()


@asynccontextmanager
async def _closing(registry: Registry) -> AsyncIterator[None]:
    try:
        yield
    finally:
        await registry.close()


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens.

    Raises:
        PortInUse: The port is taken.
    """
    try:
        return socket.create_server((host, port), backlog=_BACKLOG)
    except OSError:
        raise PortInUse(
            f"port {port} on {host} is in use; stop what listens there, or choose another port"
        ) from None


async def _run(
    servers: list[tuple[uvicorn.Server, socket.socket]],
    announcing: "asyncio.Task[None]",
    helping: "asyncio.Task[None]",
) -> None:
    """Serve until a signal; or until the study turns out to have been announced with other content.

    Nothing else ends the intake: it needs Kafka and the vault only.
    """

    def stop() -> None:
        for server, _ in servers:
            server.should_exit = True

    def stop_if_failed(task: "asyncio.Task[None]") -> None:
        if not task.cancelled() and task.exception() is not None:
            stop()

    on_stop(stop)
    announcing.add_done_callback(stop_if_failed)
    await asyncio.gather(*(server.serve(sockets=[listener]) for server, listener in servers))
    for task in (announcing, helping):
        task.cancel()
    outcome, _ = await asyncio.gather(announcing, helping, return_exceptions=True)
    if isinstance(outcome, Exception):
        raise outcome


def _told(registry: Registry) -> dict[str, str]:
    """Say in the log what is wrong with the settings of texts, and return what fails for it."""
    for fault in registry.faults:
        _log.error("some texts are not received, but the form works: %s", fault)
    if registry.sending_fault:
        _log.error("no texts are sent, but the form works: %s", registry.sending_fault)
    failing = {"incoming texts": registry.faults, "sender": registry.sending_fault}
    return {name: "failing" for name, fault in failing.items() if fault}


async def _follow(
    recent: RecentAnswers, settings: Settings, announced: asyncio.Event, report: Report
) -> None:
    # Check-ins of an earlier version of the study mean something only when that version is known.
    await announced.wait()
    await Follower(recent, settings.broker, now).run(report)


async def _announce(
    study: Study,
    settings: Settings,
    publisher: Publisher,
    studies: dict[str, Study],
    announced: asyncio.Event,
) -> None:
    """Announce the study as soon as Kafka is available; until then the gateway answers 503."""
    while True:
        try:
            await announce(study, settings.broker, publisher, studies)
        except (KafkaError, PublishFailed, OSError):
            await asyncio.sleep(_RETRY_SECONDS)
        else:
            announced.set()
            return
