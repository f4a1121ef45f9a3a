"""The frame that all activities share: title, introduction, body, and the status line with its undo button."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from backchannel_lib.base.texts import optional_text, text
from backchannel_lib.model.verdict import Verdict
from backchannel_lib.page.html import Markup, join, tag
from backchannel_lib.page.inputs import radios, reset_button, undo_button

LEAD: Final = ("lead", "on_screen")  # the texts of an introduction: for everyone, and about what only a screen can do
PAPER: Final = "paper"  # the section that is open until someone begins an exercise


def activity_page(key: str, *body: object, look: str = "", to_answer: Markup | None = None) -> Markup:
    """Return the HTML page of an activity.

    Args:
        key: The activity's id in data/activities.csv.
        *body: The content below its title and introduction.
        look: An extra class for the style sheet, or blank.
        to_answer: A button that leads to the answer, for the line that shows it in short.
    """
    title = text(f"activity.{key}.title")
    return tag(
        "div",
        tag("p", role="status", class_="bw-hidden", data_live_text=True),
        tag("h2", title, class_="bw-title"),
        _lead(key),
        *body,
        tag("div", undo_button(key="u"), reset_button(), class_="bw-foot"),
        strip(
            slot("strip", element="p", data_hides=True),
            to_answer,
            tag("button", text("stage.reload"), type="button", data_reload=True, hidden=True),
            data_blank=True,
        ),
        class_=f"bw bw-lesson {look}".strip(),
        role="region",
        aria_label=title,
    )


def strip(answer: Markup, *buttons: object, **attributes: object) -> Markup:
    """Return the strip that stays visible on narrow screens: a short answer, notices and buttons.

    Args:
        answer: The element with the answer.
        *buttons: Its buttons.
        **attributes: As in `tag`.

    Examples:
        >>> strip(slot("strip", "Not allowed", "p")).count("<p")
        2
    """
    return tag(
        "div",
        answer,
        tag("p", role="status", class_="bw-notice", data_notice=True),
        tag("button", text("panel.restore_do"), type="button", data_action="restore", hidden=True),
        *buttons,
        class_="bw-strip",
        **attributes,
        role="group",
        aria_label=text("panel.strip"),
    )


def _lead(key: str) -> Markup:
    """Return an activity's introduction; what only a screen can do stays off paper."""
    lead, on_screen = (optional_text(f"activity.{key}.{part}") for part in LEAD)
    if not lead:
        return tag("p", on_screen, class_="bw-lead bw-screen")
    return tag("p", lead, [" ", tag("span", on_screen, class_="bw-screen")] if on_screen else None, class_="bw-lead")


def lead_text(key: str) -> str:
    """Return an activity's introduction as plain text.

    Examples:
        >>> lead_text("timing_questions")
        'Choose an answer, then check it.'
    """
    return " ".join(filter(None, (optional_text(f"activity.{key}.{part}") for part in LEAD)))


def on_paper(*exercise: object, begun: bool) -> Markup:
    """Return an exercise as it prints until someone begins it, in place of everything next to it.

    On screen, it is hidden. An activity that prints it lists `PAPER` in ``open`` for as long as its state is the first one.

    Args:
        *exercise: The exercise.
        begun: Whether the reader has begun it.

    Examples:
        >>> on_paper("Guess.", begun=False)
        '<div data-open="paper"><div class="bw-on-paper" hidden>Guess.</div></div>'
    """
    return show_if(PAPER, () if begun else (PAPER,), tag("div", *exercise, class_="bw-on-paper", hidden=True))


def slot(name: str, body: str = "", element: str = "div", **attributes: object) -> Markup:
    """Return an element that holds a fragment, so that the activity can replace its content.

    Args:
        name: The fragment's name.
        body: Its content as HTML.
        element: The element's tag.
        **attributes: As in `tag`.

    Examples:
        >>> slot("story", "Hello")
        '<div data-fragment="story">Hello</div>'
    """
    return tag(element, Markup(body), data_fragment=name, **attributes)


def show_if(name: str, open_now: Iterable[str], *children: object, element: str = "div", **attributes: object) -> Markup:
    """Return an element that is visible only while the activity lists its name in ``open``.

    Args:
        name: The name in ``open``.
        open_now: The names that are open at first.
        *children: The element's content.
        element: The element's tag.
        **attributes: As in `tag`.

    Examples:
        >>> show_if("answer", [], "Yes.")
        '<div data-open="answer" hidden>Yes.</div>'
    """
    return tag(element, *children, data_open=name, hidden=name not in set(open_now), **attributes)


def static_page(key: str, *body: object) -> Markup:
    """Return the HTML that a notebook shows for an activity before it runs.

    Args:
        key: The activity's id in data/activities.csv.
        *body: The content below its title and introduction.

    Returns:
        HTML that needs no style sheet or script.
    """
    return tag(
        "div",
        tag("h3", text(f"activity.{key}.title")),
        tag("p", lead_text(key)),
        *body,
        tag("p", tag("em", text("lesson.asleep"))),
    )


def verdict_card(*body: object) -> Markup:
    """Return the box for the article's view: its heading, its source, and what it says."""
    return _voiced("card", "bw-card", body)


def rule_box(*body: object) -> Markup:
    """Return the box for the NRMP rule: its heading, its source, and what it says."""
    return _voiced("rules", "bw-rule", body)


def answer_boxes(fragments: Mapping[str, str]) -> list[Markup]:
    """Return the rule's box, then the box with the article's verdict, which repeats the rule's answer in one line."""
    line = slot("rule_line", fragments["rule_line"], "p", class_="bw-rule-line")
    return [rule_box(slot("rules", fragments["rules"])), verdict_card(line, slot("verdict", fragments["verdict"]))]


def _voiced(voice: str, class_: str, body: Iterable[object]) -> Markup:
    heading = tag("h3", text(f"{voice}.title")), tag("p", text(f"{voice}.voice"), class_="bw-voice")
    return tag("section", *heading, *body, class_=class_)


def verdict_options() -> list[tuple[str, str]]:
    """Return the nine verdicts as options for a guess, lowest first.

    Returns:
        Values and labels.

    Source:
        data/verdicts.csv.

    Examples:
        >>> verdict_options()[0]
        ('backfires', 'Backfires')
    """
    return [(verdict.name.lower(), verdict.label) for verdict in Verdict]


def verdict_radios(field: str, guess: str) -> Markup:
    """Return the question what the article would expect, with the nine verdicts numbered from worst to best.

    Args:
        field: The field that it sets.
        guess: The reader's guess by its short name, or blank.

    Examples:
        >>> verdict_radios("guess", "maybe").count(" checked")
        1
    """
    options = [(value, _numbered(number, label)) for number, (value, label) in enumerate(verdict_options(), start=1)]
    return radios(field, text("guess.ask"), options, guess, row=True)


def _numbered(number: int, label: str) -> Markup:
    ends = {1: "guess.worst", len(Verdict): "guess.best"}
    end = tag("span", text(ends[number]), class_="bw-small") if number in ends else None
    return join(tag("span", f"{number}", class_="bw-count"), " ", label, " " if end else None, end)


def difference(guess: Verdict, verdict: Verdict) -> str:
    """Compare a guess with the article's verdict in a kind sentence.

    Args:
        guess: What the reader expected.
        verdict: The article's verdict.

    Examples:
        >>> difference(Verdict.MAYBE, Verdict.MAYBE) == text("guess.same")
        True
    """
    if guess == verdict:
        return text("guess.same")
    if abs(guess - verdict) == 1:
        return text("guess.near")
    return text("guess.high" if guess > verdict else "guess.low")
