"""The reader's own reply: a guess comes before any finding, findings quote the text, and nothing is written for the reader."""

from __future__ import annotations

import html
import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backchannel_lib import CaseError
from backchannel_lib.activities.messages import ShowMessage
from backchannel_lib.activities.registry import make_activity
from backchannel_lib.activities.reply.activity import NOTHING, ReplyActivity, example_email
from backchannel_lib.activities.reply.findings import LIMITS, check_reply, load_reply_findings, load_reply_points, read_up_to
from backchannel_lib.base.texts import text
from backchannel_lib.model.tables import facts
from backchannel_lib.page.activity_page import PAPER

FINDINGS = [row.finding for row in load_reply_findings()]
POINTS = [row.point for row in load_reply_points()]
GOOD = "Dear Dr. Hale, Dr. Osei suggested that I write. My CV and ERAS ID are attached. I am interested in your program."


def reply() -> ReplyActivity:
    """Open a new box."""
    made = make_activity("reply")
    assert isinstance(made, ReplyActivity)
    return made


def act(one: ReplyActivity, action: str, **more: Any) -> ShowMessage:
    """Perform one action, and return the first answer."""
    return next(iter(one.handle({"type": action, "view": "v", "seq": 1, **more})))


def update(one: ReplyActivity, field: str, value: Any) -> None:
    """Move one control."""
    act(one, "set", field=field, value=value)


def checked(text: str, guess: str = "plea", contacted: str = "yes") -> ReplyActivity:
    """Open a box, say whether the program has written, enter a text, guess and check."""
    one = reply()
    update(one, "contacted", contacted)
    update(one, "text", text)
    update(one, "guess", guess)
    act(one, "see")
    return one


def part(one: ReplyActivity, name: str) -> str:
    """Return a part's text."""
    return html.unescape(one.fragments(one.state)[name])


EXAMPLE = example_email()


# ---- the rule comes first ----


def test_nothing_is_checked_until_the_reader_says_who_wrote_first() -> None:
    """The rule comes before the wording, so the focus moves to that question."""
    one = reply()
    update(one, "text", GOOD)
    update(one, "guess", NOTHING)
    result = act(one, "see")
    assert (result["notice"], result["focus"]) == (text("reply_board.contacted_first"), "contacted")
    assert part(one, "found") == ""


@pytest.mark.parametrize("contacted", ["yes", "no", "outside"])
def test_the_rule_is_above_the_findings(contacted: str) -> None:
    """However good the wording is, the rule comes first."""
    found = part(checked(GOOD, NOTHING, contacted), "found")
    assert found.index(text(f"reply_board.rule.{contacted}")) < found.index(text("reply_board.found"))


# ---- a guess comes first ----


def test_the_box_starts_empty_with_the_rule_above_it() -> None:
    """The NRMP's rule comes first on the page and in the transcript."""
    one = reply()
    assert one.state["text"] == ""
    rule = check_reply("").contact_rule
    page = html.unescape(one.page())
    assert page.index(rule) < page.index("<textarea")
    assert rule in one.text


def test_the_rules_box_names_each_source_once() -> None:
    """Two facts have the same source, and that we haven't seen this year's agreement is itself a fact."""
    box = reply().page().partition("</section>")[0]
    listed = re.findall(r'<p class="bw-small">(.*?)</p>', box)
    assert len(listed) == len(set(listed)) > 1
    for fact in check_reply("").facts:
        assert html.unescape(box).count(facts()[fact].sentence) == 1


@pytest.mark.parametrize("action", [None, "see", "undo", "save"])
def test_no_finding_is_shown_before_a_guess(action: str | None) -> None:
    """With the example in the box, no action shows a finding's reason or suggestion before the reader has guessed."""
    one = reply()
    act(one, "example")
    if action:
        act(one, action)
    shown = html.unescape("\n".join([one.page(), one.text, one.static_html(), *one.fragments(one.state).values()]))
    for finding in check_reply(EXAMPLE).findings:
        assert finding.reason not in shown
        assert finding.suggestion not in shown
    assert set(one.ui_state(one.state)["open"]) - {PAPER} == {"ask"}


def test_checking_without_a_text_or_a_guess_gets_a_message() -> None:
    """It asks for whichever is missing, and the state stays the same."""
    one = reply()
    assert act(one, "see")["notice"] == text("reply.empty")
    update(one, "text", GOOD)
    assert act(one, "see")["notice"] == text("reply_board.contacted_first")
    update(one, "contacted", "yes")
    assert act(one, "see")["notice"] == text("guess.first")
    assert one.state["first"] == ""


def test_nothing_and_something_cannot_both_be_checked() -> None:
    """Checking that it's fine clears the findings, and the other way around."""
    one = reply()
    update(one, "guess", "plea|no_cv")
    update(one, "guess", f"plea|no_cv|{NOTHING}")
    assert one.state["guess"] == (NOTHING,)
    update(one, "guess", f"plea|{NOTHING}")
    assert one.state["guess"] == ("plea",)


# ---- findings ----


def test_the_example_has_many_kinds_of_problems() -> None:
    """It lacks something, has too much of something, and has paragraphs like a real email."""
    assert EXAMPLE.count("\n\n") == 3
    assert "¶" not in EXAMPLE
    kinds = [finding.kind for finding in check_reply(EXAMPLE).findings]
    assert kinds.count("missing") >= 2
    assert kinds.count("present") >= 4


def test_each_finding_has_a_quote_a_reason_and_a_suggestion() -> None:
    """It also cites the article's lines, and the counts come after the findings."""
    one = checked(EXAMPLE, "plea")
    found = part(one, "found")
    check = check_reply(EXAMPLE)
    for finding in check.findings:
        for word in (finding.label, finding.reason, finding.suggestion):
            assert word in found
        for seen in finding.seen:
            assert text("reply_board.quote", words=" ".join(seen.words.split())) in found
    assert f"<td>{check.counts.words}</td>" in found
    assert found.count(text("reply_board.noticed")) == 1
    assert f"<b>{text('reply.plea.words')}</b> <span" in found


@pytest.mark.parametrize(
    ("guess", "sentence"),
    [
        ("plea", text("reply_board.alike", alike=1, total=7)),
        (NOTHING, text("reply_board.alike", alike=0, total=7)),
        ("|".join(FINDINGS), text("reply_board.alike", alike=7, total=7)),
        ("what is found", text("reply_board.same")),
    ],
)
def test_the_guess_is_compared_with_the_findings(guess: str, sentence: str) -> None:
    """Findings in both are counted, and those that only the reader checked are named."""
    found = [finding.finding for finding in check_reply(EXAMPLE).findings]
    if guess == "what is found":
        guess = "|".join(found)
    one = checked(EXAMPLE, guess)
    beside = part(one, "beside")
    assert sentence in beside
    more = [text(f"reply.{name}.words") for name in FINDINGS if name in set(guess.split("|")) - {*found}]
    assert (text("reply_board.more", names="; ".join(more)) in beside) == bool(more)


def test_no_email_is_called_right() -> None:
    """If nothing is found, the page says that this means little and points to the list. There's no praise."""
    one = checked(GOOD, NOTHING)
    found = part(one, "found")
    assert "doesn't mean the email is ready" in found
    assert text("reply.nothing_found") in found
    assert text("reply_board.both_nothing") in part(one, "beside")
    assert text("reply_board.found_none") in part(checked(GOOD, "plea"), "beside")
    shown = html.unescape(f"{one.page()}\n{one.text}\n{reply().transcript()}").lower()
    for praise in (
        "looks right",
        "looks good",
        "looks like the kind",
        "well done",
        "ready to send",
        "nothing to change",
    ):
        assert praise not in shown


# ---- the reader's list ----


def test_each_point_is_shown_with_the_sentence_that_seems_to_answer_it() -> None:
    """If there's no such sentence, or only the reader can judge the point, it says so."""
    one = checked("Dear Dr. Hale, Dr. Osei suggested that I write. My CV is attached. I beg you.")
    for point, shown in {
        "link": text("reply_board.point.sentence", words="Dr. Osei suggested that I write."),
        "cv": text("reply_board.point.sentence", words="My CV is attached."),
        "eras_id": text("reply_board.point.none"),
        "no_plea": text("reply_board.point.against", words="I beg you."),
        "no_story": text("reply_board.point.none_against"),
        "wait": text("reply_board.point.yours"),
    }.items():
        assert shown in part(one, f"point_{point}")


def test_the_list_and_the_limits_are_as_prominent_as_the_findings() -> None:
    """Each point is a checkbox with its sentence in the label. Limits and findings have headings of the same level."""
    one = checked(GOOD, NOTHING)
    page = html.unescape(one.page())
    for point in POINTS:
        label = next(label for label in page.split("<label") if f'value="{point}"' in label)
        assert text(f"reply_point.{point}") in label
        assert f'data-fragment="point_{point}"' in label
    for title in ("found", "checklist", "limits"):
        assert f"<h3>{text(f'reply_board.{title}')}</h3>" in page
    for limit in LIMITS:
        assert text(f"reply.limit.{limit}") in page


def test_only_the_reader_checks_points_and_they_are_saved() -> None:
    """A check mark stays while the text is edited, is saved, and goes away with a different text."""
    one = checked(GOOD, NOTHING)
    assert one.state["ticks"] == ()
    update(one, "ticks", "cv|wait")
    update(one, "text", "I have changed it. My CV is attached.")
    assert one.state["ticks"] == ("cv", "wait")
    again = reply()
    act(again, "load", value=one.to_file(one.state)[1])
    assert again.state["ticks"] == ("cv", "wait")
    act(one, "example")
    assert one.state["ticks"] == ()


def test_an_email_in_another_language_has_no_findings_and_no_sentences() -> None:
    """A message says that only English can be checked, and every point is left open."""
    one = checked("Estimado Dr. Hale: Le ruego que lea mi solicitud. Adjunto mi CV y es mi sueño desde niña.", NOTHING)
    assert text("reply.not_english") in part(one, "found")
    assert "bw-dated" not in part(one, "found")
    assert {part(one, f"point_{point}") for point in POINTS} == {f"<span>{text('reply_board.point.not_read')}</span>"}


def test_after_the_first_check_every_edit_is_checked_and_the_comparison_stays() -> None:
    """The findings follow the text. The comparison is with the text as it was, and shows both numbers."""
    one = checked(EXAMPLE)
    beside = one.fragments(one.state)["beside"]
    assert "At first" not in part(one, "found")
    update(one, "text", GOOD)
    assert text("reply.nothing_found") in part(one, "found")
    assert text("reply_board.before_now", before=7, now=0) in part(one, "found")
    assert one.fragments(one.state)["beside"] == beside
    act(one, "see")
    assert one.fragments(one.state)["beside"] == beside
    update(one, "text", "")
    assert text("reply.empty") in part(one, "found")


def test_nothing_is_ever_written_into_the_text() -> None:
    """Only the example's button puts text in the box. Other actions leave it as the reader wrote it, or empty it."""
    one = checked(GOOD)
    for name in one.actions():
        before = one.state["text"]
        act(one, name)
        assert one.state["text"] == {"example": EXAMPLE, "clear": ""}.get(name, before)
        act(one, "load", value=json.dumps({"text": GOOD}))


@pytest.mark.parametrize("name", ["example", "clear"])
def test_a_different_text_needs_a_new_guess(name: str) -> None:
    """The example and an empty box close the findings and move the focus to the box. Undo restores the old text."""
    one = checked(GOOD)
    before = one.state
    assert act(one, name)["focus"] == "text"
    assert set(one.ui_state(one.state)["open"]) - {PAPER} == {"ask"}
    assert one.state["guess"] == ()
    act(one, "undo")
    assert one.state == before


@pytest.mark.slow
def test_markup_in_a_text_stays_text() -> None:
    """HTML in an email is shown as it was typed."""
    one = checked("<script>alert(1)</script> I beg you, <b>please</b> give me a chance.")
    assert "<script" not in one.fragments(one.state)["found"]
    assert "<script" not in one.page()


# ---- saved states ----


@given(st.text(max_size=60), st.sets(st.sampled_from(FINDINGS)), st.sets(st.sampled_from(POINTS)), st.booleans())
def test_a_saved_state_is_restored(text: str, guess: set[str], ticks: set[str], see: bool) -> None:
    """A new activity gets it from the page."""
    one = reply()
    update(one, "text", text)
    update(one, "guess", "|".join(sorted(guess)))
    update(one, "ticks", "|".join(sorted(ticks)))
    if see:
        act(one, "see")
    _, kept = one.to_file(one.state)
    again = reply()
    act(again, "load", value=kept)
    assert again.state == one.state
    assert again.fragments(again.state) == one.fragments(one.state)


@pytest.mark.parametrize(
    "text", ["", "[]", "no", '{"text": 7}', '{"guess": "luck"}', '{"guess": "plea|plea"}', '{"first": null}']
)
def test_a_broken_file_changes_nothing(text: str) -> None:
    """It's rejected if it's invalid or has impossible content."""
    one = checked(GOOD)
    before = one.state
    assert act(one, "load", value=text)["notice"]
    assert one.state == before
    with pytest.raises(CaseError):
        one.from_file(text)


def test_a_text_that_is_far_too_long_is_truncated_with_a_note() -> None:
    """Only the beginning is kept."""
    one = checked("word " * (read_up_to() + 1))
    assert len(one.state["text"]) == (read_up_to() + 1)
    assert text("reply.was_cut", number=(read_up_to() + 1) - 1) in part(one, "found")


def test_the_tour_tries_everything_and_ends_where_it_began() -> None:
    """It checks the example, a script, a good reply and an empty box. It's the same every time and leaves no trace."""
    one = reply()
    before, result = one.state, one.transcript()
    assert one.state == before
    assert result == reply().transcript()
    for word in (
        "guess.first",
        "reply.empty",
        "reply.nothing_found",
        "reply.script_for_other.words",
        "reply.lifelong_dream.words",
    ):
        assert text(word) in result
