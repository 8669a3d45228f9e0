"""Running the gateway: the public door and the desk, in one process that owns the vault."""

import asyncio
import signal

import uvicorn
from aiokafka import AIOKafkaConsumer, TopicPartition
from starlette.applications import Starlette

from producers.desk import build_desk
from producers.gateway import Gateway, build_gateway
from producers.publisher import Publisher
from producers.vault import Vault
from schemas.clock import now
from schemas.settings import Settings
from schemas.study import Study
from schemas.study_file import load_study
from schemas.topics import STUDIES

_GRACE_SECONDS = 10


class StudyChanged(RuntimeError):
    """The study's file differs from the definition that was published under the same id and version."""


class _Server(uvicorn.Server):
    """A server that leaves the signals to `serve_gateway`, which runs two of them."""

    def install_signal_handlers(self) -> None:
        """Install none."""


async def serve_gateway(settings: Settings) -> None:
    """Serve the gateway and the desk until SIGTERM or SIGINT; finishes the requests under way.

    Raises:
        StudyChanged: `id@version` was published before with another content.
    """
    study = load_study(settings.study_path)
    vault = Vault(settings.vault_path, settings.secret("vault_key"))
    try:
        async with Publisher(settings.kafka) as publisher:
            await _publish_study(settings, study, publisher)
            gateway = Gateway(settings, study, vault, publisher, now)
            await _serve(
                _server(build_gateway(gateway), settings.gateway_host, settings.gateway_port),
                _server(build_desk(gateway), settings.desk_host, settings.desk_port),
            )
    finally:
        vault.close()


def _server(app: Starlette, host: str, port: int) -> _Server:
    # No access log: form tokens stand in the paths.
    return _Server(
        uvicorn.Config(
            app,
            host=host,
            port=port,
            access_log=False,
            log_level="warning",
            lifespan="off",
            timeout_graceful_shutdown=_GRACE_SECONDS,
            server_header=False,
        )
    )


async def _serve(*servers: _Server) -> None:
    def stop() -> None:
        for server in servers:
            server.should_exit = True

    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop)
    # `_serve` of uvicorn is `serve` without its signal handlers.
    await asyncio.gather(*(server._serve() for server in servers))  # noqa: SLF001


async def _publish_study(settings: Settings, study: Study, publisher: Publisher) -> None:
    known = await _published(settings.kafka)
    if study.ref not in known:
        await publisher.publish(STUDIES, study.ref, study)
    elif Study.model_validate_json(known[study.ref]) != study:
        raise StudyChanged(
            f"{study.ref} is in use with another content; a study in use does not change: "
            f"give the changed file version {study.version + 1}"
        )


async def _published(bootstrap: str) -> dict[str, bytes]:
    place = TopicPartition(STUDIES.name, 0)
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap, auto_offset_reset="earliest", enable_auto_commit=False
    )
    await consumer.start()
    try:
        consumer.assign([place])
        end = (await consumer.end_offsets([place]))[place]
        await consumer.seek_to_beginning(place)
        found: dict[str, bytes] = {}
        while await consumer.position(place) < end:
            for records in (await consumer.getmany(timeout_ms=1000)).values():
                found |= {r.key.decode(): r.value for r in records if r.key and r.value}
        return found
    finally:
        await consumer.stop()
