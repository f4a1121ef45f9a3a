"""The director's inbox: what each action does, that a guess comes before any answer, and saved states."""

from __future__ import annotations

import html
import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backchannel_lib.activities.inbox import Inbox, emails
from backchannel_lib.activities.messages import ShowMessage
from backchannel_lib.activities.registry import make_activity
from backchannel_lib.activities.tables import INBOX_PLACES, article_number, load_inbox_pieces
from backchannel_lib.base.errors import CaseError
from backchannel_lib.base.texts import text
from backchannel_lib.model.amplifier import assumption
from backchannel_lib.page.activity_page import PAPER

TOTAL, DELETED = article_number("cold_emails"), article_number("cold_emails_deleted")
FIRST = int(assumption("inbox_first"))
ACTS = ("open", "delete", "skim", "rest", "undo", "reset", "save")


def inbox() -> Inbox:
    """Open a new inbox."""
    made = make_activity("inbox")
    assert isinstance(made, Inbox)
    return made


def act(one: Inbox, action: str, **more: Any) -> ShowMessage:
    """Perform one action, and return the first answer."""
    return next(iter(one.handle({"type": action, "view": "v", "seq": 1, **more})))


def at_desk(guess: int = 40, does: str = "") -> Inbox:
    """Open an inbox after a guess, and delete (d) or skim (s) each email as given."""
    one = inbox()
    act(one, "set", field="guess", value=str(guess))
    act(one, "open")
    for what in does:
        act(one, {"d": "delete", "s": "skim"}[what])
    return one


def shown(one: Inbox) -> str:
    """Return everything that is on screen or in the page's HTML."""
    return "\n".join([one.page(), one.text, *one.fragments(one.state).values(), *one.deferred_fragments(one.state).values()])


#: Words that give the article's answer away.
ANSWERS = (
    f">{DELETED}<",
    f"{DELETED} ",
    text("inbox.person"),
    text("inbox.why_soap"),
    text("inbox.tally"),
    text("inbox.example"),
)


def tells(text: str) -> list[str]:
    """List the words in a text that give the answer away."""
    return [answer for answer in ANSWERS if answer in text]


# ---- the emails ----


def test_a_hundred_people_write_a_hundred_emails() -> None:
    """No two have the same sender or the same beginning, and they're the same every time."""
    assert len(emails()) == TOTAL
    assert len({email.name for email in emails()}) == TOTAL
    assert len({email.line for email in emails()}) == TOTAL
    emails.cache_clear()
    assert emails() == emails()


def test_every_piece_is_used() -> None:
    """Each piece in the table is in some email, and each position in an email has pieces."""
    written = "\n".join(f"{email.name}\n{email.subject}\n{email.line}" for email in emails())
    unused = [row.piece for row in load_inbox_pieces() if text(f"inbox_piece.{row.piece}") not in written]
    assert unused == []
    assert {row.place for row in load_inbox_pieces()} == set(INBOX_PLACES)


def test_an_email_has_a_flag_exactly_where_one_of_its_pieces_has() -> None:
    """Skimming finds something exactly if a piece is marked, and that happens among the first emails, too."""
    marked = [text(f"inbox_piece.{row.piece}") for row in load_inbox_pieces() if row.flag]
    for email in emails():
        assert email.flag == any(content in email.line for content in marked), email
    assert 1 <= sum(email.flag for email in emails()[:FIRST]) < FIRST / 2


def test_none_of_the_hundred_is_an_exception() -> None:
    """No sender was introduced, or has rotated or interviewed there, because that would be different."""
    for email in emails():
        assert not re.search(r"interview|rotated (with|at)|suggested|introduc", f"{email.subject} {email.line}", re.IGNORECASE)


# ---- a guess comes first ----


@pytest.mark.parametrize("action", [None, *ACTS[1:]])
def test_no_answer_is_shown_before_a_guess(action: str | None) -> None:
    """No action shows the emails or the author's figure, on screen or in the page's HTML."""
    one = inbox()
    if action:
        act(one, action)
    assert one.ui_state(one.state)["open"] == ["ask", PAPER]
    assert tells(shown(one)) == []
    assert emails()[0].line not in re.sub(r'<div class="bw-on-paper" hidden>.*?</table></div>', "", shown(one))


def test_deleting_the_rest_before_a_guess_gets_a_message() -> None:
    """The message asks for a guess first."""
    assert act(inbox(), "rest")["notice"] == text("guess.first")


@pytest.mark.parametrize("done", range(FIRST + 1))
def test_no_answer_is_shown_while_the_reader_works(done: int) -> None:
    """The author's figure stays hidden, and the guess can't change any more."""
    one = at_desk(does="d" * done)
    assert tells(shown(one)) == []
    assert one.ui_state(one.state)["open"] == (["pause", "desk"] if done == FIRST else ["sort", "desk"])


def test_the_guess_can_be_any_number_from_0_to_100() -> None:
    """The slider and its box take whole numbers. Anything else gets a message at the field."""
    one = inbox()
    for value in ("0", "100", "37"):
        act(one, "set", field="guess", value=value)
        assert one.state["guess"] == int(value)
    for value in ("-1", "101", "many", "", "3.5"):
        act(one, "set", field="guess", value=value)
        assert "from 0 to 100" in one.errors["guess"], value
        assert one.state["guess"] == 37


# ---- working through it ----


@pytest.mark.parametrize("number", range(FIRST))
def test_each_email_is_answered_by_what_was_done(number: int) -> None:
    """Each action shows whose email it was and what happened to it, and then the next email."""
    for what in ("d", "s"):
        one = at_desk(does="d" * number + what)
        parts, email = one.fragments(one.state), emails()[number]
        word = "inbox.was_deleted" if what == "d" else "inbox.was_flagged" if email.flag else "inbox.was_clean"
        assert parts["last"] == text(word, name=email.name)
        assert parts["live_text"].startswith(parts["last"])
        if number + 1 < FIRST:
            assert emails()[number + 1].line in parts["live_text"]
            assert emails()[number + 1].name in parts["mail"]
        else:
            assert parts["mail"] == f"<p>{text('inbox.paused', first=FIRST, left=TOTAL - FIRST)}</p>"


def test_the_focus_stays_on_the_button_until_it_is_gone() -> None:
    """Only the last action moves the focus, because the buttons are gone."""
    one = at_desk()
    for number in range(FIRST):
        answer = act(one, "skim")
        assert answer.get("focus") == ("mail" if number == FIRST - 1 else None)


def test_after_the_first_twelve_no_act_of_the_desk_does_anything() -> None:
    """The reader handles twelve emails and no more."""
    one = at_desk(does="ds" * (FIRST // 2))
    before = one.state
    for action in ("delete", "skim"):
        act(one, action)
    assert one.state == before
    assert len(one.state["done"]) == FIRST


@given(st.text("ds", max_size=FIRST))
def test_every_step_can_be_undone_one_by_one(does: str) -> None:
    """Undo takes back one email at a time, then the opening of the inbox."""
    one = at_desk(does=does)
    for left in range(len(does) - 1, -1, -1):
        act(one, "undo")
        assert one.state["done"] == does[:left]
    act(one, "undo")
    assert set(one.ui_state(one.state)["open"]) - {PAPER} == {"ask"}


# ---- the author's figure ----


@given(st.integers(0, TOTAL), st.text("ds", max_size=FIRST))
def test_the_tally_sets_the_three_shares_side_by_side(guess: int, does: str) -> None:
    """The end has the guess, the reader's own share of the emails they handled, and the author's figure."""
    one = at_desk(guess, does)
    assert act(one, "rest")["focus"] == "tally"
    tally = one.fragments(one.state)["tally"]
    numbers = re.findall(r'<th scope="row">(.*?)</th><td>(.*?)</td>', tally)
    own = f"{round(100 * does.count('d') / len(does))}" if does else text("inbox.nobody_asked")
    name = text("inbox.your_desk", deleted=does.count("d"), done=len(does)) if does else text("inbox.your_desk_empty")
    assert numbers == [(text("inbox.your_guess"), f"{guess}"), (name, own), (text("guess.article"), f"{DELETED}")]


@pytest.mark.parametrize(
    ("guess", "sentence"),
    [
        (0, text("inbox.guess_less", gap=90)),
        (89, text("inbox.guess_less", gap=1)),
        (90, text("inbox.guess_same")),
        (91, text("inbox.guess_more", gap=1)),
        (100, text("inbox.guess_more", gap=10)),
    ],
)
def test_the_guess_is_compared_kindly(guess: int, sentence: str) -> None:
    """A guess below, at or above the author's figure gets its own message with the difference."""
    one = at_desk(guess)
    act(one, "rest")
    assert f">{sentence}<" in one.fragments(one.state)["tally"]


@pytest.mark.parametrize(
    ("does", "word"),
    [
        ("", None),
        ("d", "inbox.desk_alike"),
        ("s", "inbox.desk_gentler"),
        ("dddddd", "inbox.desk_alike"),
        ("ddddds", "inbox.desk_alike"),  # with six emails, five is the closest to the author's share
        ("ddddss", "inbox.desk_gentler"),
        ("sds", "inbox.desk_gentler"),
    ],
)
def test_the_desk_is_compared_by_its_share(does: str, word: str | None) -> None:
    """A reader who deleted a smaller share than the author's directors learns it. One who handled none sees nothing."""
    one = at_desk(does=does)
    act(one, "rest")
    tally = html.unescape(one.fragments(one.state)["tally"])
    for other in (text("inbox.desk_gentler"), text("inbox.desk_alike")):
        assert (other in tally) == (word is not None and other == text(word))


def test_the_picture_shows_the_figures_in_signs_and_in_words() -> None:
    """Of a hundred signs ninety are crosses and ten, one in each row, are circles. A sentence and a key say so."""
    one = at_desk(does="d")
    act(one, "rest")
    tally = one.fragments(one.state)["tally"]
    signs = re.findall(r"<span[^>]*>([✕◯])</span>", tally)
    assert "".join(signs) == ("✕" * 9 + "◯") * 10
    assert (signs.count("✕"), signs.count("◯")) == (DELETED, TOTAL - DELETED)
    assert f'role="img" aria-label="{text("inbox.grid", deleted=DELETED, skimmed=TOTAL - DELETED)}"' in tally
    assert text("inbox.key_deleted", count=DELETED) in tally
    assert text("inbox.key_skimmed", count=TOTAL - DELETED) in tally


def test_the_tally_says_that_nobody_is_measured_and_what_the_rule_is() -> None:
    """The figures come with a kind sentence, the NRMP's rule and a note that we wrote the emails."""
    one = at_desk()
    act(one, "rest")
    tally = one.fragments(one.state)["tally"]
    for word in ("inbox.person", "inbox.rule", "assumption.inbox_is_made_up", "fact.soap_rule.no_first_contact"):
        assert text(word) in tally.replace("&#x27;", "'"), word
    assert tally.count("<li>") >= TOTAL


# ---- saved states ----


@given(st.integers(0, TOTAL), st.text("ds", max_size=FIRST), st.booleans(), st.booleans())
def test_a_saved_state_is_restored(guess: int, does: str, begun: bool, rest: bool) -> None:
    """The same inbox or a new one gets it from the page."""
    one = inbox()
    one.update(guess=guess, begun=begun, done=does, rest=rest)
    _, text = one.to_file(one.state)
    assert inbox().from_file(text) == one.state
    fresh = inbox()
    act(fresh, "load", value=text)
    assert fresh.fragments(fresh.state) == one.fragments(one.state)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "no file",
        *(json.dumps({"done": bad}) for bad in ("x", "d" * (FIRST + 1), 3, None, ["d"])),
        *(json.dumps({"guess": bad}) for bad in (101, -1, "many", None, True)),
        *(json.dumps({name: bad}) for name in ("begun", "rest") for bad in ("yes", 1, None)),
    ],
)
def test_a_broken_file_changes_nothing(text: str) -> None:
    """A file that isn't from this inbox gets a message."""
    one = at_desk(does="ds")
    before = one.state
    with pytest.raises(CaseError):
        one.from_file(text)
    assert "notice" in act(one, "load", value=text)
    assert one.state == before


def test_a_file_that_skips_the_guess_reveals_nothing() -> None:
    """A saved state at the end without a guess still asks for one."""
    one = inbox()
    act(one, "load", value=json.dumps({"rest": True, "done": "dd"}))
    assert tells(shown(one)) == []
    assert set(one.ui_state(one.state)["open"]) - {PAPER} == {"ask"}


@pytest.mark.parametrize(
    "message",
    [{"type": "burn"}, {"type": "set", "field": "mood", "value": 1}, {"type": "set", "field": "guess"}, {}],
)
def test_an_unknown_act_gets_a_message(message: dict[str, Any]) -> None:
    """An unknown action changes nothing and doesn't cause a stack trace."""
    one = at_desk(does="d")
    before = one.state
    answers = list(one.handle(message))
    assert one.state == before
    assert answers[0].get("notice") or answers[0].get("errors") or one.errors


def test_the_tour_tries_everything_and_ends_where_it_began() -> None:
    """It deletes and skims each of the reader's emails, is the same every time, and leaves no trace."""
    one = inbox()
    before, transcript = one.state, one.transcript()
    assert one.state == before
    assert transcript == inbox().transcript()
    for email in emails()[:FIRST]:
        assert email.line in transcript
        assert text("inbox.was_deleted", name=email.name) in transcript
    assert text("inbox.was_flagged", name=emails()[3].name) in transcript
    assert text("inbox.guess_same") in transcript
