"""What the round shows: pieces of its page, each made from where the session stands and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from backchannel_lib.base.texts import text
from backchannel_lib.model.case import Case
from backchannel_lib.model.soap_rule import rules_check
from backchannel_lib.model.tables import STAGES, load_claims
from backchannel_lib.model.verdict import Judgment, Verdict, judge
from backchannel_lib.page.activity_page import show_if, slot
from backchannel_lib.page.components import citations, description_list, lines_of, table
from backchannel_lib.page.html import Markup, join, tag
from backchannel_lib.page.inputs import button, clock_button, number_box
from backchannel_lib.page.verdict_html import weakest_sentence
from backchannel_lib.workshop.deck import link_order, vignettes
from backchannel_lib.workshop.round.state import Votes, WorkshopState, files, number_of, seen, vote_field


def head(state: WorkshopState) -> Markup:
    """Write where the session stands: round, file and step.

    Args:
        state: Where the session stands.

    Returns:
        HTML.
    """
    if state.step in {"setup", "close"}:
        return join(text("round.close.title" if state.step == "close" else "round.menu" if state.vignette else "round.setup"))
    title = text(f"vignette.{state.vignette}.title")
    return join(
        tag("span", text("round.number", number=number_of(state)), class_="bw-round-number"),
        " ",
        tag("b", title),
        " ",
        tag("span", text(f"round.step.{state.step}"), class_="bw-round-step"),
    )


def tally(state: WorkshopState) -> str:
    """Say how many of the room have voted.

    Args:
        state: Where the session stands.

    Returns:
        A sentence.
    """
    told = text("round.tally", voted=sum(state.counted), people=state.people)
    phones = sum(state.phones)  # which verdicts they are for stays hidden while others vote
    return f"{told}, {text('round.by_phone', count=phones)}" if phones else told


def chain(state: WorkshopState, judgment: Judgment) -> Markup:
    """Write the links that the room has been shown, and that there are others.

    Args:
        state: Where the session stands.
        judgment: What the article says of the file.

    Returns:
        HTML.
    """
    order, shown = link_order(judgment), state.shown
    items = []
    for number, stage in enumerate(order[:shown], start=1):
        reason = judgment.reasons[STAGES.index(stage)]
        ours = any(each.assumption for each in (reason, *reason.also))
        weakest = _is_weakest(state, judgment, stage)
        items.append(
            tag(
                "li",
                tag(
                    "div",
                    tag("b", text(f"stage.{stage}.name")),
                    tag("span", "◆ ", text("card.weakest"), class_="bw-badge bw-badge-weak") if weakest else None,
                    tag("span", "✎ ", text("card.ours"), class_="bw-badge bw-voice-ours") if ours else None,
                    tag("span", text("card.allows", verdict=reason.cap.label), class_="bw-cap"),
                    class_="bw-link-head",
                ),
                tag("p", reason.sentence) if number == shown or shown == len(order) else None,
                class_="bw-link" + (" bw-link-weak" if weakest else ""),
            )
        )
    left = len(order) - shown
    more = tag("p", text("round.more_links", count=left), class_="bw-kind")
    return join(tag("ol", items, class_="bw-stage-chain"), more if left else None)


def _is_weakest(state: WorkshopState, judgment: Judgment, stage: str) -> bool:
    """Tell whether a link is marked as the weakest: once all are shown, and where something holds the verdict down."""
    return state.shown == len(STAGES) and stage in judgment.binding and judgment.verdict is not max(Verdict)


def link_spoken(state: WorkshopState, judgment: Judgment) -> str:
    """Say the link that was shown last, and after the last one the verdict.

    Args:
        state: Where the session stands.
        judgment: What the article says of the file.

    Returns:
        Sentences.
    """
    stage = link_order(judgment)[state.shown - 1]
    reason = judgment.reasons[STAGES.index(stage)]
    told = [f"{text(f'stage.{stage}.name')}. {text('card.allows', verdict=reason.cap.label)}. {reason.sentence}"]
    if _is_weakest(state, judgment, stage):
        told.insert(0, f"{text('card.weakest')}:")
    if state.shown == len(STAGES):
        told.append(f"{text('guess.article')}: {judgment.verdict.label}. {judgment.verdict.sentence}")
    return " ".join(told)


def spread(state: WorkshopState, judgment: Judgment) -> Markup:
    """Write how the room voted, the article's verdict marked in words.

    Args:
        state: Where the session stands.
        judgment: What the article says of the file.

    Returns:
        HTML.
    """
    most = max(*state.counted, 1)
    rows = []
    for verdict, count in zip(Verdict, state.counted, strict=True):
        here = verdict is judgment.verdict
        rows.append(
            tag(
                "tr",
                tag("th", verdict.label, scope="row"),
                tag("td", count, class_="bw-count-cell"),
                tag("td", _bar(count, most), tag("b", "◀ ", text("round.article"), class_="bw-here") if here else None),
                class_="bw-spread-here" if here else None,
            )
        )
    head = [tag("th", text(f"round.column.{name}"), scope="col") for name in ("verdict", "votes", "bar")]
    return join(
        tag(
            "table",
            tag("caption", text("round.spread_caption"), class_="bw-hidden"),
            tag("thead", tag("tr", head), class_="bw-hidden"),
            tag("tbody", rows),
            class_="bw-spread",
        ),
        tag("p", spread_sentence(state.counted, judgment.verdict), class_="bw-kind"),
    )


def what(state: WorkshopState, judgment: Judgment) -> Markup:
    """Write the verdict on the case as the slider has moved it, beside the one before.

    Args:
        state: Where the session stands.
        judgment: What the article says of the file as it was told.

    Returns:
        HTML.
    """
    now = judge(state.case or judgment.case)
    same = text("round.what_same") if now.verdict is judgment.verdict else ""
    changed = tag(
        "p", same or text("round.what_moved", before=judgment.verdict.label, after=now.verdict.label), class_="bw-kind"
    )
    return join(
        tag("p", now.verdict.label, class_="bw-verdict-name"),
        tag("p", now.verdict.sentence, class_="bw-verdict-sentence"),
        tag("p", weakest_sentence(now), class_="bw-held"),
        changed if state.case else None,
    )


def what_rule(state: WorkshopState, judgment: Judgment) -> Markup:
    """Write what the rule says of the case as the slider has moved it.

    Args:
        state: Where the session stands.
        judgment: What the article says of the file as it was told.

    Returns:
        HTML.

    Source:
        data/soap_rule.csv.
    """
    check = rules_check(state.case or judgment.case)
    return tag("p", text("rules.title"), ": ", tag("b", check.label, data_answer=check.answer))


def welcome() -> Markup:
    """Write what a room is told before the first file.

    Returns:
        HTML.

    Examples:
        >>> welcome().count("<li")
        3
    """
    told = [tag("li", text(f"round.welcome.{name}")) for name in ("made_up", "one_view", "rule")]
    return join(tag("p", text("stage.title"), class_="bw-welcome-title"), tag("ul", told))


def close() -> Markup:
    """Write what a room takes home: the article's three truths, the rule, and where help is, as three voices.

    Returns:
        HTML.

    Source:
        truths.*, data/soap_rule.csv; the last part is ours.

    Examples:
        >>> close().count("<section")
        3
    """
    truths = [claim.id for claim in load_claims() if claim.topic == "truths"]
    where = {one: tag("span", text("card.article_lines", lines=lines_of(one)), class_="bw-small") for one in truths}
    check = rules_check(Case())
    return join(
        tag(
            "section",
            tag("h4", text("round.close.article")),
            tag("ol", [tag("li", text(f"claim.{one}"), " ", where[one]) for one in truths]),
            class_="bw-card",
        ),
        tag("section", tag("h4", text("rules.title")), tag("p", check.reason), tag("p", check.note), class_="bw-rule"),
        tag("section", tag("h4", text("round.close.help")), tag("p", text("round.close.help_text")), class_="bw-help-card"),
    )


def note(state: WorkshopState) -> Markup:
    """Write what the facilitator may want at hand, folded, since the room sees it too.

    Args:
        state: Where the session stands.

    Returns:
        HTML.
    """
    row = vignettes()[state.vignette]
    return tag(
        "details",
        tag("summary", text("round.note")),
        description_list((text("round.discuss"), text(f"vignette.{row.vignette}.discuss"))),
        tag("p", text(f"vignette.{row.vignette}.why")),
        tag("p", tag("b", text("round.for_you")), " ", text(f"vignette.{row.vignette}.note")),
        citations(f"vignette-{row.vignette}", row.claims, (row.assumption,) if row.assumption else ()),
        class_="bw-basis",
        data_details="note",
    )


def log(state: WorkshopState) -> Markup:
    """Write the session so far, and the files to choose from.

    Args:
        state: Where the session stands.

    Returns:
        HTML.
    """
    head, rows = _log_rows(state)
    played = {one.vignette for one in state.played} | ({state.vignette} - {""})
    deck, drawn = vignettes(), files(state)
    others = [name for name in deck if name not in drawn] if state.plan else []
    listed = [
        tag(
            "li",
            button(text(f"vignette.{name}.title"), "open_file", name),
            " ",
            tag(
                "span",
                text("round.of_deck", topic=text(f"topic.{deck[name].topic}"), difficulty=deck[name].difficulty),
                class_="bw-small",
            ),
            tag("span", " ✓ ", text("round.was_played"), class_="bw-small") if name in played else None,
        )
        for name in (*drawn, *others)
    ]
    return join(
        join(tag("h4", text("round.so_far")), tag("div", table(text("round.so_far"), head, rows), class_="bw-numbers"))
        if rows
        else None,
        tag(
            "details",
            tag("summary", text("round.deck", count=len(listed))),
            tag("ul", listed, class_="bw-deck"),
            data_details="deck",
        ),
    )


def in_the_article_s_voice(name: str, parts: Mapping[str, str]) -> Markup:
    """Write a part in the frame of the article's view.

    Args:
        name: The part.
        parts: The parts of the page as they are.

    Returns:
        HTML.
    """
    return _voiced(name, parts, "bw-card", text("card.voice"), text("guess.article"))


def in_the_rule_s_voice(name: str, parts: Mapping[str, str]) -> Markup:
    """Write a part in the frame of the NRMP's rule.

    Args:
        name: The part.
        parts: The parts of the page as they are.

    Returns:
        HTML.
    """
    return _voiced(name, parts, "bw-rule", text("rules.voice"), text("rules.title"))


def _voiced(name: str, parts: Mapping[str, str], look: str, voice: str, label: str) -> Markup:
    return tag("section", tag("p", voice, class_="bw-voice"), slot(name, parts[name]), class_=look, aria_label=label)


def row(verdict: Verdict) -> Markup:
    """Write the row of a verdict in the vote: its button and its count.

    Args:
        verdict: The verdict.

    Returns:
        HTML.

    Examples:
        >>> 'data-key="7"' in row(Verdict.MAYBE)
        True
    """
    key = str(int(verdict) + 1)
    return tag(
        "li",
        button(
            verdict.label,
            "tap",
            verdict.name.lower(),
            key=key,
            hint=key,
            name=text("round.one_more", verdict=verdict.label, key=key),
        ),
        number_box(vote_field(verdict), text("round.votes_for", verdict=verdict.label), 0, bare=True),
    )


def dial(now: Iterable[str]) -> Markup:
    """Write the clock.

    Args:
        now: What is in sight.

    Returns:
        HTML.
    """
    return show_if(
        "clock",
        now,
        tag("span", class_="bw-clock-face", data_clock_face=True, role="timer", aria_label=text("round.clock")),
        clock_button(text("desk.pause"), "pause", key="c"),
        clock_button(text("desk.go"), "go", hidden=True, key="c"),
        class_="bw-round-clock",
        data_clock="on",
        data_saves_clock=True,
        role="group",
        aria_label=text("round.clock"),
    )


def story(vignette: str) -> Markup:
    """Write how a file comes to the director, and what is said for it.

    Args:
        vignette: The file's id.

    Returns:
        HTML.
    """
    return join(
        tag("p", text(f"vignette.{vignette}.file")),
        tag("p", tag("b", text("round.contact")), " ", text(f"vignette.{vignette}.contact")),
    )


def told(judgment: Judgment, *, line: bool = False) -> Markup:
    """Write the verdict large, with its sentence or in one line.

    Args:
        judgment: What the article says.
        line: Whether it has to do with one line.

    Returns:
        HTML.
    """
    name = tag("p", judgment.verdict.label, class_="bw-verdict-name")
    voice = tag("p", text("guess.article"), class_="bw-voice")
    return tag("div", voice, name, class_="bw-told-line") if line else join(voice, name, tag("p", judgment.verdict.sentence))


def _bar(count: int, most: int) -> Markup:
    return tag("span", class_="bw-bar", style=f"width: calc({count} / {most} * var(--bw-bar, 100%))", aria_hidden="true")


def _log_rows(state: WorkshopState) -> tuple[list[str], list[tuple[object, ...]]]:
    head = [text(f"round.log.{name}") for name in ("file", "article", "same", "rule")]
    rows: list[tuple[object, ...]] = []
    for number, one in enumerate(seen(state), start=1):
        judgment = judge(vignettes()[one.vignette].case)
        counted = [hands + phones for hands, phones in zip(one.votes, one.phones, strict=True)]
        rows.append(
            (
                f"{number}. {text(f'vignette.{one.vignette}.title')}",
                judgment.verdict.label,
                text("round.same_of", same=counted[judgment.verdict], total=sum(counted)),
                rules_check(judgment.case).label,
            )
        )
    return head, rows


def spread_sentence(votes: Votes, verdict: Verdict) -> str:
    """Say in a sentence how a room's votes lie beside the article's verdict.

    Args:
        votes: The votes for each verdict, lowest first.
        verdict: The article's verdict.

    Returns:
        The sentence.

    Examples:
        >>> "1 of 3" in spread_sentence((0, 0, 1, 2, 0, 0, 0, 0, 0), Verdict.SKIMMED)
        True
    """
    total = sum(votes)
    if not total:
        return text("round.spread_nobody", verdict=verdict.label)
    above = sum(count for place, count in zip(Verdict, votes, strict=True) if place > verdict)
    below = sum(count for place, count in zip(Verdict, votes, strict=True) if place < verdict)
    return text("round.spread_sentence", same=votes[verdict], total=total, verdict=verdict.label, higher=above, lower=below)
