"""Define the options of the test run, and the folders of its files."""

from __future__ import annotations

import gc
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

from tests.browser import CHROMIUM, FLAGS, Show
from tests.shared import run_folder, shared

if TYPE_CHECKING:
    from tests.postgres import Cluster
    from tests.prefect_server import PrefectServer

MEMORY = Path("/dev/shm")
ENOUGH_BYTES = 2 * 1024**3
LONG = ("mediawiki", "prefect", "browser", "waits")
SPREAD = 0.7  # the share of a run within which files with these marks are started
SHORT = {"diff", "judge", "model", "parse", "text"}  # folders whose files take at most a second: they run last
LONGEST = "test_delivery_model.py"  # this file of `make slow` takes as long as all others: it runs first
# Random texts: a few in `make fast` and `make test`, many in `make slow`, which runs every test of
# random texts, marked or not. CI uses the same texts each time, so that no change fails because of other texts.
settings.register_profile("fast", max_examples=5, deadline=None)
settings.register_profile("test", max_examples=5, deadline=None, derandomize="CI" in os.environ)
settings.register_profile("slow", max_examples=400, deadline=None, derandomize="CI" in os.environ)
settings.load_profile("test")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden", action="store_true", help="write the verdicts of tests/golden anew; then read `git diff`"
    )


def fit(folder: Path) -> bool:
    """Whether a folder has space, and allows programs to be executed."""
    return shutil.disk_usage(folder).free > ENOUGH_BYTES and not os.statvfs(folder).f_flag & os.ST_NOEXEC


def pytest_configure() -> None:
    """Keep databases, wikis and browsers of the tests in memory if there is space, which is faster than a disk."""
    if "TMPDIR" not in os.environ and os.access(MEMORY, os.W_OK) and fit(MEMORY):
        os.environ["TMPDIR"] = str(MEMORY)
        tempfile.tempdir = None
    gc.disable()  # what is created during collection stays


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Spread the files that wait over the first part of a run, so that others use the processors meanwhile.

    None is left for the end, where a worker would be alone with it.
    """
    long = {item.path for item in items if any(item.get_closest_marker(mark) for mark in LONG)}
    order: dict[Path, float] = {}
    for waits in (False, True):
        paths = dict.fromkeys(item.path for item in items if (item.path in long) is waits)
        order |= {path: number / len(paths) * (SPREAD if waits else 1) for number, path in enumerate(paths)}
    order |= {path: 2 for path in order if SHORT & {*path.parts}}
    order |= {path: -1 for path in order if path.name == LONGEST}
    items.sort(key=lambda item: order[item.path])


def pytest_collection_finish(session: pytest.Session) -> None:
    """Freeze what is loaded by now: the garbage collector need not check it again every few tests.

    `make fast` ends before its garbage fills 300 MB, so that nothing is collected there at all.
    """
    if session.config.getoption("hypothesis_profile") == "fast":
        return
    gc.enable()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A PostgreSQL server: that of WATCHER_TEST_POSTGRES, else a temporary one from Debian's binaries."""
    from tests.postgres import Cluster, started_cluster

    with shared(run_folder(tmp_path_factory), "postgres", started_cluster) as text:
        url, template = text.splitlines()
        with closing(Cluster(url=url, template=template.rpartition("/")[2])) as cluster:
            yield cluster


@pytest.fixture(scope="session")
def prefect_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrefectServer]:
    """Prefect's server, started as `watcher serve` does it."""
    from tests.prefect_server import PrefectServer, started_server

    with shared(run_folder(tmp_path_factory), "prefect", started_server) as text:
        yield PrefectServer(**json.loads(text))


@pytest.fixture(scope="session")
def installed_wiki(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of a MediaWiki that tests copy; they are skipped if none can run."""
    from tests.mediawiki.wiki import installed_wiki

    with shared(run_folder(tmp_path_factory), "mediawiki", installed_wiki) as folder:
        yield Path(folder)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A real browser for the tests of one file; they are skipped and listed if it is missing."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def page(browser: Any) -> Iterator[Any]:
    """One page that the tests of a file share: each new page is a process that takes 0.3 s to start."""
    context = browser.new_context()
    yield context.new_page()
    context.close()


@pytest.fixture
def show(page: Any, tmp_path: Path) -> Show:
    """Open some HTML on that page."""

    def opened(html: str, width: int = 1280, scheme: str = "light") -> Any:
        saved = tmp_path / "page.html"
        saved.write_text(html, encoding="utf-8")
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=scheme, media="screen")
        page.goto(saved.as_uri())
        return page

    return opened
