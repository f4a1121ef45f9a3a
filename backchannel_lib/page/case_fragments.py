"""A case as it appears on a page: named fragments of HTML, plain text, and standalone HTML.

A fragment (``verdict``, ``chain``, ``rules`` ...) is the complete content of one slot on screen. Panels, chapters and reports
are all built from the same fragments.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Iterable

from backchannel_lib.base.texts import text
from backchannel_lib.model.case import Case
from backchannel_lib.model.exams import exam_of
from backchannel_lib.model.open_changes import OpenChange, open_changes
from backchannel_lib.model.open_judgment import judge_open
from backchannel_lib.model.possible import Possible, StageRange, possible
from backchannel_lib.model.readings import READINGS
from backchannel_lib.model.remedies import what_would_change
from backchannel_lib.model.soap_rule import rules_check
from backchannel_lib.model.verdict import judge
from backchannel_lib.page.case_controls import is_example
from backchannel_lib.page.changes_html import changed_by_readings, changes_list, open_changes_list, readings_list
from backchannel_lib.page.chart_html import NUMBERS, caption
from backchannel_lib.page.components import lines_of_all
from backchannel_lib.page.html import join, tag
from backchannel_lib.page.rule_html import ANSWERS, INVENTED, rule_answer
from backchannel_lib.page.scores_html import score_orientation
from backchannel_lib.page.unknown_html import worth_asking
from backchannel_lib.page.verdict_html import (
    answer_strip,
    cap_label,
    depends_sentence,
    held_sentence,
    limit_label,
    range_in_short,
    range_label,
    stages_on_screen,
    verdict_fragments,
    verdicts_label,
    weakest_sentence,
)


def fast_fragments(
    case: Case, reading: str | None = None, unknown: Collection[str] = (), *, invented: bool | None = None
) -> dict[str, str]:
    """Return the fragments that update immediately on every move of a control.

    Args:
        case: The case.
        reading: Name of a reading, or None for the defaults.
        unknown: Its unknown fields, from `MAY_BE_UNKNOWN`.
        invented: Whether it is made up, so that a reader has nothing to do about it now; None for a panel, whose case is an
            example until something is entered.

    Returns:
        HTML by name: ``verdict``, ``chain``, ``rules``, ``example``, ``strip`` (rule, verdict and weakest link in short, for
        narrow screens); and ``live_text``, a plain sentence for screen readers.

    Examples:
        >>> "Skimmed" in fast_fragments(Case())["verdict"]
        True
    """
    rules = rules_check(case)
    if exam_of(case) is None:  # a verdict on scores from two exams would be meaningless
        label, sentence = text("card.no_verdict"), text("orientation.mixed")
        card = join(tag("p", label, class_="bw-verdict-name"), tag("p", sentence, class_="bw-verdict-sentence"))
        fragments: dict[str, str] = {"verdict": card, "chain": "", "live_text": sentence}
        held = ""
    else:
        found = possible(case, unknown, reading)
        label, held, fragments = range_in_short(found), held_sentence(found, short=True), verdict_fragments(found)
    spoken = text("spoken.with_rule", answer=rules.label, rest=fragments["live_text"])
    mark = text("card.example_mark") if invented is None and is_example(case, unknown) else ""
    return {
        **fragments,
        "live_text": text("spoken.example", example=mark, rest=spoken) if mark else spoken,
        "rules": rule_answer(rules, next_for=INVENTED if invented or mark else ANSWERS),
        "example": join(tag("b", mark), " ", text("card.example")) if mark else "",
        "strip": answer_strip(rules.label, label, "" if mark else held, mark=mark),
    }


def answer_line(case: Case, title: str = "") -> str:
    """Return the rule's answer, the verdict and its weakest links in one line of text, after an optional title.

    Examples:
        >>> answer_line(Case(scripted=True), "A script")
        "A script. NRMP's rule: Not allowed. The article: Ignored. Limited by: Message."
    """
    judgment = judge(case)
    label, held, answer = judgment.verdict.label, weakest_sentence(judgment), rules_check(case).label
    if title:
        return text("scene.tour", title=title, verdict=label, held=held, answer=answer)
    return text("example.answer", verdict=label, held=held, answer=answer)


def deferred_fragments(
    case: Case, reading: str | None = None, only: Iterable[str] = (), unknown: Collection[str] = ()
) -> dict[str, str]:
    """Return the fragments that can update a moment later.

    Args:
        case: The case.
        reading: Name of a reading, or None for the defaults.
        only: The fragments to return; all of them if empty.
        unknown: As in `fast_fragments`.

    Returns:
        HTML by name: ``ask`` (what is most worth finding out), ``changes``, ``readings``, ``orientation``, and for each chart
        ``table.<chart>`` with its numbers and ``caption.<chart>`` with what to look for.

    Examples:
        >>> sorted(deferred_fragments(Case()))[:4]
        ['ask', 'caption.amplifier', 'caption.callers', 'caption.map']
    """
    fragments: dict[str, Callable[[], str]] = {
        "ask": lambda: worth_asking(judge_open(case, unknown, reading)) if unknown else "",
        "changes": lambda: changes_list(what_would_change(case, reading=reading)),
        "readings": lambda: readings_list(changed_by_readings(case, unknown), reading),
        "orientation": lambda: score_orientation(case),
        **{f"table.{chart}": functools.partial(numbers, case, reading, unknown) for chart, numbers in NUMBERS.items()},
        **{f"caption.{chart}": functools.partial(caption, chart, case, reading, unknown) for chart in NUMBERS},
    }
    if exam_of(case) is None:  # without a verdict there is nothing to change
        fragments |= dict.fromkeys(("changes", "readings"), lambda: tag("p", text("orientation.mixed")))
        fragments["ask"] = lambda: ""
    elif unknown:
        fragments["changes"] = lambda: open_changes_list(open_changes(case, unknown, reading))
    return {name: fragment() for name, fragment in fragments.items() if name in (tuple(only) or fragments)}


def case_text(case: Case, reading: str | None = None, unknown: Collection[str] = ()) -> str:
    """Return the complete answer for a case as plain text.

    Args:
        case: The case.
        reading: Name of a reading, or None for the defaults.
        unknown: As in `fast_fragments`.

    Returns:
        Lines: the rules check, the verdict, one line per stage (the weakest marked), the first changes, the readings.

    Examples:
        >>> print(case_text(Case()).splitlines()[1])
        Verdict: Skimmed. Someone would glance at it, perhaps bookmark it, and lose track of it.
    """
    rules = rules_check(case)
    rule = text("text.rules", answer=rules.label, reason=rules.reason)
    if exam_of(case) is None:
        return f"{rule}\n{text('text.verdict', verdict=text('card.no_verdict'), sentence=text('orientation.mixed'))}"
    found = possible(case, unknown, reading)
    if unknown:
        verdict = text("text.verdict_open", verdict=range_label(found), depends=depends_sentence(found.depends_on)).strip()
    else:
        verdict = text("text.verdict", verdict=found.lowest.label, sentence=found.lowest.sentence)
    lines = [rule, verdict, *(_link_line(stage, found) for stage in stages_on_screen())]
    lines += [text("text.ask", question=text(f"ask.{field}")) for field in judge_open(case, unknown, reading).worth_asking][:1]
    changes = open_changes(case, unknown, reading)
    within_reach = [one for one in changes.changes if one.change.within_reach]
    lines += [_change_line(one) for one in within_reach[:2]] or [changes.sentence]
    readings = changed_by_readings(case, unknown)
    names = " ".join(READINGS[name].sentence for name, changed in readings.items() if changed)
    changed = text("text.readings_changed", names=names) if names else ""
    stands = sum(not changed for changed in readings.values())
    lines.append(text("text.readings", stands=stands, total=len(readings), changed=changed))
    return "\n".join(lines)


def _link_line(stage: str, found: Possible) -> str:
    stage_range = found.stages[stage]
    claims = [claim for reason in stage_range.reasons for claim in reason.claims]
    basis = [lines_of_all(claims)] if claims else []
    basis += [text("text.ours")] if any(reason.assumption for reason in stage_range.reasons) else []
    mark = limit_label(found, stage)
    return text(
        "text.link",
        mark=f" ({mark})" if mark else "",
        stage=text(f"stage.{stage}.name"),
        cap=verdicts_label((stage_range.lowest, stage_range.highest), within_sentence=True),
        reason=_reasons(stage_range),
        basis=", ".join(basis),
    )


def _reasons(stage_range: StageRange) -> str:
    return " / ".join(reason.sentence for reason in stage_range.reasons)


def _change_line(one: OpenChange) -> str:
    change, who = one.change, text(f"who.{one.change.who}")
    what, answer = " ".join(change.sentences), change.rules.label
    return text("text.change", what=what, verdict=range_label(one.found), who=who, answer=answer)


def case_static_html(case: Case, reading: str | None = None, unknown: Collection[str] = ()) -> str:
    """Return the rules check, the verdict and the chain as HTML that needs no style sheet or script.

    Args:
        case: The case.
        reading: Name of a reading, or None for the defaults.
        unknown: As in `fast_fragments`.

    Examples:
        >>> case_static_html(Case()).startswith("<div")
        True
    """
    note = tag("p", tag("em", text("static.note")))
    check = rules_check(case)
    rule = tag("p", tag("b", text("text.rules", answer=check.label, reason="").strip()), " ", check.reason)
    if exam_of(case) is None:
        return tag("div", note, rule, tag("h3", text("card.no_verdict")), tag("p", text("orientation.mixed")))
    found = possible(case, unknown, reading)
    stages = []
    for stage in stages_on_screen():
        stage_range = found.stages[stage]
        name = tag("b", text(f"stage.{stage}.name"))
        stages.append(tag("li", name, ": ", _reasons(stage_range), " (", cap_label(stage_range), ")"))
    sentences = [found.lowest.sentence] if found.lowest == found.highest else [depends_sentence(found.depends_on)]
    return tag(
        "div",
        note,
        rule,
        tag("h3", text("static.example", verdict=range_label(found))),
        tag("p", *sentences, " ", held_sentence(found)),
        tag("ul", stages),
    )
