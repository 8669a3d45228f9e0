"""Nonsense in any argument or option is answered in words, also by a gateway and a store that run.

Elsewhere a command may fail before it looks at what it was given; here what it asks answers.
"""

import asyncio
import io
import re
import shutil
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, get_args

import duckdb
import pytest
from pydantic import SecretStr
from pydantic_core.core_schema import ErrorType

from producers.gateway.admin_api import build_admin_api
from producers.sms.providers.fake import FakeProvider
from producers.sms.providers.registry import Registry
from producers.vault import Vault
from schemas.clock import now
from schemas.http_server import ConnectionLimits, http_server
from schemas.settings import Settings
from schemas.study.file import load_study
from streams.store.writer import open_store
from tests.conftest import DEMO
from tests.producers.gateway.conftest import Kept
from tests.served import serve_read_only
from tests.wellstream.cli.test_every_command import (
    COMMANDS,
    STARTS_MUCH,
    assert_one_sentence,
    kind_of,
    said,
    value_of,
)
from wellstream.local.kafka import free_port

NONSENSE = ("nonsense", "p-0", "", "x" * 400, "\N{PILE OF POO}", "a\x1b[2Jb", "-", "0", "{}", "+447700900123")
TOKEN = "a token of the tests"
STARTED = {one for one in COMMANDS if one.startswith("serve ")} | STARTS_MUCH | {"up", "phone"}
"""What a call starts for good, or what waits for a person to type."""
CODES = re.compile(
    "|".join(rf"\b{kind}\b" for kind in get_args(ErrorType) if "_" in kind)
    + r"|validation error|input_value|input_type|errors\.pydantic|\bloc\b|Traceback"
)


def parameters() -> list[tuple[str, int]]:
    """Each parameter of each command that takes words."""
    return [
        (name, place)
        for name, command in COMMANDS.items()
        if name not in STARTED
        for place, parameter in enumerate(command.parameters)
        if not getattr(parameter, "is_flag", False) and kind_of(parameter) is str
    ]


@asynccontextmanager
async def admin_api(settings: Settings, port: int) -> AsyncIterator[None]:
    study = load_study(DEMO)
    vault = await Vault.open(settings.vault_path, settings.secret("vault_key"))
    registry = Registry({"simulator": FakeProvider(TOKEN)})
    server = http_server(
        build_admin_api(settings, {study.ref: study}, registry, vault, Kept(), now), ConnectionLimits()
    )
    server.config.port = port
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    yield
    server.should_exit = True
    await serving
    await vault.close()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment in which commands reach an admin API and a store, both with nobody in them."""
    home = tmp_path_factory.mktemp("running")
    admin, store = free_port(), free_port()
    settings = Settings(
        home=home, study=DEMO, vault_key=SecretStr("a key of at least thirty-two characters"),
        admin_token=SecretStr(TOKEN), simulation=True,
    )  # fmt: skip
    began, end = threading.Event(), threading.Event()

    async def serve() -> None:
        async with admin_api(settings, admin):
            began.set()
            await asyncio.to_thread(end.wait)

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert began.wait(60)
    connection: duckdb.DuckDBPyConnection = open_store(home / "store.duckdb")
    server = serve_read_only(connection, "127.0.0.1", store, TOKEN)
    yield {
        "WELLSTREAM_STUDY": str(DEMO), "WELLSTREAM_KAFKA": "127.0.0.1:1", "WELLSTREAM_STORE_TOKEN": TOKEN,
        "WELLSTREAM_ADMIN_URL": f"http://127.0.0.1:{admin}", "WELLSTREAM_ADMIN_TOKEN": TOKEN,
        "WELLSTREAM_STORE_HOST": "127.0.0.1", "WELLSTREAM_STORE_PORT": str(store),
    }  # fmt: skip
    server.stop()
    connection.close()
    end.set()
    thread.join()


def call(name: str, wrong: int, nonsense: str, file: Path) -> list[str]:
    """A call of a command with nonsense for one parameter and all others as they should be."""
    called: list[str] = name.split()
    arguments: list[str] = []
    for place, parameter in enumerate(COMMANDS[name].parameters):
        if place != wrong and not parameter.required:
            continue
        given = nonsense if place == wrong else right(parameter, file)
        if parameter.param_type_name == "option":
            called += [parameter.opts[-1], *[given] * parameter.nargs]
        else:
            arguments += [given] * max(parameter.nargs, 1)
    return [*called, "--", *arguments] if arguments else called


def right(parameter: Any, file: Path) -> str:
    return "p-0123456789abcdef" if parameter.name == "pseudonym" else value_of(parameter, str(file))


@pytest.mark.parametrize(
    ("name", "place"),
    parameters(),
    ids=[f"{name} {COMMANDS[name].parameters[place].name}" for name, place in parameters()],
)
def test_nonsense_is_answered_in_words(
    name: str, place: int, running: dict[str, str], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    for variable, text in running.items():
        monkeypatch.setenv(variable, text)
    file = tmp_path / "study.yaml"  # a copy: some commands write to what they are given
    for nonsense in NONSENSE:
        shutil.copy(DEMO, file)
        monkeypatch.setattr("sys.stdin", io.StringIO(nonsense))
        code, text = said(call(name, place, nonsense, file), capfd)
        assert not CODES.search(text), text
        if code:
            assert_one_sentence(code, text)


@pytest.mark.parametrize("command", ["link", "pause", "resume"])
def test_what_is_no_pseudonym_is_told_with_what_one_looks_like(
    command: str, running: dict[str, str], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    for variable, text in running.items():
        monkeypatch.setenv(variable, text)
    code, text = said(["participant", command, "nonsense"], capfd)
    assert code == 1
    assert "participant must be a pseudonym, such as p-0123456789abcdef" in text
