"""A class's pages in a real browser: each sheet prints on its own paper, fits a phone, and is accessible."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from pypdf import PdfReader

from backchannel_lib.cli.class_list import write_class
from tests.helpers.accessibility import violations

STUDENTS = """Name,Score,Caller,Recommender,Programs
Avery,251,Dr. Lind,trusted peer,Mercy; Lakeside
Blake,238,Dr. Lind,trusted peer,Mercy; Lakeside; St. Anne; Riverbend; University Hospital; Valley
Casey,x,,,
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small class's files."""
    folder = tmp_path_factory.mktemp("class")
    (folder / "students.csv").write_text(STUDENTS, encoding="utf-8")
    write_class(folder / "students.csv", out=folder / "out", at="2027-02-01T09:00")
    return folder / "out"


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page as wide as a phone."""
    page = browser.new_page(viewport={"width": 320, "height": 640})
    yield page
    page.close()


def printed(page: Page) -> list[str]:
    """Print the page, and return the words on each sheet of paper."""
    return [sheet.extract_text() for sheet in PdfReader(io.BytesIO(page.pdf(format="Letter"))).pages]


def test_each_sheet_begins_on_paper_of_its_own_and_prints_by_itself(folder: Path, page: Page) -> None:
    """All sheets print from the list of names, which doesn't print itself, and a chosen name prints alone."""
    page.goto((folder / "students.html").as_uri())
    sheets = printed(page)
    assert len(sheets) == 2  # six programs without any information take no more paper than two
    assert [sheet.split()[0] for sheet in sheets if "As of" in sheet] == ["Avery", "Blake"]
    assert sheets[0].startswith("Avery")
    page.get_by_role("link", name="Blake").click()
    alone = printed(page)
    assert alone == sheets[-len(alone) :]
    assert alone[0].startswith("Blake")
    assert "Avery" not in "".join(alone)


@pytest.mark.parametrize("name", ["students.html", "class.html"])
def test_a_page_fits_a_phone_and_axe_finds_nothing(folder: Path, page: Page, name: str) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto((folder / name).as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert violations(page) == []
    assert asked == [(folder / name).as_uri()]
