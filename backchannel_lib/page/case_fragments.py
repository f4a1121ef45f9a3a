"""What a page shows of a case: named fragments of HTML, plain text, and HTML that stands by itself.

A fragment (``verdict``, ``chain``, ``rules`` ...) is the whole content of one slot on screen, so a panel, a chapter and a
report are put together from the same ones.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable

from backchannel_lib.base.texts import text
from backchannel_lib.model.case import Case
from backchannel_lib.model.exams import exam_of
from backchannel_lib.model.readings import readings_agree
from backchannel_lib.model.remedies import what_would_change
from backchannel_lib.model.soap_rule import rules_check
from backchannel_lib.model.verdict import judge
from backchannel_lib.page.changes_html import changes_list, readings_list
from backchannel_lib.page.chart_html import NUMBERS
from backchannel_lib.page.components import lines_of
from backchannel_lib.page.html import join, tag
from backchannel_lib.page.rule_html import rule_answer
from backchannel_lib.page.scores_html import score_orientation
from backchannel_lib.page.verdict_html import is_weakest, reasons_on_screen, verdict_fragments, weakest_sentence


def fast_fragments(case: Case, reading: str | None = None) -> dict[str, str]:
    """Return the fragments that answer a move of a control at once.

    Args:
        case: The case.
        reading: The name of a reading; None for every default.

    Returns:
        HTML by name: ``verdict``, ``chain``, ``rules``, ``example``, ``strip`` (verdict and rule in one line, for narrow
        screens); and ``live_text``, a plain sentence for a screen reader.

    Examples:
        >>> "Skimmed" in fast_fragments(Case())["verdict"]
        True
    """
    rules = rules_check(case)
    if exam_of(case) is None:  # a verdict on numbers of two exams would mean nothing
        label, sentence = text("card.no_verdict"), text("orientation.mixed")
        card = join(tag("p", label, class_="bw-verdict-name"), tag("p", sentence, class_="bw-verdict-sentence"))
        fragments: dict[str, str] = {"verdict": card, "chain": "", "live_text": sentence}
    else:
        judgment = judge(case, reading)
        label, fragments = judgment.verdict.label, verdict_fragments(judgment)
    return {
        **fragments,
        "rules": rule_answer(rules),
        "example": text("card.example") if case == Case() else "",
        "strip": join(tag("b", label), " ", text("strip.rule", answer=rules.label)),
    }


def answer_line(case: Case, title: str = "") -> str:
    """Return a case's verdict, what holds it down, and the rule's answer in one line of text, after a title if there is one.

    Examples:
        >>> answer_line(Case(scripted=True), "A script")
        "A script. Ignored. Held down by: The message. NRMP's rule: Not allowed."
    """
    judgment = judge(case)
    label, held, answer = judgment.verdict.label, weakest_sentence(judgment), rules_check(case).label
    if title:
        return text("scene.tour", title=title, verdict=label, held=held, answer=answer)
    return text("example.answer", verdict=label, held=held, answer=answer)


def deferred_fragments(case: Case, reading: str | None = None, only: Iterable[str] = ()) -> dict[str, str]:
    """Return the fragments that may follow a moment later.

    Args:
        case: The case.
        reading: The name of a reading; None for every default.
        only: The names that are wanted; all of them if empty.

    Returns:
        HTML by name: ``changes``, ``readings``, ``orientation``, and ``table.<chart>`` with the numbers of each chart.

    Examples:
        >>> sorted(deferred_fragments(Case()))
        ['changes', 'orientation', 'readings', 'table.amplifier', 'table.callers', 'table.map']
    """
    fragments: dict[str, Callable[[], str]] = {
        "changes": lambda: changes_list(what_would_change(case, reading=reading)),
        "readings": lambda: readings_list(readings_agree(case), reading),
        "orientation": lambda: score_orientation(case),
        **{f"table.{chart}": functools.partial(numbers, case, reading) for chart, numbers in NUMBERS.items()},
    }
    if exam_of(case) is None:  # there is no verdict, and none that would be another
        fragments |= dict.fromkeys(("changes", "readings"), lambda: tag("p", text("orientation.mixed")))
    return {name: fragment() for name, fragment in fragments.items() if name in (tuple(only) or fragments)}


def case_text(case: Case, reading: str | None = None) -> str:
    """Return the whole answer to a case as plain text.

    Args:
        case: The case.
        reading: The name of a reading; None for every default.

    Returns:
        Lines: the verdict, one line a stage (weakest marked ``>``), the rules check, the first changes, the readings.

    Examples:
        >>> print(case_text(Case()).splitlines()[0])
        Verdict: Skimmed. Someone would glance at it and perhaps mark it for later, and then it would be lost.
    """
    rules = rules_check(case)
    rule = text("text.rules", answer=rules.label, reason=rules.reason)
    if exam_of(case) is None:
        return f"{text('text.verdict', verdict=text('card.no_verdict'), sentence=text('orientation.mixed'))}\n{rule}"
    judgment = judge(case, reading)
    lines = [text("text.verdict", verdict=judgment.verdict.label, sentence=judgment.verdict.sentence)]
    for reason in reasons_on_screen(judgment):
        citations = [lines_of(claim) for claim in reason.claims] + ([text("text.ours")] if reason.assumption else [])
        lines.append(
            text(
                "text.link",
                mark=">" if is_weakest(judgment, reason.stage) else "-",
                stage=text(f"stage.{reason.stage}.name"),
                cap=reason.cap.label,
                reason=reason.sentence,
                basis=", ".join(citations),
            )
        )
    lines.append(rule)
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


def case_static_html(case: Case, reading: str | None = None) -> str:
    """Return verdict, chain and rules check as HTML that stands by itself, without style or script.

    Args:
        case: The case.
        reading: The name of a reading; None for every default.

    Examples:
        >>> case_static_html(Case()).startswith("<div")
        True
    """
    note = tag("p", tag("em", text("static.note")))
    if exam_of(case) is None:
        return tag("div", note, tag("h3", text("card.no_verdict")), tag("p", text("orientation.mixed")))
    judgment = judge(case, reading)
    rules = rules_check(case)
    stages = [
        tag(
            "li",
            tag("b", text(f"stage.{reason.stage}.name")),
            ": ",
            reason.sentence,
            " (",
            text("card.allows", verdict=reason.cap.label),
            ")",
        )
        for reason in reasons_on_screen(judgment)
    ]
    return tag(
        "div",
        note,
        tag("h3", text("static.example", verdict=judgment.verdict.label)),
        tag("p", judgment.verdict.sentence, " ", weakest_sentence(judgment)),
        tag("ul", stages),
        tag("p", tag("b", text("text.rules", answer=rules.label, reason="")), rules.reason),
    )
