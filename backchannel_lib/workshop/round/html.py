"""Build the round's HTML: its page, and fragments that depend only on the session's state."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from backchannel_lib.activities.saved_answers import saved_place
from backchannel_lib.base.texts import text
from backchannel_lib.model.case import Case
from backchannel_lib.model.soap_rule import rules_check
from backchannel_lib.model.tables import STAGES, load_claims
from backchannel_lib.model.verdict import Judgment, Verdict, judge
from backchannel_lib.page.activity_page import activity_page, show_if, slot
from backchannel_lib.page.case_controls import case_control, load_controls
from backchannel_lib.page.case_fragments import fast_fragments
from backchannel_lib.page.components import citations, description_list, lines_of, linked_text, table, unfolding
from backchannel_lib.page.file_sheet import file_sheet
from backchannel_lib.page.html import Markup, join, tag
from backchannel_lib.page.inputs import button, clock_button, number_box, select, text_box
from backchannel_lib.page.pictures import sheet_of_paper
from backchannel_lib.page.rule_html import rule_label
from backchannel_lib.page.verdict_html import is_weakest, weakest_sentence
from backchannel_lib.workshop.deck import link_order, vignettes
from backchannel_lib.workshop.phones import Phones
from backchannel_lib.workshop.round.state import VOTE_FIELDS, Votes, WorkshopState, settings

FRAGMENTS = (
    *("file", "story", "brief", "tally", "crowd", "links", "rule_first", "verdict", "spread"),
    *("rules", "what_if", "what_if_rule", "note", "close", "log", "head", "nav", "live_text"),
)


def fragments(state: WorkshopState, *, setting_up: bool = False) -> dict[str, str]:
    """Return what the current step shows, with only those parts of an answer that the room has seen.

    Args:
        state: The session.
        setting_up: Whether the settings are on screen before the first file, instead of the title alone.
    """
    parts: dict[str, str] = dict.fromkeys(FRAGMENTS, "")
    parts |= {"head": _head(state), "nav": _nav(state, setting_up)}
    match state.step:
        case "setup":
            parts["log"] = _log(state)
        case "file":
            contact = tag("p", tag("b", text("round.contact")), " ", state.file.contact) if state.file.contact else None
            parts["file"] = sheet_of_paper(file_sheet(state.file.case, text("round.sheet")))
            parts["story"] = join(tag("p", state.file.file), contact)
        case "vote":
            tally = _tally(state)
            parts |= {"brief": tag("p", state.file.contact or state.file.file), "tally": tally, "live_text": tally}
            parts["crowd"] = _crowd(state)
        case "links":
            parts |= {"links": _chain(state), "live_text": _link_text(state)}
            if state.all_shown:
                parts |= {"rule_first": _rule_first(state.file.case), "note": _note(state)}
                parts["verdict"] = join(_verdict_name(state.judgment), tag("p", state.judgment.verdict.sentence))
        case "spread":
            parts |= {"rule_first": _rule_first(state.file.case), "verdict": _verdict_line(state.judgment)}
            parts |= {"spread": _spread(state), "crowd": _crowd(state), "note": _note(state)}
            parts["live_text"] = spread_sentence(state.counted, state.judgment.verdict)
        case "rules":
            check = rules_check(state.file.case)
            parts |= {"verdict": _verdict_line(state.judgment), "note": _note(state)}
            parts["rules"] = fast_fragments(state.file.case, invented=True)["rules"]
            parts["live_text"] = f"{text('rules.title')}: {check.label}. {check.reason}"
        case "what_if":
            parts |= {"what_if": _what_if(state), "what_if_rule": rule_label(rules_check(state.changed_case))}
            parts |= {"note": _note(state), "live_text": fast_fragments(state.changed_case, invented=True)["live_text"]}
        case "close":
            parts["close"] = _close()
    return parts


def _head(state: WorkshopState) -> Markup:
    if state.step in {"setup", "close"}:
        return join(text("round.close.title" if state.step == "close" else "round.menu" if state.vignette else "round.setup"))
    return join(
        tag("span", text("round.number", number=state.round_number()), class_="bw-round-number"),
        " ",
        tag("b", state.file.title),
        " ",
        tag("span", text(f"round.step.{state.step}"), class_="bw-round-step"),
    )


def _nav(state: WorkshopState, setting_up: bool) -> Markup:
    last = state.step == "what_if" and not state.round_over().files_left()
    next_label = {
        "setup": "round.go_on" if state.vignette else "round.draw",
        "links": "round.to_spread" if state.all_shown else "round.next_link",
    }.get(state.step, "round.to_close" if last else f"round.from.{state.step}")
    begun = state.step != "setup"
    buttons = []
    if state.step != "close":
        closes = " m" if state.vignette and not begun else ""  # a second M closes the menu
        buttons.append(button(text(next_label), "next", key=f"ArrowRight PageDown{closes}", hint="→"))
    if begun:
        buttons.append(button(text("scene.back"), "back", key="ArrowLeft PageUp", hint="←"))
    if begun or not state.vignette:
        menu = "round.choose" if begun else "round.set_up_done" if setting_up else "round.set_up"
        buttons.append(button(text(menu), "choose", key="m", hint="M"))
    if state.step == "what_if":
        buttons += [button(text("scene.again"), "again"), tag("span", text("round.what_keys"), class_="bw-small")]
    if state.may_vote_again:
        buttons.append(button(text("round.second_vote"), "second_vote", key="v", hint="V"))
    return join(buttons)


# ---- the steps of a round ----


def _tally(state: WorkshopState) -> str:
    which = "round.tally_again" if any(state.first) else "round.tally"
    voted = text(which, voted=sum(state.counted), people=state.people)
    phones = sum(state.phones)  # the individual counts stay hidden while others vote
    return f"{voted}, {text('round.by_phone', count=phones)}" if phones else voted


def _crowd(state: WorkshopState) -> str:
    """Return what to do if there are more votes than people; otherwise an empty string."""
    voted, phones = sum(state.counted), sum(state.phones)
    if voted <= state.people:
        return ""
    return text("round.crowd" if phones else "round.crowd_hands", voted=voted, phones=phones, people=state.people)


def _chain(state: WorkshopState) -> Markup:
    """Return the links shown so far, and a note if there are more."""
    order, shown = link_order(state.judgment), state.shown
    items = []
    for number, stage in enumerate(order[:shown], start=1):
        reason = state.judgment.reasons[STAGES.index(stage)]
        ours = any(each.assumption for each in (reason, *reason.also))
        weakest = _is_weakest(state, stage)
        head = tag(
            "div",
            tag("b", text(f"stage.{stage}.name")),
            tag("span", "◆ ", text("card.weakest"), class_="bw-badge bw-badge-weak") if weakest else None,
            tag("span", "✎ ", text("card.ours"), class_="bw-badge bw-voice-ours") if ours else None,
            tag("span", text("card.allows", verdict=reason.cap.label), class_="bw-cap"),
            class_="bw-link-head",
        )
        sentence = tag("p", reason.sentence) if number == shown or state.all_shown else None
        items.append(tag("li", head, sentence, class_="bw-link bw-link-weak" if weakest else "bw-link"))
    more = None if state.all_shown else tag("p", text("round.more_links", count=len(order) - shown), class_="bw-kind")
    return join(tag("ol", items, class_="bw-stage-chain"), more)


def _is_weakest(state: WorkshopState, stage: str) -> bool:
    """Return whether to mark a link as the weakest; all links must be shown, and something must limit the verdict."""
    return state.all_shown and is_weakest(state.judgment, stage)


def _link_text(state: WorkshopState) -> str:
    """Return the link shown last and, after the last one, the verdict."""
    judgment = state.judgment
    stage = link_order(judgment)[state.shown - 1]
    reason = judgment.reasons[STAGES.index(stage)]
    weakest = f"{text('card.weakest')}: " if _is_weakest(state, stage) else ""
    link = f"{text(f'stage.{stage}.name')}. {text('card.allows', verdict=reason.cap.label)}. {reason.sentence}"
    if not state.all_shown:
        return f"{weakest}{link}"
    rule = f"{text('rules.title')}: {rules_check(state.file.case).label}."
    return f"{weakest}{link} {rule} {text('guess.article')}: {judgment.verdict.label}. {judgment.verdict.sentence}"


def _rule_first(case: Case) -> Markup:
    """Return the rule's answer in two words, because no verdict appears without it; the rule's own step explains it."""
    return join(tag("p", text("rules.title"), class_="bw-voice"), rule_label(rules_check(case)))


def _verdict_name(judgment: Judgment) -> Markup:
    return join(tag("p", text("guess.article"), class_="bw-voice"), tag("p", judgment.verdict.label, class_="bw-verdict-name"))


def _verdict_line(judgment: Judgment) -> Markup:
    return tag("div", _verdict_name(judgment), class_="bw-told-line")


def _spread(state: WorkshopState) -> Markup:
    """Return the room's votes, with the article's verdict marked in words and the first vote next to them if there were two."""
    article, most, twice = state.judgment.verdict, max(*state.counted, 1), any(state.first)
    rows = [
        tag(
            "tr",
            tag("th", verdict.label, scope="row"),
            tag("td", state.first[verdict], class_="bw-first-cell") if twice else None,
            tag("td", count, class_="bw-count-cell"),
            tag(
                "td",
                tag("span", class_="bw-bar", style=f"width: calc({count} / {most} * var(--bw-bar, 100%))", aria_hidden="true"),
                tag("b", "◀ ", text("round.article"), class_="bw-here") if verdict is article else None,
            ),
            class_="bw-spread-here" if verdict is article else None,
        )
        for verdict, count in zip(Verdict, state.counted, strict=True)
    ]
    names = ("verdict", "first", "second", "bar") if twice else ("verdict", "votes", "bar")
    head = [tag("th", text(f"round.column.{name}"), scope="col") for name in names]
    return join(
        tag(
            "table",
            tag("caption", text("round.spread_caption"), class_="bw-hidden"),
            tag("thead", tag("tr", head), class_=None if twice else "bw-hidden"),
            tag("tbody", rows),
            class_="bw-spread",
        ),
        tag("p", spread_sentence(state.counted, article), class_="bw-kind"),
    )


def spread_sentence(votes: Votes, verdict: Verdict) -> str:
    """Compare a room's votes, lowest verdict first, with the article's verdict in a sentence.

    Examples:
        >>> "1 of 3" in spread_sentence((0, 0, 1, 2, 0, 0, 0, 0, 0), Verdict.SKIMMED)
        True
    """
    if not sum(votes):
        return text("round.spread_nobody", verdict=verdict.label)
    return text(
        "round.spread_sentence",
        same=votes[verdict],
        total=sum(votes),
        verdict=verdict.label,
        higher=sum(votes[verdict + 1 :]),
        lower=sum(votes[:verdict]),
    )


def _what_if(state: WorkshopState) -> Markup:
    """Return the verdict on the case with the slider's change, compared with the original."""
    before, after = state.judgment.verdict, judge(state.changed_case)
    changed = text("round.what_moved", before=before.label, after=after.verdict.label)
    return join(
        tag("p", after.verdict.label, class_="bw-verdict-name"),
        tag("p", after.verdict.sentence, class_="bw-verdict-sentence"),
        tag("p", weakest_sentence(after), class_="bw-held"),
        tag("p", text("round.what_same") if after.verdict is before else changed, class_="bw-kind") if state.case else None,
    )


def _note(state: WorkshopState) -> Markup:
    """Return the facilitator's notes, collapsed because the room could see them."""
    file = state.file
    return unfolding(
        "note",
        text("round.note"),
        description_list((text("round.discuss"), file.discuss)) if file.discuss else None,
        tag("p", file.why) if file.why else None,
        tag("p", tag("b", text("round.for_you")), " ", file.note) if file.note else None,
        citations(f"vignette-{file.vignette}", file.claims, (file.assumption,)),
        class_="bw-basis",
    )


# ---- before and after the rounds ----


def _log(state: WorkshopState) -> Markup:
    """Return the session so far, and the files to choose from."""
    rows = [
        (f"{number}. {one.file.title}", rules_check(one.file.case).label, one.judgment.verdict.label, one.agreement)
        for number, one in enumerate(state.revealed_rounds(), start=1)
    ]
    head = [text(f"round.log.{name}") for name in ("file", "rule", "article", "same")]
    played = {one.vignette for one in state.played} | {state.vignette}
    drawn = state.files()
    others = [name for name in vignettes() if name not in drawn] if state.plan else []
    listed = [
        tag(
            "li",
            button(file.title, "open_file", file.vignette),
            " ",
            tag(
                "span",
                text("round.of_deck", topic=text(f"topic.{file.topic}"), difficulty=file.difficulty),
                class_="bw-small",
            ),
            tag("span", " ✓ ", text("round.was_played"), class_="bw-small") if file.vignette in played else None,
        )
        for file in (vignettes()[name] for name in (*drawn, *others))
    ]
    so_far = tag("h4", text("round.so_far")), tag("div", table(text("round.so_far"), head, rows), class_="bw-numbers")
    return join(
        so_far if rows else None,
        unfolding("deck", text("round.deck", count=len(listed)), tag("ul", listed, class_="bw-deck")),
    )


def _welcome() -> Markup:
    lines = [tag("li", text(f"round.welcome.{name}")) for name in ("made_up", "rule", "one_view")]
    return join(tag("p", text("round.welcome.title"), class_="bw-welcome-title"), tag("ul", lines))


def _close() -> Markup:
    """Return the room's takeaways from three sources: the article's three truths, the rule, and where to get help."""
    truths = [claim.id for claim in load_claims() if claim.topic == "truths"]
    lines = {one: tag("span", text("card.article_lines", lines=lines_of(one)), class_="bw-small") for one in truths}
    check = rules_check(Case())
    return join(
        tag(
            "section",
            tag("h4", text("round.close.article")),
            tag("ol", [tag("li", text(f"claim.{one}"), " ", lines[one]) for one in truths]),
            class_="bw-card",
        ),
        tag("section", tag("h4", text("rules.title")), tag("p", check.reason), tag("p", check.note), class_="bw-rule"),
        tag(
            "section",
            tag("h4", text("round.close.help")),
            tag("p", linked_text("round.close.help_text")),
            class_="bw-help-card",
        ),
    )


# ---- the page ----


def page(key: str, state: WorkshopState, parts: Mapping[str, str], visible: Collection[str]) -> Markup:
    """Return the whole page.

    Args:
        key: The activity's id.
        state: The state of the controls.
        parts: Its fragments.
        visible: The names of its visible sections.
    """
    return activity_page(
        key,
        tag(
            "div",
            slot("head", parts["head"], "h3", class_="bw-round-head"),
            slot("tally", parts["tally"], "p", class_="bw-tally"),
            _clock(visible),
            class_="bw-round-top",
        ),
        slot("trouble", parts["trouble"], "p", class_="bw-trouble", role="alert"),
        slot("crowd", parts["crowd"], "p", class_="bw-trouble", role="alert"),
        show_if("welcome", visible, _welcome(), class_="bw-welcome"),
        show_if("close", visible, slot("close", parts["close"]), class_="bw-close"),
        show_if("setup", visible, _settings(state)),
        show_if(
            "file",
            visible,
            slot("file", parts["file"], class_="bw-file-facts"),
            slot("story", parts["story"], class_="bw-story"),
            class_="bw-sheet bw-file-sheet",
        ),
        tag(
            "div",
            show_if("vote", visible, tag("ol", [_vote_row(*one) for one in VOTE_FIELDS.items()], class_="bw-votes")),
            tag(
                "div",
                show_if("vote", visible, slot("brief", parts["brief"]), _meanings(), class_="bw-brief"),
                Phones.page(visible, parts),
                class_="bw-phones",
            ),
            class_="bw-ballot",
        ),
        show_if("links", visible, slot("links", parts["links"])),
        show_if("rules", visible, _rule_box("rules", parts)),
        show_if(
            "round",
            visible,
            slot("rule_first", parts["rule_first"], class_="bw-told-rule"),
            slot("verdict", parts["verdict"], class_="bw-told-verdict"),
            class_="bw-told-place",
        ),
        show_if("spread", visible, slot("spread", parts["spread"])),
        show_if("what_if", visible, *_what_if_page(parts), class_="bw-what-if"),
        slot("nav", parts["nav"], class_="bw-toolbar bw-nav"),
        show_if("round", visible, slot("note", parts["note"])),
        show_if(
            "setup",
            visible,
            show_if(
                "begun",
                visible,
                button(text("round.results_file"), "results"),
                button(text("round.table_file"), "table"),
                button(text("round.fresh"), "fresh"),
                class_="bw-toolbar bw-alike",
            ),
            slot("log", parts["log"], class_="bw-spaced"),
            tag("p", text("round.kept_where", where=saved_place()), class_="bw-small"),
            tag("p", text("round.keys"), class_="bw-small"),
            class_="bw-spaced",
        ),
        look="bw-round",
    )


def _settings(state: WorkshopState) -> Markup:
    plans, topics = settings()["plan"].positions, settings()["topic"].positions
    levels = [(0, text("round.any")), *((level, text(f"round.level.{level}")) for level in (1, 2, 3))]
    titles = [*((plan, text(f"run_plan.{plan}.title")) for plan in plans if plan), ("", text("round.no_plan"))]
    subjects = [(topic, text(f"topic.{topic}") if topic else text("round.any")) for topic in topics]
    return tag(
        "div",
        select("plan", text("round.field.plan"), titles, state.plan),
        select("topic", text("round.field.topic"), subjects, state.topic),
        select("difficulty", text("round.field.difficulty"), levels, state.difficulty),
        number_box("people", text("round.field.people"), state.people),
        text_box("group", text("round.field.group"), state.group),
        number_box("seed", text("round.field.seed"), state.seed),
        class_="bw-cells",
    )


def _vote_row(field: str, verdict: Verdict) -> Markup:
    """Return the button and the count of a verdict."""
    more = text("round.one_more", verdict=verdict.label)
    return tag(
        "li",
        button(verdict.label, "tap", verdict.name.lower(), name=more),
        number_box(field, text("round.votes_for", verdict=verdict.label), 0, bare=True),
    )


def _meanings() -> Markup:
    """Return the meanings of the nine verdicts, for the vote."""
    return tag(
        "dl", [(tag("dt", verdict.label), tag("dd", verdict.sentence)) for verdict in Verdict], class_="bw-verdict-meanings"
    )


def _what_if_page(parts: Mapping[str, str]) -> tuple[Markup, Markup]:
    controls = [case_control(row, Case(), shown=False) for row in load_controls()]
    article = _box("what_if", parts, voice="card.voice", class_="bw-card", name="guess.article")
    boxes = tag("div", _rule_box("what_if_rule", parts), article, class_="bw-spaced")
    return tag("div", controls, class_="bw-controls"), boxes


def _rule_box(fragment: str, parts: Mapping[str, str]) -> Markup:
    return _box(fragment, parts, voice="rules.voice", class_="bw-rule", name="rules.title")


def _box(fragment: str, parts: Mapping[str, str], *, voice: str, class_: str, name: str) -> Markup:
    """Return a box without a heading, which would cost a line on the projector."""
    source = tag("p", text(voice), class_="bw-voice")
    return tag("section", source, slot(fragment, parts[fragment]), class_=class_, aria_label=text(name))


def _clock(visible: Collection[str]) -> Markup:
    name = text("round.clock")
    return show_if(
        "clock",
        visible,
        tag("span", class_="bw-clock-face", data_clock_face=True, role="timer", aria_label=name),
        clock_button(text("desk.pause"), "pause", key="c"),
        clock_button(text("desk.go"), "go", hidden=True, key="c"),
        class_="bw-round-clock",
        data_clock="on",
        data_saves_clock=True,
        role="group",
        aria_label=name,
    )
