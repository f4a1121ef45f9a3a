"""What a panel shows of a case, as parts of HTML and as plain text. It knows no widget and holds no sentence.

A part is named (``verdict``, ``chain``, ``rules`` ...) and is the whole content of one place on screen, so a panel, a
static page and a report can all be put together from the same parts.
"""

from __future__ import annotations

import bisect
import functools
from collections.abc import Callable, Iterable
from typing import Any

from backchannel_lib.base.texts import all_words, text
from backchannel_lib.model.amplifier import amplify, caller_weights
from backchannel_lib.model.case import RECOMMENDERS, Case
from backchannel_lib.model.conditions import parse, scalar_function
from backchannel_lib.model.exams import exam_of
from backchannel_lib.model.readings import READINGS, Agreement, readings_agree
from backchannel_lib.model.remedies import Change, Changes, what_would_change
from backchannel_lib.model.rules import Outcome, rule_book
from backchannel_lib.model.soap_rule import RulesCheck, rules_check
from backchannel_lib.model.sweep import score_bands
from backchannel_lib.model.tables import (
    STAGES,
    ControlRow,
    load_assumptions,
    load_callers,
    load_controls,
    load_exams,
    load_percentiles,
    load_remedies,
    load_score_anchors,
    load_stages,
)
from backchannel_lib.model.verdict import Judgment, Reason, Verdict, judge
from backchannel_lib.page import charts
from backchannel_lib.page import inputs as controls
from backchannel_lib.page.components import chart_panel, citations, fact_source, facts, lines_of, section, table
from backchannel_lib.page.html import Markup, join, tag

OURS_ON_THE_WHOLE = ("weakest_link_decides", "verdicts_form_one_line", "floor_marks_far_below")
OF_THE_PICTURE = ("weight", "praise", "signal", "share")  # the units of the amplifier's assumptions
SHOWN_CHANGES = 4  # further ones stand behind a "more"


@functools.cache
def stages_on_screen() -> tuple[str, ...]:
    """Give the stages in their order on screen, which is the order of the article's parts.

    Returns:
        The five stages.

    Source:
        data/stages.csv.

    Examples:
        >>> stages_on_screen()[0]
        'paper'
    """
    return tuple(row.stage for row in sorted(load_stages(), key=lambda row: row.shown))


def fast_fragments(case: Case, reading: str | None = None) -> dict[str, str]:
    """Give the parts that answer a move of a control at once.

    Args:
        case: The case.
        reading: The name of a reading; None for every default.

    Returns:
        HTML by part: ``verdict``, ``chain``, ``rules``, ``strip`` (verdict and rule in one line, for narrow screens); and
        ``spoken``, a plain sentence for a screen reader.

    Source:
        data/rules.csv and data/soap_rule.csv.

    Examples:
        >>> "Skimmed" in fast_fragments(Case())["verdict"]
        True
    """
    rules = rules_check(case)
    if exam_of(case) is None:  # `judge` gives no verdict on numbers of two exams
        told = text("card.no_verdict")
        parts = {
            "verdict": join(
                tag("p", told, class_="bw-verdict-name"), tag("p", text("orientation.mixed"), class_="bw-verdict-sentence")
            ),
            "chain": "",
            "live_text": text("orientation.mixed"),
        }
    else:
        judgment = judge(case, reading)
        told = judgment.verdict.label
        parts = dict(_verdict_parts(judgment.outcome, reading))
    parts["rules"] = _rules_part(rules)
    parts["example"] = text("card.example") if case == Case() else ""
    parts["strip"] = join(tag("b", told), " ", text("strip.rule", answer=rules.label))
    return parts


def deferred_fragments_of(case: Case, reading: str | None = None, only: Iterable[str] = ()) -> dict[str, str]:
    """Give the parts that may follow a moment later.

    Args:
        case: The case.
        reading: The name of a reading; None for every default.
        only: The parts that are wanted; all of them if empty.

    Returns:
        HTML by part: ``changes``, ``readings``, ``orientation``, and ``table.<chart>`` with the numbers of each chart.

    Source:
        data/remedies.csv, data/readings.csv, data/facts.csv, data/callers.csv.

    Examples:
        >>> sorted(deferred_fragments_of(Case()))
        ['changes', 'orientation', 'readings', 'table.amplifier', 'table.callers', 'table.map']
    """
    parts: dict[str, Callable[[], str]] = {
        "changes": lambda: _changes_part(what_would_change(case, reading=reading)),
        "readings": lambda: _readings_part(readings_agree(case), reading),
        "orientation": lambda: _orientation_part(case),
        "table.callers": lambda: _callers_table(case, reading),
        "table.amplifier": lambda: _amplifier_table(case, reading),
        "table.map": lambda: _map_table(case, reading),
    }
    if exam_of(case) is None:  # of numbers of two exams no verdict can be told, and none that would be another
        parts |= dict.fromkeys(("changes", "readings"), lambda: tag("p", text("orientation.mixed")))
    return {name: part() for name, part in parts.items() if name in (tuple(only) or parts)}


def as_text(case: Case, reading: str | None = None) -> str:
    """Give the whole answer to a case as plain text.

    Args:
        case: The case.
        reading: The name of a reading; None for every default.

    Returns:
        Lines: the verdict, one line a stage (weakest marked ``>``), the rules check, the first changes, the readings.

    Source:
        As `fast_parts` and `slow_parts`.

    Examples:
        >>> print(as_text(Case()).splitlines()[0])
        Verdict: Skimmed. Someone would glance at it and perhaps mark it for later, and then it would be lost.
    """
    if exam_of(case) is None:
        rules = rules_check(case)
        told = text("text.verdict", verdict=text("card.no_verdict"), sentence=text("orientation.mixed"))
        return f"{told}\n{text('text.rules', answer=rules.label, reason=rules.reason)}"
    judgment = judge(case, reading)
    lines = [text("text.verdict", verdict=judgment.verdict.label, sentence=judgment.verdict.sentence)]
    for reason in _in_order(judgment):
        basis = [lines_of(claim) for claim in reason.claims] + ([text("text.ours")] if reason.assumption else [])
        lines.append(
            text(
                "text.link",
                mark=">" if _is_weakest(judgment, reason.stage) else "-",
                stage=text(f"stage.{reason.stage}.name"),
                cap=reason.cap.label,
                reason=reason.sentence,
                basis=", ".join(basis),
            )
        )
    rules = rules_check(case)
    lines.append(text("text.rules", answer=rules.label, reason=rules.reason))
    changes = what_would_change(case, reading=reading)
    lines += [
        text(
            "text.change",
            what=" + ".join(change.sentences),
            verdict=change.verdict.label,
            who=text(f"who.{change.who}"),
            answer=change.rules.label,
        )
        for change in [change for change in changes if change.within_reach][:2]
    ]
    if not changes.within_reach:
        lines.append(changes.sentence)
    agreement = readings_agree(case)
    changed = text("text.readings_changed", names=", ".join(agreement.changed)) if agreement.changed else ""
    lines.append(text("text.readings", stands=agreement.stands, total=agreement.total, changed=changed))
    return "\n".join(lines)


def as_static_html(case: Case, reading: str | None = None) -> str:
    """Give the verdict, the chain and the rules check as HTML that stands by itself, without style or script.

    Args:
        case: The case.
        reading: The name of a reading; None for every default.

    Returns:
        HTML, for a notebook that has not been run yet.

    Source:
        As `fast_parts`.

    Examples:
        >>> as_static_html(Case()).startswith("<div")
        True
    """
    rules = rules_check(case)
    if exam_of(case) is None:
        return tag(
            "div",
            tag("p", tag("em", text("static.note"))),
            tag("h3", text("card.no_verdict")),
            tag("p", text("orientation.mixed")),
        )
    judgment = judge(case, reading)
    return tag(
        "div",
        tag("p", tag("em", text("static.note"))),
        tag("h3", text("static.example", verdict=judgment.verdict.label)),
        tag("p", judgment.verdict.sentence, " ", held_down(judgment)),
        tag(
            "ul",
            [
                tag(
                    "li",
                    tag("b", text(f"stage.{reason.stage}.name")),
                    ": ",
                    reason.sentence,
                    " (",
                    text("card.allows", verdict=reason.cap.label),
                    ")",
                )
                for reason in _in_order(judgment)
            ],
        ),
        tag("p", tag("b", text("text.rules", answer=rules.label, reason="")), rules.reason),
    )


def held_down(judgment: Judgment) -> str:
    """Say which stages hold a verdict down.

    Args:
        judgment: The judgment.

    Returns:
        A sentence.

    Examples:
        >>> held_down(judge(Case(scripted=True)))
        'Held down by: The message.'
    """
    weakest = [text(f"stage.{stage}.name") for stage in stages_on_screen() if _is_weakest(judgment, stage)]
    return text("card.held_down", stages=", ".join(weakest)) if weakest else text("card.nothing_holds")


def _in_order(judgment: Judgment) -> list[Reason]:
    return [judgment.reasons[STAGES.index(stage)] for stage in stages_on_screen()]


def _is_weakest(judgment: Judgment, stage: str) -> bool:
    return stage in judgment.binding and judgment.verdict is not max(Verdict)


@functools.lru_cache(maxsize=512)
def _verdict_parts(outcome: Outcome, reading: str | None) -> tuple[tuple[str, str], ...]:
    """Draw the card of one outcome; cases of the same outcome share it."""
    judgment = Judgment(Case(), reading, outcome)
    verdict = judgment.verdict
    held = held_down(judgment)
    top = max(Verdict)
    read_as = (
        tag("p", text("card.under_reading", reading=READINGS[reading].sentence), class_="bw-reading-note") if reading else None
    )
    card = join(
        tag("p", verdict.label, class_="bw-verdict-name"),
        tag(
            "div",
            [
                tag(
                    "span",
                    class_="bw-step"
                    + (" bw-step-on" if step <= verdict else "")
                    + (" bw-step-here" if step == verdict else ""),
                )
                for step in Verdict
            ],
            class_="bw-ladder",
            aria_hidden="true",
        ),
        tag(
            "p",
            tag("span", min(Verdict).label),
            tag("span", text("card.rank", rank=int(verdict) + 1, top=len(Verdict))),
            tag("span", top.label),
            class_="bw-ladder-ends",
        ),
        tag("p", verdict.sentence, class_="bw-verdict-sentence"),
        tag("p", held, class_="bw-held"),
        read_as,
    )
    links = [_link(reason, _is_weakest(judgment, reason.stage)) for reason in _in_order(judgment)]
    chain = join(tag("ol", links, class_="bw-chain"), citations("whole", (), OURS_ON_THE_WHOLE))
    spoken = text("spoken", verdict=verdict.label, sentence=verdict.sentence, held=held)
    return (("verdict", card), ("chain", chain), ("live_text", spoken))


def _link(reason: Reason, weakest: bool) -> Markup:
    return tag(
        "li",
        tag(
            "div",
            tag("span", text(f"stage.{reason.stage}.name"), class_="bw-link-name"),
            tag("span", "◆ ", text("card.weakest"), class_="bw-badge bw-badge-weak") if weakest else None,
            tag("span", text("card.allows", verdict=reason.cap.label), class_="bw-link-cap"),
            class_="bw-link-head",
        ),
        tag("p", reason.sentence),
        [tag("p", text("also"), " ", also.sentence) for also in reason.also],
        citations(
            f"link-{reason.stage}",
            tuple(dict.fromkeys(claim for each in (reason, *reason.also) for claim in each.claims)),
            tuple(dict.fromkeys(each.assumption for each in (reason, *reason.also) if each.assumption)),
        ),
        class_="bw-link" + (" bw-link-weak" if weakest else ""),
        data_cap=int(reason.cap),
    )


@functools.lru_cache(maxsize=64)
def _rules_part(check: RulesCheck) -> Markup:
    signs = {"not_allowed": "✕", "ask_first": "?", "allowed": "✓"}
    return join(
        tag(
            "p",
            tag("span", signs[check.answer], aria_hidden="true"),
            " ",
            check.label,
            class_="bw-rule-answer",
            data_answer=check.answer,
        ),
        tag("p", check.reason),
        tag("p", check.next_step, class_="bw-next"),
        tag("p", check.note, class_="bw-small"),
        tag("details", tag("summary", text("rules.source")), tag("p", check.source), class_="bw-basis", data_details="rules"),
    )


def _changes_part(changes: Changes) -> Markup:
    # What leads no further than a polite no is a rise on our line, and no help: it does not stand in front.
    reach = sorted((change for change in changes if change.within_reach), key=lambda change: change.verdict <= Verdict.DECLINED)
    nobody = list(dict.fromkeys(words for change in changes for words in _for_nobody(change)))
    front = sum(change.verdict > Verdict.DECLINED for change in reach)
    shown = min(front, SHOWN_CHANGES) if front else 0
    more = reach[shown:]
    return join(
        tag("p", changes.sentence, class_="bw-lead"),
        tag("p", text("changes.only_small"), class_="bw-lead") if reach and not front else None,
        tag("ol", [_change(change) for change in reach[:shown]], class_="bw-changes") if shown else None,
        tag(
            "details",
            tag("summary", text("changes.more" if front > shown else "changes.small", count=len(more))),
            tag("ol", [_change(change) for change in more], class_="bw-changes"),
            data_details="more-changes",
        )
        if more
        else None,
        tag(
            "details",
            tag("summary", text("changes.nobody")),
            tag("ul", [tag("li", words) for words in nobody]),
            data_details="nobody",
        )
        if nobody
        else None,
    )


@functools.cache
def _who_by_remedy() -> dict[str, str]:
    return {row.remedy: row.who for row in load_remedies()}


def _for_nobody(change: Change) -> list[str]:
    """Name the acts of a change that nobody can carry out; others of the same change may well be in reach."""
    if change.within_reach:
        return []
    acts = zip(change.remedies, change.sentences, strict=True)
    return [words for remedy, words in acts if _who_by_remedy()[remedy] == "nobody"]


def _change(change: Change) -> Markup:
    what = " ".join(change.sentences)
    account = text("changes.article_account") if change.rules.answer == "not_allowed" else None
    return tag(
        "li",
        [tag("p", words, class_="bw-act") for words in change.sentences],
        tag(
            "ul",
            tag("li", text("changes.reaches", verdict=change.verdict.label), class_="bw-reaches"),
            tag("li", text("changes.mends", stages=", ".join(text(f"stage.{stage}.name") for stage in change.stages))),
            tag("li", text("changes.who", who=text(f"who.{change.who}"))),
            tag("li", change.when),
            tag(
                "li",
                text("changes.rule", answer=change.rules.label),
                class_="bw-badge bw-voice-rule",
                data_answer=change.rules.answer,
            ),
            class_="bw-facts",
        ),
        tag("p", account, class_="bw-note") if account else None,
        citations("change-" + "-".join(change.remedies), change.claims, tuple(change.assumptions)),
        tag(
            "button",
            text("changes.try"),
            type="button",
            data_action="apply",
            data_value=" ".join(change.remedies),
            aria_label=text("changes.try_named", what=what),
        ),
        class_="bw-change",
        data_answer=change.rules.answer,
    )


def _readings_part(agreement: Agreement, reading: str | None) -> Markup:
    rows = []
    for name, verdict in agreement.verdicts.items():
        changes = verdict != agreement.verdict
        result = text("readings.changes", verdict=verdict.label) if changes else text("readings.same")
        rows.append(
            tag(
                "li",
                tag("p", READINGS[name].sentence),
                tag(
                    "p",
                    tag(
                        "span",
                        "◆ " if changes else "",
                        result,
                        class_="bw-badge" + (" bw-badge-weak" if changes else ""),
                    ),
                    " ",
                ),
                citations(f"reading-{name}", READINGS[name].claims, ()),
                tag(
                    "button",
                    text("readings.back" if name == reading else "readings.use"),
                    type="button",
                    data_action="read",
                    data_value="" if name == reading else name,
                    aria_pressed="true" if name == reading else "false",
                    aria_label=text("readings.back")
                    if name == reading
                    else text("readings.use_named", what=READINGS[name].sentence),
                ),
                class_="bw-reading" + (" bw-reading-changes" if changes else ""),
            )
        )
    return join(
        tag("p", text("readings.stands", stands=agreement.stands, total=agreement.total), class_="bw-lead"),
        tag("ul", rows, class_="bw-readings"),
        tag("p", text("readings.phase_note"), class_="bw-small"),
    )


def _orientation_part(case: Case) -> Markup:
    exam = exam_of(case)
    if exam is None:
        return tag("p", text("orientation.mixed"), class_="bw-note")
    known = facts()
    if exam.exam == "level2":
        told = known["scores.level2_pass"]
        return join(
            tag("p", text("orientation.level2", **{"pass": told.value, "sd": known["scores.level2_sd"].value})),
            fact_source(known["scores.level2_sd"]),
        )
    sem = float(known["scores.step2_sem"].value)
    points = load_percentiles()
    at = bisect.bisect_right([point.score for point in points], case.score) - 1
    inside = at >= 0 and case.score <= points[-1].score
    sentence = text(
        "orientation.step2ck" if inside else "orientation.step2ck_edge",
        mean=known["scores.step2_mean"].value,
        sd=known["scores.step2_sd"].value,
        sem=f"{sem:g}",
        score=case.score,
        low=f"{case.score - sem:g}",
        high=f"{case.score + sem:g}",
        percentile=_ordinal(_percentile(case.score)) if inside else "",
        **{"pass": known["scores.step2_pass"].value},
    )
    return join(
        tag("p", sentence),
        fact_source(known["scores.step2_mean"]),
        tag(
            "details",
            tag("summary", text("orientation.anchors")),
            table(
                text("orientation.anchors"),
                (text("table.specialty"), text("table.range")),
                [(text(f"specialty.{row.specialty}"), f"{row.low}–{row.high}") for row in load_score_anchors()],
            ),
            tag("p", text("orientation.anchors_note"), class_="bw-small"),
            fact_source(known["scores.anchors"]),
            data_details="anchors",
        ),
    )


def _percentile(score: int) -> int:
    """Read the percentile between the two nearest points of the table."""
    points = load_percentiles()
    upper = next(place for place, point in enumerate(points) if point.score >= score)
    after, before = points[upper], points[max(upper - 1, 0)]
    if after.score == score:
        return after.percentile
    share = (score - before.score) / (after.score - before.score)
    return round(before.percentile + share * (after.percentile - before.percentile))


def _ordinal(number: int) -> str:
    ending = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def _callers_table(case: Case, reading: str | None) -> Markup:
    weights = caller_weights(reading)
    rows: list[tuple[object, ...]] = []
    for row in load_callers():
        placed = row.chart_row == ""
        name = text(f"level.recommender.{row.recommender}")
        here = tag("span", " ◀ ", text("table.yours"), class_="bw-here") if row.recommender == case.recommender else None
        weight = f"{weights[row.recommender]} {text('table.ours_mark')}" if placed else weights[row.recommender]
        rows.append((join(name, here), text(f"level.impact.{row.impact}"), weight))
    head = (text("table.caller"), text("table.impact"), text("table.weight"))
    claims = tuple(claim for row in load_callers() for claim in row.claims)
    ours = tuple(dict.fromkeys(row.assumption for row in load_callers() if row.assumption))
    numbers = table(text("chart.callers.title"), head, rows, RECOMMENDERS.index(case.recommender))
    return join(numbers, citations("callers", claims, ours))


def _amplifier_table(case: Case, reading: str | None) -> Markup:
    picture = amplify(case, reading)
    rows: list[tuple[object, ...]] = [
        (text("table.signal"), f"{picture.signal:.0f}"),
        (text("table.caller_weight"), f"{picture.weight:g}"),
        (text("table.share"), f"{picture.share:g}"),
        (text("table.amplified"), f"{picture.shown:.0f}"),
    ]
    numbers = table(
        text("chart.amplifier.title"), (text("table.what"), join(text("table.value"), " ", text("table.ours_mark"))), rows
    )
    claims = ("multiplier.amplifier", "caller.source-over-intensity")
    ours = [row.assumption for row in load_assumptions() if row.unit in OF_THE_PICTURE]
    return join(numbers, citations("amplifier", claims, ours))


def _map_table(case: Case, reading: str | None) -> Markup:
    rows: list[tuple[object, ...]] = []
    for recommender, bands in score_bands(case, reading).items():
        told = ", ".join(f"{_span(band.low, band.high)}: {Verdict(band.verdict).label}" for band in bands)
        here = tag("span", " ◀ ", text("table.yours"), class_="bw-here") if recommender == case.recommender else None
        rows.append((join(text(f"short.recommender.{recommender}"), here), told))
    head = (text("table.caller"), f"{text('table.scores')}: {text('table.verdict')}")
    return table(text("chart.map.title"), head, rows, RECOMMENDERS.index(case.recommender))


def _span(low: int, high: int) -> str:
    return f"{low}" if low == high else f"{low}–{high}"


# ---- the controls ----


@functools.cache
def _shown_when() -> tuple[tuple[ControlRow, ...], object]:
    rows = load_controls()
    conditions = rule_book(None).conditions
    always = parse("score > 0", {}, place=("controls.csv", None, "shown_when"))
    trees = [
        always
        if row.shown_when == "always"
        else parse(row.shown_when, conditions, place=("controls.csv", number, "shown_when"))
        for number, row in enumerate(rows, start=2)
    ]
    return rows, scalar_function(trees)


def shown_fields(case: Case) -> list[str]:
    """Tell which controls matter for a case.

    Args:
        case: The case.

    Returns:
        The fields whose controls are shown: those that apply, and those that are set to anything but their default.

    Source:
        data/controls.csv.

    Examples:
        >>> "sponsors_visas" in shown_fields(Case()), "sponsors_visas" in shown_fields(Case(needs_visa=True))
        (False, True)
    """
    rows, which = _shown_when()
    held = which(case)  # type: ignore[operator]
    fields = Case.fields()
    return [
        row.field
        for bit, row in enumerate(rows)
        if held >> bit & 1
        or (getattr(case, row.field) != fields[row.field].default and row.field != "move" and row.control != "slider")
    ]


def page(case: Case, reading: str | None = None) -> str:
    """Give a whole panel as HTML: its controls, and places for its parts, filled in.

    In every id the sign ``§`` stands for whatever makes it unique on the page; who shows the page replaces it.

    Args:
        case: The case it opens with.
        reading: The name of a reading; None for every default.

    Returns:
        HTML.

    Source:
        data/controls.csv.

    Examples:
        >>> page(Case()).count("<fieldset") > 5
        True
    """
    parts = {**fast_fragments(case, reading), **deferred_fragments_of(case, reading)}

    def place(name: str, element: str = "div", **attributes: object) -> Markup:
        return tag(element, Markup(parts[name]), data_fragment=name, **attributes)

    return tag(
        "div",
        tag("p", role="status", class_="bw-hidden", data_live_text=True),
        tag(
            "div",
            tag(
                "form",
                _toolbar(),
                tag(
                    "div",
                    tag("p", text("kept.waits")),
                    controls.button(text("kept.bring"), "bring"),
                    controls.button(text("kept.forget"), "forget"),
                    class_="bw-toolbar bw-kept",
                    data_open="kept",
                    hidden=True,
                ),
                _exam(case),
                [control_group(stage, case) for stage in stages_on_screen()],
                class_="bw-controls",
                aria_label=text("panel.controls"),
            ),
            tag(
                "div",
                _section(
                    "card.title", "card.voice", place("example", "p", class_="bw-example"), place("verdict"), class_="bw-card"
                ),
                _section("rules.title", "rules.voice", place("rules"), class_="bw-rule"),
                _section("card.chain", None, place("chain", data_hides=True), class_="bw-why"),
                class_="bw-answer",
            ),
            class_="bw-columns",
        ),
        _section("changes.title", None, place("changes"), class_="bw-wide"),
        _section("readings.title", None, place("readings"), class_="bw-wide"),
        _section(
            "charts.title",
            None,
            [chart_box(chart, case, reading, parts[f"table.{chart}"]) for chart in charts.CHARTS],
            class_="bw-wide bw-charts",
        ),
        tag(
            "div",
            tag("p", Markup(parts["strip"]), data_fragment="strip"),
            tag("p", role="status", class_="bw-notice", data_notice=True),
            tag("button", text("panel.restore_do"), type="button", data_action="restore", hidden=True),
            tag("button", text("panel.undo"), type="button", data_action="undo"),
            class_="bw-strip",
            role="group",
            aria_label=text("panel.strip"),
        ),
        class_="bw",
        role="region",
        aria_label=text("panel.name"),
        data_arrive=True,
    )


def chart_box(chart: str, case: Case, reading: str | None, numbers: str) -> Markup:
    """Write the place of a chart, its numbers beside it.

    Args:
        chart: One of ``charts.CHARTS``.
        case: The case.
        reading: The name of a reading; None for every default.
        numbers: The table of its numbers, as HTML.

    Returns:
        HTML.

    Examples:
        >>> 'role="img"' in chart_box("map", Case(), None, "")
        True
    """
    return chart_panel(
        chart,
        text(f"chart.{chart}.title"),
        text(f"chart.{chart}.caption"),
        charts.alt_text(chart, case, reading),
        numbers,
        charts.static_html(chart, case, reading),
    )


def _section(title: str, voice: str | None, *children: object, class_: str) -> Markup:
    return section(text(title), *children, class_=class_, voice=text(voice) if voice else "", name=title)


def _toolbar() -> Markup:
    return tag(
        "div",
        [tag("button", text(f"panel.{do}"), type="button", data_action=do) for do in ("undo", "reset", "save")],
        tag(
            "label",
            tag("span", text("panel.load")),
            tag("input", type="file", accept=".json,application/json", data_load=True, aria_label=text("panel.load_hint")),
            class_="bw-file",
        ),
        class_="bw-toolbar",
    )


def _exam(case: Case) -> Markup:
    exam = exam_of(case)
    chosen = exam.exam if exam else load_exams()[0].exam
    return tag(
        "div",
        tag("span", text("panel.exam"), id="§exam"),
        [
            tag(
                "label",
                tag(
                    "input",
                    type="radio",
                    name="§exam",
                    value=row.exam,
                    checked=row.exam == chosen,
                    data_exam=True,
                    data_lm_suppress_shortcuts="true",
                ),
                " ",
                text(f"panel.exam.{row.exam}"),
            )
            for row in load_exams()
        ],
        class_="bw-inline",
        role="radiogroup",
        aria_labelledby="§exam",
    )


def control_group(stage: str, case: Case, fields: Iterable[str] = ()) -> Markup | None:
    """Write the controls that belong to one stage.

    Args:
        stage: The stage.
        case: The case.
        fields: The fields that are wanted; all of the stage if empty.

    Returns:
        HTML; None where no control of the stage is wanted.

    Source:
        data/controls.csv.

    Examples:
        >>> control_group("timing", Case(), ["score"]) is None
        True
    """
    shown, wanted = set(shown_fields(case)), set(fields or Case.fields())
    pieces: list[Markup] = []
    for row in load_controls():
        if row.group != stage or row.field not in wanted:
            continue
        if row.heading:
            pieces.append(tag("p", text(row.heading), class_="bw-subhead"))
        pieces.append(control(row, case, shown=row.field in shown))
        if row.field == "range_floor":
            pieces.append(tag("div", _orientation_part(case), data_fragment="orientation", class_="bw-orientation"))
    return tag("fieldset", tag("legend", text(f"panel.group.{stage}")), pieces, class_="bw-group") if pieces else None


def slider_ends(case: Case, field: str) -> tuple[int, int]:
    """Tell where a field's slider begins and ends; any allowed number can be typed beside it.

    Args:
        case: The case, whose exam decides for scores.
        field: The field.

    Returns:
        The lowest and the highest number on the slider.

    Source:
        data/exams.csv; ours.

    Examples:
        >>> slider_ends(Case(), "score"), slider_ends(Case(), "failed_attempts")
        ((190, 300), (0, 5))
    """
    if field in {"score", "range_low", "range_floor"}:
        exam = exam_of(case) or load_exams()[0]
        return exam.low, exam.high
    known = Case.fields()[field]
    return known.low or 0, 5 if known.high is None else known.high


def control(row: ControlRow, case: Case, *, shown: bool) -> Markup:
    """Write the control of one field of a case.

    Args:
        row: Its row in data/controls.csv.
        case: The case.
        shown: Whether it is in sight.

    Returns:
        HTML.

    Source:
        data/controls.csv.

    Examples:
        >>> "Your score" in control(load_controls()[0], Case(), shown=True)
        True
    """
    field, value = row.field, getattr(case, row.field)
    label = text(f"field.{field}.label")
    more: dict[str, Any] = {"help_text": all_words().get(f"field.{field}.help", ""), "hidden": not shown}
    if row.control == "slider":
        return controls.slider(field, label, slider_ends(case, field), value, **more)
    if row.control == "checkbox":
        return controls.checkbox(field, label, value, **more)
    if row.control == "select":
        options = [(None, text("panel.not_known")), *((count, text("panel.of_three", count=count)) for count in range(4))]
        return controls.select(field, label, options, value, **more)
    words = {"needs": "level.need", "offers": "offer"}.get(field, f"level.{field}")
    # The student's own email comes and goes with the recommender "self".
    levels = [level for level in Case.fields()[field].levels if not (field == "move" and level == "direct_email")]
    named = [(level, text(f"{words}.{level}")) for level in levels]
    if row.control == "checks":
        return controls.checks(field, label, named, value, **more)
    return controls.radios(field, label, named, value, **more)
