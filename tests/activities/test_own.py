"""Your own scenes, questions, vignettes, kinds and rows work like the workbook's, and invalid input gets one message."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from backchannel_lib import Case, CaseError, Verdict, judge, own_question, own_scene, own_vignette
from backchannel_lib.activities.activity import Activity
from backchannel_lib.activities.form import Form, FormField
from backchannel_lib.activities.registry import KINDS, activity_of, register_kind
from backchannel_lib.activities.sorting import Sorting
from backchannel_lib.activities.tables import ActivityRow
from backchannel_lib.base.texts import add_texts, text
from backchannel_lib.notebook.widget import open_activity
from backchannel_lib.workshop import deck
from backchannel_lib.workshop.deck import draw, vignettes
from backchannel_lib.workshop.round.activity import Round

CASE = Case(score=228, recommender="trusted_peer", specifics=True, track_record=3, needs=frozenset({"local"}))


@pytest.fixture(autouse=True)
def _own_deck(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Restore the deck afterward."""
    monkeypatch.setattr(deck, "_own", [])
    yield
    vignettes.cache_clear()


def act(activity: Activity[Any], **message: Any) -> dict[str, Any]:
    """Perform an action, and return the first answer."""
    answer: dict[str, Any] = dict(next(iter(activity.handle({**message, "seq": 1, "view": "v"}))))
    return answer


def test_a_custom_scene_asks_first_and_then_shows_the_articles_verdict() -> None:
    """Title and story are visible at first, verdict and reason after a guess. Then the named fields can be changed."""
    scene = own_scene(
        "A loud file", "A peer calls.", CASE, fields=["score"], shows=["chain", "callers"], why="The peer decides."
    )
    assert scene.state.case == CASE
    assert "A loud file" in scene.page()
    assert "A peer calls." in scene.page()
    assert "The peer decides." not in scene.page()
    assert set(scene.fields()) == {"guess", "score"}
    act(scene, type="set", field="guess", value="maybe")
    act(scene, type="see")
    beside = scene.fragments(scene.state)["beside"]
    assert judge(CASE).verdict.label in beside
    assert "The peer decides." in beside
    assert text("card.rests_on") not in beside  # it cites no claim
    act(scene, type="set", field="score", value=250)
    assert scene.state.case.score == 250
    board = open_activity(scene)
    assert board.text == scene.text
    board.value = {"guess": "skimmed", "score": 240}
    assert (board.value["guess"], board.value["score"]) == ("skimmed", 240)
    with pytest.raises(CaseError, match="score: must be a whole number"):
        board.value = {"guess": "maybe", "score": 0}
    assert (board.value["guess"], board.value["score"]) == ("skimmed", 240)
    assert scene.transcript().startswith("A loud file. ")


def test_the_same_scene_made_again_has_the_new_texts() -> None:
    """Running a cell again with another story shows that story."""
    own_scene("Twice", "First.", CASE)
    assert "Second." in own_scene("Twice", "Second.", CASE).page()


def test_a_custom_question_is_checked_and_answered() -> None:
    """Each answer gets its own feedback, and the right one is called right."""
    quiz = own_question("Who is heard?", {"A peer": "Yes, they are known.", "A stranger": "Rarely."}, "A peer", title="Callers")
    assert open_activity(quiz).text.splitlines() == ["Callers", "1. Who is heard?", "   - A peer", "   - A stranger"]
    (name,) = quiz.questions
    act(quiz, type="set", field=name, value="option_2")
    act(quiz, type="check", value=name)
    content = quiz.fragments(quiz.state)[f"told.{name}"]
    assert text("quiz.other", answer="A stranger") in content
    assert "Rarely." in content
    act(quiz, type="set", field=name, value="option_1")
    act(quiz, type="check", value=name)
    assert text("quiz.right") in quiz.fragments(quiz.state)[f"told.{name}"]


def test_a_custom_vignette_is_drawn_and_played() -> None:
    """It joins the deck with its topic and difficulty, and a round shows it."""
    made = own_vignette("Ana, Tuesday", "A file.", "A call.", CASE, topic="paper", difficulty=2, why="The score.")
    assert vignettes()[made.vignette] == made
    assert made.case == CASE
    assert made.vignette in draw("paper", 2)
    assert made.vignette not in draw("paper", 1)
    play = Round(next(row for row in [ActivityRow("round", "12_workshop", "round")]))
    act(play, type="open_file", value=made.vignette)
    told = ""
    for _ in range(10):
        assert play.state.vignette == made.vignette
        told += "".join([*play.fragments(play.state).values(), *play.deferred_fragments(play.state).values()])
        act(play, type="next")
    for part in ("Ana, Tuesday", "A file.", "A call.", "The score.", judge(CASE).verdict.label):
        assert part in told, part
    own_vignette("Ana, Tuesday", "Another file.", "A call.", CASE, topic="paper")
    assert vignettes()[made.vignette].file == "Another file."
    assert sum(one.title == "Ana, Tuesday" for one in vignettes().values()) == 1


OPTIONS = {"A": "Yes.", "B": "No."}


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: own_scene("", "x", CASE), "title: must be text, but it is ''."),
        (lambda: own_scene("x", 7, CASE), "story: must be text, but it is 7."),  # type: ignore[arg-type]
        (lambda: own_scene("x", "y", CASE, why=None), "why: must be text, but it is empty."),  # type: ignore[arg-type]
        (lambda: own_scene("x", "y", {"score": 1}), "case: must be a Case, but it is {'score': 1}."),  # type: ignore[arg-type]
        (lambda: own_scene("x", "y", Case(score=520)), "score: must be a score from the same exam as range_low and "),
        (lambda: own_vignette("x", "y", "z", Case(score=520), topic="paper"), "score: must be a score from the same exam as "),
        (lambda: own_scene("x", "y", CASE, fields=["scoer"]), "fields: must hold only score, "),
        (lambda: own_scene("x", "y", CASE, fields="score"), "fields: must hold only score, "),
        (lambda: own_scene("x", "y", CASE, shows=["chian"]), "shows: must hold only chain, "),
        (lambda: own_question(" ", OPTIONS, "A"), "question: must be text, but it is ' '."),
        (lambda: own_question("x", ["A", "B"], "A"), "options: must be a record with named fields, but it is "),  # type: ignore[arg-type]
        (lambda: own_question("x", {"A": "Yes."}, "A"), "options: must be 2 to 6 answers, but there are 1."),
        (lambda: own_question("x", {"A": "Yes.", "B": ""}, "A"), "options['B']: must be text, but it is ''."),
        (lambda: own_question("x", OPTIONS, "C"), "answer: must be one of A, B, but it is 'C'."),
        (lambda: own_vignette("x", "y", "", CASE, topic="paper"), "contact: must be text, but it is ''."),
        (lambda: own_vignette("x", "y", "z", CASE, topic="papers"), "topic: must be one of paper, "),
        (lambda: own_vignette("x", "y", "z", CASE, topic="paper", what_if="scor"), "what_if: must be one of score, "),
        (
            lambda: own_vignette("x", "y", "z", CASE, topic="paper", difficulty=4),
            "difficulty: must be a whole number from 1 to 3, but it is 4.",
        ),
    ],
)
def test_invalid_input_gets_one_message_with_the_field_and_the_value(make: Any, said: str) -> None:
    """Nothing is created."""
    with pytest.raises(CaseError) as caught:
        make()
    assert str(caught.value).startswith(said)


class Mood(Form):
    """A custom kind of activity with one control."""

    def __init__(self, row: ActivityRow) -> None:
        super().__init__(row, {"mood": FormField("calm", str, "Mood", ("calm", "tense"))})

    def fragments(self, state: Any) -> dict[str, str]:
        """Return the mood."""
        return {"mood": str(state["mood"])}

    def page(self) -> str:
        """Return a page with one part."""
        return f'<div data-fragment="mood">{self.state["mood"]}</div>'


def test_a_custom_kind_of_activity_is_opened_by_its_row() -> None:
    """A row that is in no table opens it. For an unknown kind, the error suggests the most similar one."""
    add_texts({"activity.my_mood.title": "Moods", "activity.my_mood.lead": "Choose one."})
    register_kind("mood", Mood)
    try:
        board = open_activity(ActivityRow("my_mood", "", "mood"))
        assert isinstance(board.activity, Mood)
        board.update(mood="tense")
        assert board.activity.fragments(board.activity.state) == {"mood": "tense"}
        with pytest.raises(CaseError, match="kind: must be one of mood, "):
            activity_of(ActivityRow("my_mood", "", "moood"))
    finally:
        del KINDS["mood"]


def test_a_custom_row_opens_a_built_in_kind_of_activity() -> None:
    """Another activity's items can be sorted again under a custom name."""
    row = ActivityRow("forms", "", "sorting")
    assert open_activity(Sorting(row)).text == open_activity(row).text == open_activity("forms").text


def test_custom_texts_override_the_workbooks_until_they_are_removed() -> None:
    """A custom text replaces the workbook's text with the same id."""
    from backchannel_lib.base import texts

    label = Verdict.IGNORED.label
    add_texts({"verdict.ignored.name": "Unheard"})
    try:
        assert Verdict.IGNORED.label == "Unheard"
    finally:
        texts._added.pop("verdict.ignored.name")
    assert Verdict.IGNORED.label == label
