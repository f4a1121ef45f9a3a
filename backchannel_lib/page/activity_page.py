"""The frame that all activities of the chapters share: title, lead, body, and the line that tells and takes back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from backchannel_lib.base.texts import text
from backchannel_lib.model.verdict import Verdict
from backchannel_lib.page.html import Markup, tag
from backchannel_lib.page.inputs import button


def activity_page(key: str, *body: object, look: str = "") -> Markup:
    """Write the page of an activity.

    Args:
        key: The activity's name in data/activities.csv.
        *body: What stands under its title and lead.
        look: A class of its own for the style sheet, or blank.

    Returns:
        HTML.
    """
    title = text(f"activity.{key}.title")
    return tag(
        "div",
        tag("p", role="status", class_="bw-hidden", data_live_text=True),
        tag("h2", title, class_="bw-title"),
        tag("p", text(f"activity.{key}.lead"), class_="bw-lead"),
        *body,
        tag("div", button(text("panel.undo"), "undo", key="u"), button(text("panel.reset"), "reset"), class_="bw-foot"),
        tag(
            "div",
            tag("p", data_fragment="strip", data_hides=True),
            tag("p", role="status", class_="bw-notice", data_notice=True),
            tag("button", text("panel.restore_do"), type="button", data_action="restore", hidden=True),
            tag("button", text("stage.reload"), type="button", data_reload=True, hidden=True),
            class_="bw-strip",
            data_blank=True,
            role="group",
            aria_label=text("panel.strip"),
        ),
        class_=f"bw bw-lesson {look}".strip(),
        role="region",
        aria_label=title,
    )


def slot(name: str, body: str = "", element: str = "div", **attributes: object) -> Markup:
    """Write the place of a part.

    Args:
        name: The part's name.
        body: What stands in it, as HTML.
        element: The element's name.
        **attributes: As in `tag`.

    Returns:
        HTML.

    Examples:
        >>> slot("story", "Hello")
        '<div data-fragment="story">Hello</div>'
    """
    return tag(element, Markup(body), data_fragment=name, **attributes)


def show_if(name: str, open_now: Iterable[str], *children: object, element: str = "div", **attributes: object) -> Markup:
    """Write what is in sight only while the activity says so.

    Args:
        name: Its name, as in ``open`` of what the activity tells.
        open_now: The names that are open at the beginning.
        *children: What stands in it.
        element: The element's name.
        **attributes: As in `tag`.

    Returns:
        HTML.

    Examples:
        >>> show_if("answer", [], "Yes.")
        '<div data-open="answer" hidden>Yes.</div>'
    """
    return tag(element, *children, data_open=name, hidden=name not in set(open_now), **attributes)


def static_page(key: str, *body: object) -> Markup:
    """Write what a reader sees of an activity in a notebook that has not been run.

    Args:
        key: The activity's name in data/activities.csv.
        *body: What stands under its title and lead.

    Returns:
        HTML that stands by itself.
    """
    return tag(
        "div",
        tag("h3", text(f"activity.{key}.title")),
        tag("p", text(f"activity.{key}.lead")),
        *body,
        tag("p", tag("em", text("lesson.asleep"))),
    )


def verdict_card(*body: object) -> Markup:
    """Write the article's box: its heading, who speaks, and what it says."""
    return _voiced("card", "bw-card", body)


def rule_box(*body: object) -> Markup:
    """Write the NRMP rule's box: its heading, who speaks, and what it says."""
    return _voiced("rules", "bw-rule", body)


def answer_boxes(fragments: Mapping[str, str]) -> list[Markup]:
    """Write the rule's own box, and the article's verdict on a case under it, which repeats the rule in a line."""
    line = slot("rule_line", fragments["rule_line"], "p", class_="bw-rule-line")
    return [rule_box(slot("rules", fragments["rules"])), verdict_card(line, slot("verdict", fragments["verdict"]))]


def _voiced(voice: str, class_: str, body: Iterable[object]) -> Markup:
    heading = tag("h3", text(f"{voice}.title")), tag("p", text(f"{voice}.voice"), class_="bw-voice")
    return tag("section", *heading, *body, class_=class_)


def verdict_options() -> list[tuple[str, str]]:
    """List the nine verdicts as options of a guess, lowest first.

    Returns:
        Names and words.

    Source:
        data/verdicts.csv.

    Examples:
        >>> verdict_options()[0]
        ('backfires', 'Backfires')
    """
    return [(verdict.name.lower(), verdict.label) for verdict in Verdict]


def difference(guess: Verdict, verdict: Verdict) -> str:
    """Say in a kind sentence how a guess compares with the article's verdict.

    Args:
        guess: What the reader expected.
        verdict: What the article says.

    Returns:
        The sentence.

    Examples:
        >>> difference(Verdict.MAYBE, Verdict.MAYBE) == text("guess.same")
        True
    """
    if guess == verdict:
        return text("guess.same")
    if abs(guess - verdict) == 1:
        return text("guess.near")
    return text("guess.high" if guess > verdict else "guess.low")
