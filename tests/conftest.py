"""What all tests share: a real broker for the session, a browser where there is one, and who runs what."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings as hypothesis_settings

from schemas.topic_log import TopicReader
from schemas.topics import TOPICS
from wellstream.local.kafka import local_kafka
from wellstream.operations.topics import create_topics

# Where it is set, every process that a test starts compiles the rooms anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
# As the command does (wellstream/cli/app.py), and before numpy is imported: threads of a process that wait
# for one another take as much processor as the work, and the other tests need it.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

TESTS = Path(__file__).parent
DEMO = TESTS.parent / "studies" / "demo.yaml"
_MOST_WORKERS = 4
_LONGEST_FIRST = (
    "test_thirty_days",
    "test_demo",
    "test_form_pages",
    "test_shuffles",
    "test_rules_in_every_path",
    "test_kill",
    "test_conversation",
    "test_export",
    "test_same_numbers",
    "test_modelled",
    "test_batch_job",
)

# Tests name a share of a profile's examples (tests/examples.py), so that `just test` can take fewer of all.
# On a busy machine a deadline measures the neighbours.
hypothesis_settings.register_profile("dev", deadline=None, max_examples=15)
hypothesis_settings.register_profile("ci", deadline=None, print_blob=True, derandomize=True)
hypothesis_settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Share the whole suite out between the cores; run tests that were named in this process."""
    named = config.args_source is pytest.Config.ArgsSource.ARGS
    if named or config.getoption("usepdb") or config.getoption("collectonly"):
        return 0
    return min(os.cpu_count() or 1, _MOST_WORKERS)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep what shares something expensive in one process, and begin with what takes longest."""
    needed: dict[Path, set[str]] = {}
    for item in items:
        needed.setdefault(item.path, set()).update(getattr(item, "fixturenames", ()))
    for item in items:
        if "kafka" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.kafka)
        item.add_marker(pytest.mark.xdist_group(_group(item.path, needed[item.path])))
    items.sort(key=lambda item: _place(item.path))


def _group(file: Path, fixtures: set[str]) -> str:
    journey = file.parent.name == "journeys"
    if "system" in fixtures and journey:
        return "system"
    if "kafka" in fixtures:
        return "kafka"
    if "simulated" in fixtures:
        return "simulated"
    return file.relative_to(TESTS).with_suffix("").as_posix()


def _place(file: Path) -> int:
    if file.stem in _LONGEST_FIRST:
        return _LONGEST_FIRST.index(file.stem)
    return len(_LONGEST_FIRST) + (file.parent.name != "journeys")


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Bootstrap servers of a real broker; WELLSTREAM_TEST_BROKER names another one."""
    given = os.environ.get("WELLSTREAM_TEST_BROKER")
    if given:
        yield given
        return
    with local_kafka(tmp_path_factory.mktemp("kafka")) as bootstrap:
        yield bootstrap


@pytest.fixture(scope="session")
async def broker(kafka: str) -> str:
    """The broker, with all topics."""
    await create_topics(kafka)
    # A new partition has no leader at first; on a busy machine for longer than the gateway waits.
    async with TopicReader(kafka, {}, TOPICS):
        return kafka


@pytest.fixture(scope="session")
def browser_path() -> str:
    """A Chromium; CI must have one, elsewhere its tests are skipped."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        if os.environ.get("CI"):
            pytest.fail("CI needs a browser: install chromium")
        pytest.skip("there is no Chromium on this machine")
    return found
