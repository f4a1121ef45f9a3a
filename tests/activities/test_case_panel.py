"""One reader and one case: what every action does, what is sent to the page for it, and how often."""

from __future__ import annotations

import copy
import html
import json
import re
from datetime import UTC, datetime
from typing import Any

import icalendar
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from backchannel_lib import Case, CaseError, Verdict, judge, rules_check, what_would_change
from backchannel_lib.activities import activity, saved_answers
from backchannel_lib.activities.case_panel import CaseActivity, state_of
from backchannel_lib.activities.sheet_desk import sheet_fields
from backchannel_lib.base.texts import text
from backchannel_lib.model.case_files import case_from_text, case_to_text
from backchannel_lib.model.exams import exam_of
from backchannel_lib.model.open_changes import open_changes
from backchannel_lib.model.possible import MAY_BE_UNKNOWN, possible
from backchannel_lib.page.case_controls import load_controls, shown_fields, slider_ends
from backchannel_lib.page.case_fragments import deferred_fragments, fast_fragments
from backchannel_lib.page.charts import CHARTS, alt_text, base_figure, mark, missing_for
from backchannel_lib.page.sheet import rule_now, sheets_text
from backchannel_lib.page.verdict_html import range_label
from tests.helpers.cases import CALLER_MOVES, OTHER_READINGS, cases
from tests.helpers.cases import READINGS as EVERY_READING

FAST = set(fast_fragments(Case()))
NO_SHEET = dict.fromkeys(sheet_fields(), "")
SLOW = {"sheet", *deferred_fragments(Case())} | {f"{part}.{chart}" for part in ("base_figure", "alt_text") for chart in CHARTS}


class Screen:
    """A page as store.js keeps it, which applies every message and checks that each one arrives once and in order."""

    def __init__(self, session: CaseActivity) -> None:
        self.session = session
        self.bodies: dict[int, str] = {}
        self.fragments: dict[str, int] = {}
        self.values: dict[str, Any] = {}
        self.errors: dict[str, str] = {}
        self.shown: list[str] = []
        self.notice = ""
        self.rest: dict[str, Any] = {}
        self.act(type="hello")

    def act(self, **message: Any) -> list[dict[str, Any]]:
        """Perform an action, and process the kernel's answers."""
        if message.get("type") == "set":
            self.values[message["field"]] = message["value"]  # the control's value before any answer
        answers = list(self.session.handle({**message, "seq": 7, "view": "v"}))
        self.notice = ""
        for answer in answers:
            self.take(json.loads(json.dumps(answer)))
        return answers

    def take(self, answer: dict[str, Any]) -> None:
        """Process one message, as JSON makes it."""
        if answer.get("forget"):
            self.bodies.clear()
        for number, body in answer.get("contents", {}).items():
            assert int(number) not in self.bodies, "a number stands for one content"
            assert body not in self.bodies.values(), "a content is sent once"
            assert "Traceback" not in body
            self.bodies[int(number)] = body
        self.fragments.update(answer.get("fragments", {}))
        assert set(self.fragments.values()) <= set(self.bodies) or answer.get("forget"), "a number is known before it is used"
        self.values.update(answer.get("values", {}))
        self.errors = answer.get("errors", self.errors)
        self.shown = answer.get("shown", self.shown)
        self.notice = answer.get("notice", self.notice)
        self.rest.update({key: answer[key] for key in ("marks", "exam", "ends", "open") if key in answer})

    def texts(self) -> dict[str, str]:
        """Return the content of every part on screen."""
        return {name: self.bodies[number] for name, number in self.fragments.items()}

    def check(self) -> None:
        """Compare everything on screen with the current case and reading."""
        case, reading, unknown = self.session.case, self.session.reading, self.session.unknown
        drawn = [chart for chart in CHARTS if not missing_for(chart, case, reading, unknown)]
        expected = {**fast_fragments(case, reading, unknown), **deferred_fragments(case, reading, unknown=unknown)}
        expected |= {f"base_figure.{chart}": base_figure(chart, case, reading, unknown) for chart in drawn}
        expected |= {f"alt_text.{chart}": alt_text(chart, case, reading, unknown) for chart in drawn}
        expected["sheet"] = self.texts()["sheet"]  # it depends on the time, and is tested below
        out_of_sight = {f"{part}.{chart}" for part in ("base_figure", "alt_text") for chart in {*CHARTS} - {*drawn}}
        assert {name: body for name, body in self.texts().items() if name not in out_of_sight} == expected
        assert {chart for chart in CHARTS if f"chart.{chart}" in self.rest["open"]} == {*drawn}
        assert self.shown == [*shown_fields(case), *sheet_fields()]
        assert self.rest["marks"] == {chart: list(mark(chart, case, reading)) for chart in drawn}
        exam = exam_of(case)
        assert self.rest["exam"] == (exam.exam if exam else None)
        assert self.errors == self.session.errors
        for name, field in Case.fields().items():
            if name in unknown:
                assert self.values[name] == "unknown" or name in self.errors
            elif name not in self.errors:
                assert field.read(self.values[name]) == getattr(case, name), f"{name} on screen is not the case's"
        assert not any("Traceback" in text for text in (self.notice, *self.errors.values()))


def screen_on(**fields: Any) -> Screen:
    """Open a panel on a case."""
    return Screen(CaseActivity(Case(**fields)))


# ---- a page gets what it needs, once ----


def test_hello_sends_everything() -> None:
    """A new page is told to forget everything, and gets every part, every value and whatever else it shows."""
    session = CaseActivity(Case(score=251))
    fast, slow = session.handle({"type": "hello", "seq": 1, "view": "a"})
    assert fast["forget"] is True
    assert fast["values"] == Case(score=251).to_record() | NO_SHEET
    assert (set(fast["fragments"]), set(slow["fragments"])) == (FAST, SLOW)
    assert {"shown", "errors", "marks", "exam", "ends"} <= set(fast)
    assert (fast["type"], fast["seq"], fast["view"]) == ("show", 1, "a")
    Screen(session).check()


def test_the_fast_answer_comes_first() -> None:
    """The first message has the verdict, rule and markers, and is sent before the second one is computed."""
    screen = screen_on()
    answers = screen.session.handle({"type": "set", "field": "recommender", "value": "trusted_peer", "seq": 3, "view": "v"})
    fast = next(answers)
    assert set(fast["fragments"]) <= FAST
    assert {"verdict", "chain", "live_text"} <= set(fast["fragments"])
    assert (fast["seq"], fast["view"]) == (3, "v")
    assert "marks" in fast
    slow = next(answers)
    assert set(slow["fragments"]) <= SLOW
    assert "changes" in slow["fragments"]
    assert "seq" not in slow
    assert list(answers) == []


def test_a_content_is_sent_once_and_named_afterwards() -> None:
    """Going back to an earlier state sends only numbers. Only a new page gets the contents again."""
    screen = screen_on()
    there = screen.act(type="set", field="specifics", value=True)
    assert any(answer["contents"] for answer in there)
    back = screen.act(type="set", field="specifics", value=False)
    assert not any(answer["contents"] for answer in back)
    assert {name for answer in back for name in answer["fragments"]} >= {"verdict", "chain", "changes"}
    again = screen.act(type="hello")
    assert {part for answer in again for part in answer["fragments"]} == FAST | SLOW
    assert sum(len(answer["contents"]) for answer in again) == len(set(screen.texts().values()))
    screen.check()


def test_what_has_not_changed_is_not_sent() -> None:
    """An action that changes nothing sends no part, value or content."""
    screen = screen_on()
    fast, slow = screen.act(type="refresh")
    assert (fast["fragments"], fast["contents"], slow["fragments"], slow["contents"]) == ({}, {}, {}, {})
    assert not {"values", "shown", "errors", "marks", "exam", "ends"} & set(fast)


def test_a_long_session_starts_its_memory_afresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """After very many contents the page is told to forget them, gets the current ones again, and stays correct."""
    monkeypatch.setattr(activity, "MOST_KNOWN", 40)
    screen = screen_on()
    forgot = 0
    for score in range(225, 260):
        answers = screen.act(type="set", field="score", value=str(score))
        forgot += bool(answers[0].get("forget"))
        screen.check()
    assert 0 < forgot < 35


VALUES: dict[str, list[Any]] = {
    "number": [
        "0",
        "1",
        "3",
        "219",
        "220",
        "234",
        "235",
        "240",
        "300",
        "520",
        "1000",
        "abc",
        "",
        "1.5",
        None,
        True,
        "unknown",
        "known",
    ],
    "flag": [True, False, "true", "", "maybe", None, "unknown", "unknown", "known"],
    "choice": ["", "nobody", None, "unknown"],
    "set": ["", "local", "local|track", "visa", None, "unknown", "local|unknown", "known"],
}


def a_value(field: str) -> st.SearchStrategy[Any]:
    """Draw a value that a reader or a broken page might set."""
    known = Case.fields()[field]
    return st.sampled_from([*known.levels, *VALUES[known.kind]] if known.kind == "choice" else VALUES[known.kind])


#: Fields that change other fields or share their errors.
TOGETHER = ["score", "range_low", "range_floor", "recommender", "move"]


def a_setting(fields: list[str]) -> st.SearchStrategy[dict[str, Any]]:
    """Draw an entry for one of the fields."""
    return st.sampled_from(fields).flatmap(
        lambda field: st.fixed_dictionaries({"type": st.just("set"), "field": st.just(field), "value": a_value(field)})
    )


ACTS = st.one_of(
    a_setting(list(Case.fields())),
    a_setting(TOGETHER),
    st.sampled_from(
        [
            *({"type": action} for action in ("undo", "undo", "reset", "save", "hello", "show")),
            *({"type": "read", "value": reading or ""} for reading in EVERY_READING),
            *({"type": "exam", "value": exam} for exam in ("step2ck", "level2")),
            *({"type": "prefetch", "field": field} for field in ("score", "recommender", "scripted", "move", "needs", "phase")),
            {"type": "load", "value": case_to_text(Case(score=228, scripted=True))},
            {"type": "load", "value": "no case"},
            {"type": "apply", "value": "first"},
            {"type": "apply", "value": "none"},
            {"type": "fly"},
        ]
    ),
)


@given(case=cases(), unknown=st.sets(st.sampled_from(MAY_BE_UNKNOWN)), acts=st.lists(ACTS, max_size=8))
def test_the_screen_always_shows_the_case(case: Case, unknown: set[str], acts: list[dict[str, Any]]) -> None:
    """After each answer the screen has the case, its verdict and its errors, and never a stack trace."""
    screen = Screen(CaseActivity(case, unknown=unknown))
    for drawn in acts:
        act = dict(drawn)
        if act["type"] == "apply" and act["value"] == "first":
            changes = open_changes(screen.session.case, screen.session.unknown, screen.session.reading).changes
            act["value"] = " ".join(changes[0].change.remedies) if changes else ""
        screen.act(**act)
        screen.check()


@pytest.mark.parametrize(
    "act",
    [
        {"type": "undo"},
        {"type": "apply", "value": "own_words"},
        {"type": "exam", "value": "step2ck"},
        {"type": "reset"},
        {"type": "load", "value": '{"score": 240}'},
        {"type": "read", "value": "range_and_credible"},
        {"type": "set", "field": "range_low", "value": "230"},
        {"type": "set", "field": "score", "value": "240"},
        {"type": "hello"},
    ],
    ids=lambda act: " ".join(act.values()),
)
def test_an_invalid_entry_does_not_stay_once_its_error_is_gone(act: dict[str, str]) -> None:
    """An action that removes an error also replaces the invalid entry with the case's value."""
    screen = screen_on()
    screen.act(type="set", field="scripted", value=True)
    screen.act(type="set", field="score", value="abc")
    screen.act(**act)
    screen.check()


# ---- entries ----


def test_a_valid_entry_changes_the_case_and_the_verdict() -> None:
    """The first answer has the new value and the new verdict."""
    screen = screen_on()
    screen.act(type="set", field="recommender", value="trusted_peer")
    assert screen.session.case == Case(recommender="trusted_peer")
    assert judge(screen.session.case).verdict.label in screen.texts()["verdict"]
    screen.act(type="set", field="needs", value="local|track")
    assert screen.session.case.needs == {"local", "track"}
    screen.act(type="set", field="track_record", value="")
    assert screen.session.case.track_record is None


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("score", "abc", "must be a whole number from 1 to 999, but it is 'abc'."),
        ("score", "1200", "must be a whole number from 1 to 999, but it is 1200."),
        ("failed_attempts", "-1", "must be a whole number of 0 or more, but it is -1."),
        (
            "range_floor",
            "236",
            (
                "must not be above the bottom of the program's range, 235, but it is 236. "
                "Lower it to 235 or less, or raise the bottom of the range to 236 or more."
            ),
        ),
    ],
)
def test_an_invalid_entry_gets_a_message_at_its_field(field: str, value: str, sentence: str) -> None:
    """The case stays the same, and there's no other notice."""
    screen = screen_on(recommender="known_dean")
    before = screen.texts()
    screen.act(type="set", field=field, value=value)
    assert screen.errors == {field: f"{text(f'field.{field}.label')}: {sentence}"}
    assert screen.session.case == Case(recommender="known_dean")
    assert screen.texts() == before
    assert screen.notice == ""
    screen.act(type="set", field=field, value=str(getattr(Case(), field)))
    assert screen.errors == {}


@pytest.mark.parametrize("value", ["", "  "])
def test_an_empty_box_is_not_a_number(value: str) -> None:
    """Emptying a number's box gets a request for a number, and the case keeps the old one."""
    screen = screen_on(score=251)
    screen.act(type="set", field="score", value=value)
    assert list(screen.errors) == ["score"]
    assert screen.errors["score"].startswith(f"{text('field.score.label')}: ")
    assert screen.session.case.score == 251


def test_errors_in_two_fields_are_shown_together() -> None:
    """Each message stays until its own field is fixed."""
    screen = screen_on()
    screen.act(type="set", field="score", value="abc")
    screen.act(type="set", field="failed_attempts", value="many")
    assert set(screen.errors) == {"score", "failed_attempts"}
    screen.act(type="set", field="failed_attempts", value="0")
    assert set(screen.errors) == {"score"}


def test_a_number_that_python_cannot_read_is_a_bad_entry() -> None:
    """Text that only looks like a number gets the same message as any other."""
    screen = screen_on()
    screen.act(type="set", field="score", value="--5")
    assert screen.errors["score"].endswith(": must be a whole number from 1 to 999, but it is '--5'.")


@pytest.mark.parametrize("move", CALLER_MOVES)
def test_leaving_yourself_brings_the_former_contact_back(move: str) -> None:
    """Choosing another caller after your own email restores the kind of contact chosen before."""
    screen = screen_on(recommender="known_dean")
    screen.act(type="set", field="move", value=move)
    screen.act(type="set", field="recommender", value="self")
    assert screen.session.case.move == "direct_email"
    screen.act(type="set", field="recommender", value="subspecialist")
    assert screen.session.case == Case(recommender="subspecialist", move=move)
    screen.check()


def test_leaving_yourself_without_a_former_contact_is_a_formal_email() -> None:
    """If the session started with the student's own email, there's no earlier kind of contact."""
    screen = screen_on(recommender="self", move="direct_email")
    screen.act(type="set", field="recommender", value="known_dean")
    assert screen.session.case.move == "formal_email"


# ---- undo, reset, apply, readings ----


def test_undo_takes_one_step_back() -> None:
    """Each undo takes back one change. At the start it says that there's nothing left."""
    screen = screen_on()
    screen.act(type="set", field="score", value="251")
    screen.act(type="set", field="scripted", value=True)
    screen.act(type="read", value="range_and_credible")
    for case, reading in ((Case(score=251, scripted=True), None), (Case(score=251), None), (Case(), None)):
        screen.act(type="undo")
        assert (screen.session.case, screen.session.reading) == (case, reading)
        assert screen.notice == "Undone."
        screen.check()
    screen.act(type="undo")
    assert screen.notice == "There's nothing to undo."
    assert screen.session.case == Case()


def test_undo_and_start_over_are_offered_only_while_they_change_something() -> None:
    """Their buttons start disabled. A rejected entry can be undone, too, and what was restored can only be started over."""
    session = CaseActivity()
    assert (
        len(re.findall(r'data-action="(?:undo|reset)"[^>]* disabled>', session.page())) == 3
    )  # one is in the line at the bottom
    idle: list[str] | None = None
    for message, expected in [
        ({"type": "hello"}, ["undo", "reset"]),
        ({"type": "set", "field": "score", "value": "none"}, []),
        ({"type": "undo"}, ["undo", "reset"]),
        ({"type": "set", "field": "score", "value": "251"}, []),
        ({"type": "undo"}, ["undo", "reset"]),
        ({"type": "set", "field": "score", "value": "251"}, []),
        ({"type": "reset"}, ["reset"]),
        ({"type": "undo"}, []),
        ({"type": "undo"}, ["undo", "reset"]),
    ]:
        fast, _ = session.handle(message)
        idle = fast.get("idle", idle)
        assert idle == expected, message
    session.restore(session.with_value("score", 251))
    assert next(session.handle({"type": "hello"}))["idle"] == ["undo"]


def test_a_run_of_moves_of_one_field_is_one_step() -> None:
    """Dragging a slider is one step. Moving it again after another field is a new step."""
    session = CaseActivity()
    for field, value in (("score", 241), ("score", 242), ("score", 243), ("intensity", 6), ("score", 244)):
        list(session.handle({"type": "set", "field": field, "value": str(value)}))
    cases_back = []
    while session.undo():
        cases_back.append((session.case.score, session.case.intensity))
    assert cases_back == [(243, 6), (243, 5), (240, 5)]


def test_a_run_ends_with_an_undo() -> None:
    """A move after an undo is a new step, even in the same field."""
    session = CaseActivity()
    list(session.handle({"type": "set", "field": "score", "value": "250"}))
    assert session.undo()
    list(session.handle({"type": "set", "field": "score", "value": "260"}))
    assert session.undo()
    assert session.case.score == 240


def test_undo_goes_back_far_but_not_forever() -> None:
    """The last two hundred steps are kept."""
    session = CaseActivity()
    for step in range(150):
        session.update(score=300 + step)
        session.update(intensity=step % 2)
    steps = 0
    while session.undo():
        steps += 1
    assert steps == 200


def test_reset_goes_back_to_the_opening_and_can_be_undone() -> None:
    """Reset restores the case and the reading that the panel opened with."""
    screen = Screen(CaseActivity(Case(score=228), "vouch_is_enough"))
    screen.act(type="set", field="score", value="251")
    screen.act(type="set", field="intensity", value="high")
    screen.act(type="read", value="")
    screen.act(type="reset")
    assert (screen.session.case, screen.session.reading) == (Case(score=228), "vouch_is_enough")
    assert screen.errors == {}
    assert screen.notice == text("panel.was_reset")
    screen.check()
    screen.act(type="undo")
    assert (screen.session.case, screen.session.reading) == (Case(score=251), None)


@given(case=cases(), reading=st.sampled_from(EVERY_READING))
def test_every_change_on_offer_can_be_tried(case: Case, reading: str | None) -> None:
    """Trying a change leads to its case, is one step, and clears invalid entries."""
    changes = list(what_would_change(case, reading=reading))
    assume(changes)
    session = CaseActivity(case, reading)
    for change in changes[:3]:
        fast = next(session.handle({"type": "apply", "value": " ".join(change.remedies)}))
        assert session.case == change.case
        assert fast["notice"] == text("panel.applied")
        assert session.undo()
        assert session.case == case


def test_a_change_that_is_not_on_offer_is_not_made() -> None:
    """The page gets a calm notice, and Python code a CaseError."""
    session = CaseActivity()
    with pytest.raises(CaseError):
        session.apply("raise_score")
    assert session.case == Case()


@pytest.mark.parametrize("reading", OTHER_READINGS)
def test_a_reading_can_be_chosen_and_cleared(reading: str) -> None:
    """A name chooses a reading and a blank clears it. Both are steps."""
    screen = screen_on(scripted=True, recommender="trusted_peer")
    screen.act(type="read", value=reading)
    assert screen.session.reading == reading
    screen.check()
    screen.act(type="read", value="")
    assert screen.session.reading is None
    screen.act(type="undo")
    assert screen.session.reading == reading


def test_an_unknown_reading_is_rejected() -> None:
    """Python code gets an error, and the session stays the same."""
    session = CaseActivity()
    with pytest.raises(CaseError):
        session.read_as("any_leaver")
    assert session.reading is None


@pytest.mark.parametrize("exam", ["step2ck", "level2"])
def test_choosing_an_exam_moves_all_three_scores(exam: str) -> None:
    """Score, range and floor change to that exam's defaults, and their sliders to its limits."""
    screen = screen_on(score=251, range_low=245, range_floor=230)
    screen.act(type="exam", value=exam)
    case = screen.session.case
    expected = {"step2ck": (240, 235, 220, [190, 300]), "level2": (530, 500, 400, [350, 850])}[exam]
    assert (case.score, case.range_low, case.range_floor, screen.rest["ends"]["score"]) == expected
    assert screen.rest["exam"] == exam
    screen.check()


def test_put_from_a_cell_reaches_the_screen_with_the_next_show() -> None:
    """A notebook cell's change appears when the widget asks for it, and an invalid value changes nothing."""
    screen = screen_on()
    screen.session.update(score=251, recommender="known_dean")
    screen.act(type="refresh")
    screen.check()
    with pytest.raises(CaseError):
        screen.session.update(score=252, phase="never")
    assert screen.session.case.score == 251


# ---- saving and loading ----


@given(case=cases())
def test_what_is_saved_can_be_opened(case: Case) -> None:
    """The panel saves exactly this case as a case file, and can open it again."""
    fast = next(CaseActivity(case).handle({"type": "save"}))
    assert fast["file"]["name"] == "my_case.json"
    assert case_from_text(fast["file"]["text"]) == case
    assert fast["notice"] == text("panel.saved", name="my_case.json")
    other = Screen(CaseActivity())
    other.act(type="load", value=fast["file"]["text"])
    assert other.session.case == case
    assert other.notice == text("panel.loaded")
    other.check()


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        *((content, "panel.not_a_case") for content in ("", "no case", "[]", '{"scoer": 228}', "[" * 100_000)),
        ('{"backchannel_case": 9}', "panel.newer_case"),
        ('{"score": 1200}', None),
        ('{"range_low": 1}', None),
    ],
    ids=lambda content: str(content)[:20],
)
def test_a_file_that_is_not_a_case_is_not_opened(content: str, problem: str | None) -> None:
    """The case stays the same, and a notice says what's wrong with the file."""
    screen = screen_on(score=251)
    screen.act(type="load", value=content)
    assert screen.session.case == Case(score=251)
    assert screen.errors == {}
    screen.check()
    if problem is None:
        with pytest.raises(CaseError) as caught:
            case_from_text(content)
        label = text(f"field.{caught.value.field}.label")
        sentence = text("panel.load_field", problem=caught.value.sentence_at(label))
    else:
        sentence = text(problem)
    assert screen.notice == text("panel.load_failed", problem=sentence)
    assert screen.notice.endswith("Your case here is unchanged.")


# ---- prefetched answers ----


def ahead_of(session: CaseActivity, field: str) -> tuple[dict[str, Any], dict[int, str]]:
    """Focus a control on a new screen; return its prefetched answers, and all contents known by then."""
    bodies: dict[int, str] = {}
    for answer in session.handle({"type": "hello"}):
        bodies |= answer["contents"]
    (held,) = session.handle({"type": "prefetch", "field": field, "view": "v", "prefetch_version": 4})
    assert (held["type"], held["field"], held["view"], held["prefetch_version"]) == ("prefetched", field, "v", 4)
    return held["at"], bodies | held["contents"]


def compare_ahead(session: CaseActivity, field: str, key: str, at: dict[str, Any], bodies: dict[int, str]) -> None:
    """Move the field to one position, and compare the kernel's answer with the prefetched one."""
    parts, marks = at[key]
    then = copy.deepcopy(session)
    grounds = {chart: base_figure(chart, session.case, session.reading, session.unknown) for chart in CHARTS}
    fast = next(then.handle({"type": "set", "field": field, "value": {"true": True, "false": False}.get(key, key)}))
    assert then.errors == {}
    shown = fast_fragments(then.case, then.reading, then.unknown)
    assert {name: bodies[number] for name, number in parts.items()} == shown
    assert not set(fast["contents"].values()) - set(bodies.values()), "what was sent ahead is not sent again"
    for chart, place in marks.items():
        assert place == mark(chart, then.case, then.reading)
        assert base_figure(chart, then.case, then.reading, then.unknown) == grounds[chart], (
            f"{chart} shows another picture there"
        )


HELD = [row.field for row in load_controls() if Case.fields()[row.field].kind != "set"]


@given(
    data=st.data(),
    case=cases(),
    before=st.lists(a_setting(TOGETHER) | st.sampled_from([{"type": "undo"}, {"type": "reset"}]), max_size=4),
    field=st.sampled_from([*HELD, *TOGETHER]),
    reading=st.sampled_from(EVERY_READING),
    unknown=st.sets(st.sampled_from(MAY_BE_UNKNOWN)),
)
def test_what_is_sent_ahead_is_what_the_kernel_will_say(
    data: st.DataObject, case: Case, before: list[dict[str, Any]], field: str, reading: str | None, unknown: set[str]
) -> None:
    """Whatever happened before, each position's prefetched parts and markers are the ones that the kernel gives there."""
    session = CaseActivity(case, reading, unknown)
    for act in before:
        list(session.handle(act))
    session.errors.clear()
    # A score beyond its slider extends the map, which is redrawn when the score comes back.
    low, high = slider_ends(session.case, "score")
    assume(exam_of(session.case) is not None and low <= session.case.range_low <= high and low <= session.case.score <= high)
    at, bodies = ahead_of(session, field)
    assume(at)
    for key in data.draw(st.lists(st.sampled_from(sorted(at)), min_size=1, max_size=3, unique=True)):
        compare_ahead(session, field, key, at, bodies)


@pytest.mark.parametrize("field", HELD)
def test_every_position_of_a_control_is_answered_ahead(field: str) -> None:
    """The active control gets the correct answer for each of its positions."""
    session = CaseActivity(Case(range_floor=190))
    at, bodies = ahead_of(session, field)
    known = Case.fields()[field]
    if known.kind == "flag":
        assert set(at) == {"true", "false", *(["unknown"] if field in MAY_BE_UNKNOWN else [])}
    elif known.kind == "choice":
        assert set(at) == set(known.levels)
    else:
        assert len(at) - (field in MAY_BE_UNKNOWN) in {4, 5, 6, 11, 45, 46, 111}
    for key in list(at)[:: max(1, len(at) // 12)]:
        compare_ahead(session, field, key, at, bodies)


@pytest.mark.parametrize("field", ["mood", ""])
def test_what_has_no_positions_is_not_answered_ahead(field: str) -> None:
    """An unknown field gets no prefetched answers and no error."""
    session = CaseActivity()
    answers = list(session.handle({"type": "prefetch", "field": field}))
    assert all(answer["at"] == {} for answer in answers)


def test_a_set_of_boxes_is_answered_ahead_for_every_set() -> None:
    """All sixteen sets of four boxes have an answer, under the key that the page makes from the checked boxes in order."""
    session = CaseActivity()
    at, bodies = ahead_of(session, "needs")
    assert len(at) == 17
    assert {"", "unknown", "language", "language|local|track|coverage"} <= set(at)
    for key in at:
        compare_ahead(session, "needs", key, at, bodies)


def test_ahead_remembers_the_former_contact() -> None:
    """With the student's own email chosen, the other callers' prefetched answers have the earlier kind of contact."""
    session = CaseActivity(Case(recommender="trusted_peer", specifics=True))
    for field, value in (("move", "pressure"), ("recommender", "self")):
        list(session.handle({"type": "set", "field": field, "value": value}))
    at, bodies = ahead_of(session, "recommender")
    compare_ahead(session, "recommender", "trusted_peer", at, bodies)


def test_ahead_remembers_where_the_floor_was_set() -> None:
    """If the range has pushed the floor down, the range's prefetched answers have the floor that will come back."""
    session = CaseActivity(Case(score=210, recommender="trusted_peer", specifics=True))
    list(session.handle({"type": "set", "field": "range_low", "value": "200"}))
    at, bodies = ahead_of(session, "range_low")
    compare_ahead(session, "range_low", "230", at, bodies)


def test_the_former_contact_is_never_one_that_was_undone() -> None:
    """Choosing another caller doesn't restore a kind of contact that was undone."""
    session = CaseActivity(Case(recommender="trusted_peer", move="targeted_call"))
    list(session.handle({"type": "set", "field": "move", "value": "pressure"}))
    assert session.undo()
    for caller in ("self", "trusted_peer"):
        list(session.handle({"type": "set", "field": "recommender", "value": caller}))
    assert session.case.move == "targeted_call"


@pytest.mark.parametrize("how", ["undo", "reset"])
def test_a_floor_that_was_undone_does_not_come_back(how: str) -> None:
    """Moving the range doesn't restore a floor that was undone or reset."""
    session = CaseActivity()
    list(session.handle({"type": "set", "field": "range_floor", "value": "230"}))
    list(session.handle({"type": how}))
    assert session.case.range_floor == 220
    list(session.handle({"type": "set", "field": "range_low", "value": "236"}))
    assert session.case.range_floor == 220


def test_a_floor_that_a_cell_or_a_change_set_stays() -> None:
    """Moving the range doesn't replace it with an older floor."""
    session = CaseActivity()
    session.update(range_floor=200)
    list(session.handle({"type": "set", "field": "range_low", "value": "236"}))
    assert session.case.range_floor == 200


def test_the_floor_gives_way_to_the_range_and_comes_back() -> None:
    """Moving the range below the floor lowers the floor, and moving it up again restores the floor."""
    screen = screen_on()
    screen.act(type="set", field="range_low", value="210")
    assert screen.errors == {}
    assert screen.session.case.range_floor <= 210
    screen.act(type="set", field="range_low", value="240")
    assert screen.session.case.range_floor == 220
    screen.act(type="undo")
    assert screen.session.case == Case()
    screen.check()


# ---- what is shown, and invalid messages ----


@settings(max_examples=2 * settings().max_examples)
@given(case=cases())
def test_nothing_that_counts_is_hidden(case: Case) -> None:
    """A hidden control has its default value, except the two that the student's own email replaces."""
    shown = shown_fields(case)
    order = [row.field for row in load_controls()]
    assert shown == [field for field in order if field in shown]
    hidden = set(order) - set(shown)
    assert {"score", "range_low", "range_floor", "failed_attempts", "recommender", "phase", "needs", "offers"} <= set(shown)
    own = {"move", "intensity"} if case.recommender == "self" else set()
    assert [field for field in hidden - own if getattr(case, field) != Case.fields()[field].default] == []
    assert set(own) <= hidden


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"type": "fly"},
        {"type": None},
        {"type": ["set"]},
        {"type": "set"},
        {"type": "set", "field": "score"},
        {"type": "set", "field": "mood", "value": 1},
        {"type": "set", "field": None, "value": 1},
        {"type": "exam"},
        {"type": "exam", "value": "mcat"},
        {"type": "apply"},
        {"type": "apply", "value": "be_lucky"},
        {"type": "apply", "value": None},
        {"type": "read", "value": "any_leaver"},
        {"type": "load"},
    ],
    ids=str,
)
def test_an_invalid_message_gets_a_calm_notice(message: dict[str, Any]) -> None:
    """An unknown or incomplete action changes nothing."""
    session = CaseActivity(Case(score=251))
    fast, _ = session.handle({**message, "seq": 5})
    assert fast["notice"] == "That didn't work, and nothing was changed. Please try again."
    assert fast["seq"] == 5
    assert (session.case, session.reading, session.errors, session.undo()) == (Case(score=251), None, {}, False)


def test_a_session_opens_only_with_a_known_reading() -> None:
    """An unknown reading is rejected when the session opens instead of when it's first shown."""
    with pytest.raises(CaseError) as caught:
        CaseActivity(Case(), "any_leaver")
    assert str(caught.value).startswith("reading: must be one of any_lever, ")


def test_with_scores_from_two_exams_no_verdict_is_shown_anywhere() -> None:
    """Card, chain, strip, changes, readings, screen reader's text and transcript only say that the exams differ."""
    case = Case(score=520)
    parts = {**fast_fragments(case), **deferred_fragments(case), "text": CaseActivity(case).text}
    parts |= {f"live_text.{chart}": alt_text(chart, case) for chart in ("map",)}
    for name in ("verdict", "chain", "strip", "changes", "readings", "live_text", "text", "live_text.map"):
        assert not any(verdict.label in parts[name] for verdict in Verdict), name
    assert text("card.no_verdict") in parts["verdict"]
    assert text("card.no_verdict") in parts["strip"]


# ---- unknown fields ----

WITH_EVERYTHING = Case(failed_attempts=1, needs_visa=True, recommender="known_dean", offers={"local"}, specifics=True)


def open_screen(case: Case = WITH_EVERYTHING, unknown: tuple[str, ...] = MAY_BE_UNKNOWN) -> Screen:
    """Open a panel on a case with some unknown fields."""
    return Screen(CaseActivity(case, unknown=unknown))


@pytest.mark.parametrize("field", MAY_BE_UNKNOWN)
def test_a_field_can_be_entered_and_made_unknown_again(field: str) -> None:
    """Undo goes back and forth between the two, and the screen shows each."""
    screen = open_screen()
    assert screen.values[field] == "unknown"
    value = {"needs": "local", "range_low": "known", "range_floor": "known", "track_record": "0"}.get(field, "false")
    screen.act(type="set", field=field, value=value)
    assert field not in screen.session.unknown
    screen.check()
    screen.act(type="set", field=field, value="unknown")
    assert screen.session.unknown == MAY_BE_UNKNOWN
    screen.check()
    screen.act(type="undo")
    screen.act(type="undo")
    assert screen.session.unknown == MAY_BE_UNKNOWN


def test_of_two_boxes_that_exclude_each_other_the_last_one_counts() -> None:
    """Checking anything else unchecks "I don't know", and the other way around."""
    screen = open_screen()
    screen.act(type="set", field="needs", value="local|unknown")
    assert screen.session.case.needs == {"local"}
    assert screen.values["needs"] == "local"
    screen.act(type="set", field="needs", value="local|unknown")
    assert "needs" in screen.session.unknown
    assert screen.values["needs"] == "unknown"


def test_the_card_names_a_range_and_what_it_depends_on() -> None:
    """Widgets get a blank verdict and the list of all possible ones."""
    case = Case(failed_attempts=1, recommender="trusted_peer", specifics=True, addresses_flag=True)
    screen = open_screen(case, ("interviews_failures",))
    card = screen.texts()["verdict"]
    assert "Between Declined and Maybe" in card
    assert text("open.interviews_failures") in card
    assert text("ask.interviews_failures") in screen.texts()["ask"]
    assert screen.session.visible_outcome(screen.session.state) == ("", "not_allowed")
    assert screen.session.possible_verdicts(screen.session.state) == ("declined", "maybe")
    screen.act(type="set", field="interviews_failures", value="true")
    assert screen.session.visible_outcome(screen.session.state)[0] == "maybe"
    assert "Between" not in screen.texts()["verdict"]


def test_a_picture_that_needs_an_unknown_field_is_replaced_by_a_sentence() -> None:
    """The amplifier needs the program's range. The map shows the lowest possible verdict, and says so."""
    screen = open_screen(Case(), ("range_low", "range_floor"))
    assert "chart.amplifier" not in screen.rest["open"]
    assert text("open.range_low") in screen.texts()["caption.amplifier"]
    assert "lowest verdict still possible" in screen.texts()["caption.map"]
    for field in ("range_low", "range_floor"):
        screen.act(type="set", field=field, value="known")
    assert "chart.amplifier" in screen.rest["open"]
    assert screen.texts()["caption.map"] == text("chart.map.caption")
    screen.check()


def test_a_score_of_the_other_exam_takes_an_unknown_range_along() -> None:
    """There's still an answer, and the sliders are that exam's."""
    screen = open_screen(Case())
    screen.act(type="set", field="score", value="520")
    assert screen.session.errors == {}
    assert screen.rest["exam"] == "level2"
    assert screen.rest["ends"]["range_low"] == [350, 850]
    screen.check()


@pytest.mark.slow
@given(case=cases(), unknown=st.sets(st.sampled_from(MAY_BE_UNKNOWN)))
def test_what_is_unknown_is_saved_and_opened_as_unknown(case: Case, unknown: set[str]) -> None:
    """The browser tab's saved state does the same. A file without unknown fields has the old format."""
    session = CaseActivity(case, unknown=unknown)
    content = next(session.handle({"type": "save"}))["file"]["text"]
    kept = json.dumps(session.values(session.state))
    for saved in (content, kept):
        screen = open_screen()
        screen.act(type="load", value=saved)
        assert screen.session.state == session.state
        screen.check()
    assert unknown or content == case_to_text(case)


def test_nothing_in_an_old_file_becomes_unknown() -> None:
    """Nothing in an earlier version's file becomes unknown."""
    screen = open_screen()
    screen.act(type="load", value='{"score": 228}')
    assert screen.session.unknown == ()
    assert screen.session.case == Case(score=228)


def test_what_was_never_changed_in_a_chapter_stays_unknown() -> None:
    """A policy that was "yes" in a chapter from the start isn't an answer, but a changed one is."""
    saved_answers.save(saved_answers.CASE, {"score": 228, "sponsors_visas": True, "interviews_failures": False})
    screen = open_screen(Case())
    screen.act(type="restore_case")
    assert screen.session.case.score == 228
    assert "sponsors_visas" in screen.session.unknown
    assert "interviews_failures" not in screen.session.unknown
    assert not screen.session.case.interviews_failures
    screen.check()


# ---- the sheet to take away ----

MONDAY = datetime(2027, 3, 15, 20, 40)


def sheet_session(**fields: Any) -> CaseActivity:
    """Open a panel on Monday evening of Match Week, with everything about the program unknown."""
    session = CaseActivity(unknown=MAY_BE_UNKNOWN, clock=lambda: MONDAY)
    session.update(**fields)
    return session


def test_the_made_up_case_has_no_sheet() -> None:
    """There's nothing to show, print or save before an entry, or with scores from two exams."""
    session = sheet_session()
    assert session.sheets(session.state) == []
    for button in ("save_page", "save_text", "save_calendar"):
        fast = next(session.handle({"type": button}))
        assert fast["notice"] == text("sheet_desk.nothing_yet")
        assert "file" not in fast
    assert "bw-paper" not in session.deferred_fragments(session.state)["sheet"]
    session.update(score=520, range_low=235, range_floor=220)
    assert text("sheet_desk.mixed") in session.deferred_fragments(session.state)["sheet"]


@given(case=cases(), unknown=st.sets(st.sampled_from(MAY_BE_UNKNOWN)), reading=st.sampled_from(EVERY_READING))
def test_the_sheet_says_what_the_panel_says(case: Case, unknown: set[str], reading: str | None) -> None:
    """It has the same verdict or range, reading and moment, and the rule comes first."""
    session = CaseActivity(Case(), reading, clock=lambda: MONDAY)
    session.commit(state_of(case, reading, session.state, unknown))
    assume(session.state != session.start)
    plain = sheets_text(session.sheets(session.state))
    found = possible(case, unknown, reading)
    assert f"\n{range_label(found)}\n" in plain
    assert plain.index("THE NRMP'S RULE") < plain.index(range_label(found))
    if case.phase == "soap_lists":
        now = rule_now(session.sheets(session.state)[0].advice)
        assert now.startswith(rules_check(case, MONDAY).label)
        assert f"THE NRMP'S RULE\n{now}\n" in plain
    else:
        assert text(f"level.phase.{case.phase}") in plain
        assert rules_check(case).label in plain
    assert "residencyadvisor.com" in plain
    assert all(question in plain for question in (text(f"ask.{field}") for field in found.depends_on))


def test_name_program_and_what_the_article_does_not_cover_are_on_the_sheet_and_in_the_file() -> None:
    """They're questions for the dean's office. The panel's value in code is the case alone."""
    session = sheet_session(recommender="known_dean")
    for field, value in (("sheet_name", " Zoë  M. "), ("sheet_program", "Mercy"), ("sheet_topics", "img|couples")):
        list(session.handle({"type": "set", "field": field, "value": value}))
    plain = next(session.handle({"type": "save_text"}))["file"]["text"]
    for words in ("Name: Zoë M.", "Program: Mercy", "March 15, 2027, 8:40 pm ET"):
        assert words in plain
    for topic in ("img", "couples"):
        assert text(f"not_covered.{topic}.question") in plain
    assert set(session.public_values(session.state)) == set(Case.fields())
    content = next(session.handle({"type": "save"}))["file"]["text"]
    other = open_screen()
    other.act(type="load", value=content)
    assert other.session.state._replace(floor=0) == session.state._replace(floor=0)


def test_the_calendar_file_has_the_dated_steps() -> None:
    """Whole days are all-day events, and the end of SOAP has its time in UTC."""
    session = sheet_session(recommender="known_dean")
    file = next(session.handle({"type": "save_calendar"}))["file"]
    events = icalendar.Calendar.from_ical(file["text"]).walk("VEVENT")
    steps = session.sheets(session.state)[0].advice.steps
    assert len(events) == len(steps) == 3
    starts = [event.decoded("DTSTART") for event in events]
    assert datetime(2027, 3, 19, 1, 0, tzinfo=UTC) in [start for start in starts if isinstance(start, datetime)]
    assert file["name"].endswith(".ics")


@pytest.mark.parametrize("fields", [{"score": 410}, {"range_low": 500}, {"score": 520, "range_low": 500, "range_floor": 220}])
def test_scores_of_two_exams_have_no_verdict_and_no_picture_of_one(fields: dict[str, int]) -> None:
    """The amplifier would call a score strong or weak for another exam's range, so a sentence replaces it."""
    session = CaseActivity()
    session.restore(state_of(Case(**fields)))
    parts = {**session.fragments(session.state), **session.deferred_fragments(session.state)}
    for part in ("caption.amplifier", "live_text"):
        assert parts[part].endswith(text("orientation.mixed"))
    assert parts["table.amplifier"] == ""
    assert not {"base_figure.amplifier", "alt_text.amplifier"} & parts.keys()
    assert "amplifier" not in session.markers(session.state)
    assert "signal of" not in session.page()


def test_the_menu_of_callers_says_where_residents_and_chairs_belong_and_that_this_is_ours() -> None:
    """The article mentions neither, but students look for them in the menu."""
    page = CaseActivity().page()
    (content,) = re.findall(r'<[^>]+ id="§?[^"]*recommender[^"]*help"[^>]*>(.*?)</', page)
    assert html.unescape(content) == text("field.recommender.help")
    assert all(word in content for word in ("residents", "chairs", "our assumption"))
