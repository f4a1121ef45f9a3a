"""One's own reply: that a guess comes before any finding, what is pointed at, and that nothing is written for the reader."""

from __future__ import annotations

import html
import json
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
    """Open a box, say whether the program has written, write a text into it, guess and check."""
    one = reply()
    update(one, "contacted", contacted)
    update(one, "text", text)
    update(one, "guess", guess)
    act(one, "see")
    return one


def part(one: ReplyActivity, name: str) -> str:
    """Return a part as a reader reads it."""
    return html.unescape(one.fragments(one.state)[name])


EXAMPLE = example_email()


# ---- the rule comes first ----


def test_without_saying_whether_they_wrote_first_nothing_is_checked() -> None:
    """The rule comes before the wording: the checker asks who wrote first, and takes the reader to that question."""
    one = reply()
    update(one, "text", GOOD)
    update(one, "guess", NOTHING)
    told = act(one, "see")
    assert (told["notice"], told["focus"]) == (text("reply_board.contacted_first"), "contacted")
    assert part(one, "found") == ""


@pytest.mark.parametrize("contacted", ["yes", "no", "outside"])
def test_the_rule_stands_above_what_is_found(contacted: str) -> None:
    """However good the wording, the rule is above the findings."""
    found = part(checked(GOOD, NOTHING, contacted), "found")
    assert found.index(text(f"reply_board.rule.{contacted}")) < found.index(text("reply_board.found"))


# ---- a guess comes first ----


def test_the_box_opens_empty_and_the_rule_comes_first() -> None:
    """Nothing is in the box; the NRMP's rule is above it in the page and in the text."""
    one = reply()
    assert one.state["text"] == ""
    rule = check_reply("").contact_rule
    page = html.unescape(one.page())
    assert page.index(rule) < page.index("<textarea")
    assert rule in one.text


@pytest.mark.parametrize("action", [None, "see", "undo", "save"])
def test_nothing_is_pointed_at_before_a_guess(action: str | None) -> None:
    """With the example in the box, no act tells a finding's reason or suggestion before the reader said what they notice."""
    one = reply()
    act(one, "example")
    if action:
        act(one, action)
    shown = html.unescape("\n".join([one.page(), one.text, one.static_html(), *one.fragments(one.state).values()]))
    for finding in check_reply(EXAMPLE).findings:
        assert finding.reason not in shown
        assert finding.suggestion not in shown
    assert one.ui_state(one.state)["open"] == ["ask"]


def test_to_check_without_a_text_or_a_guess_is_answered_by_a_sentence() -> None:
    """Without a text one is asked for it, without a guess for that; the state stays."""
    one = reply()
    assert act(one, "see")["notice"] == text("reply.empty")
    update(one, "text", GOOD)
    assert act(one, "see")["notice"] == text("reply_board.contacted_first")
    update(one, "contacted", "yes")
    assert act(one, "see")["notice"] == text("guess.first")
    assert one.state["first"] == ""


def test_nothing_and_something_are_not_ticked_together() -> None:
    """Who ticks that it is fine takes the findings back, and the other way round."""
    one = reply()
    update(one, "guess", "plea|no_cv")
    update(one, "guess", f"plea|no_cv|{NOTHING}")
    assert one.state["guess"] == (NOTHING,)
    update(one, "guess", f"plea|{NOTHING}")
    assert one.state["guess"] == ("plea",)


# ---- what is pointed at ----


def test_the_example_needs_work_of_many_kinds() -> None:
    """The example lacks something, and has too much of something; it has paragraphs like an email."""
    assert EXAMPLE.count("\n\n") == 3
    assert "¶" not in EXAMPLE
    kinds = [finding.kind for finding in check_reply(EXAMPLE).findings]
    assert kinds.count("missing") >= 2
    assert kinds.count("present") >= 4


def test_each_finding_quotes_the_words_and_tells_why_and_what_one_can_do() -> None:
    """Each finding comes with the words, the reason, the suggestion and the lines; the counts follow."""
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
        ("|".join(finding.finding for finding in check_reply(EXAMPLE).findings), text("reply_board.same")),
    ],
)
def test_the_guess_is_set_beside_what_was_found(guess: str, sentence: str) -> None:
    """What was noticed by both is counted, and what the reader alone ticked is named."""
    one = checked(EXAMPLE, guess)
    beside = part(one, "beside")
    assert sentence in beside
    found = {finding.finding for finding in check_reply(EXAMPLE).findings}
    more = [text(f"reply.{name}.words") for name in FINDINGS if name in set(guess.split("|")) - found]
    assert (text("reply_board.more", names="; ".join(more)) in beside) == bool(more)


def test_no_email_is_called_right() -> None:
    """Where nothing is found, the page says that this means little, and sends the reader to the list; praise is nowhere."""
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


def test_each_point_stands_beside_the_sentence_that_seems_to_answer_it() -> None:
    """A point that a sentence speaks for has it, one without says so, and one that only the reader can judge says that."""
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


def test_the_list_and_the_limits_stand_on_the_page_as_large_as_the_findings() -> None:
    """Each point is a box to tick with its sentence in the label; limits and findings have headings of one level."""
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


def test_ticks_are_the_readers_own_and_are_saved() -> None:
    """Nothing is ticked by the checker; a tick stays while the text changes, is saved, and goes when another text comes."""
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
    """For anything but English one sentence says that it cannot be checked; nothing is found, and every point is unread."""
    one = checked("Estimado Dr. Hale: Le ruego que lea mi solicitud. Adjunto mi CV y es mi sueño desde niña.", NOTHING)
    assert text("reply.not_english") in part(one, "found")
    assert "bw-dated" not in part(one, "found")
    assert {part(one, f"point_{point}") for point in POINTS} == {f"<span>{text('reply_board.point.not_read')}</span>"}


def test_after_the_first_check_each_change_is_checked_and_the_first_look_stays() -> None:
    """The findings follow the text; the comparison stays with the text as it was, and the two numbers are side by side."""
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
    """No act but the example's changes what is in the box to anything else than what was written, or to nothing."""
    one = checked(GOOD)
    for name in one.actions():
        before = one.state["text"]
        act(one, name)
        assert one.state["text"] == {"example": EXAMPLE, "clear": ""}.get(name, before)
        act(one, "load", value=json.dumps({"text": GOOD}))


@pytest.mark.parametrize("name", ["example", "clear"])
def test_another_text_asks_for_another_guess(name: str) -> None:
    """The example and an empty box close the findings; the focus goes to the box, and undo brings the old text back."""
    one = checked(GOOD)
    before = one.state
    assert act(one, name)["focus"] == "text"
    assert one.ui_state(one.state)["open"] == ["ask"]
    assert one.state["guess"] == ()
    act(one, "undo")
    assert one.state == before


@pytest.mark.slow
def test_markup_in_a_text_stays_text() -> None:
    """What looks like HTML in an email is shown as it was typed."""
    one = checked("<script>alert(1)</script> I beg you, <b>please</b> give me a chance.")
    assert "<script" not in one.fragments(one.state)["found"]
    assert "<script" not in one.page()


# ---- a state that is kept ----


@given(st.text(max_size=60), st.sets(st.sampled_from(FINDINGS)), st.sets(st.sampled_from(POINTS)), st.booleans())
def test_a_kept_state_comes_back(text: str, guess: set[str], ticks: set[str], see: bool) -> None:
    """What a page kept gives the same state in a new box."""
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
    """An invalid file, or one with impossible content, is rejected."""
    one = checked(GOOD)
    before = one.state
    assert act(one, "load", value=text)["notice"]
    assert one.state == before
    with pytest.raises(CaseError):
        one.from_file(text)


def test_a_text_that_is_far_too_long_is_cut_and_said_to_be() -> None:
    """Of a very long text only the beginning is kept, and the checker says so."""
    one = checked("word " * (read_up_to() + 1))
    assert len(one.state["text"]) == (read_up_to() + 1)
    assert text("reply.was_cut", number=(read_up_to() + 1) - 1) in part(one, "found")


def test_the_tour_tries_everything_and_ends_where_it_began() -> None:
    """The tour checks the example, a script, a good reply and nothing, is the same every time, and leaves no trace."""
    one = reply()
    before, told = one.state, one.transcript()
    assert one.state == before
    assert told == reply().transcript()
    for word in (
        "guess.first",
        "reply.empty",
        "reply.nothing_found",
        "reply.script_for_other.words",
        "reply.lifelong_dream.words",
    ):
        assert text(word) in told
