"""Your own scenes and questions: checked like cases before anything starts, then played and printed like the others."""

from __future__ import annotations

import csv
import html
import io
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backchannel_lib import Case, judge
from backchannel_lib.activities.registry import make_activity
from backchannel_lib.base.texts import text
from backchannel_lib.cli.own_cases import check_own_cases
from backchannel_lib.cli.project import CommandError
from backchannel_lib.workshop import deck
from backchannel_lib.workshop.handouts import sheet
from backchannel_lib.workshop.own_cases.cases import SCENES
from backchannel_lib.workshop.own_cases.questions import QUESTIONS
from backchannel_lib.workshop.own_cases.tables import TABLES
from backchannel_lib.workshop.results import results_html
from backchannel_lib.workshop.room_questions import RoomQuestions, room_questions
from backchannel_lib.workshop.round.activity import Round
from tests.helpers.saved_files import answers, without_failure

SCENE = "title,story,why,first,score,recommender\nThe quiet file,She scored 228; nobody called.,The file decides.,{},228,self\n"
HEAD = "question,option_1,why_1,option_2,why_2,option_3,why_3,answer,first"
ASKED = "Who is heard best?,A peer,They know each other.,A stranger,Rarely.,,,{},{}"

#: Each test has its own folder for a facilitator's files.
pytestmark = pytest.mark.usefixtures("own_folder")


def asked(*rows: str) -> str:
    """Return a table of questions."""
    return "\n".join([HEAD, *rows]) + "\n"


def board() -> Any:
    """Open the questions."""
    activity = make_activity("room_questions")
    answers(activity, {"type": "hello"})
    return activity


def form(name: str) -> Any:
    """Open a form."""
    activity = make_activity(name)
    answers(activity, {"type": "hello"})
    return activity


def fill(activity: Any, **values: object) -> None:
    """Fill in a form as a facilitator does."""
    for number, (field, value) in enumerate(values.items(), start=1):
        answers(activity, {"type": "set", "field": field, "value": value, "seq": number})


# ---- scenes ----


def test_a_scene_plays_through_a_round_and_prints_without_an_empty_line(own_folder: Path) -> None:
    """The room votes on the story, and a missing text leaves no label."""
    (own_folder / SCENES.name).write_text(SCENE.format("yes"), encoding="utf-8")
    play: Any = make_activity("round")
    assert isinstance(play, Round)
    answers(play, {"type": "hello"})
    key = play.state.files()[0]
    assert deck.vignettes()[key].case == Case(score=228, recommender="self", move="direct_email")
    seen = ""
    with without_failure():
        while play.state.step != "what_if":
            answers(play, {"type": "next"})
            shown = "".join(play.fragments(play.state).values())
            assert text("round.contact") not in shown
            assert "<p></p>" not in shown
            seen += shown
            if play.state.step in {"file", "vote"}:
                assert "She scored 228; nobody called." in shown
    assert play.state.vignette == key
    assert judge(deck.vignettes()[key].case).verdict.label in seen
    assert "The file decides." in seen
    assert "She scored 228; nobody called." in results_html(play.state)
    for kind in ("participants", "facilitator"):
        page = sheet(kind, "short", 1)
        one = page.partition(text("sheet.round", number=1, title="The quiet file"))[2].partition("</section>")[0]
        assert "She scored 228; nobody called." in one
        assert text("sheet.contact") not in one


def test_a_scene_and_a_case_of_the_same_name_are_two_files(own_folder: Path) -> None:
    (own_folder / SCENES.name).write_text(SCENE.format("no"), encoding="utf-8")
    (own_folder / "my_cases.csv").write_text(
        "title,topic,file,contact,discuss,why\nThe quiet file,paper,F,C,D,W\n", encoding="utf-8"
    )
    deck.read_own_again()
    own = [case for case in deck.saved_cases() if case.title == "The quiet file"]
    assert len({case.key for case in own} & deck.vignettes().keys()) == 2


def test_everything_wrong_in_a_scene_is_listed() -> None:
    rows = "A,,1,240\nB,Story,7,240\nC,Story,1,2400\nA,Story,1,240\na!,Story,1,240\n???,Story,1,240\n"
    rows += f"D,{'x' * 601},1,240\n"
    content = "\n".join(SCENES.read(f"title,story,difficulty,score\n{rows}").problems)
    for part in (
        "row 2, column story: this is blank",
        "row 3, column difficulty: must be a whole number from 1 to 3, but it is 7.",
        "row 4, column score: must be a whole number from 1 to 999, but it is 2400.",
        "row 6, column title: is also the name or id in row 5 ('a!')",
        "row 7, column title: must have at least one letter or digit",
        "row 8, column story: may have at most 600 characters, but it has 601",
    ):
        assert f"my_scenes.csv, {part}" in content
    (missing,) = SCENES.read("title,score\nA,240\n").problems
    assert missing.startswith("my_scenes.csv, column story: is missing")


# ---- questions ----


@pytest.mark.parametrize("answer", ["A peer", " a  PEER ", "1", "1.0"])
def test_the_right_option_is_named_by_its_words_or_its_number(answer: str) -> None:
    (one,) = QUESTIONS.read(asked(ASKED.format(answer, ""))).rows
    assert one.asked.answer == "option_1"


def test_words_come_before_numbers() -> None:
    (one,) = QUESTIONS.read(asked("How many?,2,W,1,W,,,1,")).rows
    assert one.asked.answer == "option_2"


def test_everything_wrong_in_a_question_is_listed() -> None:
    rows = [
        ASKED.format("A dean", ""),
        "Two?,A,,B,W,,,A,",
        "Three?,A,W,B,W,C,,A,",
        "Four?,A,W,a!,W,,,A,",
        "Two?,A,W,B,W,,,,",
        "Five?,A,W,B,W,,,A,perhaps",
        f"Six?,{'x' * 91},W,B,W,,,B,",
        "Seven?,A,W,B,W,,,B,",
        "seven,A,W,B,W,,,B,",
        "Eight?,A,W,B,W,,,3,",
    ]
    content = "\n".join(QUESTIONS.read(asked(*rows)).problems)
    for part in (
        "row 2, column answer: must be one of the options in its row (A peer, A stranger) or that option's number, but it is",
        "row 3, column why_1: this is blank",
        "row 4, column why_3: this is blank",
        "row 5, column option_2: appears twice ('a!')",
        "row 6, column answer: this is blank",
        "row 7, column first: ",
        "row 8, column option_1: may have at most 90 characters, but it has 91",
        "row 10, column question: is also the name or id in row 9 ('seven')",
        "row 11, column answer: must be one of the options in its row (A, B) or that option's number, but it is '3'.",
    ):
        assert f"my_questions.csv, {part}" in content, (part, content)


@pytest.mark.parametrize(("first", "place"), [("yes", 0), ("no", 5)])
def test_a_question_of_your_own_is_asked_with_the_others_and_shows_its_answer_last(
    own_folder: Path, first: str, place: int
) -> None:
    (own_folder / QUESTIONS.name).write_text(asked(ASKED.format("A peer", first)), encoding="utf-8")
    activity = board()
    one = room_questions()[place]
    assert (one.ask, len(room_questions())) == ("Who is heard best?", 6)
    answers(activity, {"type": "question", "value": one.key})
    shown = "".join(activity.fragments(activity.state)[name] for name in ("head", "options", "answer", "live_text"))
    assert all(option.text in shown for option in one.options)
    assert not any(option.why in shown for option in one.options)
    assert text("room_questions.right") not in shown
    answers(activity, {"type": "next"})
    shown = activity.fragments(activity.state)["options"]
    right, wrong = shown.split("<li")[1:]
    assert text("room_questions.right") in right
    assert text("room_questions.right") not in wrong
    assert all(option.why in shown for option in one.options)
    printed = html.unescape(sheet("facilitator", "short", 1))
    assert "Who is heard best? A peer" in printed
    assert "They know each other." in printed


def test_a_question_that_is_gone_from_the_file_leaves_the_list_on_screen(own_folder: Path) -> None:
    (own_folder / QUESTIONS.name).write_text(asked(ASKED.format("A peer", "no")), encoding="utf-8")
    activity: RoomQuestions = board()
    for _ in range(12):
        answers(activity, {"type": "next"})
    assert activity.state["at"] == 12
    (own_folder / QUESTIONS.name).unlink()
    deck.read_own_again()
    with without_failure():
        answers(activity, {"type": "refresh"})
        assert text("room_questions.list") in activity.fragments(activity.state)["head"]
        answers(activity, {"type": "next"})
    assert activity.fragments(activity.state)["head"] == room_questions()[0].ask


# ---- the forms ----

FILLED = {
    "own_cases": {"title": "The night shift", "file": "F", "contact": "C", "discuss": "D", "why": "W", "score": 228},
    "own_scenes": {"title": "The night shift", "story": "She asked for nights.", "recommender": "known_dean"},
    "own_questions": {
        "question": "Who is heard best?",
        "option_1": "A stranger",
        "why_1": "Rarely.",
        "option_2": "A peer",
        "why_2": "They know each other.",
        "answer": "option_2",
    },
}


@pytest.mark.parametrize("name", FILLED)
def test_a_row_of_each_table_is_written_changed_deleted_and_brought_back_in_its_form(own_folder: Path, name: str) -> None:
    """A renamed row keeps its id and everything else that the form didn't change."""
    table, filled = TABLES[name], FILLED[name]
    activity = form(name)
    fill(activity, **filled)
    with without_failure():
        assert "Saved" in answers(activity, {"type": "save_own"})[0]["notice"]
        (row,) = table.saved().rows
        assert (row.title, row.first) == (filled[table.title], False)
        fill(activity, **{table.title: "Another name", "first": True})
        answers(activity, {"type": "save_own"})
    (changed,) = table.saved().rows
    assert (changed.key, changed.title, changed.first) == (row.key, "Another name", True)
    assert table.draft_of(changed)._replace(details={}) == table.draft_of(row)._replace(
        details={}, texts={**table.draft_of(row).texts, table.title: "Another name"}
    )
    answers(activity, {"type": "new"})
    assert activity.state == table.new()
    answers(activity, {"type": "edit", "value": row.key})
    _, kept = activity.to_file(activity.state)
    assert form(name).from_file(kept) == activity.state
    answers(activity, {"type": "delete", "value": row.key})
    assert table.saved().rows == ()
    answers(activity, {"type": "save_own"})
    assert [one.title for one in table.saved().rows] == ["Another name"]


@pytest.mark.parametrize(("name", "column"), [(name, column) for name, table in TABLES.items() for column in table.required])
def test_each_form_rejects_a_missing_text_at_its_control_and_keeps_the_rest(own_folder: Path, name: str, column: str) -> None:
    activity = form(name)
    blank = "option_4" if column == "answer" else "  "
    fill(activity, **{**FILLED[name], column: blank})
    answer = answers(activity, {"type": "save_own"})[0]
    assert answer["focus"] == column
    assert activity.label(column) in answer["notice"]
    assert ("left blank" if column == "answer" else "is blank") in answer["errors"][column]
    assert not (own_folder / TABLES[name].name).exists()
    assert all(activity.values(activity.state)[one] == value for one, value in FILLED[name].items() if one != column)


def test_the_claims_of_a_case_outlive_its_form(own_folder: Path) -> None:
    """They have no control, but the form keeps them, even after a reload."""
    cases = TABLES["own_cases"]
    head, row = "title,topic,file,contact,discuss,why,claims", "A,paper,F,C,D,W,paper.checklist"
    (own_folder / cases.name).write_text(f"{head}\n{row}\n", encoding="utf-8")
    activity = form("own_cases")
    answers(activity, {"type": "edit", "value": "own_a"})
    _, kept = activity.to_file(activity.state)
    again = form("own_cases")
    again.restore(again.from_file(kept))
    fill(again, file="Another file.")
    answers(again, {"type": "save_own"})
    (saved,) = cases.saved().rows
    assert (saved.texts["file"], saved.claims) == ("Another file.", ("paper.checklist",))


def test_an_option_and_its_reason_come_together_and_no_two_options_are_alike(own_folder: Path) -> None:
    activity = form("own_questions")
    fill(activity, **FILLED["own_questions"], option_3="A dean")
    assert "is blank" in answers(activity, {"type": "save_own"})[0]["errors"]["why_3"]
    fill(activity, why_3="It depends.", option_4="a PEER", why_4="Yes.")
    assert "appears twice" in answers(activity, {"type": "save_own"})[0]["errors"]["option_4"]
    assert QUESTIONS.saved().rows == ()


def test_the_right_option_follows_the_words_that_are_written_for_it(own_folder: Path) -> None:
    """The form refers to it by position, so an option that is a number is only text."""
    activity = form("own_questions")
    asked = {"question": "How many?", "option_1": "2", "why_1": "No.", "option_2": "1", "why_2": "Yes.", "answer": "option_1"}
    fill(activity, **asked)
    answers(activity, {"type": "save_own"})
    assert QUESTIONS.saved().rows[0].asked.answer == "option_1"
    fill(activity, option_1="Three")
    answers(activity, {"type": "save_own"})
    (one,) = QUESTIONS.saved().rows
    assert (one.asked.answer, one.asked.options[0].text) == ("option_1", "Three")


def test_the_preview_of_a_question_is_what_the_projector_shows_with_the_answer(own_folder: Path) -> None:
    activity = form("own_questions")
    assert activity.fragments(activity.state)["options"] == ""
    fill(activity, **FILLED["own_questions"])
    shown = activity.fragments(activity.state)["options"]
    answers(activity, {"type": "save_own"})
    projector = board()
    answers(projector, {"type": "question", "value": "own_who_is_heard_best"})
    answers(projector, {"type": "next"})
    assert shown == projector.fragments(projector.state)["options"]


def test_the_preview_of_a_scene_is_what_the_round_shows(own_folder: Path) -> None:
    activity = form("own_scenes")
    fill(activity, **FILLED["own_scenes"])
    shown = activity.fragments(activity.state)
    answers(activity, {"type": "save_own"})
    play: Any = make_activity("round")
    answers(play, {"type": "open_file", "value": "own__the_night_shift"})
    assert [shown[name] for name in ("file", "story")] == [play.fragments(play.state)[name] for name in ("file", "story")]
    assert "She asked for nights." in shown["story"]


# ---- all tables ----


@pytest.mark.slow
@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
@given(data=st.data())
def test_any_file_gives_rows_or_error_messages(table: Any, data: st.DataObject) -> None:
    """No content raises, with or without the right header, and nothing is ignored silently."""
    words = st.sampled_from(
        ["", "x", "yes", "1", "2", "510", "-", "a\nb", "=1", "self", "N/A", "???", "x" * 700, "😀", "\ud83d"]
    )
    names = table.columns.names
    header = data.draw(st.permutations(names).map(lambda order: [*dict.fromkeys((*table.columns.required, *order[:6]))]))
    rows = data.draw(st.lists(st.lists(words, min_size=len(header), max_size=len(header)), max_size=4))
    out = io.StringIO()
    csv.writer(out).writerows([header, *rows])
    found = table.read(out.getvalue())
    assert all(isinstance(problem, str) and problem.startswith(table.name) for problem in found.problems)
    filled = [row for row in rows if any(word.strip() for word in row)]
    assert bool(found.rows or found.problems) == bool(filled)
    for row in found.rows:
        assert row.key
        assert row.title
    assert isinstance(table.read(data.draw(st.binary(max_size=80))).problems, tuple)


def test_present_and_print_list_the_problems_of_all_tables_and_stop(
    own_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (own_folder / SCENES.name).write_text(SCENE.format("yes"), encoding="utf-8")
    (own_folder / QUESTIONS.name).write_text(asked(ASKED.format("2", "no")), encoding="utf-8")
    check_own_cases()
    assert capsys.readouterr().out.splitlines() == [
        text("own_scene.in", count=1, first=1),
        text("own_question.in", count=1, first=0),
    ]
    (own_folder / SCENES.name).write_text("title,story\nA,\n", encoding="utf-8")
    (own_folder / QUESTIONS.name).write_text(asked(ASKED.format("C", "no")), encoding="utf-8")
    with pytest.raises(CommandError) as caught:
        check_own_cases()
    assert "my_scenes.csv, row 2, column story" in str(caught.value)
    assert "my_questions.csv, row 2, column answer" in str(caught.value)
    for name, told in (("own_scenes", "my_scenes.csv, row 2, column story"), ("own_questions", "my_questions.csv, row 2")):
        panel = form(name)
        assert told in panel.fragments(panel.state)["problems"]
