"""The director's desk: no answer before a decision, time that never blocks, and the engine's verdicts."""

from __future__ import annotations

import json
from itertools import product
from typing import Any

import pytest

from backchannel_lib import Case, CaseError, Verdict, judge, rules_check
from backchannel_lib.activities.desk import Desk, decision_of
from backchannel_lib.activities.registry import make_activity
from backchannel_lib.activities.tables import (
    ActivityRow,
    case_of,
    load_activities,
    load_desk_decisions,
    load_desk_files,
    load_scenes,
)
from backchannel_lib.activities.timed_deck import CLOCK
from backchannel_lib.base.texts import text
from backchannel_lib.model.tables import facts
from backchannel_lib.page.activity_page import PAPER
from tests.helpers.notebooks import NOTEBOOKS, read

FILES = [row.file for row in load_desk_files()]
DECISIONS = [row.decision for row in load_desk_decisions()]
EXPECTED = {
    "clerkship": "DECLINED",
    "visa": "PHONE_INTERVIEW",
    "dean": "FALLBACK_SEAT",
    "incident": "DECLINED",
    "leave": "MAYBE",
}
PROGRAM = ("range_low", "range_floor", "interviews_failures", "sponsors_visas", "has_noncategorical_seat", "needs")


@pytest.fixture
def desk() -> Desk:
    """The desk at its start."""
    return Desk(next(row for row in load_activities() if row.activity == "desk"))


def act(desk: Desk, action: str, value: object = None) -> dict[str, Any]:
    """Perform an action as the page does, and return the first answer."""
    return next(desk.handle({"type": action, "value": value, "seq": 1, "view": "v"}))


def place_in(at: int) -> str:
    """Return which sheet is on the desk."""
    return FILES[at - 1]


# ---- the files ----


def test_the_files_get_the_verdicts_that_the_chapter_states() -> None:
    """The verdicts match the explanations, and every decision is right for some file."""
    outcomes = {row.file: judge(case_of(row.overrides)).verdict for row in load_desk_files()}
    assert {file: verdict.name for file, verdict in outcomes.items()} == EXPECTED
    assert {decision_of(verdict) for verdict in outcomes.values()} == set(DECISIONS)


def test_all_files_lie_at_one_program_and_one_moment() -> None:
    """The program's description fits every file, and all have the same rule next to them."""
    cases = [case_of(row.overrides) for row in load_desk_files()]
    assert len({tuple(getattr(case, field) for field in PROGRAM) for case in cases}) == 1
    assert len({rules_check(case) for case in cases}) == 1
    assert rules_check(cases[0]).answer == "not_allowed"
    sentence = text("desk.program")
    assert all(case.needs == {"language"} for case in cases)
    assert str(cases[0].range_low) in sentence
    assert str(cases[0].range_floor) in sentence


def of(table: Any, name: str) -> Case:
    """Return the case in the row with this first cell."""
    return case_of(next(row.overrides for row in table() if row[0] == name))


@pytest.mark.parametrize(
    ("case", "change", "verdict"),
    [
        (of(load_desk_files, "clerkship"), {"addresses_flag": True}, "MAYBE"),
        (of(load_desk_files, "visa"), {"sponsors_visas": False}, "DECLINED"),
        (of(load_desk_files, "dean"), {"has_noncategorical_seat": False}, "DECLINED"),
        (of(load_scenes, "paper_two_points"), {}, "MAYBE"),
        (of(load_scenes, "paper_two_points"), {"score": 238}, "PHONE_INTERVIEW"),
        (of(load_scenes, "paper_no_seat"), {}, "DECLINED"),
        (of(load_scenes, "paper_no_seat"), {"has_noncategorical_seat": True}, "FALLBACK_SEAT"),
        (of(load_scenes, "paper_second_try"), {}, "MAYBE"),
        (of(load_scenes, "paper_second_try"), {"interviews_failures": False}, "DECLINED"),
        (of(load_scenes, "paper_second_try"), {"addresses_flag": False}, "DECLINED"),
        (of(load_scenes, "paper_pending"), {}, "DECLINED"),
        (of(load_scenes, "paper_pending"), {"addresses_flag": True}, "MAYBE"),
    ],
)
def test_what_an_explanation_says_would_change_does(case: Case, change: dict[str, Any], verdict: str) -> None:
    """If a text says how a change would affect the verdict, the engine agrees."""
    assert judge(case.replace(**change)).verdict.name == verdict


def test_two_points_are_less_than_the_measurement_error() -> None:
    """The scene about two points is true for the error in the outside fact."""
    case = of(load_scenes, "paper_two_points")
    assert 0 < case.range_low - case.score < float(facts()["scores.step2_sem"].value)


def test_the_survey_in_the_chapter_is_the_one_in_the_table() -> None:
    """Every survey figure in the chapter is a fact in the table, with its year and grade."""
    cell = next(cell for cell in read(NOTEBOOKS / "01_the_paper_bar.ipynb").cells if cell.id == "directors-asked")
    figures = [facts()[name] for name in facts() if name.startswith("studies.pd2021_")]
    assert len(figures) == 8
    for fact in figures:
        sign = "%" if fact.id.endswith("_cited") else ""
        assert f"| {fact.value}{sign} |" in cell.source, fact.id
        assert (fact.year, fact.grade) == ("2021", "C")
    assert "2021; grade C" in cell.source
    for label in ("| Directors who named it |", "| Importance (out of 5) |", "the lowest of our grades A to C"):
        assert label in cell.source.replace("\N{NO-BREAK SPACE}", " "), "a percentage of whom, or a grade on which scale?"


# ---- decisions and verdicts ----


@pytest.mark.parametrize(
    ("verdict", "decision"),
    list(zip(Verdict, ["no", "no", "no", "no", "seat", "read", "read", "call", "call"], strict=True)),
)
def test_every_verdict_is_one_decision(verdict: Verdict, decision: str) -> None:
    """The nine verdicts map to the four decisions in order."""
    assert decision_of(verdict) == decision


def test_the_name_of_a_no_fits_every_verdict_that_is_one() -> None:
    """Declined is a polite no, and after skimmed, ignored and backfires no answer is sent. The button mentions both."""
    sentence = text("decision.no")
    assert "polite no" in sentence
    assert "no answer" in sentence
    assert len(sentence) <= len(text("decision.seat"))


@pytest.mark.parametrize(("file", "decision"), list(product(FILES, DECISIONS)))
def test_every_decision_is_compared(desk: Desk, file: str, decision: str) -> None:
    """Each decision is next to the article's, and called the same view exactly if it is."""
    desk.update(**{file: decision, "at": desk.end})
    why = desk.fragments(desk.state)["why"]
    same = decision == decision_of(Verdict[EXPECTED[file]])
    assert (text("lesson.alike") in why) == same
    assert (text("lesson.unlike") in why) != same
    assert text(f"desk.{file}.why") in why
    sentence = text("desk.summary", alike=int(same), decided=1)
    assert desk.fragments(desk.state)["summary"] == (sentence if same else f"{sentence} {text('desk.differ')}")


# ---- nothing before a decision ----


def told_by(desk: Desk) -> str:
    """Return everything on the page."""
    return "\n".join([desk.page(), desk.static_html(), desk.text, *desk.fragments(desk.state).values()])


@pytest.mark.slow
@pytest.mark.parametrize("at", range(len(FILES) + 1))
def test_no_answer_before_it_is_asked_for(desk: Desk, at: int) -> None:
    """Until then, no page, part, text or prefetched answer has a verdict or an explanation, even for decided files."""
    for decisions in ({}, dict.fromkeys(FILES, "no")):
        desk.update(at=at, **decisions)
        ahead = json.dumps([list(desk.handle({"type": "prefetch", "field": file})) for file in FILES])
        for file, verdict in EXPECTED.items():
            for told in (text(f"desk.{file}.why"), Verdict[verdict].sentence, text("lesson.unlike"), "bw-pairs"):
                assert told not in told_by(desk)
                assert told not in ahead


def test_an_undecided_file_gets_no_answer(desk: Desk) -> None:
    """Asking early gets answers for the decided files, and a way to decide on the rest."""
    desk.update(at=2, dean="seat")
    assert act(desk, "answers")["focus"] == "summary"
    parts = desk.fragments(desk.state)
    assert text("desk.dean.why") in parts["why"]
    for file in FILES:
        if file != "dean":
            assert text(f"desk.{file}.why") not in parts["why"]
            assert f'data-value="{file}"' in parts["answers"]
    assert Verdict.PHONE_INTERVIEW.label not in parts["answers"]
    act(desk, "take", "visa")
    assert (desk.state["at"], desk.state["dean"]) == (2, "seat")


def test_answers_ask_for_one_decision(desk: Desk) -> None:
    """Without any decision, a message asks for one."""
    act(desk, "begin", "on")
    assert act(desk, "answers")["notice"] == text("lesson.choose_first")
    desk.update(at=len(FILES))
    assert act(desk, "next")["notice"] == text("lesson.choose_first")
    assert desk.state["at"] == len(FILES)


# ---- the way through ----


def test_the_way_through_the_files(desk: Desk) -> None:
    """One file is open at a time, next and back move by one, and the answers come after the last file."""
    assert desk.ui_state(desk.state)["open"] == ["start", PAPER]
    act(desk, "begin", "on")
    for at in range(1, desk.end):
        assert desk.ui_state(desk.state)["open"] == ["desk", place_in(at), "clock_on"]
        list(desk.handle({"type": "set", "field": place_in(at), "value": "no"}))
        answer = act(desk, "next")
        assert answer["focus"] == (f"head.{place_in(at + 1)}" if at < len(FILES) else "summary")
    assert desk.ui_state(desk.state)["open"] == ["seen"]
    act(desk, "back")
    act(desk, "back")
    assert desk.ui_state(desk.state)["open"] == ["desk", place_in(len(FILES) - 1), "clock_on"]
    for _ in FILES:
        act(desk, "back")
    assert desk.ui_state(desk.state)["open"] == ["desk", place_in(1), "clock_on"]


def test_every_step_can_be_undone(desk: Desk) -> None:
    """Undo takes back each action, down to the start."""
    states = [desk.state]
    for action, value in (
        ("begin", "on"),
        ("clock", "off"),
        ("next", None),
        ("clock", "on"),
        ("back", None),
        ("take", "leave"),
    ):
        act(desk, action, value)
        states.append(desk.state)
    list(desk.handle({"type": "set", "field": "leave", "value": "call"}))
    states.append(desk.state)
    act(desk, "answers")
    for state in reversed(states):
        assert desk.undo()
        assert desk.state == state
    assert not desk.undo()


# ---- the clock ----


def test_the_clock_can_be_off_from_the_start(desk: Desk) -> None:
    """If the reader starts without it, it doesn't run for any file."""
    assert not desk.ui_state(desk.state)["clock"]["run"]
    act(desk, "begin", "off")
    for at in range(1, desk.end):
        assert desk.state["at"] == at
        assert not desk.ui_state(desk.state)["clock"]["run"]
        assert "clock_on" not in desk.ui_state(desk.state)["open"]
        act(desk, "next")


def test_the_clock_restarts_for_each_file_and_stops_at_the_end(desk: Desk) -> None:
    """Each file has 90 seconds, turning the clock off and on restarts it, and it doesn't run at the answers."""
    seen = set()
    act(desk, "begin", "on")
    for at in range(1, desk.end):
        clock = desk.ui_state(desk.state)["clock"]
        assert (clock["seconds"], clock["run"]) == (90, True)
        seen.add(clock["id"])
        act(desk, "clock", "off")
        assert desk.ui_state(desk.state)["clock"]["id"] not in seen
        assert not desk.ui_state(desk.state)["clock"]["run"]
        act(desk, "clock", "on")
        desk.update(**{place_in(at): "read"})
        assert desk.ui_state(desk.state)["clock"] == clock
        act(desk, "next")
    assert len(seen) == len(FILES)
    assert not desk.ui_state(desk.state)["clock"]["run"]


def test_time_that_is_over_blocks_nothing(desk: Desk) -> None:
    """There's a kind message, and nothing else changes. A stopped clock has no message."""
    act(desk, "begin", "on")
    desk.update(clerkship="read")
    before, running = desk.state, desk.ui_state(desk.state)["clock"]["id"]
    assert act(desk, "time_up", running)["notice"] == text("desk.time_up")
    assert desk.state is before
    assert "notice" not in act(desk, "time_up", "2-on")
    act(desk, "clock", "off")
    assert "notice" not in act(desk, "time_up", running)
    act(desk, "answers")
    assert "notice" not in act(desk, "time_up", desk.ui_state(desk.state)["clock"]["id"])


# ---- errors and saved states ----


@pytest.mark.parametrize(
    ("action", "value"),
    [("begin", "fast"), ("begin", None), ("clock", 90), ("take", "nobody"), ("take", None), ("nothing", None)],
)
def test_an_unknown_action_at_the_desk_changes_nothing(desk: Desk, action: str, value: object) -> None:
    """A value that no button sends gets a message."""
    before = desk.state
    assert act(desk, action, value)["notice"] == text("panel.not_understood")
    assert desk.state == before


def test_an_unknown_decision_is_rejected(desk: Desk) -> None:
    """The error appears at its file."""
    act(desk, "begin", "on")
    answer = next(desk.handle({"type": "set", "field": "visa", "value": "perhaps"}))
    assert "'perhaps'" in answer["errors"]["visa"]
    assert desk.state["visa"] == ""
    with pytest.raises(CaseError):
        desk.with_value("nobody", "no")


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"at": 8}', '{"at": -1}', '{"clock": "slow"}', '{"visa": "perhaps"}', '{"at": true}']
)
def test_a_broken_file_is_rejected(desk: Desk, text: str) -> None:
    """A file that no page saved is rejected, and the desk stays the same."""
    with pytest.raises(CaseError):
        desk.from_file(text)
    answer = act(desk, "load", text)
    assert answer["notice"]
    assert desk.state["at"] == 0


@pytest.mark.parametrize("clock", CLOCK)
@pytest.mark.parametrize("at", range(len(FILES) + 2))
def test_a_saved_state_is_restored(desk: Desk, at: int, clock: str) -> None:
    """A new desk gets it from the page."""
    desk.update(at=at, clock=clock, dean="seat", leave="call")
    fresh = make_activity("desk")
    assert fresh.from_file(json.dumps(desk.values(desk.state))) == desk.state
    assert fresh.fragments(fresh.from_file(desk.to_file(desk.state)[1])) == desk.fragments(desk.state)


def test_the_page_fills_its_parts_as_the_acts_do(desk: Desk) -> None:
    """Every part that appears later has a place on the page, and every place that gets the focus exists."""
    desk.update(at=desk.end, visa="call")
    page = desk.page()
    for name, body in desk.fragments(desk.state).items():
        if name != "live_text":
            assert f'data-fragment="{name}"' in page
            assert body in page
    for file in FILES:
        assert f'data-fragment="head.{file}"' in page


def test_the_tour_shows_every_file_and_leaves_no_trace() -> None:
    """It's the same every time, has each explanation once, and ends where it began."""
    row = ActivityRow("desk", "01_the_paper_bar", "desk", (), (), False)
    one, other = Desk(row), Desk(row)
    assert one.transcript() == one.transcript() == other.transcript()
    assert one.state == other.state
    assert one.state["at"] == 0
    for file in FILES:
        assert one.transcript().count(text(f"desk.{file}.why")) == 1
