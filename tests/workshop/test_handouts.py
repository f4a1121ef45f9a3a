"""The printed sheets: complete pages that need no other file, in black and white, with answers on only one of them."""

from __future__ import annotations

import html
import itertools
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from backchannel_lib import CaseError, Verdict, judge, rules_check
from backchannel_lib.activities import saved_answers
from backchannel_lib.base.texts import text
from backchannel_lib.cli import main as command_line
from backchannel_lib.cli.browser import HOW_TO_GET_ONE, BrowserMissingError, find_chromium
from backchannel_lib.cli.print_sheets import PRINT_BY_HAND
from backchannel_lib.model.tables import facts
from backchannel_lib.page.components import lines_of, lines_of_all, linked_text
from backchannel_lib.workshop import handouts as sheets
from backchannel_lib.workshop.deck import Vignette, link_order, vignettes
from backchannel_lib.workshop.handouts import KINDS, sheet, write_handouts
from backchannel_lib.workshop.room_questions import room_questions
from backchannel_lib.workshop.run_plan.model import load_run_plans, plan_of, starts, steps_of, vignettes_of
from tests.helpers.activities import Page as Elements

STYLE = sheets.STYLE.read_text(encoding="utf-8")
PLANS = [row.plan for row in load_run_plans()]
BOTH = [(kind, plan) for kind in KINDS for plan in PLANS]
#: Seeds for the tests. They don't have to draw every vignette.
SEEDS = (1, 2, 30, 9999)
#: The facts behind the rule's box: nobody may initiate contact during SOAP, and when SOAP ends.
RULE_FACTS = ("soap_rule.no_first_contact", "soap_rule.covers_representatives", "soap_rule.ends_thursday")


class Page(Elements):
    """Collects a page's elements and its text."""

    def __init__(self, text: str) -> None:
        self.text = ""
        super().__init__(text)

    def handle_data(self, data: str) -> None:
        """Collect text, except styles."""
        if self.open[-1:] != ["style"]:
            self.text += data


def drawn(plan: str, seed: int) -> list[Vignette]:
    """Return a sheet's vignettes in order."""
    return [vignettes()[name] for name in vignettes_of(plan, seed).values()]


def rounds_of(page: str) -> list[str]:
    """Split a sheet into its rounds."""
    return re.split(r"<h2>Round \d+: ", page)[1:]


# ---- both sheets ----


@pytest.mark.parametrize(("kind", "plan"), BOTH)
def test_a_sheet_is_a_well_formed_page(kind: str, plan: str) -> None:
    """Every element is closed, the language is declared, headings don't skip levels, and tables have header cells."""
    page = Page(sheet(kind, plan, 1))
    assert page.open == []
    assert page.elements[0] == ("html", {"lang": "en"})
    names = [name for name, _ in page.elements]
    levels = [int(name[1]) for name in names if re.fullmatch("h[1-6]", name)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    assert names.count("thead") == names.count("caption") >= 1
    assert all(attributes.get("scope") in {"col", "row"} for name, attributes in page.elements if name == "th")


@pytest.mark.parametrize(("kind", "plan"), BOTH)
def test_a_sheet_is_self_contained(kind: str, plan: str) -> None:
    """It loads no files, names no hosts, links only to the lifeline, and has no scripts, controls or pictures."""
    text = sheet(kind, plan, 1)
    assert not re.search(r"(https?:)?//|url\(|@import|src=|href=(?!\"(tel|sms):988\")", text)
    names = {name for name, _ in Page(text).elements}
    assert names.isdisjoint({"script", "link", "img", "svg", "input", "button", "iframe"})


def test_no_color_carries_meaning() -> None:
    """The only colors are black, white and grays, and each voice has its own kind of frame."""
    named = set(re.findall(r"#[0-9a-fA-F]{3,8}\b", STYLE))
    assert all(len(set(re.findall(".." if len(one) > 4 else ".", one[1:]))) == 1 for one in named), named
    words = set(re.findall(r"(?:color|background|border[\w-]*): [^;]*?\b([a-z]+);", STYLE))
    assert words <= {"black", "white", "collapse"}
    assert not re.search(r"rgb|hsl|lab\(|color-mix|gradient|opacity", STYLE)
    frames = [
        re.search(rf"^\.{voice} {{ border: [\d.]+pt (\w+) black; }}$", STYLE, re.M) for voice in ("article", "ours", "rule")
    ]
    assert [found and found[1] for found in frames] == ["solid", "dashed", "double"]


@pytest.mark.parametrize(("kind", "plan"), BOTH)
def test_the_frames_are_explained(kind: str, plan: str) -> None:
    """Each sheet explains every kind of frame inside one of that kind, and the rule is in its own."""
    content = sheet(kind, plan, 1)
    for voice in ("article", "ours", "rule"):
        assert f'<p class="{voice}">{text(f"sheet.voice_{voice}")}</p>' in content
    for rule in (rules_check(vignettes()["nadia"].case), rules_check(vignettes()["ben"].case)):
        assert html.escape(rule.reason, quote=False) in content
    assert text("soap.read_agreement") in content


@pytest.mark.parametrize("kind", KINDS)
def test_the_plan_sets_the_number_of_rounds(kind: str) -> None:
    """A longer plan's sheets have more rounds, each under its vignette's title."""
    counts = []
    for plan in PLANS:
        rounds = rounds_of(sheet(kind, plan, 1))
        assert [one.partition("<")[0] for one in rounds] == [html.escape(one.title, quote=False) for one in drawn(plan, 1)]
        counts.append(len(rounds))
    assert counts == sorted(set(counts))


def test_the_seed_draws_other_files_and_the_same_one_the_same() -> None:
    """The same number always gives the same sheet, and another number gives other files for some round."""
    assert sheet("participants", "long", 3) == sheet("participants", "long", 3)
    assert len({sheet("participants", "long", seed) for seed in range(1, 9)}) > 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(("teachers", "short", 1), "participants"), (("facilitator", "shrot", 1), "short"), (("facilitator", "short", 0), "9999")],
)
def test_unknown_names_are_rejected(arguments: tuple[str, str, int], said: str) -> None:
    """The error for an unknown kind, plan or seed lists the valid ones."""
    with pytest.raises(CaseError, match=said):
        sheet(*arguments)


# ---- the sheet for everybody ----


@pytest.mark.parametrize("plan", PLANS)
@pytest.mark.parametrize("seed", SEEDS)
def test_the_participants_sheet_has_no_answer(plan: str, seed: int) -> None:
    """It has no verdict, reason, note or question for any file, and rounds differ only in what a director sees."""
    content = sheet("participants", plan, seed)
    shown = Page(content).text
    for vignette in drawn(plan, seed):
        for told in (vignette.note, vignette.discuss, vignette.why):
            assert told not in shown
        for reason in judge(vignette.case).reasons:
            assert reason.sentence not in shown
    for one in rounds_of(content):
        after = one.partition(f"<h3>{text('sheet.my_vote', question=text('votes.page.question'))}</h3>")[2].partition(
            "</section>"
        )[0]
        assert (
            after
            == rounds_of(content)[0]
            .partition(f"<h3>{text('sheet.my_vote', question=text('votes.page.question'))}</h3>")[2]
            .partition("</section>")[0]
        )
    assert text("card.weakest") not in shown
    assert [one.answer for one in room_questions() if one.answer in shown] == []
    for verdict in Verdict:
        assert shown.count(verdict.sentence) == 1, "in the list of verdicts, and nowhere else"


def test_the_participants_sheet_has_what_they_need() -> None:
    """It explains voting, lists nine verdicts and each file with its message, and has room to write, tonight's box and help."""
    shown = Page(sheet("participants", "standard", 1)).text
    for vignette in drawn("standard", 1):
        assert vignette.file in shown
        assert vignette.contact in shown
        assert str(vignette.case.score) in shown
    for content in (
        *(verdict.sentence for verdict in Verdict),
        *(text(f"claim.{claim}") for claim in sheets.TAKE_HOME_CLAIMS),
        *(lines_of(claim) for claim in sheets.TAKE_HOME_CLAIMS),
        *(text(f"task.{task}.title") for task in sheets.TONIGHT_TASKS),
        text("plan.crisis"),
    ):
        assert content in shown


@pytest.mark.parametrize(("kind", "plan"), BOTH)
def test_both_sheets_say_who_you_are_and_name_sources_cleanly(kind: str, plan: str) -> None:
    """One line separates the director's "you" from the student's. Each source of the rule is named once, in a sentence."""
    shown = Page(sheet(kind, plan, 1)).text
    assert shown.count(text("sheet.who_you")) == 1
    rule = shown.partition(text("soap.read_agreement"))[2]
    sources = dict.fromkeys(facts()[fact].source for fact in RULE_FACTS)
    assert text("sheet.sources", sources=". ".join(sources)) in rule
    assert sheets._sources(["scores.level1_pass_fail"]) == "NBOME, COMLEX-USA (2022)", "a year that no name tells"
    assert any(facts()[fact].grade != "A" for fact in RULE_FACTS), "the sheet says that copies were read"
    assert not re.search(r"\.[;,.]|;;", rule.partition(text("sheet.home"))[0])


def test_tonight_begins_with_988_and_threatens_nobody() -> None:
    """988 comes first in the box and isn't in small print. Rules and violations are only in the rule's box."""
    content = sheet("participants", "standard", 1)
    tonight = content.partition(f"<h3>{text('sheet.tonight')}</h3>")[2].partition("</div>")[0]
    assert tonight.startswith(f'<div class="ours"><p class="lead"><b>{linked_text("plan.crisis")}</b></p>')
    assert "@media print { a { color: black; text-decoration: none; } }" in STYLE, "on paper, the number is plain"
    size = re.search(r"^\.lead { font-size: ([\d.]+)pt; }$", STYLE, re.M)
    assert size is not None
    assert float(size[1]) >= 10.5
    home = content.partition(f"<h2>{text('sheet.home')}</h2>")[2]
    kept = home.partition('<div class="page">')[0]
    assert not re.search(r"violat|agreement|\bbar\b|NRMP", Page(f"<div><div>{kept}").text)


@pytest.mark.parametrize("plan", PLANS)
def test_the_question_is_the_phones_and_nobody_has_to_vote(plan: str) -> None:
    """The instructions and each round ask the same question as the screen and the phones, and say that voting is optional."""
    shown = Page(sheet("participants", plan, 1)).text
    assert shown.count(text("votes.page.question")) == 1 + len(drawn(plan, 1))
    assert "Nobody has to vote." in shown
    assert "the article, line" in shown
    assert "(line" not in shown


@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_the_sheet_for_everybody_is_one_piece_of_paper_with_lines_to_write_on(browser: Browser, paper: str) -> None:
    """The part to keep is on the front, and the rounds are on the back. A 90-minute plan needs at most a second back."""
    height = re.search(r"^\.line { .*height: ([\d.]+)pt; }$", STYLE, re.M)
    assert height is not None
    assert 9 <= float(height[1]) * 25.4 / 72 <= 10
    page = browser.new_page()
    for plan in PLANS:
        for seed in SEEDS:
            page.set_content(sheet("participants", plan, seed))
            assert pages_of(page.pdf(format=paper)) <= (2 if len(drawn(plan, seed)) <= 4 else 3), (plan, seed)
    page.close()


@pytest.mark.parametrize("width", [320, 390])
@pytest.mark.parametrize("kind", KINDS)
def test_a_sheet_can_be_read_on_a_phone(browser: Browser, kind: str, width: int) -> None:
    """It's as wide as the phone, with text as large as on a page and no verdict's name broken."""
    page = browser.new_page(viewport={"width": width, "height": 844}, is_mobile=True, has_touch=True)
    page.set_content(sheet(kind, "long", 1))
    assert page.evaluate("[innerWidth, document.documentElement.scrollWidth]") == [width, width]
    sizes = page.evaluate(
        "[...document.querySelectorAll('main :is(p, li, td, th)')].map(one => getComputedStyle(one).fontSize)"
    )
    assert {*sizes} <= {"14px", "16px"}
    lines = page.evaluate(
        "[...document.querySelectorAll('.votes td')].map(one => [one.clientWidth, one.scrollWidth, one.innerText.trim()])"
    )
    assert [one for one in lines if one[1] > one[0] or one[0] < width / 4] == []
    page.close()


def pages_of(pdf: bytes) -> int:
    """Count the pages of a PDF made by a browser."""
    return len(re.findall(rb"/Type\s*/Page\b", pdf))


# ---- the sheet with the answers ----


@pytest.mark.parametrize("plan", PLANS)
@pytest.mark.parametrize("seed", SEEDS)
def test_the_facilitator_s_answers_are_the_engine_s(plan: str, seed: int) -> None:
    """Each file has its verdict, the links in screen order with the weakest marked, the rule and the notes."""
    content = sheet("facilitator", plan, seed)
    for one, vignette in zip(rounds_of(content), drawn(plan, seed), strict=True):
        shown, judgment = Page(f"<h2>{one.partition('</section>')[0]}").text, judge(vignette.case)
        assert f">{text('sheet.verdict_is', verdict=judgment.verdict.label)}<" in one
        links = re.findall(r"<li( class=\"weakest\")?><b>([^<(]*?)(?: \(weakest link\))?</b>: at best ([^.]*)\.", one)
        order = link_order(judgment)
        assert [(name, cap) for _, name, cap in links] == [
            (text(f"stage.{stage}.name"), judgment.caps[stage].label) for stage in order
        ]
        weakest = [] if judgment.verdict is max(Verdict) else [stage for stage in order if stage in judgment.binding]
        assert [stage for stage, link in zip(order, links, strict=True) if link[0]] == weakest
        assert one.count(f"({text('card.weakest')})") == len(weakest)
        assert f">{text('sheet.rule_is', answer=rules_check(vignette.case).label)}<" in one
        for told in (vignette.note, vignette.discuss, vignette.why, *(reason.sentence for reason in judgment.reasons)):
            assert told in shown
        assert not vignette.claims or lines_of_all(vignette.claims) in shown
        ours = {reason.assumption for top in judgment.reasons for reason in (top, *top.also)} | {vignette.assumption}
        assert one.count('class="ours small"') >= len(ours - {""})
        assert all(text(f"assumption.{name}") in shown for name in ours - {""})


@pytest.mark.parametrize("plan", PLANS)
def test_the_facilitator_can_lead_from_paper(plan: str) -> None:
    """It has each step's minutes and words, what can be skipped, the checklist, the keys, and blanks for counts."""
    content = sheet("facilitator", plan, 1)
    shown = Page(content).text
    assert plan_of(plan).title in shown
    for row, start in zip(steps_of(plan), starts(plan), strict=True):
        assert f"{start} to {start + row.minutes}. {row.title}" in shown or row.minutes == 0
        for what in ("do", "say", "late"):
            assert text(f"run_step.{row.step}.{what}") in shown
    assert text("run_check.plan_b") in shown
    assert text("run_plan.key_vote") in shown
    counts = content.partition(f"<h2>{text('sheet.counts')}</h2>")[2].partition("</section>")[0]
    assert counts.count("<td></td>") == len(Verdict) * len(drawn(plan, 1))


# ---- writing them ----


@pytest.fixture
def no_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide all browsers, so no PDF can be made."""

    def missing() -> str:
        raise BrowserMissingError(HOW_TO_GET_ONE)

    monkeypatch.setattr("backchannel_lib.cli.print_sheets.find_chromium", missing)


@pytest.mark.usefixtures("no_browser")
def test_both_sheets_are_written_completely_and_into_the_users_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The default folder is the one for saved files. No temporary file remains, and each file has a line of output."""
    monkeypatch.setenv(saved_answers.FOLDER, str(tmp_path))
    assert command_line.main(["print", "--plan=20", "--seed=5"]) == 0
    files = [Path(line) for line in capsys.readouterr().out.splitlines()[:2]]
    assert sorted((tmp_path / "sheets").iterdir()) == sorted(files)
    assert [file.read_text(encoding="utf-8") for file in files] == [sheet(kind, "short", 5) for kind in KINDS]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--plan=30"], "We have no 30-minute plan. The plans take 20, 45, 90 minutes.\n"),
        (["--seed=0"], "seed: must be a whole number from 1 to 9999, but it is 0.\n"),
    ],
)
@pytest.mark.usefixtures("no_browser")
def test_a_plan_that_does_not_exist_gets_a_sentence(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, arguments: list[str], said: str
) -> None:
    """Nothing is written, and the message lists what exists."""
    assert command_line.main(["print", *arguments, f"--out={tmp_path}"]) == 1
    assert capsys.readouterr().err.endswith(said)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_the_old_sheet_as_it_was(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A sheet that can't be written completely leaves no draft and keeps the previous one."""
    (old, _) = write_handouts("short", 1, tmp_path)
    before = old.read_text(encoding="utf-8")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(CaseError, match="No space left on device"):
        write_handouts("short", 2, tmp_path)
    assert old.read_text(encoding="utf-8") == before
    assert [path.name for path in tmp_path.iterdir() if ".part" in path.name] == []


# ---- the command ----


@pytest.mark.slow
def test_one_command_makes_html_and_pdf(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`print` makes two HTML pages and two PDFs, names each, and leaves nothing else behind."""
    find_chromium()
    assert command_line.main(["print", "--plan", "20", "--out", str(tmp_path)]) == 0
    named = {Path(line) for line in capsys.readouterr().out.splitlines()}
    assert named == set(tmp_path.iterdir())
    assert sorted(file.suffix for file in named) == [".html", ".html", ".pdf", ".pdf"]
    for file in named:
        if file.suffix == ".pdf":
            content = file.read_bytes()
            assert content.startswith(b"%PDF-")
            assert 2 <= pages_of(content) <= 12


@pytest.mark.usefixtures("no_browser")
def test_without_a_browser_the_pages_are_there_and_can_be_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It isn't an error: the HTML is written, and a message says how to make a PDF with any browser."""
    assert command_line.main(["print", "--out", str(tmp_path)]) == 0
    assert PRINT_BY_HAND in capsys.readouterr().out
    assert [file.suffix for file in tmp_path.iterdir()] == [".html", ".html"]


def test_a_browser_that_prints_nothing_is_reported(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """If it makes no PDF or can't start, the HTML stays, there's no partial PDF, and the same message appears."""
    for program in ("/bin/false", str(tmp_path / "none")):
        monkeypatch.setattr("backchannel_lib.cli.print_sheets.find_chromium", lambda program=program: program)
        folder = tmp_path / "sheets"
        assert command_line.main(["print", "--out", str(folder)]) == 0
        assert capsys.readouterr().out.count(PRINT_BY_HAND) == 2
        assert {file.suffix for file in folder.iterdir()} == {".html"}


def test_nothing_written_is_a_failure_in_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """If no sheet can be written, the command exits with 1 and a reason, without a stack trace."""
    (tmp_path / "file").write_text("x")
    assert command_line.main(["print", "--out", str(tmp_path / "file" / "below")]) == 1
    said = capsys.readouterr().err
    assert "could not be written" in said
    assert "Traceback" not in said
