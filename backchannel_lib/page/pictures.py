"""Small SVG pictures: the chain with its weakest link, the outcomes from worst to best, Match Week, and a file.

They use the color of the surrounding text, so they work in light and dark mode, on paper and in forced colors. The text next to
each picture has the same information, so the pictures themselves are hidden from screen readers.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from backchannel_lib.base.texts import text
from backchannel_lib.base.times import time_words
from backchannel_lib.model.calendar import week_start
from backchannel_lib.model.soap_rule import soap_window
from backchannel_lib.model.verdict import Verdict
from backchannel_lib.page.html import Markup, tag

#: A link of the chain is this wide and overlaps the next one.
LINK_WIDTH, OVERLAP, LINK_HEIGHT = 100, 14, 28
DAY: Final = 100  # width of a day of the week
WORKDAYS: Final = 5


class ChainLink(NamedTuple):
    """One link of the chain: its name, what it allows, and whether it is (or can be) the weakest."""

    name: str
    allows: str
    weakest: bool = False
    may_be_weakest: bool = False


def drawing(width: float, height: float, *shapes: object, class_: str, fills: bool = False) -> Markup:
    """Return an SVG that fills its container's width, in the text's color and hidden from screen readers.

    Args:
        width: The width of the drawing, in its own units.
        height: Its height, in the same units.
        *shapes: The shapes in it.
        class_: Its class.
        fills: Whether it also stretches to its container's height.

    Examples:
        >>> drawing(10, 5, class_="bw-dot")
        '<svg viewBox="0 0 10 5" class="bw-dot" aria-hidden="true" focusable="false"></svg>'
    """
    # Of the SVG attributes that we use, only these two have capital letters.
    stretch = {"preserveaspectratio": "none"} if fills else {}
    box = f"0 0 {width:g} {height:g}"
    svg = tag("svg", *shapes, viewbox=box, class_=class_, **stretch, aria_hidden="true", focusable="false")
    return Markup(svg.replace("viewbox", "viewBox", 1).replace("preserveaspectratio", "preserveAspectRatio", 1))


def chain_picture(links: Sequence[ChainLink]) -> Markup:
    """Return a chain with its weakest links broken; below each link are its name and the best verdict it allows.

    Examples:
        >>> picture = chain_picture([ChainLink("The file", "Maybe"), ChainLink("The caller", "Skimmed", weakest=True)])
        >>> picture.count("<path"), text("card.weakest") in picture
        (3, True)
    """
    shapes = [shape for place, link in enumerate(links) for shape in _link_shapes(place, link, last=place == len(links) - 1)]
    width = LINK_WIDTH * len(links)
    return tag(
        "div",
        tag("p", text("card.links"), class_="bw-small"),
        drawing(width, LINK_HEIGHT + 4, shapes, class_="bw-chain-picture"),
        tag("ol", [_link_label(link) for link in links], class_="bw-chain-labels"),
        class_="bw-chain-drawn",
    )


def _link_shapes(place: int, link: ChainLink, *, last: bool) -> list[Markup]:
    half_overlap, edge = OVERLAP / 2, 3  # half the overlap; half a stroke, left free at both ends
    left = place * LINK_WIDTH - (half_overlap if place else -edge)
    right = (place + 1) * LINK_WIDTH + (-edge if last else half_overlap)
    top, bottom, radius = 4, LINK_HEIGHT, (LINK_HEIGHT - 4) // 2
    arc = f"A{radius} {radius} 0 0"
    from_left, from_right = left + radius, right - radius
    if link.weakest:  # two halves that came apart
        middle, slant = (left + right) / 2, 6
        left_half = f"M{middle - 9:g} {top}H{from_left:g}{arc} 0 {from_left:g} {bottom}H{middle - 9 - slant:g}"
        right_half = f"M{middle + 9 + slant:g} {top}H{from_right:g}{arc} 1 {from_right:g} {bottom}H{middle + 9:g}"
        return [tag("path", d=half, class_="bw-picture-weak") for half in (left_half, right_half)]
    around = f"M{from_left:g} {top}H{from_right:g}{arc} 1 {from_right:g} {bottom}H{from_left:g}{arc} 1 {from_left:g} {top}Z"
    return [tag("path", d=around, class_="bw-picture-may-be-weak" if link.may_be_weakest else "bw-picture-line")]


def _link_label(link: ChainLink) -> Markup:
    badge = "card.weakest" if link.weakest else "card.may_be_weakest" if link.may_be_weakest else ""
    sign = "◆ " if link.weakest else "◇ "
    return tag(
        "li",
        tag("b", tag("span", sign, aria_hidden="true") if badge else None, link.name),
        tag("span", link.allows),
        tag("span", " (", text(badge), ")", class_="bw-hidden") if badge else None,
        class_="bw-chain-weak" if link.weakest else "bw-chain-may-be-weak" if link.may_be_weakest else None,
    )


def outcomes_picture(possible: Collection[Verdict]) -> Markup:
    """Return the outcomes as steps that rise from worst to best, with the possible ones filled.

    Args:
        possible: The possible outcomes; just one if there is a verdict.

    Examples:
        >>> outcomes_picture([Verdict.MAYBE]).count("bw-tier-here")
        1
    """
    step, gap, lowest, rise = 60, 4, 8, 3
    highest = lowest + rise * max(Verdict)
    is_certain = len(possible) == 1
    tiers = []
    for verdict in Verdict:
        height = lowest + rise * verdict
        class_ = "bw-tier" if verdict not in possible else "bw-tier bw-tier-here" if is_certain else "bw-tier bw-tier-may-be"
        tiers.append(tag("rect", x=verdict * step, y=highest + 2 - height, width=step - gap, height=height, class_=class_))
    # Only the ends have labels here. In the middle, one would seem to belong to whichever tier is above it.
    ends = tag("span", min(Verdict).label), tag("span", max(Verdict).label)
    return tag(
        "div",
        drawing(step * len(Verdict), highest + 4, tiers, class_="bw-outcomes"),
        tag("p", *ends, class_="bw-ladder-ends"),
        class_="bw-ladder",
    )


def labeled_outcomes(here: Verdict | None = None) -> Markup:
    """Draw the nine outcomes as large steps, each longer than the worse one above it, with their meanings next to them.

    Args:
        here: The outcome to point at, or None.

    Examples:
        >>> labeled_outcomes(Verdict.MAYBE).count("<svg"), labeled_outcomes().count("bw-tier-here")
        (9, 0)
    """
    shortest, growth, high = 12, 11, 20
    longest = shortest + growth * max(Verdict)
    rows = []
    for verdict in Verdict:
        marked = verdict is here
        class_ = "bw-tier bw-tier-here" if marked else "bw-tier"
        tier = tag("rect", width=shortest + growth * verdict, height=high, class_=class_)
        rows.append(
            tag(
                "li",
                drawing(longest, high, tier, class_="bw-tier-picture", fills=True),
                tag("span", tag("b", f"{int(verdict) + 1} · {verdict.label}"), ": ", text(f"outcome.{verdict.name.lower()}")),
                tag("b", "◀ ", text("outcome.here"), class_="bw-outcome-mark") if marked else None,
                class_="bw-outcome-here" if marked else None,
            )
        )
    return tag("ol", rows, class_="bw-outcome-list")


def week_picture(when: datetime, *, mark: str | None = "week.now") -> Markup:
    """Return Match Week as a line that marks a moment and the time in which the rule forbids a first contact.

    Args:
        when: The moment, on an Eastern clock; before or after the week, the mark is at the end of the line.
        mark: The id of the mark's label, or None for no mark: paper, which is read later, shows the week alone.

    Source:
        data/week_events.csv.

    Examples:
        >>> text("week.now") in week_picture(datetime(2027, 3, 16, 9))
        True
    """
    when = when.replace(tzinfo=None)
    year = when.year + ((when.month, when.day) >= (7, 1))  # the next year's Match begins on July 1
    monday = week_start(year)
    opens, closes = soap_window(year)
    day = (when - monday) / timedelta(days=1)
    column = 0 if day < 0 else WORKDAYS + 1 if day >= WORKDAYS else int(day) + 1
    middle = DAY * (1 + day) if 0 <= day < WORKDAYS else DAY * (column + 0.5)
    first, last = (DAY * (1 + (one - monday) / timedelta(days=1)) for one in (opens, closes))
    width, line = DAY * (WORKDAYS + 2), 30
    shapes = [
        tag("path", d=f"M2 {line}H{width - 2}", class_="bw-week-line"),
        [tag("path", d=f"M{DAY * one} {line - 7}V{line + 7}", class_="bw-week-line") for one in range(1, WORKDAYS + 2)],
        [tag("path", d=f"M{first:.1f} {line + by}H{last:.1f}", class_="bw-week-rule") for by in (-5, 5)],
        tag("path", d=f"M{middle:.1f} {line - 1}l-11 -20h22Z", class_="bw-week-now") if mark else None,
    ]
    days = [text("week.before"), *(text(f"week.day.{one}") for one in range(WORKDAYS)), text("week.after")]
    bound = text(
        "week.bound",
        first=text(f"weekday.{opens.weekday()}"),
        opens=time_words(opens.time()),
        last=text(f"weekday.{closes.weekday()}"),
        closes=time_words(closes.time()),
    )
    return tag(
        "div",
        tag("p", tag("b", text(mark)), class_="bw-week-mark", style=f"grid-column: {column + 1}", aria_hidden="true")
        if mark
        else None,
        drawing(width, line + 12, shapes, class_="bw-week-picture"),
        tag("ol", [_day(name, mark if at == column else None) for at, name in enumerate(days)], class_="bw-week-days"),
        tag("p", bound, class_="bw-week-bound"),
        class_="bw-week",
    )


def _day(name: str, mark: str | None) -> Markup:
    if not mark:
        return tag("li", name)
    return tag("li", tag("b", name), tag("span", " (", text(mark), ")", class_="bw-hidden"), aria_current="time")


def sheet_of_paper(*children: object) -> Markup:
    """Put something on a sheet of paper with a folded corner.

    Examples:
        >>> sheet_of_paper("240").count("<svg")
        1
    """
    corner = drawing(
        32,
        32,
        tag("path", d="M0 0H32V32Z", class_="bw-corner-gone"),
        tag("path", d="M1 0V31H32Z", class_="bw-corner-fold"),
        class_="bw-corner",
    )
    return tag("div", corner, *children, class_="bw-file-paper")
