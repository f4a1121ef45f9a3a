"""Your own cases: one table that is checked as a whole, a form that points out what is missing, and rounds and sheets."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Browser

from backchannel_lib import Case, CaseError, judge
from backchannel_lib.activities.registry import make_activity
from backchannel_lib.base.texts import text
from backchannel_lib.cli.browser import HOW_TO_GET_ONE, BrowserMissingError
from backchannel_lib.cli.own_cases import check_own_cases
from backchannel_lib.cli.print_sheets import print_sheets
from backchannel_lib.cli.project import CommandError
from backchannel_lib.model.tables import STAGES
from backchannel_lib.workshop import deck
from backchannel_lib.workshop.handouts import ROUNDS_ON_A_PAGE, longer_sheet, sheet, write_handouts
from backchannel_lib.workshop.own_cases.activity import OwnCaseForm
from backchannel_lib.workshop.own_cases.cases import (
    CASES,
    NAME,
    REQUIRED,
    TEXTS,
)
from backchannel_lib.workshop.results import results_table
from backchannel_lib.workshop.round.activity import Round
from backchannel_lib.workshop.run_plan.model import load_run_plans, vignettes_of
from backchannel_lib.workshop.session import Session
from tests.helpers.cases import cases
from tests.helpers.saved_files import answers, without_failure

HEAD = "Name,Topic,Difficulty,The file,Contact,Discuss,Why,Note,First,What_if,Your score,Recommender"
ROW = (
    "The night shift,Who calls,2,She asked for nights.,A dean calls.,"
    "Who else knows?,The dean decides.,Be kind.,{first},score,228,known_dean"
)

#: Each test has its own folder for a facilitator's files.
pytestmark = pytest.mark.usefixtures("own_folder")


def table(*rows: str, head: str = HEAD) -> str:
    """Return a table as CSV."""
    return "\n".join([head, *rows]) + "\n"


def written(own_folder: Path, *, first: str = "yes") -> str:
    """Write a table with one case, and return its id."""
    (own_folder / NAME).write_text(table(ROW.format(first=first)), encoding="utf-8")
    return "own_the_night_shift"


def form() -> OwnCaseForm:
    """Open the form."""
    activity: Any = make_activity("own_cases")
    answers(activity, {"type": "hello"})
    return activity  # type: ignore[no-any-return]


def fill(activity: OwnCaseForm, **values: object) -> None:
    """Fill in the form as a facilitator does."""
    for number, (field, value) in enumerate(values.items(), start=1):
        answers(activity, {"type": "set", "field": field, "value": value, "seq": number})


FILLED = {
    "title": "The night shift",
    "file": "She asked for nights.",
    "contact": "A dean calls.",
    "discuss": "Who else knows?",
    "why": "The dean decides.",
    "score": 228,
    "recommender": "known_dean",
}


# ---- the table ----


def test_names_labels_and_short_names_are_all_read() -> None:
    """Columns can have names or labels, cells can have levels or labels, and whatever is missing gets its default."""
    (case,) = CASES.read(table(ROW.format(first="Y"))).rows
    assert case.title == "The night shift"
    assert (case.topic, case.difficulty, case.what_if, case.first) == ("callers", 2, "score", True)
    assert case.case == Case(score=228, recommender="known_dean")
    assert CASES.read(table(ROW.format(first="Y")).replace(",", ";")).rows == (case,)


def test_every_problem_is_listed_with_row_column_value_and_what_to_do() -> None:
    """Each invalid cell has its message, in the order of the rows, and valid rows are kept."""
    rows = [
        ROW.format(first="no"),
        ",callers,1,F,C,D,W,,,,228,self",
        "B,colors,1,F,,D,W,,,,228,self",
        "C,callers,9,F,C,D,W,,,scoer,228,self",
        "D,callers,1,F,C,D,W,,,,520,self",
        "The  Night Shift!,callers,1,F,C,D,W,,,,228,self",
        f"E,callers,1,{'x' * 601},-,D,W,,,,2028,self",
        "F,callers,1,F,-,?,W,,,scoer,228,self",
    ]
    found = CASES.read(table(*rows))
    assert [case.title for case in found.rows] == ["The night shift"]
    content = "\n".join(found.problems)
    for part in (
        "row 3, column Name: this is blank",
        "row 4, column Topic: must be one of ",
        "row 5, column Difficulty: must be a whole number from 1 to 3, but it is 9.",
        "row 6, column Your score: must be a score from the same exam",
        "row 7, column Name: is also the name or id in row 2 ('The  Night Shift!'",
        "row 8, column Your score: must be a whole number from 1 to 999, but it is 2028.",
        "row 9, column Contact: this is blank",
    ):
        assert part.replace("The  Night", "The Night") in content, (part, content)
    assert all(line.startswith(f"{NAME}, row") for line in found.problems)


def test_a_table_without_a_column_that_is_needed_says_which() -> None:
    """There's one message for the missing column instead of one for each row."""
    (problem,) = CASES.read(table("A,callers,F,C,D", head="title,topic,file,contact,discuss")).problems
    assert problem.startswith(f"{NAME}, column why: is missing, and every row needs one.")


@pytest.mark.slow
@given(st.binary(max_size=300) | st.text(max_size=300) | st.lists(st.text(max_size=12), max_size=40).map(",".join))
def test_any_file_gives_cases_or_error_messages(content: str | bytes) -> None:
    """No content raises, whether or not it looks like a table, and every case can be judged and shown."""
    for source in (
        content,
        HEAD.encode() + b"\n" + (content if isinstance(content, bytes) else content.encode(errors="replace")),
    ):
        found = CASES.read(source)
        assert all(isinstance(problem, str) and problem.strip() for problem in found.problems)
        for case in found.rows:
            assert CASES.problems_of(CASES.draft_of(case)) == {}
            judge(case.case)


@given(
    st.lists(st.sampled_from([*HEAD.split(","), "", "x", "510", "yes", "self", "=1+1", "-", "a\nb"]), min_size=12, max_size=12)
)
def test_no_row_of_words_raises(cells: list[str]) -> None:
    """Any words under the right header are a case or get messages."""
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    found = CASES.read(f"{HEAD}\n{out.getvalue()}")
    assert bool(found.rows) != bool(found.problems) or not any(cells)


WORDS = st.text(min_size=1, max_size=40).filter(lambda word: any(letter.isalnum() for letter in word))


@pytest.mark.slow
@given(cases(), st.tuples(*([WORDS] * len(TEXTS))), st.booleans())
def test_what_is_written_is_read_back(case: Case, words: tuple[str, ...], first: bool) -> None:
    """Every field and text survives, including those that a spreadsheet would treat as a formula."""
    draft = CASES.new()._replace(key="own_a", texts=dict(zip(TEXTS, words, strict=True)), case=case)
    draft.details["first"] = first
    own, problems = CASES.checked(draft)
    if own is None:
        assert problems
        return
    read = CASES.read(CASES.to_csv((own,)))
    assert read == ((own,), (), ())
    assert (own.key, own.case, own.first) == ("own_a", case, first)


def test_no_cell_can_run_as_a_formula(own_folder: Path) -> None:
    """Text that looks like a formula is written as text, and read back unchanged."""
    fill(activity := form(), **{**FILLED, "file": "=HYPERLINK(1)"})
    answers(activity, {"type": "save_own"})
    assert ",'=HYPERLINK(1)," in (own_folder / NAME).read_text(encoding="utf-8-sig")
    assert CASES.saved().rows[0].texts["file"] == "=HYPERLINK(1)"
    assert (own_folder / NAME).stat().st_mode & 0o077 == 0


# ---- the form ----


@pytest.mark.parametrize("name", REQUIRED)
def test_a_missing_text_is_rejected_when_saving(own_folder: Path, name: str) -> None:
    """The message is at its control, nothing is written, and what was typed stays."""
    fill(activity := form(), **{**FILLED, name: "   "})
    answer = answers(activity, {"type": "save_own"})[0]
    assert answer["focus"] == name
    assert activity.label(name) in answer["notice"]
    assert "is blank" in answer["errors"][name]
    assert not (own_folder / NAME).exists()
    other = next(one for one in REQUIRED if one != name)
    assert activity.state.texts[other] == FILLED[other]


def test_scores_from_two_exams_are_rejected_and_get_no_verdict(own_folder: Path) -> None:
    """Such a case has no verdict in the preview, as in the round."""
    fill(activity := form(), **{**FILLED, "score": 520})
    assert activity.fragments(activity.state)["verdict"] == ""
    assert "score" in answers(activity, {"type": "save_own"})[0]["errors"]
    assert not (own_folder / NAME).exists()


def test_a_case_is_added_edited_and_deleted(own_folder: Path) -> None:
    """A renamed case keeps its id. A deleted one stays in the form, and Save restores it."""
    fill(activity := form(), **FILLED)
    with without_failure():
        assert (
            text("own_case.is_saved", title="The night shift", where="")[:20]
            in answers(activity, {"type": "save_own"})[0]["notice"]
        )
        fill(activity, title="The day shift", first=True)
        answers(activity, {"type": "save_own"})
    (case,) = CASES.saved().rows
    assert (case.key, case.title, case.first) == ("own_the_night_shift", "The day shift", True)
    assert deck.vignettes()[case.key].title == "The day shift"
    answers(activity, {"type": "new"})
    assert activity.state == CASES.new()
    answers(activity, {"type": "edit", "value": case.key})
    assert activity.state == CASES.draft_of(case)
    answers(activity, {"type": "delete", "value": case.key})
    assert CASES.saved().rows == ()
    assert case.key not in deck.vignettes()
    answers(activity, {"type": "save_own"})
    assert [one.title for one in CASES.saved().rows] == ["The day shift"]


def test_a_second_case_of_the_same_name_never_replaces_the_first(own_folder: Path) -> None:
    """Only a case that was opened is overwritten."""
    CASES.save(CASES.new()._replace(texts={**dict.fromkeys(TEXTS, "x"), "title": "Twice"}))
    fill(activity := form(), **{**FILLED, "title": "Twice"})
    said = answers(activity, {"type": "save_own"})[0]["notice"]
    assert said.startswith(
        "Nothing was changed. Name: is already the name of another of your cases, scenes or questions ('Twice')."
    )
    assert CASES.saved().rows[0].texts["file"] == "x"


def test_a_table_with_a_problem_is_shown_and_never_written_over(own_folder: Path) -> None:
    """Saving would lose the invalid row."""
    broken = table("B,colors,1,F,,D,W,,,,228,self")
    (own_folder / NAME).write_text(broken)
    activity = form()
    assert "row 2, column Topic" in activity.fragments(activity.state)["problems"]
    fill(activity, **FILLED)
    assert "has 1 problem, listed at the top. Fix it first" in answers(activity, {"type": "save_own"})[0]["notice"]
    assert (own_folder / NAME).read_text() == broken


def test_an_empty_form_has_no_preview(own_folder: Path) -> None:
    """There's no verdict without a case. The first text or control shows it."""
    activity = form()
    parts = activity.fragments(activity.state)
    assert (parts["verdict"], parts["rule"], activity.ui_state(activity.state)["open"]) == ("", "", [])
    fill(activity, score=251)
    assert activity.ui_state(activity.state)["open"] == ["preview"]
    assert "Skimmed" in activity.fragments(activity.state)["verdict"]
    assert "Not allowed" in activity.fragments(activity.state)["rule"]


@pytest.mark.parametrize("name", ["own_cases", "own_scenes", "own_questions"])
def test_a_form_is_folded_away_until_it_is_needed(own_folder: Path, name: str) -> None:
    """What is saved stays in sight. A draft opens the form, because the page opens it together with its preview."""
    page = make_activity(name).page()
    before, _, form = page.partition("<details")
    assert form.startswith(' class="bw-own-fold" data-fold="preview"><summary>')
    assert 'data-fragment="list"' in before
    assert "data-field" not in before
    assert 'data-open="preview"' in form
    assert 'data-action="save_own"' in form


def test_the_preview_is_what_the_round_will_show(own_folder: Path) -> None:
    """File, links, verdict and rule are the same as in a round with the saved case."""
    fill(activity := form(), **FILLED)
    shown = activity.fragments(activity.state)
    answers(activity, {"type": "save_own"})
    play = Round(_row())
    answers(play, {"type": "open_file", "value": "own_the_night_shift"})
    assert (shown["file"], shown["story"]) == (play.fragments(play.state)["file"], play.fragments(play.state)["story"])
    play.restore(play.state._replace(step="links", shown=len(STAGES)))
    assert (shown["links"], shown["verdict"]) == (play.fragments(play.state)["links"], play.fragments(play.state)["verdict"])
    play.restore(play.state._replace(step="rules"))
    assert shown["rule"] == play.fragments(play.state)["rules"]


def test_a_case_that_cites_nothing_has_no_empty_list_of_sources(own_folder: Path) -> None:
    fill(activity := form(), **FILLED)
    assert text("card.whole") not in "".join(activity.fragments(activity.state).values())


def _row() -> Any:
    from backchannel_lib.activities.tables import load_activities

    return next(row for row in load_activities() if row.activity == "round")


def test_the_form_is_back_after_a_reload(own_folder: Path) -> None:
    """The page's saved state restores the texts, the case and its id."""
    written(own_folder)
    activity = form()
    answers(activity, {"type": "edit", "value": "own_the_night_shift"})
    _, saved = activity.to_file(activity.state)
    assert form().from_file(saved) == activity.state


# ---- on the stage and on paper ----


@pytest.mark.slow
def test_an_own_case_played_first_goes_through_a_whole_session(own_folder: Path) -> None:
    """It comes before the plan's files, replaces none of them, and is in the results."""
    key = written(own_folder)
    session = Session()
    drawn = tuple(vignettes_of("standard", 1).values())
    assert session.round.state.files() == (key, *drawn)
    seen = []
    for _ in range(150):
        list(session.handle("round", {"type": "next"}))
        if not seen or seen[-1] != session.round.state.vignette:
            seen.append(session.round.state.vignette)
        if session.round.state.step == "vote":
            list(session.handle("round", {"type": "tap", "value": "maybe"}))
        if session.round.state.step == "close":
            break
    assert tuple(dict.fromkeys(seen)) == (key, *drawn)
    header, rows = results_table(session.round.state)
    assert dict(zip(header, rows[0], strict=True))["title"] == "The night shift"
    assert len(rows) == 1 + len(drawn)


def test_led_by_the_plan_the_own_case_comes_first_too(own_folder: Path) -> None:
    """The plan's first round opens it. The round then continues with the plan's own file, and the plan stays at its step."""
    key = written(own_folder)
    drawn = vignettes_of("short", 1)
    session = Session()
    list(session.handle("run_plan", {"type": "set", "field": "plan", "value": "short"}))
    while session.round.state.vignette == "":
        list(session.handle("run_plan", {"type": "next"}))
    assert session.round.state.vignette == key
    place = session.run_plan.state["at"]
    while session.round.state.vignette == key:
        list(session.handle("round", {"type": "next"}))
    assert session.round.state.vignette == next(iter(drawn.values()))
    assert session.run_plan.state["at"] == place


def test_an_own_case_that_is_not_first_changes_no_draw_of_a_plan(own_folder: Path) -> None:
    """The printed sheet and the room draw the same files on every computer. The case is in the menu and in free draws."""
    before = {seed: vignettes_of("long", seed) for seed in range(1, 30)}
    key = written(own_folder, first="no")
    play = Round(_row())
    assert {seed: vignettes_of("long", seed) for seed in range(1, 30)} == before
    assert play.state.files() == tuple(vignettes_of("standard", 1).values())
    assert key in play.state._replace(plan="").files()
    assert "The night shift" in play.fragments(play.state)["log"]


def test_a_session_that_begins_notices_a_changed_file(own_folder: Path) -> None:
    """A new session has the added cases and not the deleted ones. The case being played stays."""
    assert "own_the_night_shift" not in Round(_row()).state.files()
    key = written(own_folder)
    play = Round(_row())
    answers(play, {"type": "open_file", "value": key})
    (own_folder / NAME).unlink()
    assert key not in Round(_row()).state.files()
    with without_failure():
        for _ in range(4):
            answers(play, {"type": "next"})
    assert play.state.vignette == key


def test_any_field_can_change_afterward_on_the_stage(own_folder: Path) -> None:
    """Fields that none of the workbook's files change have a control in the round, too."""
    (own_folder / NAME).write_text(table(ROW.format(first="yes").replace(",score,", ",intensity,")))
    play = Round(_row())
    answers(play, {"type": "next"})
    play.restore(play.state._replace(step="what_if", shown=len(STAGES)))
    assert "intensity" in play.ui_state(play.state)["shown"]
    assert 'data-field="intensity"' in play.page()
    answers(play, {"type": "set", "field": "intensity", "value": 9})
    assert play.state.case is not None
    assert play.state.case.intensity == 9


def test_it_prints_on_both_sheets(own_folder: Path, tmp_path: Path) -> None:
    """Participants get it as round 1, facilitators with its answers, and a blank note leaves no empty line."""
    written(own_folder)
    (own_folder / NAME).write_text((own_folder / NAME).read_text().replace("Be kind.", ""))
    pages = [page.read_text(encoding="utf-8") for page in write_handouts("short", 1, tmp_path / "sheets")]
    heading = text("sheet.round", number=1, title="The night shift")
    assert all(heading in page for page in pages)
    assert "The dean decides." not in pages[0]
    answered = pages[1].partition("The dean decides.")
    assert answered[1]
    assert text("sheet.note") + "</b>: </p>" not in pages[1]
    assert sheet("participants", "short", 1) == pages[0]


WORDS_OF_WIDTH = {
    "plain": "A dean she has never met calls on Tuesday noon. ",
    "capitals": "THE DEAN CALLS ON TUESDAY AT NOON. ",
    "wide": "WWWWWWWW MMMMMMM ",
    "one word": "m",
    "Chinese": "\u7cfb",
}


def own_first(own_folder: Path, count: int, most: int = 600, words: str = WORDS_OF_WIDTH["plain"]) -> None:
    """Save cases to play first, with texts of up to the given length."""
    texts = {name: (words * 600)[: min(most, limit)].strip() for name, limit in TEXTS.items()}
    (own_folder / NAME).unlink(missing_ok=True)
    for at in range(count):
        new = CASES.new()
        CASES.save(new._replace(texts={**texts, "title": f"Case {at}"}, details={**new.details, "first": True}))
    deck.read_own_again()


@pytest.mark.slow
@pytest.mark.parametrize("words", WORDS_OF_WIDTH)
def test_the_longest_rounds_fit_on_the_pages_that_the_sheet_gives_them(own_folder: Path, browser: Browser, words: str) -> None:
    """Whatever its letters, no round runs into another page, and `print` knows the number of pages."""
    page = browser.new_page(viewport={"width": 718, "height": 980})  # 190 mm
    own_first(own_folder, 4, words=WORDS_OF_WIDTH[words])
    page.set_content(sheet("participants", "short", 1))
    pages = page.locator(".page").count()
    for paper in ("Letter", "A4"):
        assert len(re.findall(rb"/Type\s*/Page\b", page.pdf(format=paper))) == 1 + pages, paper
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert longer_sheet("short") == text("sheet.longer", pages=1 + pages, without=2)
    page.close()


@pytest.mark.slow
def test_long_texts_take_no_page_that_short_ones_would_not(own_folder: Path, browser: Browser) -> None:
    """Four rounds fit on a page with the longest texts in ordinary words. If more need another page, `print` says so."""
    page = browser.new_page()
    for plan in (row.plan for row in load_run_plans()):
        pages = []
        for most in (60, 600):
            own_first(own_folder, 2, most)
            page.set_content(sheet("participants", plan, 1))
            pages.append(len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="Letter"))))
        assert pages[0] == pages[1]
        without = 1 + math.ceil(len(vignettes_of(plan, 1)) / ROUNDS_ON_A_PAGE)
        sentence = text("sheet.longer", pages=pages[0], without=without) if pages[0] > without else ""
        assert longer_sheet(plan) == sentence
    page.close()


def test_print_says_that_the_sheet_becomes_longer(
    own_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def missing() -> str:
        raise BrowserMissingError(HOW_TO_GET_ONE)

    monkeypatch.setattr("backchannel_lib.cli.print_sheets.find_chromium", missing)
    for count, told in ((0, ""), (1, text("sheet.longer", pages=3, without=2) + "\n")):
        own_first(own_folder, count)
        assert print_sheets(45, 1, tmp_path / "sheets") == 0
        assert capsys.readouterr().err == told


# ---- before anything starts ----


def test_present_and_print_list_every_problem_and_stop(own_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without problems they say how many cases there are, and without a table they say nothing."""
    check_own_cases()
    assert capsys.readouterr().out == ""
    written(own_folder)
    check_own_cases()
    assert capsys.readouterr().out.strip() == text("own_case.in", count=1, first=1)
    (own_folder / NAME).write_text(table(*["X,colors,7,F,,D,W,,,,228,self"] * 8))
    with pytest.raises(CommandError) as caught:
        check_own_cases()
    assert "column Topic" in str(caught.value)
    assert "column Difficulty" in str(caught.value)


def test_a_saved_case_without_a_text_cannot_be_made(own_folder: Path) -> None:
    """Code can't make one either."""
    with pytest.raises(CaseError, match="is blank"):
        CASES.save(CASES.new())


# ---- a case that was deleted ----


def voted(own_folder: Path, *, after: int = 0) -> dict[str, Any]:
    """Play your own case until its answer with three hands for Maybe, continue, and return the session's file."""
    written(own_folder)
    play = Round(_row())
    for kind in ("hello", "next", "next"):
        list(play.handle({"type": kind}))
    list(play.handle({"type": "set", "field": "votes_maybe", "value": 3}))
    while play.state.step != "what_if":
        list(play.handle({"type": "next"}))
    for _ in range(after):
        list(play.handle({"type": "next"}))
    saved: dict[str, Any] = json.loads((own_folder / "workshop.json").read_text())
    return saved


def restarted(own_folder: Path) -> tuple[Round, str]:
    """Open the round as after a restart, in a process without the case, and return its message."""
    deck._made.clear()
    deck.read_own_again()
    play = Round(_row())
    return play, answers(play, {"type": "hello"})[0].get("notice", "")


@pytest.mark.parametrize("after", [0, 3])
def test_a_session_keeps_its_answers_when_the_case_was_deleted(own_folder: Path, after: int) -> None:
    """A round that was played or is on screen keeps its file, votes and verdict. The case isn't in any menu."""
    voted(own_folder, after=after)
    (own_folder / NAME).unlink()
    play, notice = restarted(own_folder)
    assert notice.startswith(text("round.brought_back", number=1, saved="x").partition("x ")[0])
    assert sum(sum(one.votes) for one in play.state.revealed_rounds()) == 3
    header, rows = results_table(play.state)
    assert dict(zip(header, rows[0], strict=True))["title"] == "The night shift"
    assert dict(zip(header, rows[0], strict=True))["hands_maybe"] == 3
    assert "own_the_night_shift" not in play.state.files()
    assert list(own_folder.glob("workshop-*")) == []
    with without_failure():
        answers(play, {"type": "next"})


def test_a_session_whose_case_was_deleted_continues_with_the_others_and_loses_nothing(own_folder: Path) -> None:
    """An earlier version's file has only the case's id, so its round is left out with one message, and nothing is deleted."""
    saved = voted(own_folder, after=3)
    del saved["own"]
    saved["session"]["played"].append({"vignette": "nadia", "votes": [1] * 9})
    (own_folder / "workshop.json").write_text(json.dumps(saved))
    (own_folder / NAME).unlink()
    play, notice = restarted(own_folder)
    (kept,) = own_folder.glob("workshop-*.json")
    assert text("record.files_gone", name=kept.name) in notice
    assert json.loads(kept.read_text()) == saved
    assert [one.vignette for one in play.state.played] == ["nadia"]
    assert play.state.vignette == saved["session"]["vignette"]


@pytest.mark.parametrize(
    "own",
    [
        [],
        {"own_the_night_shift": []},
        {"own_the_night_shift": {"title": "T"}},
        {"own_the_night_shift": {"claims": [[]], "case": {}}},
        {"nadia": {"title": "Another"}},
    ],
)
def test_a_damaged_record_of_a_deleted_case_is_ignored(own_folder: Path, own: Any) -> None:
    saved = voted(own_folder)
    (own_folder / "workshop.json").write_text(json.dumps({**saved, "own": own}))
    (own_folder / NAME).unlink()
    with without_failure():
        play, notice = restarted(own_folder)
    assert "is no longer in its file" in notice
    assert (play.state.step, play.state.vignette, sum(play.state.votes)) == ("setup", "", 0)
    assert deck.vignettes()["nadia"].title != "Another"


def test_the_plan_s_next_shows_the_drawn_file_after_your_own(own_folder: Path) -> None:
    """The plan's own key skips neither of them. The votes on your own case are kept, and the plan stays at its step."""
    key = written(own_folder)
    drawn = next(iter(vignettes_of("standard", 1).values()))
    session = Session()
    while session.round.state.vignette != key:
        list(session.handle("run_plan", {"type": "next"}))
    place = session.run_plan.state["at"]
    list(session.handle("round", {"type": "next"}))
    list(session.handle("round", {"type": "set", "field": "votes_maybe", "value": 7, "seq": 1}))
    told = list(session.handle("run_plan", {"type": "next"}))
    assert (session.round.state.vignette, session.run_plan.state["at"]) == (drawn, place)
    assert any(text("run_plan.next_file_first", title=deck.vignettes()[drawn].title) in str(answer) for _, answer in told)
    assert [(one.vignette, sum(one.votes)) for one in session.round.state.played] == [(key, 7)]
    list(session.handle("run_plan", {"type": "next"}))
    assert session.run_plan.state["at"] == place + 1
    assert session.round.state.vignette not in {key, drawn}
