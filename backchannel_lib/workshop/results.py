"""Make a session's results for the room: a page with one slide per round, and a table."""

from __future__ import annotations

import functools
from typing import Final

from backchannel_lib.base.texts import text
from backchannel_lib.model.soap_rule import rules_check
from backchannel_lib.model.verdict import Verdict
from backchannel_lib.page.components import article_name, table
from backchannel_lib.page.frontend import STATIC
from backchannel_lib.page.html import Markup, standalone_page, tag
from backchannel_lib.page.sheet import tokens_style
from backchannel_lib.page.verdict_html import weakest_sentence
from backchannel_lib.workshop.round.state import PlayedRound, WorkshopState

STYLE: Final = STATIC / "results.css"


def results_html(state: WorkshopState, drill: Markup | None = None) -> str:
    """Return the results of a session as a page that needs no other file and prints one round per slide.

    Args:
        state: The session.
        drill: The results of the drill; None if the room didn't do it.

    Examples:
        >>> session = WorkshopState(group="Monday").with_file("nadia")._replace(shown=5)
        >>> results_html(session).count("<section")
        2
    """
    rounds = state.revealed_rounds()
    title = " · ".join(filter(None, (text("results.title"), state.group)))
    head = [text(f"results.head.{name}") for name in ("file", "votes", "rule", "verdict")]
    overview = [
        (f"{number}. {one.file.title}", one.agreement, rules_check(one.file.case).label, one.judgment.verdict.label)
        for number, one in enumerate(rounds, start=1)
    ]
    opening = tag(
        "section",
        tag("h1", title),
        tag("p", text("results.when", date=state.date or "–", people=state.people)),
        table(text("results.overview"), head, overview) if rounds else tag("p", text("results.none")),
        tag("p", text("results.private"), class_="small"),
        tag("p", text("take_home.article", article=article_name()), class_="small"),
    )
    slides = [_slide(number, one) for number, one in enumerate(rounds, start=1)]
    desk = tag("section", tag("h2", text("activity.drill.title")), drill) if drill else None
    return standalone_page(title, style_sheet(), opening, slides, desk)


@functools.cache
def style_sheet() -> str:
    """Return the page's style sheet. The site loads it before it takes its snapshot, which has no files.

    Examples:
        >>> "--bw-space-1" in style_sheet()
        True
    """
    return tokens_style() + STYLE.read_text(encoding="utf-8")


def _slide(number: int, one: PlayedRound) -> Markup:
    """Return one round: the rule first, then the article's verdict, and how the room voted."""
    file, judgment, rule = one.file, one.judgment, rules_check(one.file.case)
    votes = {"hands": one.votes, "phones": one.phones}
    if any(one.first):
        votes = {"first": one.first, **votes}
    head = [text(f"results.column.{name}") for name in ("verdict", *votes, "article")]
    rows = [
        (
            verdict.label,
            *(counts[verdict] for counts in votes.values()),
            f"◀ {text('round.article')}" if verdict is judgment.verdict else "",
        )
        for verdict in Verdict
    ]
    return tag(
        "section",
        tag("h2", f"{number}. {file.title}"),
        tag("p", file.contact or file.file),
        tag("p", tag("b", text("rules.title"), ": ", rule.label), ". ", rule.reason, class_="rule"),
        tag(
            "p",
            tag("b", text("guess.article"), ": ", judgment.verdict.label),
            ". ",
            weakest_sentence(judgment),
            class_="article",
        ),
        table(text("round.spread_caption"), head, rows),
    )


def results_table(state: WorkshopState) -> tuple[list[str], list[list[object]]]:
    """Return the header and rows of a table with one row for each round whose answer was shown.

    Hands and phones have separate columns, as does the first of two votes, which is blank if the room voted once.

    Examples:
        >>> session = WorkshopState().with_file("nadia")._replace(shown=5)
        >>> results_table(session)[1][0][2:5]
        [1, 'nadia', 'Nadia F., Tuesday morning']
    """
    names = [verdict.name.lower() for verdict in Verdict]
    rows: list[list[object]] = []
    for number, one in enumerate(state.revealed_rounds(), start=1):
        answers = [one.judgment.verdict.name.lower(), rules_check(one.file.case).answer]
        first = one.first if any(one.first) else [""] * len(Verdict)
        row = [state.date, state.group, number, one.vignette, one.file.title, *answers, state.people]
        rows.append([*row, *one.votes, *one.phones, *first])
    votes = [f"{kind}_{name}" for kind in ("hands", "phones", "first") for name in names]
    return ["date", "group", "round", "vignette", "title", "article", "rule", "people", *votes], rows
