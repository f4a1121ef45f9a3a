"""What every test stands on: the project's folder on the path, and how hard hypothesis tries.

The everyday profile draws the same cases at each run, so a run is repeatable and takes seconds. Before a release,
`HYPOTHESIS_PROFILE=thorough` draws many more, and new ones each time; `fuzz` draws 20,000, for the tests of files that may hold
anything (half an hour each).
"""

from __future__ import annotations

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

    from tests.helpers.lab import Lab, Opened, Window
    from tests.helpers.network import Network
    from tests.helpers.site import Site

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:  # `pytest` alone, unlike `python -m pytest`, leaves it out
    sys.path.insert(0, str(ROOT))

#: Linux's folder in memory: what is kept is synced to the disk after each change, and tests make thousands of changes.
IN_MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of its own is made in it
#: What a reader keeps between chapters is kept elsewhere while tests run, so that no test finds or loses anyone's own.
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
settings.register_profile(  # test --mutation: the everyday cases, and no search for the smallest that fails
    "mutants", parent=settings.get_profile("everyday"), phases=[Phase.explicit, Phase.generate]
)
settings.register_profile("quick", parent=settings.get_profile("everyday"), max_examples=5)  # test --quick
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "everyday"))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A browser for all tests of a process; without one they fail with the sentence that says how to get it."""
    from playwright.sync_api import sync_playwright

    from backchannel_lib.cli.browser import find_chromium, launch_arguments

    path = find_chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=launch_arguments())
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def reader(browser: Browser) -> Iterator[BrowserContext]:
    """One reader's browser for all pages of JupyterLab, so that each page after the first finds its scripts in the cache."""
    from tests.helpers.lab import SIZE

    context = browser.new_context(viewport=SIZE, accept_downloads=True)
    yield context
    context.close()


@pytest.fixture(scope="session")
def lab(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """JupyterLab with the workbook's own settings, for all tests of a process."""
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
    """Chapter 10 in JupyterLab, opened once for all tests of a process, with its network in their hands.

    In a browser of its own: a second page in the same one gets another of Lab's workspaces, which has Lab's own layout.
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


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The static site, built once for all tests, also where they run in several processes."""
    from tests.helpers.site import built_and_served

    together = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        together = together.parent
    with built_and_served(together / "the-site") as site:
        yield site


#: Tests that are in one process, since they share what takes long to make, in the order in which they begin: the longest first.
#: A group is named after a fixture, or else after a file.
GROUPS = (
    "window",
    "tests/browser/test_site.py",
    "tests/browser/test_stage.py",
    "engine",
    "tests/browser/test_lab.py",
    "your_case",
    "tests/workshop/test_votes.py",
    "tests/browser/test_site_deck.py",
    "tests/browser/test_lost_messages.py",
)
#: A test of a file that names none of these fixtures opens no browser.
BROWSER_FIXTURES = re.compile(r"\b(browser|reader|lab|window|your_case): ")


def names_browser(path: Path) -> bool:
    """Return whether a file asks for one of the fixtures that open a browser."""
    return BROWSER_FIXTURES.search(path.read_text(encoding="utf-8")) is not None


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Where only browser tests are asked for, don't import a hundred files in which there are none."""
    if config.option.markexpr == "browser" and collection_path.suffix == ".py" and not names_browser(collection_path):
        return True
    return None


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark the tests that open a browser, and keep those of a file together unless they say that each may run anywhere.

    Browser tests run in a process of their own: Playwright's event loop would be in the way of others.
    """
    if "browser" in getattr(item, "fixturenames", ()):
        assert names_browser(item.path), f"{item.nodeid} would never run: add its fixture to BROWSER_FIXTURES"
        item.add_marker(pytest.mark.browser)
    if item.get_closest_marker("independent") is None:
        item.add_marker(pytest.mark.xdist_group(group_of(item)))


def group_of(item: pytest.Item) -> str:
    """Name the group of tests that a test runs with, in one process."""
    shared = [name for name in GROUPS if name in getattr(item, "fixturenames", ())]
    return shared[0] if shared else item.nodeid.partition("::")[0]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put first the groups that take longest, and last what may run in any process, to fill what the others leave."""
    places = {name: place for place, name in enumerate(GROUPS)}

    def place(item: pytest.Item) -> int:
        if item.get_closest_marker("independent") is not None:
            return len(places) + 1
        return places.get(group_of(item), len(places))

    items.sort(key=place)


def pytest_unconfigure() -> None:
    """Leave nothing behind."""
    shutil.rmtree(os.environ["BACKCHANNEL_WORK"], ignore_errors=True)


@pytest.fixture(autouse=True)
def no_workshop_before() -> None:
    """Each test meets a folder in which no workshop has begun, since a session that was kept goes on by itself."""
    for name in ("workshop*", "run_plan.json", "drill.json"):
        for left in Path(os.environ["BACKCHANNEL_WORK"]).glob(name):
            left.unlink()
