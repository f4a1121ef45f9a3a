"""Setup for all tests: the project's folder on the path, and Hypothesis profiles.

The everyday profile draws the same cases every time, so runs are repeatable and take seconds. Before a release,
`HYPOTHESIS_PROFILE=thorough` draws many more, and new ones each time; `fuzz` draws 20,000, for the tests of files with
arbitrary content (half an hour each).
"""

from __future__ import annotations

import gc
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, Phase, settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext

    from tests.helpers.engines import Engine
    from tests.helpers.lab import Lab, Opened, Window
    from tests.helpers.network import Network
    from tests.helpers.site import Site

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:  # `pytest` alone, unlike `python -m pytest`, leaves it out
    sys.path.insert(0, str(ROOT))

#: Linux's in-memory folder: saved files are synced to disk after each change, and tests make thousands of changes.
IN_MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of its own is made in it
#: Tests keep saved files in a folder of their own, so that they never find or lose a person's files.
os.environ["BACKCHANNEL_WORK"] = tempfile.mkdtemp(
    prefix="backchannel-tests-", dir=IN_MEMORY if os.access(IN_MEMORY, os.W_OK) else None
)

settings.register_profile(
    "everyday",
    derandomize=True,
    deadline=None,
    database=None,
    max_examples=50,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "thorough", parent=settings.get_profile("everyday"), derandomize=False, max_examples=1000, print_blob=True
)
settings.register_profile("fuzz", parent=settings.get_profile("thorough"), max_examples=20_000)
settings.register_profile(  # test --mutation: the everyday cases, without shrinking failing ones
    "mutants", parent=settings.get_profile("everyday"), phases=[Phase.explicit, Phase.generate]
)
settings.register_profile("quick", parent=settings.get_profile("everyday"), max_examples=5)  # test --quick
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "everyday"))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A browser for all tests in a process. Without one, they fail with a message that says how to get it."""
    from playwright.sync_api import sync_playwright

    from backchannel_lib.cli.browser import find_chromium, launch_arguments

    path = find_chromium()
    # Don't optimize WebAssembly in the background: a test's page doesn't live long enough to gain from it.
    arguments = [*launch_arguments(), "--js-flags=--liftoff-only"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def reader(browser: Browser) -> Iterator[BrowserContext]:
    """One browser context for all pages of JupyterLab, so that each page after the first finds its scripts in the cache."""
    from tests.helpers.lab import SIZE

    context = browser.new_context(viewport=SIZE, accept_downloads=True)
    yield context
    context.close()


@pytest.fixture(scope="session")
def lab(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """JupyterLab with the workbook's own settings, for all tests in a process."""
    from tests.helpers.lab import served

    with served(tmp_path_factory.mktemp("lab")) as lab:
        yield lab


@pytest.fixture(scope="session")
def window(reader: BrowserContext, lab: Lab) -> Iterator[Window]:
    """A page of JupyterLab that stays open from one notebook to the next."""
    from tests.helpers.lab import Window

    window = Window(reader, lab)
    yield window
    window.close()


@pytest.fixture(scope="session")
def your_case(browser: Browser, lab: Lab) -> Iterator[tuple[Opened, Network]]:
    """Chapter 10 in JupyterLab, opened once for all tests in a process, with a simulated network.

    It has its own browser, because a second page in the same browser gets another JupyterLab workspace with the default layout.
    """
    from tests.helpers.lab import GLANCE, SIZE, open_and_run
    from tests.helpers.network import Network
    from tests.helpers.panel_page import DRAWN

    networks: list[Network] = []
    context = browser.new_context(viewport=SIZE, accept_downloads=True)
    opened = open_and_run(context, lab, "10_your_case.ipynb", before=lambda page: networks.append(Network(page)))
    opened.page.wait_for_function(f"document.querySelectorAll('.bw[data-ready]').length === 2 && {DRAWN}", polling=GLANCE)
    opened.wait_until_idle()
    yield opened, networks[0]
    context.close()


@pytest.fixture(scope="session", params=["chromium", "firefox", "webkit"])
def engine(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Engine]:
    """Each engine with a phone's screen."""
    from tests.helpers.engines import open_engine
    from tests.helpers.site import PHONE

    with open_engine(request.param, browser, PHONE) as engine:
        yield engine


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The static site, built once for all tests, even in several processes."""
    from tests.helpers.site import built_and_served

    together = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        together = together.parent
    with built_and_served(together / "the-site") as site:
        yield site


#: Groups of tests that run in one process because they share expensive fixtures, each named after a fixture or a file. Those
#: that take or wait longest start first, so that others run meanwhile.
GROUPS = (
    "lab",
    "tests/workshop/test_votes.py",
    "tests/frontend/test_deliberate_breaks.py",
    "engine",
    "tests/browser/test_stage.py",
    "tests/browser/test_lost_messages.py",
    "tests/browser/test_site_pages.py",
    "tests/browser/test_site_deck.py",
)
#: A test in a file that names none of these fixtures opens no browser.
BROWSER_FIXTURES = re.compile(r"\b(browser|reader|lab|window|your_case|engine): ")


def names_browser(path: Path) -> bool:
    """Return whether a file uses one of the fixtures that open a browser."""
    return BROWSER_FIXTURES.search(path.read_text(encoding="utf-8")) is not None


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """If only browser tests are selected, don't import a hundred files without any."""
    if config.option.markexpr == "browser" and collection_path.suffix == ".py" and not names_browser(collection_path):
        return True
    return None


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark tests that open a browser, and keep those in a file together unless it says that each can run anywhere.

    Browser tests run in a separate process, because Playwright's event loop would interfere with other tests.
    """
    if "browser" in getattr(item, "fixturenames", ()):
        assert names_browser(item.path), f"{item.nodeid} would never run: add its fixture to BROWSER_FIXTURES"
        item.add_marker(pytest.mark.browser)
    if item.get_closest_marker("independent") is None:
        item.add_marker(pytest.mark.xdist_group(group_of(item)))


def group_of(item: pytest.Item) -> str:
    """Return the name of the group of tests that a test runs with, in one process."""
    shared = [name for name in GROUPS if name in getattr(item, "fixturenames", ())]
    return shared[0] if shared else item.nodeid.partition("::")[0]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the slowest groups first, and tests that can run in any process last, where they fill the gaps."""
    places = {name: place for place, name in enumerate(GROUPS)}

    def place(item: pytest.Item) -> int:
        is_independent = item.get_closest_marker("independent") is not None
        return places.get(group_of(item), len(places) + is_independent)

    items.sort(key=place)


def pytest_collection_finish() -> None:
    """Keep the garbage collector from going through all tests and modules again and again."""
    gc.freeze()


def pytest_unconfigure() -> None:
    """Clean up."""
    shutil.rmtree(os.environ["BACKCHANNEL_WORK"], ignore_errors=True)


@pytest.fixture(autouse=True)
def no_workshop_before() -> None:
    """Start each test without a saved workshop session, because a saved one is resumed automatically."""
    for left in os.scandir(os.environ["BACKCHANNEL_WORK"]):
        if left.name.startswith("workshop") or left.name in {"run_plan.json", "drill.json"}:
            Path(left).unlink()


@pytest.fixture
def own_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """Give a test a folder of its own for cases, scenes and questions, and restore the deck afterward."""
    from backchannel_lib.activities.saved_answers import FOLDER
    from backchannel_lib.workshop import deck

    monkeypatch.setenv(FOLDER, str(tmp_path))
    deck.read_own_again()
    yield tmp_path
    monkeypatch.undo()
    deck.read_own_again()
