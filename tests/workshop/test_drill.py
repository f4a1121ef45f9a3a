"""The drill: no answers before the end, exact counts of changed decisions, a clock that never blocks, and errors in tables."""

from __future__ import annotations

import json
import re
from datetime import datetime, time, timedelta
from itertools import pairwise, product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backchannel_lib import Case, CaseError, TableError, Verdict, judge, rules_check
from backchannel_lib.activities import saved_answers
from backchannel_lib.activities.desk import decision_of
from backchannel_lib.activities.registry import make_activity
from backchannel_lib.activities.tables import case_of, load_desk_decisions, load_drill_files, load_drill_turns
from backchannel_lib.activities.timed_deck import CLOCK
from backchannel_lib.base.texts import text
from backchannel_lib.model.calendar import match_week, phase_at
from backchannel_lib.page.file_sheet import INSIDE, file_brief, file_facts, file_sheet, is_known
from backchannel_lib.workshop.deck import vignettes
from backchannel_lib.workshop.drill import STANDS, Drill
from tests.helpers.activities import Page
from tests.helpers.cases import NEEDS

TURNS = {row.turn: row for row in load_drill_turns()}
ORDER = list(TURNS)
PINGS = [turn for turn, row in TURNS.items() if row.is_ping]
DECISIONS = [row.decision for row in load_desk_decisions()]
END = len(ORDER) + 1
#: What the article expects from each ping, and whether it changes the director's mind.
EXPECTED = {
    "brennan_letter": ("SKIMMED", "no", "not", "not_allowed"),
    "castillo_pressure": ("BACKFIRES", "no", "down", "not_allowed"),
    "rao_explained": ("MAYBE", "read", "up", "not_allowed"),
    "haddad_dean": ("SKIMMED", "no", "not", "not_allowed"),
    "lindqvist_push": ("FALLBACK_SEAT", "seat", "up", "ask_first"),
    "kim_need": ("PHONE_INTERVIEW", "call", "up", "not_allowed"),
    "fraser_list": ("IGNORED", "no", "not", "not_allowed"),
    "adeyemi_text": ("PHONE_INTERVIEW", "call", "up", "not_allowed"),
}
#: Files that nobody calls about.
QUIET = ["tran", "novak", "begay", "kaplan"]
PROGRAM = ("range_low", "range_floor", "interviews_failures", "sponsors_visas", "has_noncategorical_seat", "needs")


def opened() -> Drill:
    """Return the drill at its start."""
    activity = make_activity("drill")
    assert isinstance(activity, Drill)
    return activity


@pytest.fixture
def drill() -> Drill:
    """The drill at its start."""
    return opened()


def act(drill: Drill, action: str, value: object = None) -> dict[str, Any]:
    """Perform an action as the page does, and return the first answer."""
    return next(drill.handle({"type": action, "value": value, "seq": 1, "view": "v"}))


def decide(drill: Drill, **decisions: str) -> None:
    """Set decisions by turn."""
    drill.update(**{f"decided.{turn}": decision for turn, decision in decisions.items()})


def first_of(ping: str) -> str:
    """Return the turn in which a ping's file first appears."""
    return next(turn for turn, row in TURNS.items() if row.file == TURNS[ping].file)


# ---- the stream ----


def test_twelve_files_come_and_eight_come_back() -> None:
    """There are twenty turns: each file once, then eight of them again with a ping. They come faster toward noon."""
    assert (len(ORDER), len(PINGS), len(load_drill_files())) == (20, 8, 12)
    minutes = [int(row.time[:2]) * 60 + int(row.time[3:]) for row in TURNS.values()]
    gaps = [second - first for first, second in pairwise(minutes)]
    assert all(gap > 0 for gap in gaps)
    assert max(gaps[-5:]) < min(gaps[:5])
    assert minutes[-1] < 12 * 60
    assert TURNS[ORDER[-1]].is_ping


def test_the_pings_get_the_verdicts_that_their_texts_state(drill: Drill) -> None:
    """The verdicts match the explanations, and range from backfires to a phone interview."""
    assert list(EXPECTED) == PINGS
    for ping, (verdict, decision, way, answer) in EXPECTED.items():
        assert drill.judgments[ping].verdict.name == verdict, ping
        assert drill.expected(ping) == decision, ping
        assert drill.director_way(ping) == way, ping
        assert rules_check(drill.cases[ping]).answer == answer, ping
    assert {decision for _, decision, _, _ in EXPECTED.values()} == set(DECISIONS)
    assert sum(way == "not" for _, _, way, _ in EXPECTED.values()) >= 3


@pytest.mark.parametrize("decision", DECISIONS)
def test_the_files_that_nobody_speaks_for_get_no_answer(drill: Drill, decision: str) -> None:
    """Next to the reader's decision there's only a sentence that paper alone promises nothing, and why."""
    assert drill.quiet == QUIET
    decide(drill, **dict.fromkeys(QUIET, decision))
    drill.update(at=END)
    quiet = drill.fragments(drill.state)["quiet"]
    assert text("drill.quiet_lead") in quiet
    assert text("assumption.no_contact_is_polite_email") in quiet
    for other in DECISIONS:
        assert quiet.count(text(f"decision.{other}")) == (len(QUIET) if other == decision else 0)
    assert [verdict.label for verdict in Verdict if f"({verdict.label})" in quiet] == []


def test_a_weak_message_takes_nothing_away(drill: Drill) -> None:
    """A message that leaves the director cold leads to the same decision as no message."""
    for ping in PINGS:
        quiet = drill.judgments[first_of(ping)].verdict
        if drill.director_way(ping) == "not":
            assert drill.judgments[ping].verdict <= quiet
            assert decision_of(drill.judgments[ping].verdict) == decision_of(quiet)


def test_all_files_lie_at_one_program_and_one_moment() -> None:
    """The program's description fits every file, and Tuesday before noon fits every contact."""
    cases = [case_of(row.overrides) for row in load_drill_files()]
    assert len({tuple(getattr(case, field) for field in PROGRAM) for case in cases}) == 1
    sentence = text("drill.program")
    assert str(cases[0].range_low) in sentence
    assert str(cases[0].range_floor) in sentence
    assert cases[0].needs == {"language", "coverage"}
    drill = opened()
    for ping in PINGS:
        moment = datetime.combine(match_week(2027) + timedelta(days=1), time.fromisoformat(TURNS[ping].time))
        assert (drill.cases[ping].phase, drill.cases[ping].lists_open) == (phase_at(moment), True)
        assert rules_check(drill.cases[ping], moment).answer == rules_check(drill.cases[ping]).answer


def test_the_twins_differ_only_in_the_caller(drill: Drill) -> None:
    """Two files are almost the same, the drier message achieves more, and swapping the callers swaps the verdicts."""
    pair = drill.twins()
    assert pair == ("brennan_letter", "adeyemi_text")
    warm, cool = (drill.cases[turn] for turn in pair)
    assert warm.intensity > cool.intensity
    assert judge(warm).verdict < judge(cool).verdict
    assert judge(warm.replace(recommender=cool.recommender)).verdict == judge(cool).verdict
    assert judge(cool.replace(recommender=warm.recommender)).verdict == judge(warm).verdict


@pytest.mark.parametrize(
    ("turn", "change", "verdict"),
    [
        ("haddad_dean", {"specifics": True}, "FILE_READ"),
        ("castillo_pressure", {"move": "targeted_call"}, "FILE_READ"),
        ("rao_explained", {"addresses_flag": False}, "DECLINED"),
        ("lindqvist_push", {"has_noncategorical_seat": False}, "DECLINED"),
        ("lindqvist_push", {"score": 234}, "PHONE_INTERVIEW"),
        ("kim_need", {"offers": ()}, "SKIMMED"),
        ("kim_need", {"recommender": "random_dean"}, "PHONE_INTERVIEW"),
        ("adeyemi_text", {"intensity": 10}, "PHONE_INTERVIEW"),
        ("brennan_letter", {"intensity": 0}, "SKIMMED"),
    ],
)
def test_what_an_explanation_says_would_change_does(drill: Drill, turn: str, change: dict[str, Any], verdict: str) -> None:
    """If a text says that a change would or wouldn't help, the engine agrees."""
    assert judge(drill.cases[turn].replace(**change)).verdict.name == verdict


# ---- no answer before the end ----


def messages(drill: Drill) -> str:
    """Return everything on the page and everything sent to it."""
    told = [*drill.handle({"type": "hello", "seq": 1, "view": "v"})]
    told += [one for field in drill.fields() for one in drill.handle({"type": "prefetch", "field": field})]
    return "\n".join([drill.page(), drill.static_html(), drill.text, json.dumps(told, ensure_ascii=False)])


@pytest.mark.slow
@pytest.mark.parametrize("at", range(END))
def test_no_answer_before_the_end(at: int) -> None:
    """Until then, no page, fragment, text, message or prefetched answer has a verdict, an explanation or a count."""
    answers = [text(f"drill_why.{ping}") for ping in PINGS]
    answers += [text(f"drill.director.{way}") for way in ("up", "down", "not")]
    answers += [text(f"drill.way.{way}") for way in ("up", "down", "not", "open")]
    answers += [f"({verdict.label})" for verdict in Verdict] + [verdict.sentence for verdict in Verdict]
    answers += [
        text("drill.room_heard"),
        text("drill.room_missed"),
        text("drill.room_warm"),
        text("drill.room_still"),
        text("drill.twins"),
        text("drill.quiet"),
    ]
    answers += [text("soap.not_contacted_yet"), "bw-pairs"]
    for decisions in ({}, dict.fromkeys(ORDER, "call")):
        drill = opened()
        decide(drill, **decisions)
        drill.update(at=at)
        whole = messages(drill)
        for answer in answers:
            assert answer not in whole


def test_a_later_ping_is_not_revealed_early(drill: Drill) -> None:
    """A message appears only on its own turn, and nothing on another turn's page hints at it."""
    for at, turn in enumerate(ORDER, start=1):
        drill.update(at=at)
        whole = drill.page() + json.dumps(drill.fragments(drill.state), ensure_ascii=False)
        for ping in PINGS:
            assert (text(f"drill_said.{ping}") in whole) == (ping == turn), (turn, ping)


# ---- what moved whom ----


@pytest.mark.slow
@settings(max_examples=120)
@given(st.lists(st.sampled_from(["", *DECISIONS]), min_size=20, max_size=20))
def test_the_counts_are_right_for_every_way_of_deciding(drawn: list[str]) -> None:
    """Moves up, moves down and unchanged decisions add up to the calls decided twice, and each row is correct."""
    drill = opened()
    made = dict(zip(ORDER, drawn, strict=True))
    decide(drill, **{turn: decision for turn, decision in made.items() if decision})
    drill.update(at=END)
    ways = []
    for ping in PINGS:
        before, after = made[first_of(ping)], made[ping]
        steps = DECISIONS.index(after) - DECISIONS.index(before) if before and after else None
        way = "open" if steps is None else "not" if steps == 0 else "up" if steps > 0 else "down"
        assert drill.way(ping, drill.state) == way
        assert (text(f"drill.way.{way}") in drill.fragments(drill.state)[f"answer.{ping}"]) == bool(after)
        ways.append(way)
    up, down, still = (ways.count(way) for way in ("up", "down", "not"))
    parts = drill.fragments(drill.state)
    counts = {"decided": up + down + still, "total": 8, "up": up, "down": down, "still": still}
    assert parts["summary"].startswith(text("drill.summary", **counts) if up + down + still else text("drill.summary_none"))
    left = drawn.count("")
    assert (text("drill.summary_open", open=left) in parts["summary"]) == (left > 0)
    assert parts["left"].count('data-action="take"') == left
    open_now = drill.ui_state(drill.state)["open"]
    assert {name for name in open_now if name.startswith("stands.")} == {
        f"stands.{ping}" for ping, way in zip(PINGS, ways, strict=True) if way in {"up", "down"}
    }
    assert {name for name in open_now if name.startswith("ping.")} == {f"ping.{ping}" for ping in PINGS if made[ping]}
    same = sum(way == EXPECTED[ping][2] for ping, way in zip(PINGS, ways, strict=True) if way in {"up", "down"})
    assert (text("drill.moved", moved=up + down, same=same) in parts["stood"]) == (up + down > 0)
    missed = sum(way == "not" and EXPECTED[ping][2] != "not" for ping, way in zip(PINGS, ways, strict=True))
    assert (text("drill.missed", still=still, missed=missed) in parts["stood"]) == (still > 0)
    warm = sum(ways[PINGS.index(ping)] == "up" for ping in ("brennan_letter", "fraser_list"))
    assert (text("drill.warm_unknown", came=2, moved=warm) in parts["stood"]) == (up + down + still > 0)


@pytest.mark.parametrize(("before", "after"), list(product(DECISIONS, DECISIONS)))
def test_every_change_is_in_the_table(drill: Drill, before: str, after: str) -> None:
    """A row has the file, the caller, the warmth, both decisions, the article's, its weakest link and the rule."""
    decide(drill, kim=before, kim_need=after)
    drill.update(at=END)
    table = drill.fragments(drill.state)["answers"]
    told = (
        "H. Kim · 236",
        f"{text('file_sheet.caller.unconnected_faculty')}, plain",
        f"{text(f'decision.{before}')} → {text(f'decision.{after}')}",
    )
    for content in (*told, Verdict.PHONE_INTERVIEW.label, "Caller, Timing", text("soap.answer.not_allowed")):
        assert content in table
    assert table.count('scope="row"') == 1
    assert Verdict.BACKFIRES.label not in table  # no answer without a decision


def test_keeping_a_decision_is_counted_and_gets_a_friendly_sentence(drill: Drill) -> None:
    """The closing sentence counts the changes that the reader stands by, as long as the call still changes the decision."""
    decide(drill, brennan="no", brennan_letter="call", kim="read", kim_need="call")
    drill.update(at=END)
    stood = lambda: drill.fragments(drill.state)["stood"]  # noqa: E731 - asked again after each act
    assert text("drill.moved", moved=2, same=1) in stood()
    assert text("drill.stood_open", open=2) in stood()
    assert text("drill.stood_kind") not in stood()
    act(drill, "set")  # no field: rejected, and nothing changes
    list(drill.handle({"type": "set", "field": "stands.brennan_letter", "value": "no"}))
    assert text("drill.stood", yes=0, no=1) in stood()
    list(drill.handle({"type": "set", "field": "stands.kim_need", "value": "yes"}))
    assert text("drill.stood", yes=1, no=1) in stood()
    assert text("drill.stood_kind") in stood()
    decide(drill, brennan="call")
    assert text("drill.stood", yes=1, no=0) in stood()


@pytest.mark.parametrize(
    ("decisions", "word"),
    [
        ({"kim": "no", "kim_need": "no"}, "room_still"),
        ({"kim": "no", "kim_need": "call"}, "room_heard"),
        ({"kim": "no", "kim_need": "call", "brennan": "no", "brennan_letter": "no"}, "room_heard"),
        ({"kim": "no", "kim_need": "call", "adeyemi": "no", "adeyemi_text": "no"}, "room_missed"),
        ({"castillo": "call", "castillo_pressure": "no"}, "room_heard"),
        ({"brennan": "no", "brennan_letter": "read"}, "room_warm"),
        ({"haddad": "no", "haddad_dean": "read"}, "room_warm"),
        ({"kim": "call", "kim_need": "read"}, "room_other"),
        ({"brennan": "read", "brennan_letter": "no"}, "room_other"),
    ],
)
def test_what_moved_the_room_is_described_kindly(drill: Drill, decisions: dict[str, str], word: str) -> None:
    """One correct sentence summarizes what changed the reader's mind."""
    decide(drill, **decisions)
    drill.update(at=END)
    words = drill.fragments(drill.state)["room"].replace("&amp;", "&")
    known = ("room_still", "room_heard", "room_missed", "room_warm", "room_other")
    assert [one for one in known if text(f"drill.{one}") in words] == [word]


def test_warm_words_count_where_they_moved_up(drill: Drill) -> None:
    """A warm message followed by a lower decision doesn't count as having helped the student."""
    decide(drill, brennan="call", brennan_letter="no")
    drill.update(at=END)
    assert text("drill.warm_unknown", came=2, moved=0) in drill.fragments(drill.state)["stood"]
    decide(drill, brennan="no", brennan_letter="call")
    assert text("drill.warm_unknown", came=2, moved=1) in drill.fragments(drill.state)["stood"]
    assert "up" in text("drill.warm_unknown", came=2, moved=1)


@pytest.mark.parametrize("word", ["moved", "missed", "warm_unknown", "stood", "stood_open", "room_tally"])
def test_the_counts_are_given_in_a_sentence(word: str) -> None:
    """No count follows a colon, as it would in a form."""
    sentence = text(
        f"drill.{word}",
        **dict.fromkeys(("moved", "same", "still", "missed", "came", "yes", "no", "open"), 1),
        **dict.fromkeys(("known", "all_known", "unknown", "all_unknown"), 1),
    )
    assert ":" not in sentence
    assert sentence.endswith(".")


def test_the_twins_are_shown_side_by_side_once_both_are_decided(drill: Drill) -> None:
    """Showing one alone would give away the other's answer."""
    decide(drill, brennan_letter="call")
    drill.update(at=END)
    assert drill.fragments(drill.state)["twins"] == ""
    decide(drill, adeyemi_text="no")
    twins = drill.fragments(drill.state)["twins"]
    assert "S. Brennan" in twins
    assert "T. Adeyemi" in twins


# ---- the way through ----


def keys_of(page: str) -> dict[str, tuple[str | None, str | None]]:
    """Return the page's buttons by key."""
    return {
        key: (attributes.get("data-action") or attributes.get("data-clock-action"), attributes.get("data-value"))
        for _, attributes in Page(page).elements
        for key in (attributes.get("data-key") or "").split()
    }


def test_the_keys_one_to_four_decide_and_the_arrows_turn(drill: Drill) -> None:
    """Each decision's button shows its number key. A presenter's keys move forward and back."""
    act(drill, "begin", "on")
    act(drill, "next")
    keys = keys_of(drill.page())
    assert [keys[str(number)] for number in range(1, 5)] == [("decide", decision) for decision in DECISIONS]
    assert keys["ArrowRight"] == keys["PageDown"] == ("next", None)
    assert keys["ArrowLeft"] == keys["PageUp"] == ("back", None)
    assert "c" in keys
    assert drill.page().count('class="bw-key"') >= 8


def test_a_key_begins_the_drill(drill: Drill) -> None:
    """The key for moving on starts the drill and its clock, and the start button shows it."""
    page = Page(drill.page())
    begin = next(attributes for _, attributes in page.elements if attributes.get("data-action") == "begin")
    assert (begin["data-value"], begin["data-key"]) == ("on", "ArrowRight PageDown")
    assert re.search(rf"{text('drill.begin_on')}<kbd[^>]*>→</kbd>", drill.page())
    act(drill, begin["data-action"] or "", begin["data-value"])
    assert (drill.state["at"], drill.state["clock"]) == (1, "on")


def test_one_press_decides_and_moves_on_and_the_last_one_ends_the_drill(drill: Drill) -> None:
    """Twenty presses lead to the end."""
    act(drill, "begin", "off")
    for number, turn in enumerate(ORDER, start=1):
        assert drill.state["at"] == number
        assert drill.ui_state(drill.state)["open"] == ["desk", "clock_off"]
        answer = act(drill, "decide", DECISIONS[number % 4])
        assert drill.state[f"decided.{turn}"] == DECISIONS[number % 4]
        assert answer["focus"] == ("head" if number < 20 else "summary")
    assert drill.ui_state(drill.state)["open"][:2] == ["seen", "each"]
    assert drill.fragments(drill.state)["left"] == ""
    assert text("drill.made", at=20, total=20, made=20) == drill.fragments(drill.state)["made"]


def test_going_back_changes_a_decision(drill: Drill) -> None:
    """Back shows the decision, another press replaces it, and moving on keeps it."""
    act(drill, "begin", "on")
    act(drill, "decide", "no")
    act(drill, "back")
    assert text("drill.here", decision=text("decision.no")) in drill.fragments(drill.state)["nav"]
    act(drill, "decide", "call")
    act(drill, "back")
    act(drill, "next")
    assert (drill.state["at"], drill.state["decided.brennan"]) == (2, "call")
    for _ in range(3):
        act(drill, "back")
    assert drill.state["at"] == 1


def test_a_ping_shows_what_was_decided_before(drill: Drill) -> None:
    """The earlier decision is next to the message, or a note that there was none."""
    drill.update(at=ORDER.index("brennan_letter") + 1)
    assert text("drill.before_open") in drill.fragments(drill.state)["message"]
    decide(drill, brennan="seat")
    assert text("drill.before", decision=text("decision.seat")) in drill.fragments(drill.state)["message"]
    assert text("drill_from.brennan_letter") in drill.fragments(drill.state)["message"]


def test_the_end_can_be_asked_for_early(drill: Drill) -> None:
    """It shows what was decided and lists what's open with a way back. At least one decision is required."""
    act(drill, "begin", "on")
    assert act(drill, "answers")["notice"] == text("lesson.choose_first")
    drill.update(at=20)
    assert act(drill, "next")["notice"] == text("lesson.choose_first")
    drill.update(at=1)
    act(drill, "decide", "read")
    act(drill, "answers")
    parts = drill.fragments(drill.state)
    assert parts["summary"].startswith(text("drill.summary_none"))
    assert text("drill.summary_open", open=19) in parts["summary"]
    assert (parts["answers"], parts["stood"], parts["room"], parts["twins"], parts["quiet"], parts["rule"]) == ("",) * 6
    assert "brennan_letter" in parts["left"]
    act(drill, "take", "brennan_letter")
    act(drill, "decide", "call")
    act(drill, "answers")
    words = drill.fragments(drill.state)["summary"]
    assert text("drill.summary", decided=1, total=8, up=1, down=0, still=0) in words


def test_every_step_can_be_undone(drill: Drill) -> None:
    """Undo takes back each action, through all twenty decisions to the start."""
    states = [drill.state]
    acts = [("begin", "on"), *[("decide", "call")] * 20, ("back", None), ("decide", "no"), ("take", "kim"), ("clock", "off")]
    for action, value in acts:
        act(drill, action, value)
        states.append(drill.state)
    list(drill.handle({"type": "set", "field": "stands.kim_need", "value": "yes"}))
    for state in reversed(states):
        assert drill.undo()
        assert drill.state == state
    assert not drill.undo()


# ---- the clock ----


def test_one_clock_runs_for_the_whole_stream(drill: Drill) -> None:
    """It runs for ten minutes from the first turn to the end, survives going back, and doesn't run before the start."""
    assert not drill.ui_state(drill.state)["clock"]["run"]
    act(drill, "begin", "on")
    clock = drill.ui_state(drill.state)["clock"]
    assert (clock["seconds"], clock["run"]) == (600, True)
    for _ in ORDER:
        act(drill, "decide", "read")
        assert drill.ui_state(drill.state)["clock"] == clock
    act(drill, "take", "kim")
    assert drill.ui_state(drill.state)["clock"] == clock
    act(drill, "clock", "off")
    assert not drill.ui_state(drill.state)["clock"]["run"]
    assert drill.ui_state(drill.state)["clock"]["id"] != clock["id"]


def test_the_clock_can_be_off_from_the_start(drill: Drill) -> None:
    """If the drill starts without it, it doesn't run in any turn."""
    act(drill, "begin", "off")
    for _ in ORDER:
        assert not drill.ui_state(drill.state)["clock"]["run"]
        assert "clock_on" not in drill.ui_state(drill.state)["open"]
        act(drill, "next")


@pytest.mark.parametrize("at", range(1, END))
def test_time_that_is_over_blocks_nothing(drill: Drill, at: int) -> None:
    """When time is up there's a kind message, and everything keeps working."""
    act(drill, "begin", "on")
    drill.update(at=at)
    before, running = drill.state, drill.ui_state(drill.state)["clock"]["id"]
    assert act(drill, "time_up", running)["notice"] == text("drill.time_up")
    assert drill.state is before
    act(drill, "decide", "no")
    assert drill.state[f"decided.{ORDER[at - 1]}"] == "no"


def test_a_clock_that_does_not_run_says_nothing(drill: Drill) -> None:
    """There's no message before the start, at the end, when it's off, or for another clock."""
    assert "notice" not in act(drill, "time_up", drill.ui_state(drill.state)["clock"]["id"])
    act(drill, "begin", "on")
    running = drill.ui_state(drill.state)["clock"]["id"]
    assert "notice" not in act(drill, "time_up", "another")
    act(drill, "clock", "off")
    assert "notice" not in act(drill, "time_up", running)
    act(drill, "clock", "on")
    act(drill, "decide", "no")
    act(drill, "answers")
    assert "notice" not in act(drill, "time_up", running)


# ---- what a restart brings back ----


def test_the_drill_is_there_again_after_a_restart(drill: Drill) -> None:
    """Decisions, position and remaining time are restored, and the clock stays paused until someone starts it."""
    act(drill, "hello")
    act(drill, "begin", "on")
    act(drill, "decide", "read")
    clock = drill.ui_state(drill.state)["clock"]
    next(drill.handle({"type": "clock_left", "value": clock["id"], "left": 412}))
    again = opened()
    act(again, "hello")
    assert again.state == drill.state
    assert again.ui_state(again.state)["clock"] == {**clock, "left": 412, "run": False, "paused": True}
    next(again.handle({"type": "clock_left", "value": clock["id"], "left": 411}))
    assert again.ui_state(again.state)["clock"] == {**clock, "left": 411, "run": True}
    act(again, "reset")
    act(again, "begin", "on")
    assert again.ui_state(again.state)["clock"] == clock
    third = opened()
    act(third, "hello")
    assert third.state == again.state


@pytest.mark.parametrize("left", [-1, 601, "x", None, True, 1.5])
def test_an_impossible_beat_or_saved_time_is_ignored(drill: Drill, left: object) -> None:
    """Whether it's sent or saved, a time that no clock can show changes nothing."""
    act(drill, "begin", "on")
    clock = drill.ui_state(drill.state)["clock"]
    next(drill.handle({"type": "clock_left", "value": clock["id"], "left": left}))
    next(drill.handle({"type": "clock_left", "value": "another", "left": 5}))
    assert drill.ui_state(drill.state)["clock"] == clock
    saved_answers.save("drill", {**drill.values(drill.state), "left": left})
    again = opened()
    act(again, "hello")
    assert again.ui_state(again.state)["clock"] == {**clock, "run": False, "paused": True}


def test_a_saved_drill_that_cannot_be_read_is_ignored(drill: Drill) -> None:
    """The drill starts over without a message."""
    saved_answers.save("drill", {"at": 99})
    assert "notice" not in act(drill, "hello")
    assert drill.state == opened().state
    assert drill.ui_state(drill.state)["clock"]["left"] == 600


def test_the_page_shows_where_the_clock_is(drill: Drill) -> None:
    """The drill's clock reports to Python, so that the remaining time can be saved."""
    assert "data-saves-clock" in drill.page()


# ---- errors and saved states ----


@pytest.mark.parametrize(
    ("action", "value"),
    [("begin", "fast"), ("begin", None), ("clock", 600), ("take", "nobody"), ("decide", "perhaps"), ("decide", None)],
)
@pytest.mark.parametrize("at", [0, 4, END])
def test_an_unknown_action_in_the_drill_changes_nothing(drill: Drill, at: int, action: str, value: object) -> None:
    """A value that no button sends gets a message."""
    drill.update(at=at)
    before = drill.state
    assert act(drill, action, value)["notice"] == text("panel.not_understood")
    assert drill.state == before


@pytest.mark.parametrize("at", [0, END])
def test_a_decision_without_a_turn_changes_nothing(drill: Drill, at: int) -> None:
    """There's nothing to decide before the first turn or at the end."""
    drill.update(at=at)
    before = drill.state
    act(drill, "decide", "call")
    assert drill.state == before


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        '{"at": 22}',
        '{"at": -1}',
        '{"clock": "slow"}',
        '{"decided.kim": "perhaps"}',
        '{"stands.kim_need": "maybe"}',
    ],
)
def test_a_broken_file_is_rejected(drill: Drill, text: str) -> None:
    """A file that no page saved is rejected, and the drill stays the same."""
    with pytest.raises(CaseError):
        drill.from_file(text)
    assert act(drill, "load", text)["notice"]
    assert drill.state["at"] == 0


@pytest.mark.parametrize("clock", CLOCK)
@pytest.mark.parametrize("at", range(END + 1))
def test_a_saved_state_is_restored(drill: Drill, at: int, clock: str) -> None:
    """A new drill gets it from the page."""
    decide(drill, rao="no", rao_explained="read")
    drill.update(at=at, clock=clock, **{"stands.rao_explained": STANDS[0]})
    fresh = opened()
    assert fresh.from_file(json.dumps(drill.values(drill.state))) == drill.state
    assert fresh.fragments(fresh.from_file(drill.to_file(drill.state)[1])) == drill.fragments(drill.state)


@pytest.mark.parametrize("at", [5, END])
def test_the_page_fills_its_parts_as_the_acts_do(drill: Drill, at: int) -> None:
    """Every part that appears later has a place on the page with its content, and every place has a part."""
    decide(drill, **dict.fromkeys(ORDER, "call"))
    decide(drill, kim="no")
    drill.update(at=at)
    page = drill.page()
    for name, body in drill.fragments(drill.state).items():
        if name != "live_text":
            assert f'data-fragment="{name}"' in page
            assert body in page or body in page.replace("&amp;", "&")


def test_the_tour_shows_every_ping_and_leaves_no_trace() -> None:
    """It's the same every time, has each explanation once, and ends where it began."""
    one, other = opened(), opened()
    assert one.transcript() == one.transcript() == other.transcript()
    assert one.state == other.state
    for ping in PINGS:
        assert one.transcript().count(text(f"drill_why.{ping}")) == 1


HEAD = "turn,time,file,overrides,claims,assumption"
FIRST = [f"t{number:02},10:{number:02},{row.file},,paper.checklist," for number, row in enumerate(load_drill_files())]
PING = "again,11:00,kim,recommender=known_dean; move=targeted_call,caller.level-known-dean,"


@pytest.mark.parametrize(
    ("lines", "column", "rule"),
    [
        ([PING, *FIRST], "file", "by itself first"),
        ([*FIRST, PING, PING.replace("again,11:00", "third,11:01")], "file", "by itself first"),
        ([*FIRST, "again,11:00,kim,,paper.checklist,"], "file", "by itself first"),
        (FIRST[:-1], "file", "each file of drill_files.csv"),
        ([*FIRST, PING.replace("11:00", "10:11")], "time", "a time after the one above"),
        ([*FIRST, PING.replace("11:00", "")], "time", "a time after the one above"),
        ([*FIRST, PING.replace("11:00", "noon")], "time", "a time of day"),
        ([*FIRST, PING.replace("kim", "nobody")], "file", "one of"),
        ([*FIRST, PING.replace("move=", "mood=")], "overrides", "'field=value' pairs"),
        ([*FIRST, PING.replace("again", "t03")], "turn", "an id that no other row has"),
    ],
)
def test_a_broken_stream_is_rejected(tmp_path: Path, lines: list[str], column: str, rule: str) -> None:
    """The error has the location if a ping precedes its file, a file comes too often or never, or the time goes backward."""
    path = tmp_path / "drill_turns.csv"
    path.write_text("\n".join([HEAD, *FIRST, PING, ""]), encoding="utf-8")
    assert len(load_drill_turns(path)) == 13
    path.write_text("\n".join([HEAD, *lines, ""]), encoding="utf-8")
    with pytest.raises(TableError) as caught:
        load_drill_turns(str(path))
    assert caught.value.column == column
    assert rule in str(caught.value)


# ---- a file's sheet, wherever it is shown ----


def shown(case: Case, **what: bool) -> str:
    """Return a sheet's facts as one text."""
    return "\n".join(" | ".join(fact) for fact in file_facts(case, **what))


@pytest.mark.parametrize("need", NEEDS)
def test_a_sheet_shows_every_need_and_what_the_file_brings(need: str) -> None:
    """Each of the four needs has a row if the program has it or the file would meet it, and otherwise has none."""
    name = text(f"file_sheet.{need}.name")
    for needs, offers in product(((), (need,)), ((), (need,))):
        words = shown(Case(needs=needs, offers=offers))
        assert (name in words) == bool(needs or offers)
        assert (text(f"file_sheet.{need}.brought") in words) == bool(offers)
        assert (text(f"file_sheet.{need}.needed") in words) == bool(needs)


#: Fields of the file and the program, each with a change that a director would see.
SEEN = {
    "score": 251,
    "range_low": 239,
    "range_floor": 221,
    "failed_attempts": 2,
    "boards_pending": True,
    "specialty_switch": True,
    "leave_of_absence": True,
    "failed_clerkship": True,
    "needs_visa": True,
    "professionalism_issue": True,
    "chronic_poor_performance": True,
    "interviews_failures": False,
    "sponsors_visas": False,
    "has_noncategorical_seat": True,
    "needs": ("track",),
    "offers": ("track",),
    "recommender": "known_dean",
    "track_record": 2,
    "prior_contact": True,
    "introduced": True,
    "lists_open": False,
    "program_contacted_first": True,
}


@pytest.mark.parametrize("field", SEEN)
def test_a_sheet_shows_every_fact_that_a_director_sees(field: str) -> None:
    """Changing any fact about the file, the program, the caller or the moment changes the sheet."""
    assert shown(Case().replace(**{field: SEEN[field]})) != shown(Case())


@pytest.mark.parametrize(
    ("phase", "field"),
    [
        *(("gap_filling", field) for field in ("name_familiar", "file_in_system")),
        *(("post_soap", field) for field in ("hears_first", "names_you", "outruns_hr", "deep_ties")),
    ],
)
def test_a_sheet_shows_the_moment(phase: str, field: str) -> None:
    """What matters in a phase is shown during it, and left out if the sheet is without a moment."""
    case = Case(phase=phase)
    assert text(f"level.phase.{phase}") in shown(case)
    assert shown(case.replace(**{field: True})) != shown(case)
    assert shown(case.replace(**{field: True}), moment=False) == shown(case, moment=False)
    assert shown(case.replace(phase="groundwork")) != shown(case)


def test_a_sheet_without_a_contact_names_no_caller() -> None:
    """A file that arrives on its own doesn't mention a caller, and the rest stays the same."""
    one, other = Case(recommender="known_dean"), Case(recommender="random_dean", track_record=3)
    assert shown(one, contact=False) == shown(other, contact=False)
    assert shown(one) != shown(other)
    assert file_brief(one, contact=False) == "240"
    assert file_brief(Case().replace(recommender="self")) == f"240 · {text('file_sheet.caller.self')}"
    assert 'scope="row"' in file_sheet(one, "A file")


@pytest.mark.parametrize(
    ("changes", "known"),
    [
        ({"recommender": "trusted_peer"}, True),
        ({"recommender": "subspecialist"}, True),
        ({"recommender": "known_dean"}, True),
        ({"recommender": "random_dean"}, False),
        ({"recommender": "unconnected_faculty"}, False),
        ({"recommender": "self"}, False),
        ({"recommender": "self", "prior_contact": True}, True),
        ({"recommender": "self", "introduced": True}, True),
    ],
)
def test_whom_a_director_knows(changes: dict[str, Any], known: bool) -> None:
    """They know callers with standing, and a student who was there or was introduced."""
    case = Case().replace(**changes)
    assert is_known(case) == known
    assert (text("desk.caller_known") in shown(case)) == known


def test_nothing_on_a_sheet_says_that_a_student_has_nothing() -> None:
    """Without needs and offers there's no row for them, and the rows for attempts and other flags agree."""
    facts = file_facts(Case(failed_attempts=1))
    names = [what for what, _, _ in facts]
    assert [text(f"file_sheet.{need}.name") for need in NEEDS if text(f"file_sheet.{need}.name") in names] == []
    assert (text("desk.attempts"), "1") in [fact[:2] for fact in facts]
    assert ("Other red flags", text("desk.none")) in [fact[:2] for fact in facts]
    assert "What you lack" not in shown(Case(phase="post_soap"))


@pytest.mark.parametrize("caller", list(Case.fields()["recommender"].levels))
def test_a_caller_is_named_from_the_director_s_side(caller: str) -> None:
    """The caller's name is what the director would use, and already says whether they know each other."""
    case = Case().replace(recommender=caller)
    sentence = text(f"file_sheet.caller.{caller}")
    assert sentence in shown(case)
    assert ("don't know" in sentence) == (caller in {"random_dean", "unconnected_faculty"})


def content(text: str) -> set[str]:
    """List a text's content words."""
    return {word for word in re.findall(r"[a-z]+", text.lower()) if len(word) > 3}


def test_the_moment_is_described_in_different_words_than_the_rules() -> None:
    """The facts after SOAP fit their row, and share no word with the rule's sentences."""
    rule = content(text("rule.opening_secured")) | content(text("rule.opening_missed"))
    for what in (*INSIDE, "nobody_inside"):
        sentence = text(f"file_sheet.{what}")
        assert len(sentence) <= 60, what
        assert content(sentence) & rule <= {"name", "student"}, what
    for case in (vignette.case for vignette in vignettes().values()):
        moment = {what: theirs for what, _, theirs in file_facts(case)}[text("file_sheet.moment")]
        assert all(len(piece) <= 60 for piece in moment.split("; "))


def test_no_name_is_a_doctor_s_here_and_a_student_s_there() -> None:
    """No recommender in the workshop has the same name as a student at the desk, or the other way around."""
    students = {text(f"drill_file.{row.file}").split()[-1] for row in load_drill_files()}
    words = " ".join(f"{one.title} {one.file} {one.contact} {one.note} {one.why}" for one in vignettes().values())
    assert sorted(name for name in students if re.search(rf"\b{name}\b", words)) == []
