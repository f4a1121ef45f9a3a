"""The round: nothing appears too early, every action can be undone, and no failure loses a vote."""

from __future__ import annotations

import contextlib
import csv
import errno
import json
import os
import re
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backchannel_lib import CaseError, Verdict, judge, rules_check
from backchannel_lib.activities.saved_answers import folder
from backchannel_lib.activities.tables import load_activities
from backchannel_lib.base.texts import text
from backchannel_lib.model.tables import STAGES
from backchannel_lib.workshop import session_record
from backchannel_lib.workshop.deck import link_order, vignettes
from backchannel_lib.workshop.round.activity import Round
from backchannel_lib.workshop.round.html import spread_sentence
from backchannel_lib.workshop.round.state import (
    MAX_VOTES,
    NO_VOTES,
    STEPS,
    PlayedRound,
    WorkshopState,
    from_record,
    what_if_fields,
)
from backchannel_lib.workshop.run_plan.model import load_run_plans, vignettes_of
from backchannel_lib.workshop.votes.store import VoteStore

PART = next(row for row in load_activities() if row.activity == "round")
NAMES = list(vignettes())
LINKS = len(STAGES)
TO_VOTE, TO_LINKS, TO_SPREAD = 2, 3, 2 + LINKS + 1  # presses of → from the menu


def act(board: Round, action: str, **more: Any) -> dict[str, Any]:
    """Perform an action as the page does, and return the first answer."""
    first, _ = board.handle({"type": action, "seq": 1, "view": "v", **more})
    assert "Traceback" not in json.dumps(first)
    return first


def press(board: Round, times: int = 1) -> dict[str, Any]:
    """Press → several times, and return the last answer."""
    return [act(board, "next") for _ in range(times)][-1]


def on_screen(board: Round) -> str:
    """Return everything that the page's parts show now."""
    return "\n".join(board.fragments(board.state).values())


@pytest.fixture
def board() -> Round:
    """A session before its first file."""
    return Round(PART)


def opened(board: Round, name: str) -> Round:
    """Put a file on screen."""
    act(board, "open_file", value=name)
    return board


# ---- the steps ----


def test_one_key_leads_through_the_whole_round_and_to_the_next_file(board: Round) -> None:
    """→ goes through the file, the vote, five links, spread, rule and what-if to the next file, whose votes start at zero."""
    walked = []
    for _ in range(6 + LINKS):
        press(board)
        walked.append(board.state.step)
    assert walked == ["file", "vote", *["links"] * LINKS, "spread", "rules", "what_if", "file"]
    assert board.state.played[0].vignette != board.state.vignette
    assert board.state.votes == NO_VOTES


def test_back_returns_the_same_way(board: Round) -> None:
    """← undoes every step of →, one by one, and stops at the beginning without an error."""
    press(board, 5 + LINKS)
    walked = []
    for _ in range(4 + LINKS):
        act(board, "back")
        walked.append(board.state.step)
    assert walked == ["rules", "spread", *["links"] * LINKS, "vote", "file"]
    assert act(board, "back")["notice"] == text("round.first")
    assert board.state.step == "file", "going back opened the menu before the room"
    fresh = Round(PART)
    assert act(fresh, "back")["notice"] == text("round.first")


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_nothing_of_the_answer_is_on_screen_before_its_time(board: Round, name: str) -> None:
    """Until the links appear, neither page nor messages have a verdict, reason, note or rule. Then they come one by one."""
    opened(board, name)
    judgment = judge(vignettes()[name].case)
    secret = [
        judgment.verdict.sentence,
        text(f"vignette.{name}.why"),
        text(f"vignette.{name}.note"),
        *(reason.sentence for reason in judgment.reasons),
        rules_check(judgment.case).reason,
    ]
    hello = json.dumps(list(board.handle({"type": "hello"})), ensure_ascii=False)
    vote = json.dumps([press(board), act(board, "tap", value="maybe")], ensure_ascii=False)
    page = board.page()
    for verdict in Verdict:
        assert page.count(verdict.sentence) == 1, "in the list of what the nine verdicts mean, and nowhere else"
    page = page.replace(judgment.verdict.sentence, "")
    for content in secret:
        assert content not in page
        assert content not in hello
        assert content not in vote
    press(board)
    for shown in range(1, LINKS + 1):
        words = on_screen(board)
        order = link_order(judgment)
        reasons = {reason.stage: reason.sentence for reason in judgment.reasons}
        for stage in order[shown:]:
            assert reasons[stage] not in words, (stage, shown)
        assert reasons[order[shown - 1]] in words
        assert (judgment.verdict.sentence in words) == (shown == LINKS)
        press(board)


@pytest.mark.parametrize("name", NAMES)
def test_the_weakest_link_comes_last(name: str) -> None:
    """A link that limits the verdict never appears before one that doesn't."""
    judgment = judge(vignettes()[name].case)
    holds = [stage in judgment.binding for stage in link_order(judgment)]
    assert holds == sorted(holds)
    assert set(link_order(judgment)) == set(STAGES)


def test_a_session_opens_with_its_title_alone(board: Round) -> None:
    """The settings are behind a button, are no undo step, and are closed again once a file was on screen."""
    assert {"welcome", "setup"} & set(board.ui_state(board.state)["open"]) == {"welcome"}
    settings = board.page().partition(' data-field="plan"')[0].rpartition("data-open=")[2]
    assert settings.startswith('"setup" hidden')
    act(board, "choose")
    assert "setup" in board.ui_state(board.state)["open"]
    assert not board.undo()
    press(board)
    assert board.state.step == "file"
    act(board, "undo")
    assert board.state.step == "setup"
    assert "setup" not in board.ui_state(board.state)["open"]
    for ends in ("reset", "fresh"):
        act(board, "choose")
        assert "setup" in board.ui_state(board.state)["open"]
        act(board, ends)
        assert "setup" not in board.ui_state(board.state)["open"], ends


def test_the_menu_leads_back_to_where_it_was_opened(board: Round) -> None:
    """M in the middle of a round and then → leads back to the same place with the same votes."""
    press(board, TO_VOTE)
    act(board, "tap", value="maybe")
    before = board.state
    act(board, "choose")
    assert board.state.step == "setup"
    press(board)
    assert board.state == before
    act(board, "choose")
    act(board, "choose")
    assert board.state == before


def test_a_second_m_closes_the_menu(board: Round) -> None:
    """M opens the menu, and then leads back. Before the first file, it opens and closes the settings."""

    def keys() -> dict[str, str]:
        nav = board.fragments(board.state)["nav"]
        return {
            key: action
            for action, name in re.findall('data-action="([^"]*)"[^>]*data-key="([^"]*)"', nav)
            for key in name.split()
        }

    for is_open in (False, True, False):
        assert ("setup" in board.ui_state(board.state)["open"]) is is_open
        act(board, keys()["m"])
        assert "welcome" in board.ui_state(board.state)["open"]
    press(board, TO_VOTE)
    assert keys()["m"] == "choose"
    act(board, "choose")
    assert keys()["m"] == keys()["ArrowRight"] == "next"
    act(board, keys()["m"])
    assert (board.state.step, keys()["m"]) == ("vote", "choose")


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_the_weakest_link_is_named_only_once_all_are_shown_and_if_there_is_one(board: Round, name: str) -> None:
    """The mark appears with the last link, and never for a file without a limit."""
    opened(board, name)
    press(board, 1)
    for shown in range(1, LINKS + 1):
        press(board)
        top = judge(vignettes()[name].case).verdict is max(Verdict)
        marked = text("card.weakest") in board.fragments(board.state)["links"]
        assert marked == (shown == LINKS and not top)


# ---- which file comes ----


@pytest.mark.parametrize("plan", [row.plan for row in load_run_plans()])
def test_with_a_plan_the_files_of_its_sheet_come_in_their_order(board: Round, plan: str) -> None:
    """→ shows exactly the files on the printed sheet with the same plan and number, and then says that there are no more."""
    act(board, "set", field="plan", value=plan)
    act(board, "set", field="seed", value="7")
    wanted = list(vignettes_of(plan, 7).values())
    for name in wanted:
        while board.state.step != "file" or board.state.vignette != name:
            press(board)
    press(board, 5 + LINKS)
    assert [one.vignette for one in board.state.played] == wanted[:-1]
    assert board.state.step == "close"
    assert press(board)["notice"] == text("round.plan_done")
    act(board, "back")
    assert (board.state.step, board.state.vignette) == ("what_if", wanted[-1])


def test_a_skipped_file_does_not_come_back(board: Round) -> None:
    """If a later file is chosen by hand, the one after it is next, and the skipped one doesn't come back."""
    wanted = list(vignettes_of("standard", 1).values())
    opened(board, wanted[0])
    press(board, 4 + LINKS)
    opened(board, wanted[2])
    assert "Round 3" in board.fragments(board.state)["head"], "the number is the one on the sheet"
    press(board, 5 + LINKS)
    assert board.state.vignette == wanted[3]
    press(board, 5 + LINKS)
    assert board.state.step == "close"


def test_the_close_shows_three_voices_and_no_verdict(board: Round) -> None:
    """It has the article's three truths with their lines, the rule, and where to get help."""
    board.commit(WorkshopState(step="close", vignette=NAMES[0], shown=LINKS))
    words = on_screen(board)
    assert all(content in words for content in ("line 219", "line 220", "line 221", "988", text("round.close.help")))
    assert 'you can <b><a href="tel:988">call</a></b> or <b><a href="sms:988">text 988</a></b>' in words
    assert "bw-verdict-name" not in words


def test_the_menu_does_not_give_the_answer_away(board: Round) -> None:
    """If links are still hidden, the menu lists only rounds whose whole answer was shown."""
    press(board, TO_LINKS)
    act(board, "choose")
    assert judge(board.case).verdict.sentence not in on_screen(board)
    assert text("round.so_far") not in on_screen(board)


def test_phone_votes_stay_hidden_while_the_vote_is_open(board: Round) -> None:
    """Until the spread, only the number of phones is on screen."""
    opened(board, NAMES[0])
    press(board)
    before = board.fragments(board.state)
    after = board.fragments(board.state._replace(phones=(0, 0, 0, 0, 0, 0, 7, 0, 0)))
    assert {name for name in after if after[name] != before[name]} == {"tally", "live_text", "nav"}
    assert after["nav"].replace(before["nav"], "").count("<button") == 1, "something else than the second vote came"
    assert text("round.by_phone", count=7) in after["tally"]


def test_two_windows_do_not_write_over_each_other(board: Round) -> None:
    """If another page has taken over a session, this one doesn't save it, and says so."""
    press(board, TO_VOTE)
    other, _ = again()
    act(other, "tap", value="maybe")
    act(board, "tap", value="skimmed")
    assert "another window" in board.fragments(board.state)["trouble"]
    act(other, "tap", value="maybe")
    assert other.fragments(other.state)["trouble"] == ""
    assert again()[0].state.votes[Verdict.MAYBE] == 2


def test_a_window_that_was_taken_over_never_writes_and_the_file_is_never_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two windows write at once, again and again. The newer one always wins, and readers always find the file."""
    monkeypatch.setenv("BACKCHANNEL_WORK", str(tmp_path))
    old, new = session_record.SessionWriter(), session_record.SessionWriter()
    old.save({"turn": -1}, ["round"], [])
    new.save({"turn": 0}, ["round"], [])
    seen: set[str] = set()
    refused = written = 0

    def looks() -> None:
        for _ in range(400):
            content = (tmp_path / "workshop.json").read_text(encoding="utf-8")
            seen.add(json.loads(content)["writer"])

    with ThreadPoolExecutor(1) as thread:
        reading = thread.submit(looks)
        for turn in range(40):
            try:
                old.save({"turn": -1}, ["round"], [])
                written += 1
            except CaseError:
                refused += 1
            new.save({"turn": turn}, ["round"], [])
        reading.result()
    assert (written, refused) == (0, 40)
    assert seen == {new.id}
    assert json.loads((tmp_path / "workshop.previous.json").read_text(encoding="utf-8"))["turn"] == 38


@settings(max_examples=max(5, settings().max_examples // 4))  # each goes through all files
@given(seed=st.integers(1, 9999), level=st.sampled_from([0, 1, 2, 3]))
def test_a_free_draw_never_shows_a_file_twice_and_ends_with_a_sentence(seed: int, level: int) -> None:
    """With or without a difficulty, each file comes at most once. When none is left, the close is on screen."""
    board = Round(PART)
    board.update(plan="", difficulty=level, seed=seed)
    seen = []
    for _ in range(len(NAMES) + 1):
        board._next_file()
        if board.state.step == "close":
            assert board._next({})["notice"] == text("round.none_left")
            break
        seen.append(board.state.vignette)
        board.commit(board.state._replace(shown=LINKS))
    fits = [name for name, one in vignettes().items() if level in {0, one.difficulty}]
    assert sorted(seen) == sorted(fits)


def test_an_unknown_file_is_rejected(board: Round) -> None:
    """A file that isn't in the deck gets a calm message, and nothing changes."""
    assert act(board, "open_file", value="nobody")["notice"] == text("panel.not_understood")
    assert board.state.step == "setup"


# ---- votes ----


@given(taps=st.lists(st.sampled_from(list(Verdict)), max_size=60))
def test_every_tap_is_one_vote_and_undo_takes_exactly_one_back(taps: list[Verdict]) -> None:
    """Counts match the taps in any order, and each undo takes back the last one."""
    board = opened(Round(PART), NAMES[0])
    press(board)
    for verdict in taps:
        act(board, "tap", value=verdict.name.lower())
    assert board.state.votes == tuple(taps.count(verdict) for verdict in Verdict)
    for left in range(len(taps) - 1, -1, -1):
        board.undo()
        assert sum(board.state.votes) == left


def test_a_tap_counts_only_while_the_vote_is_open(board: Round) -> None:
    """Before or after the vote, keys 1 to 9 add nothing."""
    opened(board, NAMES[0])
    act(board, "tap", value="maybe")
    press(board, 2)
    act(board, "tap", value="maybe")
    assert board.state.votes == NO_VOTES


@pytest.mark.parametrize(("typed", "count"), [("31", 31), ("0", 0), ("", 0), (" 7 ", 7), (str(MAX_VOTES), MAX_VOTES)])
def test_a_typed_count_is_shown_next_to_the_taps(board: Round, typed: str, count: int) -> None:
    """A typed number sets that verdict's count, and a tap adds to it."""
    opened(board, NAMES[0])
    press(board)
    act(board, "set", field="votes_maybe", value=typed)
    assert board.state.votes[Verdict.MAYBE] == count
    act(board, "tap", value="maybe")
    assert board.state.votes[Verdict.MAYBE] == min(count + 1, MAX_VOTES)


@pytest.mark.parametrize("typed", ["many", "-1", "1000", "3.5", "1e3", "--5", "5-"])
def test_an_invalid_count_gets_a_message_at_its_box(board: Round, typed: str) -> None:
    """The message appears for anything but a whole number from 0 to 999, and the count stays."""
    opened(board, NAMES[0])
    press(board)
    answer = act(board, "set", field="votes_maybe", value=typed)
    assert answer["errors"]["votes_maybe"].startswith("Votes for: Maybe: must be a whole number from 0 to 999")
    assert board.state.votes == NO_VOTES


@given(
    votes=st.lists(st.integers(0, 50), min_size=len(Verdict), max_size=len(Verdict)),
    verdict=st.sampled_from(list(Verdict)),
)
def test_the_sentence_of_the_spread_adds_up(votes: list[int], verdict: Verdict) -> None:
    """Those who agreed, those who hoped for more and those who expected less add up to all voters."""
    sentence = spread_sentence(tuple(votes), verdict)
    if not sum(votes):
        assert sentence == text("round.spread_nobody", verdict=verdict.label)
        return
    numbers = [int(word) for word in sentence.replace(";", " ").replace(".", " ").split() if word.isdigit()]
    same, total, hopeful, sober = numbers
    assert (same, total) == (votes[verdict], sum(votes))
    assert same + hopeful + sober == total


def test_the_spread_shows_every_count_and_marks_the_article(board: Round) -> None:
    """There are nine rows with their numbers, and one mark in words at the article's verdict."""
    opened(board, NAMES[0])
    press(board)
    for key, verdict in enumerate(Verdict):
        act(board, "set", field=f"votes_{verdict.name.lower()}", value=str(key + 11))
    press(board, 1 + LINKS)
    spread = board.fragments(board.state)["spread"]
    assert board.state.step == "spread"
    assert spread.count("<tr") == len(Verdict) + 1
    assert all(f'<td class="bw-count-cell">{key + 11}</td>' in spread for key in range(len(Verdict)))
    assert spread.count(text("round.article")) == 1
    row = spread.split("bw-spread-here")[1].split("</tr>")[0]
    assert judge(vignettes()[NAMES[0]].case).verdict.label in row


def test_the_round_continues_without_a_vote(board: Round) -> None:
    """A message says that nobody has voted, and the links appear."""
    press(board, TO_VOTE)
    assert press(board)["notice"] == text("round.nobody_voted")
    assert board.state.step == "links"


# ---- the rule, and one slider ----


def test_no_step_shows_a_verdict_without_the_rules_answer_above_it(board: Round) -> None:
    """From the last link on, the rule's answer precedes the article's verdict, on the page and for screen readers."""
    opened(board, NAMES[0])
    judgment = judge(board.case)
    rule = rules_check(board.case).label
    press(board, LINKS)
    assert "data-answer" not in board.page(), "one link is still hidden"
    for step in ("links", "spread", "rules", "what_if"):
        press(board)
        assert board.state.step == step
        page = board.page()
        assert page.count("data-answer") == 1, step
        assert page.index("data-answer") < page.index("bw-verdict-name"), step
        spoken = board.fragments(board.state)["live_text"]
        if judgment.verdict.sentence in spoken:
            assert spoken.index(rule) < spoken.index(judgment.verdict.sentence), step


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_the_rule_is_shown_after_the_spread_and_changes_no_verdict(board: Round, name: str) -> None:
    """The rule's answer is next to the same verdict as before."""
    opened(board, name)
    press(board, 1 + LINKS + 2)
    assert board.state.step == "rules"
    case = vignettes()[name].case
    assert rules_check(case).headline in board.fragments(board.state)["rules"].replace("&#x27;", "'")
    assert judge(case).verdict.label in board.fragments(board.state)["verdict"]


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_the_slider_is_live_and_returns_to_the_original_case(board: Round, name: str) -> None:
    """The slider shows the engine's verdict at every position, and one press restores the case."""
    opened(board, name)
    press(board, 1 + LINKS + 3)
    field = vignettes()[name].what_if
    assert board.ui_state(board.state)["shown"][-1] == field
    assert field in what_if_fields()
    told = set()
    for value in board.positions(field):
        answer = act(board, "set", field=field, value=value)
        assert "errors" not in answer or not answer["errors"]
        verdict = judge(board.state.case or board.case).verdict
        assert verdict.label in board.fragments(board.state)["what_if"]
        told.add(verdict)
    assert len(told) > 1
    act(board, "again")
    assert board.state.case is None
    assert judge(board.case).verdict.label in board.fragments(board.state)["what_if"]


@pytest.mark.parametrize("name", NAMES)
def test_a_score_of_another_exam_gets_a_sentence_at_its_field_and_changes_nothing(board: Round, name: str) -> None:
    """This covers the box next to the slider, and a saved session with such a case."""
    opened(board, name)
    press(board, 1 + LINKS + 3)
    before = board.state
    other = 520 if board.case.score <= 300 else 240
    answer = act(board, "set", field="score", value=str(other))
    assert "must be a score from the same exam" in answer["errors"]["score"]
    assert board.state == before
    mixed = {**before.to_record(), "case": {**board.case.to_record(), "score": other}}
    with pytest.raises(CaseError, match="same exam"):
        from_record(mixed)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_every_round_has_a_slider_that_is_live(board: Round, name: str) -> None:
    """In addition to the deciding field, every round has a score slider, and the verdict follows it."""
    opened(board, name)
    press(board, 1 + LINKS + 3)
    assert "score" in board.ui_state(board.state)["shown"]
    low, high = board.ui_state(board.state)["ends"]["score"]
    for score in (low, (low + high) // 2, high):
        act(board, "set", field="score", value=str(score))
        assert judge(board.case.replace(score=score)).verdict.label in board.fragments(board.state)["what_if"]


def test_the_slider_moves_nothing_before_it_is_on_screen(board: Round) -> None:
    """A hidden control can't change the case during the vote."""
    opened(board, NAMES[0])
    before = board.state
    act(board, "set", field=vignettes()[NAMES[0]].what_if, value="230")
    assert board.state == before


# ---- the clock ----


def test_the_clock_runs_with_the_file_and_stops_with_the_answer(board: Round) -> None:
    """It runs for 90 seconds from the file through the vote, and stops at the links. The next file has a new one."""
    press(board)
    first = board.ui_state(board.state)["clock"]
    assert (first["seconds"], first["left"], first["run"]) == (90, 90, True)
    press(board)
    assert board.ui_state(board.state)["clock"] == first
    press(board)
    assert board.ui_state(board.state)["clock"]["run"] is False
    press(board, LINKS + 3)
    assert board.ui_state(board.state)["clock"]["id"] != first["id"]
    assert board.ui_state(board.state)["clock"]["left"] == 90


def test_a_clock_that_was_brought_back_runs_on_once_it_is_started(board: Round) -> None:
    """After a crash the clock is paused. Once it's started, the page's next report doesn't stop it."""
    press(board, TO_VOTE)
    act(board, "clock_left", value=board.ui_state(board.state)["clock"]["id"], left=50)
    found, _ = again()
    clock = found.ui_state(found.state)["clock"]
    assert (clock["left"], clock["run"]) == (50, False)
    act(found, "clock_left", value=clock["id"], left=45)
    assert found.ui_state(found.state)["clock"]["run"] is True


def test_time_that_is_up_closes_nothing(board: Round) -> None:
    """At zero there's a message and the vote stays open. Reports from another file's clock are ignored."""
    press(board, TO_VOTE)
    clock = board.ui_state(board.state)["clock"]["id"]
    assert "notice" not in act(board, "time_up", value="another")
    assert act(board, "time_up", value=clock)["notice"] == text("round.time_up")
    act(board, "tap", value="maybe")
    assert sum(board.state.votes) == 1


# ---- the session is saved and restored ----


def again() -> tuple[Round, dict[str, Any]]:
    """Restart the workshop, as after a crash; return the session and the first message to the page."""
    board = Round(PART)
    return board, act(board, "hello")


@pytest.mark.parametrize("presses", range(1, 7 + LINKS))
def test_after_a_crash_the_session_is_exactly_where_it_was(board: Round, presses: int) -> None:
    """Every step comes back with its file, votes, links, slider and clock, and a message. The clock is paused."""
    act(board, "hello")
    for number in range(presses):
        press(board)
        if board.state.step == "vote":
            act(board, "tap", value="skimmed")
            act(board, "clock_left", value=board.ui_state(board.state)["clock"]["id"], left=41)
        if board.state.step == "what_if" and number == presses - 1:
            act(board, "set", field=(field := vignettes()[board.state.vignette].what_if), value=board.positions(field)[-1])
    found, answer = again()
    assert found.state == board.state
    assert found.ui_state(found.state)["clock"]["left"] == board.ui_state(board.state)["clock"]["left"]
    assert found.ui_state(found.state)["clock"]["run"] is False
    assert answer["notice"].startswith("Your session from ")
    assert on_screen(found) == on_screen(board)


def test_the_first_page_of_a_new_session_says_nothing(board: Round) -> None:
    """If nothing was saved, nothing is restored and there's no message."""
    assert "notice" not in act(board, "hello")
    assert board.state == WorkshopState()


def test_undo_is_saved_too(board: Round) -> None:
    """Undone changes don't come back after a crash."""
    press(board, TO_VOTE)
    act(board, "tap", value="maybe")
    act(board, "undo")
    assert again()[0].state.votes == NO_VOTES


def test_the_table_has_a_row_for_each_round_that_was_seen(board: Round) -> None:
    """workshop.csv has the counts, the article's verdict and the rule for every revealed round, without names."""
    press(board, TO_VOTE)
    act(board, "set", field="votes_maybe", value="12")
    assert len(table_rows()) == 0
    press(board)
    assert len(table_rows()) == 0, "links are still hidden"
    press(board, LINKS - 1)
    (row,) = table_rows()
    assert row["vignette"] == board.state.vignette
    assert row["hands_maybe"] == "12"
    assert row["article"] == judge(board.case).verdict.name.lower()
    assert row["rule"] == rules_check(board.case).answer
    press(board, 4)
    assert len(table_rows()) == 1
    press(board, 1 + LINKS)
    assert [row["round"] for row in table_rows()] == ["1", "2"]


def table_rows() -> list[dict[str, str]]:
    """Read the table from disk."""
    with (folder() / "workshop.csv").open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))


def test_a_new_session_puts_the_old_one_aside(board: Round) -> None:
    """A new session starts from the beginning. The old files are renamed, and undo restores the old session."""
    press(board, TO_VOTE)
    act(board, "tap", value="maybe")
    answer = act(board, "fresh")["notice"]
    assert board.state.vignette == ""
    aside = [path.name for path in folder().glob("workshop-*.json")]
    assert len(aside) == 1
    assert aside[0] in answer
    assert json.loads((folder() / aside[0]).read_text(encoding="utf-8"))["session"]["votes"][Verdict.MAYBE] == 1
    board.undo()
    assert board.state.votes[Verdict.MAYBE] == 1


BROKEN = {
    "empty": "",
    "half": '{"backchannel_workshop": 1, "session": {"st',
    "no record": "[]",
    "no mark": "{}",
    "another program's": '{"backchannel_workshop": "yes"}',
    "no text": b"\xff\xfe\x00",
    "deep": "[" * 100_000,
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN.keys())
def test_a_damaged_file_costs_one_act_at_most(board: Round, text: str | bytes) -> None:
    """An unreadable session file is set aside, the previous one is used, and the message says both."""
    press(board, TO_VOTE)
    act(board, "tap", value="maybe")
    before = board.state
    act(board, "tap", value="maybe")
    path = folder() / "workshop.json"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    found, answer = again()
    assert found.state == before
    aside = next(path.name for path in folder().glob("workshop-*.json"))
    assert aside in answer["notice"]
    assert "damaged" in answer["notice"]


def test_two_damaged_files_leave_a_fresh_beginning(board: Round) -> None:
    """If neither file can be read, both are set aside, a new session starts, and a message says so."""
    press(board, TO_VOTE)
    for name in ("workshop.json", "workshop.previous.json"):
        (folder() / name).write_text("{", encoding="utf-8")
    found, answer = again()
    assert found.state == WorkshopState()
    assert "damaged" in answer["notice"]
    press(found, TO_VOTE)
    assert again()[0].state == found.state


SPOILT: list[dict[str, Any]] = [
    {"step": "dance"},
    {"vignette": "nobody"},
    {"votes": [1, 2]},
    {"votes": [-1] * 9},
    {"votes": "many"},
    {"played": "all"},
    {"played": [{"vignette": "nobody", "votes": [0] * 9}]},
    {"played": [{"vignette": "nadia"}]},
    {"shown": 99},
    {"difficulty": 9},
    {"topic": "weather"},
    {"plan": "forever"},
    {"case": {"score": 5000}},
    {"people": "all"},
]


@pytest.mark.parametrize("change", SPOILT, ids=lambda change: next(iter(change)))
def test_an_impossible_session_is_rejected_as_a_whole(board: Round, change: dict[str, Any]) -> None:
    """A single impossible value is enough for the file to be set aside with a message."""
    press(board, TO_VOTE)
    path = folder() / "workshop.json"
    value = json.loads(path.read_text(encoding="utf-8"))
    with pytest.raises(CaseError):
        from_record({**value["session"], **change})
    path.write_text(json.dumps({**value, "session": {**value["session"], **change}}), encoding="utf-8")
    found, answer = again()
    assert found.state == WorkshopState()
    assert "damaged" in answer["notice"]


def test_a_session_of_a_newer_version_is_left_whole(board: Round) -> None:
    """It's renamed instead of overwritten, and a message says so."""
    press(board)
    path = folder() / "workshop.json"
    newer = {**json.loads(path.read_text(encoding="utf-8")), session_record.FORMAT_KEY: session_record.FORMAT + 1}
    path.write_text(json.dumps(newer), encoding="utf-8")
    (folder() / "workshop.previous.json").unlink(missing_ok=True)
    _, answer = again()
    (aside,) = folder().glob("workshop-*.json")
    assert json.loads(aside.read_text(encoding="utf-8")) == newer
    assert "newer version" in answer["notice"]


def test_a_full_disk_stops_nothing(board: Round, monkeypatch: pytest.MonkeyPatch) -> None:
    """If a file can't be written, a message appears, the round continues and saved data stays. Freeing space fixes it."""
    press(board, TO_VOTE)
    kept = (folder() / "workshop.json").read_text(encoding="utf-8")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        answer = act(board, "tap", value="maybe")
        assert "No space left on device" in on_screen(board)
        assert "trouble" in answer["fragments"]
        press(board)
        assert board.state.step == "links"
    assert (folder() / "workshop.json").read_text(encoding="utf-8") == kept
    press(board)
    assert board.fragments(board.state)["trouble"] == ""
    assert again()[0].state == board.state


def test_an_unwritable_folder_is_reported(board: Round, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the folder is a file, the session continues with a message that it isn't saved."""
    (tmp_path / "taken").write_text("", encoding="utf-8")
    monkeypatch.setenv("BACKCHANNEL_WORK", str(tmp_path / "taken"))
    press(board)
    assert board.state.step == "file"
    assert "can't be saved" in board.fragments(board.state)["trouble"]


@given(data=st.data())
def test_a_session_written_and_read_is_the_same(data: st.DataObject) -> None:
    """Any position in any session survives saving and loading."""
    votes = st.lists(st.integers(0, MAX_VOTES), min_size=9, max_size=9).map(tuple)
    name = data.draw(st.sampled_from(NAMES))
    step = data.draw(st.sampled_from(STEPS[1:]))
    field = vignettes()[name].what_if
    board = Round(PART)
    board.commit(WorkshopState(step="what_if", vignette=name, shown=LINKS))
    moved = data.draw(st.none() | st.sampled_from(list(board.positions(field))))
    state = WorkshopState(
        step=step,
        vignette=name,
        shown=data.draw(st.integers(1, LINKS)),
        votes=data.draw(votes),
        phones=data.draw(votes),
        case=None if moved is None else board.with_value(field, moved).case,
        played=tuple(PlayedRound(data.draw(st.sampled_from(NAMES)), data.draw(votes), data.draw(votes)) for _ in range(2)),
        plan=data.draw(st.sampled_from(["", "short", "long"])),
        seed=data.draw(st.integers(1, 9999)),
        people=data.draw(st.integers(1, MAX_VOTES)),
    )
    assert from_record(json.loads(json.dumps(state.to_record()))) == state
    assert board.from_file(json.dumps(board.values(state))) == state


# ---- phones ----


class BrokenVoteServer:
    """A vote that can't be opened."""

    opened = None
    running = False

    def __init__(self, *_: object, **__: object) -> None:
        pass

    def open(self, *_: object) -> None:
        """Fail, as without a network."""
        raise CaseError("address", "votes_no_network", None)


def test_phones_are_off_until_they_are_asked_for(board: Round) -> None:
    """Nothing is open by default, and asking only explains what would be opened."""
    press(board, TO_VOTE)
    assert board.ui_state(board.state)["open"].count("phones_off") == 1
    act(board, "phones_ask")
    assert "phones_ask" in board.ui_state(board.state)["open"]
    assert text("phones.would_open") in on_screen(board)
    assert board.phones.to_record() == {}


def test_a_vote_that_cannot_be_opened_gets_a_message_and_typed_counts_still_work(
    board: Round, monkeypatch: pytest.MonkeyPatch
) -> None:
    from backchannel_lib.workshop.votes import process

    monkeypatch.setattr(process, "VoteServer", BrokenVoteServer)
    press(board, TO_VOTE)
    act(board, "phones_ask")
    answer = act(board, "phones_open", value="")
    assert answer["notice"].startswith("This computer isn't on a network")
    assert "Typed counts still work." in answer["notice"]
    assert board.phones.state == "off"
    act(board, "tap", value="maybe")
    assert sum(board.state.votes) == 1


@pytest.fixture
def store(board: Round) -> Iterator[VoteStore]:
    """A round with an open vote by phone, on this computer only; yields the vote's store."""
    press(board, TO_VOTE)
    act(board, "phones_open", value="127.0.0.1")
    try:
        with VoteStore(folder() / "votes.sqlite") as store:
            yield store
    finally:
        act(board, "phones_close")


def test_votes_from_phones_are_shown_next_to_the_hands_and_end_with_the_vote(board: Round, store: VoteStore) -> None:
    """Votes appear when the store is next read and add to the hands. After the vote, none is accepted."""
    assert board.phones.state == "on", on_screen(board)
    assert "<svg" in on_screen(board)
    name = board.round_id(board.state)
    assert store.add(name, "maybe")
    act(board, "poll")
    act(board, "tap", value="maybe")
    assert board.state.counted[Verdict.MAYBE] == 2
    assert store.add(name, "skimmed")  # after the last read, but counted when the vote is closed
    press(board)
    assert board.state.counted[Verdict.SKIMMED] == 1
    assert not store.add(name, "maybe")
    act(board, "back")
    assert store.add(name, "maybe")


def test_a_new_session_has_a_code_of_its_own_at_the_same_address(board: Round, store: VoteStore) -> None:
    """A phone from the previous group can't vote, and learns that its session is over."""
    before = board.phones.to_record()
    act(board, "fresh")
    after = board.phones.to_record()
    assert board.phones.state == "on"
    assert (after["address"], after["port"]) == (before["address"], before["port"])
    assert after["code"] != before["code"]


def test_a_phone_vote_that_dies_is_reported_and_can_be_reopened(board: Round, store: VoteStore) -> None:
    """If its process dies, the page says so at the next check. Counts stay, and it reopens at the same address."""
    kept = board.phones.to_record()
    store.add(board.round_id(board.state), "maybe")
    act(board, "poll")
    server = board.phones._server
    assert server is not None
    assert server._process is not None
    server._process.kill()
    server._process.wait()
    assert act(board, "poll")["notice"] == text("phones.lost")
    assert board.state.phones[Verdict.MAYBE] == 1
    found, _ = again()  # and after the whole program crashes, too
    assert found.phones.state == "lost"
    assert found.state.phones[Verdict.MAYBE] == 1
    act(found, "phones_open", value="")
    assert found.phones.to_record() == kept
    act(found, "phones_close")


def test_a_new_session_begins_with_no_votes_of_phones(board: Round, store: VoteStore) -> None:
    """Its rounds start from zero, even if they have the same names."""
    store.add(board.round_id(board.state), "maybe")
    act(board, "poll")
    act(board, "fresh")
    press(board, TO_VOTE)
    act(board, "poll")
    assert board.state.phones == NO_VOTES


def test_a_round_that_a_dead_session_left_open_is_closed_when_the_vote_is_opened(board: Round) -> None:
    """Phones can't vote on a dead session's question, and aren't thanked for votes that nobody counts."""
    with VoteStore(folder() / "votes.sqlite") as store:
        store.open_round("dead-1-nadia", "Nadia", [("maybe", "Maybe")])
        assert store.add("dead-1-nadia", "maybe")
        act(board, "phones_open", value="127.0.0.1")
        try:
            assert board.phones.state == "on", on_screen(board)
            left = store.current()
            assert left is not None
            assert not left.is_open
            assert not store.add("dead-1-nadia", "maybe")
            press(board, TO_VOTE)
            assert store.add(board.round_id(board.state), "maybe")
        finally:
            act(board, "phones_close")


def test_a_reopened_vote_continues_its_own_round(board: Round, store: VoteStore) -> None:
    """After a crash, only the restored session's round reopens, with its counts."""
    store.add(board.round_id(board.state), "maybe")
    found, _ = again()
    assert found.phones.state == "lost"
    act(board, "phones_close")  # the previous page is gone
    act(found, "phones_open", value="")
    try:
        assert store.add(found.round_id(found.state), "maybe")
        act(found, "poll")
        assert found.state.phones[Verdict.MAYBE] == 2
    finally:
        act(found, "phones_close")


def test_a_new_session_deletes_the_counts_of_one_that_was_not_opened_again(board: Round, store: VoteStore) -> None:
    """Nothing is left of the old session's rounds, even if this session never opens a vote by phone."""
    store.add(board.round_id(board.state), "maybe")
    name = board.round_id(board.state)
    found, _ = again()
    act(found, "fresh")
    assert store.counts(name) == {}
    assert store.current() is None


def test_the_presenter_learns_of_more_votes_than_people(board: Round, store: VoteStore) -> None:
    """If phones bring the votes above the number of people, a message stays until the number is corrected."""
    act(board, "choose")
    act(board, "set", field="people", value="2")
    press(board)
    name = board.round_id(board.state)
    assert [store.add(name, "maybe") for _ in range(2)] == [True, True]
    act(board, "poll")
    assert board.fragments(board.state)["crowd"] == ""
    act(board, "tap", value="maybe")
    sentence = text("round.crowd", voted=3, phones=2, people=2)
    assert board.fragments(board.state)["crowd"] == sentence
    press(board, LINKS + 1)
    assert board.state.step == "spread"
    assert board.fragments(board.state)["crowd"] == sentence
    assert board.fragments(board.state._replace(people=3))["crowd"] == ""
    assert board.fragments(board.state._replace(phones=NO_VOTES, people=1))["crowd"] == "", "hands are the presenter's own"


def test_the_vote_takes_as_many_as_there_are_people(board: Round, store: VoteStore) -> None:
    """The presenter's number of people is the vote's limit in each round, and changes immediately if it's corrected."""
    info = store.current()
    assert info is not None
    assert info.people == board.state.people == 40
    act(board, "choose")
    act(board, "set", field="people", value="7")
    press(board)
    info = store.current()
    assert info is not None
    assert (info.people, info.is_open) == (7, True)


def test_thousands_of_votes_from_phones_are_read_as_999(board: Round, store: VoteStore) -> None:
    """With any number of votes for a verdict, the session can be read again."""
    assert store.add(board.round_id(board.state), "maybe")
    with contextlib.closing(sqlite3.connect(store.path)) as base:
        base.execute("UPDATE counts SET votes = 1234567 WHERE choice = 'maybe'")
        base.commit()
    act(board, "poll")
    assert board.state.phones[Verdict.MAYBE] == MAX_VOTES
    assert again()[0].state == board.state
    path = folder() / "workshop.json"
    value = json.loads(path.read_text(encoding="utf-8"))
    value["session"]["phones"][Verdict.MAYBE] = 10**40  # written before counts were bounded
    path.write_text(json.dumps(value), encoding="utf-8")
    assert again()[0].state == board.state


@pytest.mark.parametrize(
    "phones",
    [
        {"address": "not an address", "port": 8888, "code": "k7w3xz"},
        {"address": "127.0.0.1", "port": True, "code": "k7w3xz"},
        {"address": "127.0.0.1", "port": 10**30, "code": "k7w3xz"},
        {"address": "127.0.0.1", "port": 8888, "code": "\ud800"},
        {"address": "127.0.0.1\n", "port": 8888, "code": "k7w3xz"},
        [],
        "on",
    ],
)
def test_an_impossible_saved_address_is_not_used(board: Round, phones: object) -> None:
    """A saved address and code for the vote by phone are used only if they're valid."""
    board.phones.restore(phones)
    assert (board.phones.state, board.phones.to_record()) == ("off", {})
