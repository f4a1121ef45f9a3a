"""The building blocks of pages: a table, a statement with its citations, a fact with its source."""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterable, Sequence
from typing import Final

from backchannel_lib.base.texts import linked_parts, text
from backchannel_lib.model.soap_rule import newest_source
from backchannel_lib.model.tables import FactRow, facts, load_article, load_article_sections, load_claims
from backchannel_lib.page.html import Markup, join, tag

#: Options with fewer characters in all share a line on paper, even in a column half a page wide.
IN_ROW: Final = 40


def linked_text(word_id: str) -> Markup:
    """Return a text in which a phone can call or write to the numbers.

    Args:
        word_id: The text's id. Its links are marked in ``data/words/``; `text` returns the same words without them.

    Examples:
        >>> linked_text("plan.crisis").count('<a href="tel:988">call</a>')
        1
    """
    return join([tag("b", tag("a", words, href=to)) if to else words for words, to in linked_parts(word_id)])


def table(caption: str, head: Sequence[object], rows: Iterable[Sequence[object]], marked: int | None = None) -> Markup:
    """Return a table whose first column has the row headers.

    Args:
        caption: A description for screen readers.
        head: The column headers.
        rows: The cells of each row.
        marked: Index of the row to highlight, or None.

    Examples:
        >>> table("Numbers", ("What", "Value"), [("weight", 90)]).count("<td")
        1
    """
    return tag(
        "table",
        tag("caption", caption, class_="bw-hidden"),
        tag("thead", tag("tr", [tag("th", text, scope="col") for text in head])),
        tag(
            "tbody",
            [
                tag(
                    "tr",
                    tag("th", row[0], scope="row"),
                    [tag("td", cell) for cell in row[1:]],
                    class_="bw-marked" if place == marked else None,
                )
                for place, row in enumerate(rows)
            ],
        ),
    )


def asked_on_paper(question: str) -> Markup:
    """Return a question with a blank for a number.

    Examples:
        >>> asked_on_paper("How many?")
        '<p><b>How many?</b> <span class="bw-blank"></span></p>'
    """
    return tag("p", tag("b", question), " ", tag("span", class_="bw-blank"))


def chosen_on_paper(question: str, options: Sequence[str], *, several: bool = False) -> Markup:
    """Return a question with a circle for each option, or with boxes if more than one can be checked.

    Examples:
        >>> chosen_on_paper("Which?", ["One", "Two"]).count("<li")
        2
    """
    return tag("div", tag("p", tag("b", question)), to_check(options, several=several), class_="bw-field")


def to_check(options: Sequence[str], *, several: bool = True) -> Markup:
    """Return a list to check on paper, as in `chosen_on_paper`; a few short options share a line.

    Examples:
        >>> to_check(["Yes", "No"], several=False)
        '<ul class="bw-choose bw-in-row"><li>Yes</li><li>No</li></ul>'
    """
    in_row = not several and sum(map(len, options)) < IN_ROW
    class_ = "bw-choose" + (" bw-several" if several else "") + (" bw-in-row" if in_row else "")
    return bullets(options, class_)


def blank_table(what: str, blanks: Sequence[str], rows: Iterable[object], spans: Collection[int] = ()) -> Markup:
    """Return a table to fill in on paper.

    Args:
        what: The header of the first column.
        blanks: The headers of the blank columns.
        rows: The content of the first column.
        spans: Indexes of rows that have no blanks.

    Examples:
        >>> blank_table("Step", ["It rises", "It falls"], ["Nobody knows the file.", "A dean calls."], spans=[0]).count(
        ...     "<td></td>"
        ... )
        2
    """
    head = tag("thead", tag("tr", [tag("th", one, scope="col") for one in (what, *blanks)]))
    body = [
        tag("tr", tag("td", row, colspan=len(blanks) + 1) if place in spans else [tag("td", row), [tag("td") for _ in blanks]])
        for place, row in enumerate(rows)
    ]
    return tag("table", head, tag("tbody", body), class_="bw-blanks")


def scrollable(label: str, class_: str = "bw-numbers") -> dict[str, str]:
    """Return the attributes of a box that scrolls, by touch or keyboard, if its table is too wide.

    Examples:
        >>> tag("div", "...", **scrollable("Numbers"))
        '<div class="bw-numbers" tabindex="0" role="group" aria-label="Numbers">...</div>'
    """
    return {"class_": class_, "tabindex": "0", "role": "group", "aria_label": label}


def bullets(items: Iterable[object], class_: str = "bw-list") -> Markup:
    """Return a list; the default class puts a dot before each item.

    Examples:
        >>> bullets(["One", "Two"])
        '<ul class="bw-list"><li>One</li><li>Two</li></ul>'
    """
    return tag("ul", [tag("li", one) for one in items], class_=class_)


@functools.cache
def _lines_by_claim() -> dict[str, str]:
    return {claim.id: claim.lines for claim in load_claims()}


def lines_of(claim: str) -> str:
    """Return the lines of the article that contain a claim, such as "lines 25-29", with an en dash.

    Source:
        data/claims.csv.

    Examples:
        >>> lines_of("paper.ninety-seconds")
        'line 24'
    """
    return lines_of_all([claim])


def lines_of_all(claims: Iterable[str]) -> str:
    """Return the lines of the article that contain any of several claims, in order, with neighboring lines as one range.

    Args:
        claims: Ids of the claims; at least one.

    Source:
        data/claims.csv.

    Examples:
        >>> lines_of_all(["paper.ninety-seconds", "timing.phase1-early-is-best"])
        'lines 24 and 144'
    """
    spans: list[list[int]] = []
    for first, last in sorted(_span_of(claim) for claim in claims):
        if spans and first <= spans[-1][1] + 1:
            spans[-1][1] = max(last, spans[-1][1])
        else:
            spans.append([first, last])
    words = listed([f"{first}" if first == last else f"{first}–{last}" for first, last in spans])
    return text("card.line" if words.isdecimal() else "card.lines", lines=words)


def _span_of(claim: str) -> tuple[int, int]:
    first, _, last = _lines_by_claim()[claim].partition("-")
    return int(first), int(last or first)


def headings_over(claims: Iterable[str]) -> list[str]:
    """Return the headings of the article above some claims, so that a reader can find them on the page.

    Args:
        claims: Ids of the claims.

    Returns:
        The first words of each heading once, in quotation marks, in the order of the claims.

    Source:
        data/article_sections.csv.

    Examples:
        >>> headings_over(["timing.phase1", "timing.phase2"])
        ['"Timing"']
    """
    found: dict[str, None] = {}
    for claim in claims:
        above = [section.heading for section in load_article_sections() if section.line <= _span_of(claim)[0]]
        found[text("article.heading", heading=above[-1]) if above else text("article.opening")] = None
    return list(found)


def article_name() -> str:
    """Return a phrase that names the article: its title, its address, and the fact that it is unsigned.

    Source:
        data/article.csv.

    Examples:
        >>> "unsigned" in article_name()
        True
    """
    parts = {row.part: row.value for row in load_article()}
    host = parts["address"].partition("/")[0]
    return text("article.named", title=parts["title"], site=parts["site"], section=parts["section"], host=host)


def find_in_article(claims: Iterable[str]) -> str:
    """Tell a reader where to find claims in the article, by heading, because a web page has no line numbers.

    Args:
        claims: Ids of the claims; at least one.

    Returns:
        A sentence with the headings to look under.

    Source:
        data/article_sections.csv.

    Examples:
        >>> "Timing" in find_in_article(["timing.phase1"])
        True
    """
    return text("article.find", headings="; ".join(headings_over(claims)))


def citations(name: str, claims: Iterable[str], assumptions: Iterable[str] = (), given: Iterable[str] = ()) -> Markup:
    """Return the sources of a statement: lines of the article, our assumptions, and outside facts.

    Args:
        name: A name that is unique on the page; it keeps the section open while its content changes.
        claims: Ids of the claims.
        assumptions: Ids of our assumptions; blanks are ignored.
        given: Ids of the outside facts.

    Returns:
        HTML: a line that names the sources in general and unfolds to show the details; nothing if there are none.

    Source:
        data/claims.csv, data/assumptions.csv, data/facts.csv.

    Examples:
        >>> "The article, line 24" in citations("clock", ["paper.ninety-seconds"])
        True
    """
    in_order = sorted(claims, key=lambda claim: _span_of(claim)[0])
    return _citations(name, tuple(in_order), tuple(one for one in assumptions if one), tuple(given))


@functools.lru_cache(maxsize=1024)
def _citations(name: str, claims: tuple[str, ...], assumptions: tuple[str, ...], given: tuple[str, ...]) -> Markup:
    if not (claims or assumptions or given):
        return Markup()
    lines = text("card.article_lines", lines=lines_of_all(claims)) if claims else ""
    ours = tag("span", "✎ ", text("card.ours"), class_="bw-badge bw-voice-ours") if assumptions else None
    whose = "card.nrmp" if all(one.startswith("soap_rule.") for one in given) else "card.outside"
    outside = tag("span", text(whose), class_="bw-badge bw-voice-rule") if given else None
    article = tag("span", lines, class_="bw-badge bw-voice-article") if lines else None
    badges = tag("span", article, ours, outside, class_="bw-badges")
    return unfolding(
        name,
        join(text("card.rests_on" if claims or given else "card.whole"), ": ", badges),
        tag(
            "ul",
            [
                tag("li", tag("b", text("card.article_lines", lines=lines_of(claim))), " ", text(f"claim.{claim}"))
                for claim in claims
            ],
            [
                tag("li", tag("b", "✎ ", text("card.ours_because")), " ", text(f"assumption.{one}"), class_="bw-ours")
                for one in assumptions
            ],
            tag("li", article_name(), " ", find_in_article(claims)) if claims else None,
            [tag("li", facts()[one].sentence, fact_source(facts()[one])) for one in given],
            newest_source_items(given),
        ),
        class_="bw-basis",
    )


def fact_source(fact: FactRow) -> Markup:
    """Return where a fact comes from, its year, and how we verified it.

    Source:
        data/facts.csv.

    Examples:
        >>> "2026" in fact_source(facts()["scores.step2_mean"])
        True
    """
    return tag("p", text("orientation.source", citation=fact.graded_citation), class_="bw-small")


def description_list(*pairs: tuple[object, object]) -> Markup:
    """Return names and their descriptions, side by side.

    Args:
        *pairs: A name and its description.

    Examples:
        >>> description_list(("You", "Maybe"))
        '<dl class="bw-pairs"><div><dt>You</dt><dd>Maybe</dd></div></dl>'
    """
    return tag("dl", [tag("div", tag("dt", name), tag("dd", join(what))) for name, what in pairs], class_="bw-pairs")


def unfolding(name: str, summary: object, *children: object, class_: str | None = None) -> Markup:
    """Return a collapsed section, which stays open while its content changes once a reader has opened it.

    Args:
        name: A name that is unique on the page.
        summary: The line that is always visible.
        *children: The content.
        class_: Its class.

    Examples:
        >>> unfolding("why", "Why", "Because.")
        '<details data-details="why"><summary>Why</summary>Because.</details>'
    """
    return tag("details", tag("summary", summary), *children, class_=class_, data_details=name)


def chart_panel(
    chart: str,
    title: str,
    caption: str,
    spoken: str = "",
    numbers: str = "",
    drawing: str | None = None,
    *,
    shown: bool | None = None,
) -> Markup:
    """Return the container for a chart, with its numbers next to it.

    Args:
        chart: The chart's name on its page.
        title: The title.
        caption: What to look for in the chart.
        spoken: A description for screen readers, in one sentence; by default the title.
        numbers: The table of its numbers, as HTML.
        drawing: An SVG to show while Plotly starts, or None to show a sentence instead.
        shown: Whether the chart is visible, if that can change; otherwise None.

    Examples:
        >>> 'data-chart="map"' in chart_panel("map", "Map", "Where one is.")
        True
    """
    return tag(
        "section",
        tag("h3", title),
        tag("p", caption, data_fragment=None if shown is None else f"caption.{chart}"),
        tag(
            "div",
            tag(
                "div",
                Markup(drawing or tag("p", text("charts.loading"), class_="bw-small")),
                class_="bw-plot",
                data_chart=chart,
                role="img",
                aria_label=spoken or title,
            ),
            tag(
                "div",
                Markup(numbers),
                data_fragment=f"table.{chart}",
                **scrollable(f"{text('charts.numbers')}: {title}"),
            ),
            class_="bw-figure",
            data_open=None if shown is None else f"chart.{chart}",
            hidden=shown is False,
        ),
    )


def newest_source_items(given: Iterable[str]) -> list[Markup]:
    """List the newest source of the NRMP's rule and a note that we haven't seen this year's, if the facts are about that rule.

    What is among the facts isn't repeated.

    Args:
        given: Ids of the facts.

    Examples:
        >>> len(newest_source_items(["soap_rule.penalty"])), newest_source_items(["scores.step2_sd"])
        (2, [])
    """
    given = list(given)
    if not any(fact.startswith("soap_rule.") for fact in given):
        return []
    said = {facts()[one].sentence for one in given}
    return [tag("li", sentence) for sentence in newest_source() if sentence not in said]


def facts_by_source(name: str, title: str, given: Iterable[str]) -> Markup:
    """Return outside facts in a collapsed section, with each source once below its facts.

    Args:
        name: A name that is unique on the page; it keeps the section open while its content changes.
        title: The label of the collapsed section.
        given: Ids of the facts in order.

    Source:
        data/facts.csv.

    Examples:
        >>> facts_by_source("scores", "Sources", ["scores.step2_mean", "scores.step2_sd"]).count("<li")
        1
    """
    by_source: dict[Markup, list[str]] = {}
    for one in given:
        by_source.setdefault(fact_source(facts()[one]), []).append(one)
    items = [tag("li", " ".join(facts()[one].sentence for one in found), source) for source, found in by_source.items()]
    items += newest_source_items(one for found in by_source.values() for one in found)
    return unfolding(name, title, tag("ul", items, class_="bw-list"), class_="bw-basis")


def listed(names: Sequence[str], most: int | None = None) -> str:
    """Join names with commas and a final "and".

    Args:
        names: The names.
        most: Largest number of names, followed by the number of the remaining ones; None for all.

    Examples:
        >>> listed(["Mercy"]), listed(["Mercy", "Lakeside", "St. Anne"]), listed(["Mercy", "Lakeside", "St. Anne"], 1)
        ('Mercy', 'Mercy, Lakeside and St. Anne', 'Mercy and 2 more')
    """
    if most is not None and len(names) > most:
        names = [*names[:most], text("list.more", count=len(names) - most)]
    if len(names) < 2:
        return "".join(names)
    return text("list.and", first=", ".join(names[:-1]), last=names[-1])
