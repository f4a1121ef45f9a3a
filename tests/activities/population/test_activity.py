"""The simulated files: readers guess first, can change the assumptions, and `judge` decides the counts."""

from __future__ import annotations

import itertools
import json
import re
from typing import Any

import pytest

from backchannel_lib import Case, CaseError, Verdict, judge, rules_check
from backchannel_lib.activities.population import activity as population_board
from backchannel_lib.activities.population.activity import BANDS, ENDS, FILES, GROUPS, GUESSES, STRONG, PopulationActivity
from backchannel_lib.activities.population.model import compare, draw, load_draw, load_population_calls
from backchannel_lib.activities.registry import make_activity
from backchannel_lib.base.texts import text
from backchannel_lib.page.charts import stacked_bars

CALLS = load_population_calls()
ROWS = {row.setting: row for row in load_draw()}
PLACES = ("beside", "now", "table.crowd", "moves", "beyond")


def board(**guesses: str) -> PopulationActivity:
    """Open the activity with some guesses."""
    made = make_activity("population")
    assert isinstance(made, PopulationActivity)
    made.update(**guesses)
    return made


def seen() -> PopulationActivity:
    """Open the activity, guess and look."""
    made = board(**dict.fromkeys(GUESSES, "300"))
    do(made, "see")
    return made


def do(made: PopulationActivity, what: str, **more: Any) -> dict[str, Any]:
    """Press a button and return everything sent to the screen, merged."""
    told: dict[str, Any] = {}
    for answer in made.handle({"type": what, "seq": 1, "view": "v", **more}):
        told |= answer
    return told


def plain(html: str) -> str:
    """Return the text of some HTML."""
    return re.sub(r"\s+", " ", re.sub("<[^>]*>", " ", html))


# ---- predict, then see ----


def test_no_count_is_revealed_before_all_three_guesses() -> None:
    """Whatever was guessed, the page has none until the reader asks to see them."""
    made = board(guess_look="300", guess_talk="100")
    answer = do(made, "see")
    assert answer["notice"] == text("crowd.first")
    assert not made.state["seen"]
    made.update(guess_letter="0")
    counts = {str(number) for number in made._first.values() if 10 < number < FILES}
    assert len(counts) > 2
    for html in (made.page(), made.static_html(), made.text, *made.fragments(made.state).values()):
        assert counts.isdisjoint(re.findall(r"\d+", plain(html)))
    assert set(made.deferred_fragments(made.state).values()) == {""}
    assert made.ui_state(made.state) == {"open": ["ask"], "shown": list(GUESSES)}


def test_the_guesses_are_shown_next_to_the_answer() -> None:
    """Every guess is there, with the results of the first draw."""
    made = seen()
    beside = plain(made.fragments(made.state)["beside"])
    assert beside.count(text("crowd.yours", guess="101 to 300")) == len(GUESSES)
    for name in ("look", "talk", "letter"):
        assert text("crowd.drawn", count=made._first[name]) in beside
    assert text("crowd.all_right") not in beside


def test_three_correct_guesses_are_called_right() -> None:
    """The answer is about the first draw, even if another one is showing."""
    made = board(guess_look="600", guess_talk="300", guess_letter="0")
    do(made, "see")
    do(made, "set", field="score_gap", value="-40")
    assert text("crowd.all_right") in plain(made.fragments(made.state)["beside"])


@pytest.mark.parametrize(
    ("count", "end"), [(0, 0), (1, 100), (100, 100), (101, 300), (300, 300), (500, 500), (501, 600), (600, 600)]
)
def test_every_count_is_in_exactly_one_range_of_a_guess(count: int, end: int) -> None:
    """The ranges cover every count from none to all."""
    assert population_board._end_of(count) == end
    assert (ENDS[0], ENDS[-1]) == (0, FILES)


def luminance(color: str) -> float:
    """Return the relative luminance of a color, as WCAG defines it."""
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


# ---- what is counted ----


def test_the_numbers_match_judging_each_file_of_the_draw() -> None:
    """There are 600 files, and `judge` gets one at a time."""
    made = seen()
    made.update(score_gap=-10, need_met=40, seed=5)
    call = {one.name: one for one in CALLS}
    files = draw(FILES, 5, score_gap=-10, need_met=40)
    before = [judge(call["polite_email"].apply(case)).verdict for case in files]
    after = [judge(call[STRONG].apply(case)).verdict for case in files]
    explained = [judge(call["flag_explanation"].apply(case)).verdict for case in files]
    headline = made._headline(made.state)
    assert set(headline) == {"without", "strong", "explained"}
    for column, verdicts in (("without", before), ("strong", after), ("explained", explained)):
        assert headline[column] == {
            "look": sum(verdict >= Verdict.DECLINED for verdict in verdicts),
            "no": verdicts.count(Verdict.DECLINED),
            "fallback": verdicts.count(Verdict.FALLBACK_SEAT),
            "read": verdicts.count(Verdict.FILE_READ) + verdicts.count(Verdict.MAYBE),
            "talk": sum(verdict >= Verdict.PHONE_INTERVIEW for verdict in verdicts),
        }
    shown = re.findall("<tr>(.*?)</tr>", made.fragments(made.state)["now"])[1:]
    assert [[int(cell) for cell in re.findall(r"<td>(\d+)</td>", row)] for row in shown] == [
        [ends[end] for ends in headline.values()] for end in ("look", "no", "fallback", "read", "talk")
    ]
    numbers = made._numbers(made.state)
    assert numbers["look"] == headline["strong"]["look"]
    assert numbers["without_talk"] == headline["without"]["talk"]


def test_each_file_that_is_looked_at_has_one_outcome() -> None:
    """In every column, no, fallback seat, maybe and interview add up to the files that were looked at."""
    for ends in seen()._headline(seen().state).values():
        assert ends["look"] == sum(count for end, count in ends.items() if end != "look")


def test_everyone_who_gets_an_interview_by_the_strong_call_had_a_good_file() -> None:
    """As the page says about the first draw, they were in range without a flag before anyone called."""
    call = {one.name: one for one in CALLS}[STRONG]
    talked = [case for case in draw() if judge(call.apply(case)).verdict >= Verdict.PHONE_INTERVIEW]
    assert len(talked) == seen()._first["talk"]
    for case in talked:
        assert case.score >= case.range_low
        flags = (case.failed_attempts, case.failed_clerkship, case.leave_of_absence)
        assert not any((*flags, case.professionalism_issue, case.chronic_poor_performance))


def test_every_bar_adds_up_to_the_whole_draw_with_one_piece_per_verdict() -> None:
    """The table next to the chart has the same numbers."""
    made = seen()
    later = made.deferred_fragments(made.state)
    figure = json.loads(later["base_figure.crowd"])
    assert [trace["name"] for trace in figure["data"]] == [text(f"crowd.band.{name}") for name in BANDS]
    for place in range(len(CALLS)):
        assert sum(trace["x"][place] for trace in figure["data"]) == FILES
    assert list(BANDS.values()) == sorted(BANDS.values())
    assert max(BANDS.values()) is max(Verdict)
    rows = re.findall("<tr>(.*?)</tr>", later["table.crowd"])[1:]
    assert [[int(cell) for cell in re.findall(r"<td>(\d+)</td>", row)] for row in rows] == [
        [trace["x"][place] for trace in figure["data"]] for place in range(len(CALLS))
    ]
    assert not any("pattern" in trace["marker"] for trace in figure["data"])  # a number on a pattern would be unreadable
    shades = [luminance(trace["marker"]["color"]) for trace in figure["data"]]
    assert all(later > early * 1.3 for early, later in itertools.pairwise(shades))  # they can be told apart in gray, too
    for trace, shade in zip(figure["data"], shades, strict=True):
        light, dark = sorted((shade, luminance(trace["textfont"]["color"])), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5


def test_the_chart_has_a_text_alternative() -> None:
    """A screen reader reads every bar with its numbers."""
    made = seen()
    later = made.deferred_fragments(made.state)
    figure = json.loads(later["base_figure.crowd"])
    for place, result in enumerate(compare(draw())):
        counts = {trace["name"]: trace["x"][place] for trace in figure["data"]}
        numbers = ", ".join(f"{name} {count}" for name, count in counts.items() if count)
        assert text("crowd.bar", call=text(f"crowd.short.{result.call.name}"), numbers=numbers) in later["alt_text.crowd"]


def test_no_contact_overcomes_what_the_article_names() -> None:
    """Files of the three kinds get at most a polite no or a fallback seat, whatever the draw."""
    made = seen()
    made.update(professionalism_issue=30, chronic_poor_performance=30, score_gap=-20, has_noncategorical_seat=100, need_met=100)
    cells = re.findall("<td>(.*?)</td>", made.deferred_fragments(made.state)["beyond"])
    allowed = {Verdict.DECLINED.label, Verdict.FALLBACK_SEAT.label}
    assert {cells[place] for place in (1, 3, 5)} <= allowed
    assert all(int(cells[place]) > 30 for place in (0, 2, 4))


def test_the_table_says_if_a_kind_of_file_was_not_drawn() -> None:
    """Nothing breaks if no file is far below the bar or beyond repair."""
    made = seen()
    made.update(professionalism_issue=0, chronic_poor_performance=0, score_gap=40, score_spread=0)
    assert made.deferred_fragments(made.state)["beyond"].count(text("crowd.beyond_none")) == 3


def test_the_page_states_the_limits_of_the_simulation() -> None:
    """It says how many files are made up, what no contact means, that moving up isn't getting in, and what the rule says."""
    shown = plain(seen().page())
    assert text("population.made_up", count=600) in shown
    assert [name for name in ("no_contact", "up_is_not_in", "rule") if text(f"population.{name}") not in shown] == []


def test_the_rule_is_shown_next_to_every_call() -> None:
    """Each call has the rule's answer for SOAP, and a different one before Match Week."""
    made = seen()
    row = re.compile(r"<td>([^<]*)</td></tr>")
    inside = row.findall(made.deferred_fragments(made.state)["moves"])
    assert inside.count(text("soap.answer.not_allowed")) == len(CALLS) - 1
    assert inside.count(text("soap.answer.ask_first")) == 1
    made.update(phase="groundwork")
    assert set(row.findall(made.deferred_fragments(made.state)["moves"])) == {rules_check(Case(phase="groundwork")).label}


@pytest.mark.parametrize("phase", ["groundwork", "soap_lists", "gap_filling", "post_soap"])
def test_the_rule_is_in_the_headline(phase: str) -> None:
    """A note next to the numbers says that no contact is allowed during SOAP, and that someone inside must ask first."""
    made = seen()
    made.update(phase=phase)
    content = plain(made.fragments(made.state)["now"])
    assert text("crowd.rule", allowed=text("crowd.rule_none"), asked=text("crowd.short.internal_push")) in content
    answers = {"groundwork": text("soap_until.allowed", when="Monday 10:00 am ET"), "post_soap": text("soap.answer.allowed")}
    assert ("At this time, outside SOAP" in content) is (phase in answers)
    assert f"SOAP: {answers.get(phase, '')}" in content or phase not in answers


def test_the_answer_connects_the_two_parts_of_the_chapter() -> None:
    """It explains why a verdict can rise while the picture shows the file sinking, but not before the guesses."""
    assert text("crowd.joins") in seen().fragments(seen().state)["beside"]
    assert text("crowd.joins") not in board().page()


# ---- moving it ----


@pytest.mark.slow
@pytest.mark.parametrize("name", ROWS)
def test_every_slider_changes_a_number_in_the_headline(name: str) -> None:
    """Its two ends give different headlines."""
    made = seen()
    shown = []
    for value in (ROWS[name].low, ROWS[name].high):
        made.update(**{name: value})
        shown.append(made._headline(made.state))
        assert all(str(count) in made.fragments(made.state)["now"] for count in shown[-1]["strong"].values())
    assert shown[0] != shown[1]


def test_every_setting_is_in_one_group_and_has_a_label_a_range_and_a_reason() -> None:
    """The reason is marked as ours, and the range is the table's."""
    grouped = [name for names in GROUPS.values() for name in names]
    assert sorted(grouped) == sorted([*ROWS, "phase", "good_moment"])
    page = seen().page()
    for row in ROWS.values():
        assert f'min="{row.low}" max="{row.high}"' in page
    for row in ROWS.values():
        assert text("crowd.because", why=row.why) in page.replace("&#x27;", "'").replace("&amp;", "&")


@pytest.mark.parametrize("group", GROUPS)
def test_only_the_chosen_group_of_sliders_is_visible(group: str) -> None:
    made = seen()
    do(made, "set", field="group", value=group)
    assert made.ui_state(made.state)["shown"] == ["group", *GROUPS[group]]


def test_another_draw_has_600_other_files_under_the_same_assumptions() -> None:
    """The button doesn't move any slider, and starts over after the last draw."""
    made = seen()
    made.update(need_met=30)
    before = made._numbers(made.state)
    do(made, "another")
    assert (made.state["seed"], made.state["need_met"]) == (2, 30)
    assert made._numbers(made.state) != before
    made.update(seed=9999)
    do(made, "another")
    assert made.state["seed"] == 1


def test_resetting_the_assumptions_keeps_the_readers_guesses() -> None:
    """It also stays known that they looked."""
    made = seen()
    first = made.state
    made.update(score_gap=30, phase="post_soap", good_moment=False, seed=7)
    answer = do(made, "ours")
    assert dict(made.state) == dict(first)
    assert answer["values"]["score_gap"] == 0
    assert answer["notice"] == text("crowd.is_ours_again")
    made.undo()
    assert made.state["score_gap"] == 30


def test_each_action_can_be_undone() -> None:
    """That's looking, moving a slider and drawing."""
    made = seen()
    do(made, "set", field="score_gap", value="12")
    do(made, "another")
    for field, value in (("seed", 1), ("score_gap", 0), ("seen", False)):
        assert made.undo()
        assert made.state[field] == value


@pytest.mark.parametrize(("field", "value"), [("score_gap", "41"), ("need_met", "-1"), ("need_met", "many"), ("need_met", "")])
def test_a_number_out_of_range_gets_a_message_at_its_field(field: str, value: str) -> None:
    """The message has the label and the range, and the draw stays the same."""
    made = seen()
    before = made.state
    answer = do(made, "set", field=field, value=value)
    row = ROWS[field]
    assert answer["errors"][field].startswith(f"{row.label}: must be a whole number from {row.low} to {row.high}")
    assert made.state == before


@pytest.mark.parametrize(
    ("field", "value"), [("guess_look", "7"), ("phase", "noon"), ("good_moment", "yes"), ("group", "x"), ("nothing", 1)]
)
def test_a_value_that_no_control_offers_is_rejected(field: str, value: object) -> None:
    with pytest.raises(CaseError):
        seen().with_value(field, value)


# ---- saved and restored ----


def test_a_saved_state_restores_the_same_draw_and_guesses() -> None:
    """A new kernel gets it from the page."""
    made = seen()
    made.update(score_gap=-15, phase="gap_filling", good_moment=False, seed=4, group="programs")
    again = make_activity("population")
    again.commit(again.from_file(json.dumps(made.values(made.state))))
    assert again.state == made.state
    assert again.fragments(again.state) == made.fragments(made.state)


@pytest.mark.parametrize("content", ["", "[]", '{"score_gap": 99}', '{"phase": 3}', '{"seen": "yes"}'])
def test_a_broken_saved_state_is_rejected(content: str) -> None:
    """There's a message, and nothing changes."""
    made = seen()
    before = made.state
    answer = do(made, "load", value=content)
    assert answer["notice"].startswith(text("panel.load_failed", problem="§").partition("§")[0])
    assert made.state == before


def test_the_tour_is_the_same_each_time_and_leaves_no_trace() -> None:
    """It mentions every call and every assumption, and ends where it began."""
    made = board()
    before = made.state
    transcript = made.transcript()
    assert transcript == made.transcript()
    assert made.state == before
    for call in CALLS:
        assert call.label in transcript
    for row in ROWS.values():
        assert transcript.count(row.label) == 2


def test_bars_can_have_any_number_of_pieces() -> None:
    """A number is shown only if its piece has room for it."""
    figure = stacked_bars(["a", "b"], [("no", [1, 60]), ("yes", [99, 40])], "files", 100)
    assert [trace["text"] for trace in figure["data"]] == [["", "60"], ["99", "40"]]
