"""Every activity in every chapter opens, answers, can be undone, survives a restart and never shows a traceback.

Tests for all kinds of activity are here, and those for one kind are in its own file.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backchannel_lib import Case, CaseError, Verdict, judge
from backchannel_lib.activities import saved_answers
from backchannel_lib.activities.activity import Activity
from backchannel_lib.activities.case_panel import CaseActivity
from backchannel_lib.activities.registry import make_activity, transcript_of
from backchannel_lib.activities.scenes import OWN, Scenes
from backchannel_lib.activities.tables import load_activities, load_chapters, load_steps
from backchannel_lib.activities.walk import steps_of
from backchannel_lib.base.texts import all_words, text
from backchannel_lib.model.soap_rule import rules_check
from backchannel_lib.notebook.widget import open_activity
from backchannel_lib.page.activity_page import verdict_radios
from tests.helpers.activities import Page, act
from tests.helpers.notebooks import NOTEBOOKS, PATHS, read

PARTS = [row.activity for row in load_activities()]
NEXT = ("not_allowed", "ask_first", "allowed")
SCENES = [row.activity for row in load_activities() if row.kind == "scenes"]


@pytest.fixture(params=PARTS)
def activity(request: pytest.FixtureRequest) -> Activity[Any]:
    """Each activity of each chapter, newly made."""
    return make_activity(request.param)


# ---- opening ----


def test_the_page_is_well_formed_and_has_a_title(activity: Activity[Any]) -> None:
    """Every element is closed, ids are unique, and there's a name, a title, a place for notices and an undo button."""
    page = Page(activity.page())
    assert page.open == []
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert page.elements[0][1]["aria-label"] == text(f"activity.{activity.key}.title")
    does = [attributes.get("data-action") for _, attributes in page.elements]
    assert {"undo", "reset", "restore"} <= set(does)
    assert any("data-notice" in attributes for _, attributes in page.elements)


def test_every_control_on_the_page_has_a_label_and_belongs_to_a_field(activity: Activity[Any]) -> None:
    """The activity knows every input's field and every button's action."""
    page = Page(activity.page())
    fields = {attributes["data-field"] for _, attributes in page.elements if "data-field" in attributes}
    assert fields <= set(activity.fields()) | {"case"}
    known = {"undo", "reset", "restore", "save", "load", *activity.actions()}
    assert {attributes["data-action"] for _, attributes in page.elements if attributes.get("data-action")} <= known
    for name, attributes in page.elements:
        if name in {"input", "select", "textarea"}:
            assert "id" in attributes or "aria-label" in attributes or attributes.get("type") in {"radio", "checkbox"}


def test_a_new_activity_has_nothing_to_undo_and_nothing_to_start_over(activity: Activity[Any]) -> None:
    """Both buttons are disabled from the beginning, also on a page whose Python hasn't started."""
    buttons = {
        found["data-action"]: "disabled" in found
        for name, found in Page(activity.page()).elements
        if name == "button" and "data-action" in found
    }
    assert buttons["undo"] is buttons["reset"] is True
    fast, _ = act(activity, type="hello")
    assert fast["idle"] == ["undo", "reset"]


def test_hello_sends_content_for_every_part_of_the_page(activity: Activity[Any]) -> None:
    """A new page gets it now or a moment later, unless the part is still closed."""
    fast, slow = act(activity, type="hello")
    places = {attributes["data-fragment"] for _, attributes in Page(activity.page()).elements if "data-fragment" in attributes}
    told = {*fast["fragments"], *slow["fragments"]}
    closed = {"changes", "readings", "orientation", "strip"}
    later = {name for name in places - told if name.startswith(("table.", "caption.")) or name in closed}
    assert places - told - later == set()
    assert fast["hello"] is True


def test_a_still_and_a_text_replace_it_before_it_is_run(activity: Activity[Any]) -> None:
    """The still has the title. The text says more than a name, and is the same each time."""
    assert text(f"activity.{activity.key}.title") in activity.static_html().replace("&amp;", "&")
    assert Page(activity.static_html()).open == []
    board = open_activity(activity.key)
    assert board.text == activity.text
    assert len(board.text) > 40
    assert "object at 0x" not in board.text


# ---- actions ----


@pytest.mark.slow
def test_the_tour_says_the_same_each_time_and_leaves_no_trace(activity: Activity[Any]) -> None:
    """It prints at least a line for each thing it tries, and leaves the activity as it was."""
    start = activity.state
    transcript = activity.transcript()
    assert transcript == make_activity(activity.key).transcript() == activity.transcript()
    assert activity.state == start
    assert transcript.count("\n") >= 1
    assert transcript.strip()[-1:] != "?"


def test_an_unknown_action_changes_nothing(activity: Activity[Any]) -> None:
    """Like an incomplete one, it gets a calm message, and the state stays the same."""
    start = activity.state
    (fast, _) = act(activity, type="fly")
    assert fast["notice"] == text("panel.not_understood")
    for name in activity.actions():
        answers = act(activity, do=name, value="no such thing")
        assert answers
    act(activity, type="reset")
    assert activity.state == start


def test_an_unknown_field_or_an_invalid_value_changes_nothing(activity: Activity[Any]) -> None:
    """Nonsense in any control gets a message there or a calm notice, and the state stays the same."""
    start = activity.state
    act(activity, type="set", field="no_such_field", value="1")
    for field in activity.fields():
        act(activity, type="set", field=field, value={"not": "possible"})
    assert activity.values(activity.state) == activity.values(start) or activity.errors == {}


def test_every_activity_survives_a_restart(activity: Activity[Any]) -> None:
    """What the page keeps restores the same state in a new activity. Anything else is rejected and changes nothing."""
    for field in activity.fields():
        positions = list(activity.positions(field))
        if positions:
            act(activity, type="set", field=field, value=positions[-1])
    for name in ("see", "compare", "check", "next"):
        if name in activity.actions():
            act(activity, do=name, value=next(iter(activity.fields()), ""))
    kept = json.dumps(activity.values(activity.state))
    again = make_activity(activity.key)
    act(again, type="load", value=kept)
    assert again.values(again.state) == activity.values(activity.state)
    for broken in ("", "{", "[]", "null", '"x"', "7"):
        (fast, _) = act(again, type="load", value=broken)
        assert fast["notice"], broken
        assert again.values(again.state) == activity.values(activity.state), broken


def positions_of(activity: Activity[Any]) -> Iterator[tuple[str, Any]]:
    """List some entries for every control, valid and invalid."""
    for field in activity.fields():
        positions = list(activity.positions(field))
        yield from ((field, value) for value in {*map(str, positions[:3]), *map(str, positions[-3:])})
        yield field, ""
        yield field, "7"
        yield field, True


@pytest.mark.slow
@pytest.mark.parametrize("part", PARTS)
@settings(max_examples=8)
@given(data=st.data())
def test_nothing_a_reader_does_causes_a_traceback_and_everything_can_be_undone(part: str, data: st.DataObject) -> None:
    """After any series of actions the activity still answers, and enough undos lead back to the start."""
    activity = make_activity(part)
    act(activity, type="hello")
    entries = sorted(set(positions_of(activity)), key=repr)
    start = activity.state
    values = ["", "no such thing", *[field for field, _ in entries]]
    acts = st.one_of(
        st.sampled_from(entries).map(lambda pair: {"type": "set", "field": pair[0], "value": pair[1]})
        if entries
        else st.just({"type": "refresh"}),
        st.sampled_from(
            sorted({*activity.actions()} - {"save_case", "save_own", "delete_case", "save_bets", "delete_bets"}) or ["show"]
        ).flatmap(lambda name: st.sampled_from(values).map(lambda value: {"type": name, "value": value})),
        st.sampled_from([{"type": "undo"}, {"type": "refresh"}, {"type": "hello"}]),
    )
    for message in data.draw(st.lists(acts, min_size=3, max_size=12)):
        act(activity, **message)
    activity.errors.clear()
    for _ in range(40):
        if not activity.undo():
            break
    assert activity.state == start


# ---- predict, then see ----


@pytest.mark.parametrize("part", SCENES)
def test_no_answer_is_on_the_page_before_a_prediction(part: str) -> None:
    """No part of the page shows the verdict, and asking for it gets a friendly request instead."""
    scenes = make_activity(part)
    assert isinstance(scenes, Scenes)
    for scene in scenes.scenes:
        act(scenes, type="scene", value=scene)
        (fast, slow) = act(scenes, type="hello")
        bodies = "".join([*fast["contents"].values(), *slow["contents"].values()])
        assert judge(scenes.case).verdict.sentence not in bodies
        assert "bw-ladder" not in bodies + scenes.page()
        assert fast["marks"] == {}
        (fast, _) = act(scenes, type="see")
        assert fast["notice"] == text("guess.first")
        assert scenes.state.seen == ()


@pytest.mark.parametrize("part", SCENES)
@pytest.mark.parametrize("guess", [verdict.name.lower() for verdict in Verdict])
def test_a_guess_is_shown_next_to_the_articles_verdict(part: str, guess: str) -> None:
    """Both come with the reason, and the case's controls appear."""
    scenes = make_activity(part)
    assert isinstance(scenes, Scenes)
    act(scenes, type="hello")
    act(scenes, type="set", field="guess", value=guess)
    (fast, _) = act(scenes, type="see")
    first = next(iter(scenes.scenes))
    beside = fast["contents"][fast["fragments"]["beside"]]
    assert Verdict[guess.upper()].label in beside
    assert judge(scenes.cases[first]).verdict.label in beside
    assert fast["open"][:2] == ["seen", "controls"]
    assert fast["focus"] == "beside"


def test_one_student_at_three_times_is_not_called_the_next_student() -> None:
    """In chapter 06 only the time changes from case to case."""
    scenes = make_activity("timing_scenes")
    (label,) = re.findall(r"<button[^>]*data-action=\"scene\"[^>]*>([^<]*)<", scenes.fragments(scenes.state)["nav"])
    assert label == text("scene.next")
    assert "student" not in label.lower()


def test_the_rule_tells_readers_what_to_do_now_only_about_their_own_case() -> None:
    """A made-up Tuesday of Match Week isn't today, so its box doesn't say "for now"."""
    seen = set()
    for part in SCENES:
        scenes = make_activity(part)
        assert isinstance(scenes, Scenes)
        for scene in scenes.order:
            act(scenes, type="scene", value=scene)
            act(scenes, type="set", field="guess", value="maybe")
            act(scenes, type="see")
            answer = rules_check(scenes.case).answer
            content = {one for one in NEXT if text(f"soap.next.{one}") in scenes.fragments(scenes.state)["rules"]}
            assert content == ({answer} & {"allowed"} if scene != OWN else {answer}), (part, scene)
            seen.add((scene == OWN, answer))
    assert {(False, "not_allowed"), (False, "allowed"), (True, "not_allowed")} <= seen
    for part in {row.activity for row in load_activities() if row.kind == "walk"}:
        walk = make_activity(part)
        assert "For now" not in walk.page()
        assert text("rules.title") in walk.page()


def test_a_readers_case_is_saved_only_on_request_and_can_be_loaded_elsewhere() -> None:
    """Moving controls saves nothing. The button saves this activity's fields, and the panel of chapter 10 can load them."""
    saved_answers.delete(saved_answers.CASE)
    scenes = make_activity("warmth_scenes")
    act(scenes, type="scene", value=OWN)
    act(scenes, type="set", field="recommender", value="known_dean")
    assert saved_answers.saved(saved_answers.CASE) == {}
    act(scenes, type="save_case")
    assert saved_answers.saved(saved_answers.CASE)["recommender"] == "known_dean"
    assert "score" not in saved_answers.saved(saved_answers.CASE)
    panel = open_activity("noise_scenes").activity  # another chapter that loads it shows it in its own scene
    act(panel, type="scene", value=OWN)
    assert panel.state.case.recommender == "known_dean"
    whole = CaseActivity()
    (fast, _) = act(whole, type="hello")
    assert "kept" in fast["open"]
    assert whole.case == Case()
    act(whole, type="restore_case")
    assert whole.case.recommender == "known_dean"
    whole.undo()
    assert whole.case == Case()
    act(whole, type="delete_case")
    assert saved_answers.saved(saved_answers.CASE) == {}


def test_saved_values_that_are_no_longer_valid_are_ignored() -> None:
    """Of a saved file that someone has edited, the valid values are still used."""
    saved_answers.save(saved_answers.CASE, {"score": 251, "recommender": "nobody", "specifics": True, "unknown": 1})
    whole = CaseActivity()
    act(whole, type="hello")
    act(whole, type="restore_case")
    assert (whole.case.score, whole.case.specifics) == (251, True)
    (saved_answers.folder() / "case.json").write_text("{ broken", encoding="utf-8")
    assert saved_answers.saved(saved_answers.CASE) == {}
    saved_answers.delete(saved_answers.CASE)


def test_an_unwritable_folder_gets_a_message(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    """It says that nothing can be saved, and the activity continues."""
    blocked = tmp_path / "file"
    blocked.write_text("x")
    monkeypatch.setenv(saved_answers.FOLDER, str(blocked / "below"))
    scenes = make_activity("warmth_scenes")
    act(scenes, type="scene", value=OWN)
    (fast, _) = act(scenes, type="save_case")
    assert "could not be written" in fast["notice"]
    bets = make_activity("bets")
    act(bets, type="set", field=next(iter(bets.fields())), value="maybe")
    before = bets.state
    (fast, _) = act(bets, type="save_bets")
    assert "could not be written" in fast["notice"]
    assert bets.state == before


@pytest.mark.parametrize("name", ["bets", "bets_returned"])
def test_bets_can_be_saved_and_deleted_only_if_there_are_any(name: str) -> None:
    with saved_answers.saving_elsewhere():
        bets = make_activity(name)
        assert set(bets.sections(bets.state)) == set()
        bets.update(**{next(iter(bets.fields())): "maybe"})
        assert bets.sections(bets.state) == ["chosen"]
        saved_answers.save("bets", {next(iter(bets.fields())): "maybe"})
        assert bets.sections(bets.state) == ["chosen", "saved"]
        (fast, *_) = act(bets, type="delete_bets")
        assert fast["focus"] == "made", "the button is gone"
        assert bets.sections(bets.state) == ["chosen"]
    page = make_activity(name).page()
    for opens, action in (("chosen", "save_bets"), ("saved", "delete_bets")):
        hidden = page.partition(f'<div data-open="{opens}" hidden>')[2]
        assert (f'data-action="{action}"' in hidden) == ((name, opens) != ("bets_returned", "chosen"))


def test_the_verdicts_to_guess_are_numbered_from_worst_to_best() -> None:
    labels = re.findall(r"<label>(.*?)</label>", str(verdict_radios("guess", "maybe")))
    words = [" ".join(re.sub(r"<[^>]*>", " ", label).split()) for label in labels]
    numbered = [f"{int(verdict) + 1} {verdict.label}" for verdict in Verdict]
    assert words == [f"{numbered[0]} {text('guess.worst')}", *numbered[1:-1], f"{numbered[-1]} {text('guess.best')}"]
    for name in ("paper_scenes", "bets", "bets_returned"):
        assert f'<span class="bw-small">{text("guess.worst")}</span>' in make_activity(name).page()


@pytest.mark.parametrize("part", [row.activity for row in load_activities() if row.kind == "walk"])
def test_a_walk_says_above_its_question_where_it_stands(part: str) -> None:
    """On a phone the boxes for verdict and rule are a screen below it."""
    walk = make_activity(part)
    while True:
        step = walk.steps[walk.state["at"]]
        verdict = judge(step.case).verdict
        now = re.sub(r"<[^>]*>", "", walk.fragments(walk.state)["now"].rpartition('<p class="bw-standing">')[2])
        rank = text("walk.rank", rank=int(verdict) + 1, top=len(Verdict))
        assert now.startswith(f"{text('walk.standing')} {verdict.label} {rank} {text('rules.title')}: ")
        if walk.state["at"] == len(walk.steps) - 1:
            break
        walk.update(guess="same")
        act(walk, type="see")
        act(walk, type="on")
    page = walk.page()
    assert page.index("bw-standing") < page.index('data-field="guess"')


@pytest.mark.parametrize("part", [row.activity for row in load_activities() if row.kind == "walk"])
def test_a_walk_counts_the_contacts_of_each_story(part: str) -> None:
    """After the end of a story, the next one begins at 1."""
    walk = make_activity(part)
    places = [place for place, step in enumerate(walk.steps) if step.row.start]
    for start, end in itertools.pairwise([*places, len(walk.steps)]):
        for number in range(1, end - start + 1):
            assert text("walk.at", number=number, total=end - start) in walk.fragments(walk.state)["now"]
            walk.update(guess="same")
            act(walk, type="see" if number < end - start else "on")
    assert walk.state["at"] == len(walk.steps) - 1


def test_a_slider_for_a_guess_shows_its_ends() -> None:
    """Screen readers get them from the slider, and on paper the guess is a blank."""
    page = make_activity("inbox").page()
    low, high = re.findall(r'<span class="bw-small bw-screen" aria-hidden="true">(\d+)</span>', page)
    assert (low, high) == re.findall(r'type="range"[^>]* min="(\d+)" max="(\d+)"', page)[0] == ("0", "100")
    assert "bw-small bw-screen" not in make_activity("paper_scenes").page().partition("bw-controls")[2]


@pytest.mark.parametrize("part", [row.activity for row in load_activities() if row.kind == "sorting"])
def test_sorting_counts_what_has_a_place(part: str) -> None:
    made = make_activity(part)
    for count, (name, item) in enumerate(made.items.items()):
        assert made.fragments(made.state)["placed"] == text("sorting.made", made=count, total=len(made.items))
        made.update(**{name: item.fits[0]})
    assert 'class="bw bw-lesson bw-sorting"' in made.page()


def test_a_claim_to_rate_names_its_lines_as_the_prose_does() -> None:
    page = make_activity("rating").page()
    assert "[article,\N{NO-BREAK SPACE}line\N{NO-BREAK SPACE}9]" in page
    assert "(line 9)" not in page


# ---- the chapters as a whole ----


def test_each_notebook_opens_exactly_its_chapters_activities() -> None:
    """They're in the order of the table."""
    for chapter in load_chapters():
        cells = read(NOTEBOOKS / f"{chapter.chapter}.ipynb").cells
        opened = [name for cell in cells for name in re.findall(r'open_activity\("(\w+)"\)', cell.source)]
        assert opened == [row.activity for row in load_activities() if row.chapter == chapter.chapter], chapter.chapter


def test_every_chapter_states_its_minutes_which_add_up_to_about_two_hours() -> None:
    """They're the table's, and add up to between two and two and a half hours."""
    chapters = load_chapters()
    for row in chapters:
        opening = read(NOTEBOOKS / f"{row.chapter}.ipynb").cells[0].source
        assert f"{row.minutes} minutes" in opening, row.chapter
    assert 100 <= sum(row.minutes for row in chapters if row.audience == "student") <= 160


def test_the_map_of_the_first_chapter_is_right() -> None:
    """It links to every chapter and gives the table's minutes."""
    text = "\n".join(cell.source for cell in read(NOTEBOOKS / "00_start_here.ipynb").cells)
    for row in load_chapters()[1:]:
        line = next((line for line in text.splitlines() if line.startswith("|") and f"({row.chapter}.ipynb)" in line), "")
        assert re.search(rf"\b{row.minutes}\b", line), row.chapter


def test_every_link_between_notebooks_works() -> None:
    """Every linked notebook exists."""
    found = 0
    for path in PATHS:
        for cell in read(path).cells:
            for name in re.findall(r"\]\(([\w./-]+\.ipynb)\)", cell.source):
                assert (NOTEBOOKS / name).is_file(), f"{path.name}: {name}"
                found += 1
    assert found > 20


def test_the_lines_that_a_cell_cites_are_those_of_its_claims() -> None:
    """A citation such as [article, line 38] can't get out of step with the claim's own lines."""
    from backchannel_lib.model.tables import load_claims

    lines = {claim.id: claim.lines for claim in load_claims()}
    checked = 0
    for path in PATHS:
        for cell in read(path).cells:
            named = {
                number
                for found in re.findall(r"\[article, lines? ([0-9–, ]+)\]", cell.source)
                for span in found.split(",")
                for number in span_of(span.strip().replace("–", "-"))
            }
            covered = {number for claim in cell.metadata.get("claims", []) for number in span_of(lines[claim])}
            if named:
                assert named & covered, f"{path.name}, {cell.id}: no line of its claims is named"
                assert named <= set(range(2, 222)), f"{path.name}, {cell.id}"
                checked += 1
    assert checked > 15


def span_of(lines: str) -> set[int]:
    """List the numbers of a range of lines."""
    first, _, last = lines.partition("-")
    return set(range(int(first), int(last or first) + 1))


def test_a_chapters_tour_includes_all_its_activities() -> None:
    """It goes through each of them."""
    told = transcript_of("02_who_calls")
    assert [line.strip("= ") for line in told.splitlines() if line.startswith("== ")] == [
        row.activity for row in load_activities() if row.chapter == "02_who_calls"
    ]


def test_an_unknown_activity_is_rejected_with_a_suggestion() -> None:
    """The error lists the most similar names."""
    with pytest.raises(CaseError, match="callers_order"):
        open_activity("caller_order")


@pytest.mark.parametrize("part", [row.activity for row in load_activities() if row.kind == "walk"])
def test_a_walk_has_steps_that_move_the_verdict_and_steps_that_do_not(part: str) -> None:
    """A walk whose steps all did the same would teach nothing. Every predicted step also says why."""
    steps = steps_of(part)
    directions = {step.direction for step in steps if step.direction}
    assert len(directions) >= 2, part
    for step in steps:
        assert f"step.{step.row.step}.text" in all_words()
        assert (f"step.{step.row.step}.why" in all_words()) == bool(step.direction), step.row.step
    assert steps[0].row.start
    assert len(steps) == sum(row.activity == part for row in load_steps())
