"""Make the one-page sheet that a student takes to the dean's office: a page to print, plain text, and calendar events.

It needs no other file, works in black and white, and fits on one page of US Letter or A4. The rule comes first. For several
programs there is one sheet each, after a table that compares them. Its styles are in static/panel.css, so it looks the same on
screen, in print, and in a saved file.
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from backchannel_lib.base.calendar_file import CalendarEvent, calendar_file
from backchannel_lib.base.texts import text
from backchannel_lib.base.times import time_words
from backchannel_lib.model.advice import Advice, load_not_covered
from backchannel_lib.model.calendar import EASTERN
from backchannel_lib.model.case import Case
from backchannel_lib.model.open_judgment import OpenJudgment, certain_rules
from backchannel_lib.model.readings import READINGS
from backchannel_lib.model.soap_rule import rule_source
from backchannel_lib.model.tables import facts
from backchannel_lib.model.verdict import Reason, judge
from backchannel_lib.page.case_controls import load_controls, shown_fields
from backchannel_lib.page.components import article_name, find_in_article, lines_of_all, listed, scrollable
from backchannel_lib.page.frontend import STATIC
from backchannel_lib.page.html import Markup, join, standalone_page, tag
from backchannel_lib.page.rich_display import value_label
from backchannel_lib.page.rule_html import rule_answer
from backchannel_lib.page.verdict_html import is_weakest, reasons_on_screen, verdicts_label


class SheetHead(NamedTuple):
    """The names at the top of a sheet; blank if the student didn't enter them.

    Args:
        name: The student's name.
        program: The program's name.
    """

    name: str = ""
    program: str = ""


#: The panel's own boxes, so that the rule and the article look the same everywhere.
_PANEL_CLASS: Final = {"rule": "bw-rule", "article": "bw-card"}

BLANK_HEAD: Final = SheetHead()


class _Block(NamedTuple):
    """A part of the sheet, with a heading and lines, from which both the HTML and the plain text are made."""

    kind: str
    title: str
    lines: tuple[str, ...]
    small: tuple[str, ...] = ()
    listed: bool = False
    answer: str = ""
    rule: str = ""  # the code of the rule's answer, if there is only one
    items: tuple[Markup, ...] = ()  # the lines as items of a list, if HTML shows more than their words


def moment_text(when: datetime, *, whole_day: bool = False) -> str:
    """Format a time on an Eastern clock in American style.

    Examples:
        >>> moment_text(datetime(2027, 3, 15, 20, 5)), moment_text(datetime(2027, 4, 1), whole_day=True)
        ('Monday, March 15, 2027, 8:05 pm ET', 'Thursday, April 1, 2027')
    """
    day = f"{when:%A, %B} {when.day}, {when.year}"
    if whole_day:
        return day
    return f"{day}, {time_words(when.time())} ET"


class Sheet(NamedTuple):
    """One sheet: its content and its header.

    Args:
        advice: The content.
        head: The student's and the program's names.
        contact: Who would contact the program and how, if the student isn't the one asking; otherwise blank.
        entered: What the student entered, in words; None to describe the case.
        has_article: Whether it includes the article's view, which says little until the student has entered something.
    """

    advice: Advice
    head: SheetHead = BLANK_HEAD
    contact: str = ""
    entered: tuple[str, ...] | None = None
    has_article: bool = True


def case_in_words(case: Case, unknown: Collection[str] = (), without: Collection[str] = ()) -> tuple[str, ...]:
    """List what was entered for a case, followed by what is unknown.

    Args:
        case: The case.
        unknown: Its unknown fields.
        without: Fields to leave out because nobody entered them.

    Source:
        data/controls.csv.

    Examples:
        >>> case_in_words(Case(score=228, needs_visa=True), ["sponsors_visas"])[0]
        'Your score: 228'
        >>> case_in_words(Case(score=228, needs_visa=True), ["sponsors_visas"])[-1]
        'not known: whether they sponsor visas'
    """
    shown = set(shown_fields(case)) - set(without)
    words = []
    for row in load_controls():
        label, value = text(f"field.{row.field}.label"), getattr(case, row.field)
        on_sheet = row.on_sheet == "always" or (row.on_sheet == "if_set" and value)
        if not on_sheet or value is None or row.field in unknown or row.field not in shown:
            continue
        if value is True:
            words.append(label)
        elif value is False:
            words.append(text("take_home.no", what=label))
        else:
            words.append(text("take_home.value", what=label.rstrip("?:"), value=value_label(row.field, value)))
    left = [text(f"open.{field}") for field in unknown if field in shown]
    return (*words, *([text("take_home.not_known", what=", ".join(left))] if left else []))


def sheet_html(advice: Advice, head: SheetHead = BLANK_HEAD) -> str:
    """Return the sheet as a complete HTML page.

    Examples:
        >>> from backchannel_lib.model.advice import advise
        >>> page = sheet_html(advise({"score": 228}, now=datetime(2027, 3, 15, 20, 40)), SheetHead(program="Mercy <3"))
        >>> page.startswith("<!doctype html>"), "Mercy &lt;3" in page
        (True, True)
    """
    return sheets_html([Sheet(advice, head)])


def sheets_html(sheets: Sequence[Sheet]) -> str:
    """Return sheets as one complete HTML page; if there are several programs, it starts with a table that compares them.

    Examples:
        >>> from backchannel_lib.model.advice import advise
        >>> one = Sheet(advise({"score": 228}, now=datetime(2027, 3, 15, 20, 40)))
        >>> sheets_html([one, one]).count("<h1")
        3
    """
    return paper_page(text("take_home.title"), sheet_pages(sheets, 1))


def paper_page(title: str, *children: object, style: str = "") -> str:
    """Return a complete HTML page that looks like the sheet, on screen and on paper, and needs no other file.

    Args:
        title: Its title.
        *children: Its content.
        style: Additional CSS.

    Examples:
        >>> paper_page("A class", "<3").count("&lt;3")
        1
    """
    return standalone_page(title, f"{sheet_style()}\n{style}", *children, class_="bw-paper")


@functools.cache
def sheet_style() -> str:
    """Return the sheet's part of the panel's style sheet.

    Examples:
        >>> "@page" in sheet_style()
        True
    """
    style = (STATIC / "panel.css").read_text(encoding="utf-8")
    return style.partition("/* the sheet ")[2].partition("*/")[2].partition("/* end of the sheet */")[0].strip()


@functools.cache
def tokens_style() -> str:
    """Return the design's sizes and spaces, for a page that needs no other file.

    Examples:
        >>> tokens_style().count("--bw-space-")
        6
    """
    style = (STATIC / "panel.css").read_text(encoding="utf-8")
    return f":root {{{style.partition(':root {')[2].partition('}')[0]}}}\n"


def sheet_pages(sheets: Sequence[Sheet], level: int = 3) -> Markup:
    """Return sheets as part of a page, one per sheet of paper.

    Args:
        sheets: The sheets.
        level: Heading level of a sheet; its parts are one level lower.

    Examples:
        >>> from backchannel_lib.model.advice import advise
        >>> sheet_pages([Sheet(advise({"score": 228}, now=datetime(2027, 3, 15, 20, 40)))]).count("<h4")
        4
    """
    pages = [] if len(sheets) < 2 else [_comparison(sheets, level)]
    for sheet in sheets:
        entered = tag("p", _entered_line(sheet), class_="small bw-small")
        blocks = [_section(block, f"h{level + 1}") for block in _sheet_blocks(sheet)]
        pages.append(tag("article", tag(f"h{level}", text("take_home.title")), _head_html(sheet), entered, blocks))
    return join(*pages)


def sheet_text(advice: Advice, head: SheetHead = BLANK_HEAD) -> str:
    """Return the sheet as plain text for an email.

    Examples:
        >>> from backchannel_lib.model.advice import advise
        >>> sheet_text(advise({"score": 228}, now=datetime(2027, 3, 15, 20, 40))).splitlines()[0]
        "One page for my dean's office"
    """
    return sheets_text([Sheet(advice, head)])


def sheets_text(sheets: Sequence[Sheet]) -> str:
    """Return sheets as plain text, starting with a comparison if there are several programs.

    Examples:
        >>> from backchannel_lib.model.advice import advise
        >>> one = Sheet(advise({"score": 228}, now=datetime(2027, 3, 15, 20, 40)))
        >>> sheets_text([one, one]).splitlines()[0]
        'All programs side by side'
    """
    return "\n".join([*([] if len(sheets) < 2 else [_comparison_text(sheets)]), *map(_one_text, sheets)])


def _one_text(sheet: Sheet) -> str:
    lines = [text("take_home.title"), *_head_line(sheet), _entered_line(sheet)]
    for block in _sheet_blocks(sheet):
        lines += ["", block.title.upper()]
        lines += [block.answer] if block.answer else []
        lines += [f"- {line}" if block.listed else line for line in block.lines]
        lines += block.small
    return "\n".join(lines) + "\n"


def sheets_calendar(sheets: Sequence[Sheet]) -> str:
    """Return the dated steps of all sheets as a calendar file; a step on several sheets becomes one event.

    Examples:
        >>> from backchannel_lib.model.advice import advise
        >>> one = Sheet(advise({"score": 228}, now=datetime(2027, 3, 15, 20, 40)))
        >>> sheets_calendar([one, one]).count("BEGIN:VEVENT")
        3
    """
    events: dict[tuple[str, datetime], CalendarEvent] = {}
    for sheet in sheets:
        for step in sheet.advice.steps:
            when = step.when.date() if step.whole_day else step.when.replace(tzinfo=EASTERN)
            title = text(f"next_step.{step.row.step}.title")
            words = text("take_home.calendar_step", who=step.who, what=step.sentence)
            events.setdefault((step.row.step, step.when), CalendarEvent(step.row.step, when, when, title, words))
    note = text("soap.read_agreement")
    return calendar_file(events.values(), "Sheet", text("take_home.calendar_name"), note)


def sheet_sections(advice: Advice, kinds: Collection[str] = (), heading: str = "h4") -> Markup:
    """Return the sheet's sections for a page on screen.

    Args:
        advice: The content.
        kinds: Any of ``rule``, ``article``, ``steps``, ``questions`` and ``silent``; all of them if empty.
        heading: The tag of their headings.

    Examples:
        >>> from backchannel_lib.model.advice import advise
        >>> advice = advise({"score": 228}, now=datetime(2027, 3, 15, 20, 40))
        >>> sheet_sections(advice).count("<section"), sheet_sections(advice, ["rule"], "h2").count("<h2")
        (4, 1)
    """
    return join([_section(block, heading) for block in _blocks(advice) if not kinds or block.kind in kinds])


# ---- several programs side by side ----


def _compared(sheets: Sequence[Sheet]) -> tuple[list[str], list[list[str]]]:
    """Return the names of the columns, and each program's row."""
    rows = [
        {
            "program": sheet.head.program or "–",
            **({"contact": sheet.contact} if any(one.contact for one in sheets) else {}),
            "rule": (sheet.advice.planned or sheet.advice.rules[0]).label,
            "verdict": verdicts_label(sheet.advice.judgment.verdicts),
            "question": sheet.advice.questions[0],
        }
        for sheet in sheets
    ]
    return [text(f"take_home.column.{column}") for column in rows[0]], [list(row.values()) for row in rows]


def _comparison(sheets: Sequence[Sheet], level: int) -> Markup:
    columns, rows = _compared(sheets)
    head = tag("tr", [tag("th", column, scope="col") for column in columns])
    body = [tag("tr", tag("th", first, scope="row"), [tag("td", cell) for cell in rest]) for first, *rest in rows]
    return tag(
        "article",
        tag(f"h{level}", text("take_home.comparison")),
        _head_html(_without_program(sheets[0])),
        tag("div", tag("table", tag("thead", head), tag("tbody", body)), **scrollable(text("take_home.comparison"))),
        [tag("p", line, class_="small bw-small") for line in _comparison_notes(sheets)],
    )


def _without_program(sheet: Sheet) -> Sheet:
    return sheet._replace(head=SheetHead(sheet.head.name), contact="")


def _comparison_notes(sheets: Sequence[Sheet]) -> list[str]:
    first = sheets[0].advice.rules[0]
    return [
        text("take_home.rule_source", source=first.source),
        first.note,
        text("take_home.article", article=article_name()),
        text("take_home.comparison_note"),
    ]


def _comparison_text(sheets: Sequence[Sheet]) -> str:
    lines = [text("take_home.comparison"), *_head_line(_without_program(sheets[0]))]
    (_, *columns), rows = _compared(sheets)
    for first, *rest in rows:
        lines += ["", first, *(f"- {column}: {cell}" for column, cell in zip(columns, rest, strict=True))]
    return "\n".join([*lines, "", *_comparison_notes(sheets)]) + "\n"


def _head_line(sheet: Sheet) -> list[str]:
    head = sheet.head
    parts = [text("take_home.made", when=moment_text(sheet.advice.now))]
    parts += [text("take_home.name", name=head.name)] if head.name else []
    parts += [text("take_home.program", program=head.program)] if head.program else []
    parts += [text("take_home.contact", contact=sheet.contact)] if sheet.contact else []
    return parts


def _head_html(sheet: Sheet) -> Markup:
    return tag("p", [tag("span", part) for part in _head_line(sheet)], class_="head")


def _entered_line(sheet: Sheet) -> str:
    entered = case_in_words(sheet.advice.case, sheet.advice.judgment.unknown) if sheet.entered is None else sheet.entered
    return text("take_home.entered", what="; ".join(entered))


def _section(block: _Block, heading: str = "h2") -> Markup:
    items = block.items or [tag("li", line) for line in block.lines]
    lines = [tag("ul", items)] if block.listed else [tag("p", line) for line in block.lines]
    return tag(
        "section",
        tag(heading, block.title),
        _answer(block) if block.answer else None,
        lines,
        [tag("p", line, class_="small bw-small") for line in block.small],
        class_=f"{block.kind} {_PANEL_CLASS.get(block.kind, 'bw-plain')}",
    )


def _answer(block: _Block) -> Markup:
    """Return the rule's answer or the article's; the style sheet adds the rule's sign."""
    if block.kind == "rule":
        return tag("p", block.answer, class_="answer bw-rule-answer", data_answer=block.rule or None)
    return tag("p", block.answer, class_="answer bw-verdict-name")


def _blocks(advice: Advice) -> list[_Block]:
    return [_rule(advice), _verdict(advice), _steps(advice), _questions(advice), *_not_covered(advice)]


def _sheet_blocks(sheet: Sheet) -> list[_Block]:
    return [block for block in _blocks(sheet.advice) if sheet.has_article or block.kind != "article"]


def rule_section(advice: Advice, *, next_for: Collection[str] = (), heading: str = "h4") -> Markup:
    """Return what the rule says now as a section for a page on screen, in the box that all its answers have.

    Args:
        advice: The content.
        next_for: As in `rule_answer`.
        heading: The tag of its heading.

    Examples:
        >>> from backchannel_lib.model.advice import advise
        >>> "Not allowed" in rule_section(advise({"score": 228}, now=datetime(2027, 3, 15, 20, 40)))
        True
    """
    first, *others = advice.rules
    more = [text("take_home.if_contacted", answer=other.label, reason=other.reason) for other in others]
    answer = rule_answer(
        first,
        until=moment_text(advice.until) if advice.until else "",
        next_for=next_for,
        more=[tag("p", line) for line in more],
        source=rule_source(fact for rule in advice.rules for fact in rule.facts),
    )
    return tag("section", tag(heading, text("rules.title")), tag("div", answer), class_="rule bw-rule")


def rule_now(advice: Advice) -> str:
    """Return the rule's answer in a few words, with the date and time at which it changes.

    Examples:
        >>> from backchannel_lib.model.advice import advise
        >>> rule_now(advise({"score": 228}, now=datetime(2026, 11, 28, 9, 0)))
        'Allowed until Monday, March 15, 2027, 10:00 am ET'
    """
    return advice.rules[0].label_until(moment_text(advice.until) if advice.until else "")


def _rule(advice: Advice) -> _Block:
    first, *others = advice.rules
    lines = [first.reason]
    lines += [text("take_home.if_contacted", answer=other.label, reason=other.reason) for other in others]
    if planned := advice.planned:
        lines += [text("take_home.until", when=moment_text(advice.until))] if advice.until else []
        moment = text(f"level.phase.{advice.case.phase}")
        lines.append(text("take_home.planned", moment=moment, answer=planned.label, reason=planned.reason))
    rules = [*advice.rules, *([planned] if planned else [])]
    return _Block(
        "rule",
        text("rules.title"),
        tuple(lines),
        (text("take_home.rule_source", source=rule_source(fact for rule in rules for fact in rule.facts)), first.note),
        answer=rule_now(advice)
        if advice.planned is None
        else text("take_home.right_now", answer=first.label, planned=advice.planned.label),
        rule=first.answer if advice.planned is None else "",
    )


def _verdict(advice: Advice) -> _Block:
    judgment = advice.judgment
    lowest, highest = judgment.lowest, judgment.highest
    if lowest == highest:
        lines = [lowest.sentence]
    else:
        names = [text(f"open.{name}") for name in judgment.worth_asking]
        lines = [text("take_home.depends", what=listed(names))] if names else []
        lines += [f"{verdict.label}: {verdict.sentence}" for verdict in (lowest, highest)]
    if advice.planned:
        lines.insert(0, text("take_home.judged_for", moment=text(f"level.phase.{advice.case.phase}")))
    lines.append(weakest_line(judgment))
    _, certain = _weakest(judgment)
    if judgment.reading:
        lines.append(text("card.under_reading", reading=READINGS[judgment.reading].sentence))
    claims = list(dict.fromkeys(claim for one in certain or (lowest, highest) for claim in one.claims))
    small = [text("take_home.article", article=article_name())]
    small += [text("take_home.where", where=lines_of_all(claims), find=find_in_article(claims))] if claims else []
    small += [text("take_home.assumption", reason=text(f"assumption.{one.assumption}")) for one in certain if one.assumption]
    return _Block(
        "article", text("take_home.article_title"), tuple(lines), tuple(small), answer=verdicts_label(judgment.verdicts)
    )


def weakest_line(judgment: OpenJudgment) -> str:
    """Say what limits the verdict, stating as fact only what doesn't depend on anything unknown.

    Examples:
        >>> from backchannel_lib.model.open_judgment import judge_open
        >>> weakest_line(judge_open(recommender="known_dean"))[:26]
        'Weakest link: Message. It '
    """
    weakest, certain = _weakest(judgment)
    if certain:
        first = certain[0]
        key = "take_home.weakest" if judgment.lowest == judgment.highest else "take_home.weakest_open"
        return text(key, stage=text(f"stage.{first.stage}.name"), reason=first.sentence)
    if weakest:
        return text("take_home.weakest_uncertain", stages=listed([text(f"stage.{one.stage}.name") for one in weakest]))
    return text("card.nothing_holds")


def _weakest(judgment: OpenJudgment) -> tuple[list[Reason], list[Reason]]:
    """Return the reasons why the weakest links limit the lowest possible verdict, and those of them that are certain.

    A reason that depends on an unknown field must not be stated as fact: it is often about a person.
    """
    judged = judge(judgment.examples[judgment.lowest], judgment.reading)
    weakest = [reason for reason in reasons_on_screen(judged) if is_weakest(judged, reason.stage)]
    certain = certain_rules(judgment.known, judgment.unknown, judgment.reading)
    return weakest, [reason for reason in weakest if reason.rule in certain]


def _steps(advice: Advice) -> _Block:
    lines, items = [], []
    for step in advice.steps:
        forbidden = step.row.kind == "do_not"
        name = "not" if forbidden else "by" if step.row.at == "month_later" else "head"
        # The head says when the step is due and who takes it, or when something becomes forbidden.
        head = text(f"take_home.step_{name}", when=moment_text(step.when, whole_day=step.whole_day), who=step.who)
        lines.append(f"{head} {step.sentence}")
        due = tag("span", head, class_="bw-step-head")
        items.append(tag("li", due, " ", step.sentence, class_="bw-step-not" if forbidden else None))
    rows = [step.row for step in advice.steps]
    claims = [claim for row in rows for claim in row.claims]
    where = [text("take_home.article_lines", lines=lines_of_all(claims))] if claims else []
    sources = [facts()[fact].citation for row in rows for fact in row.facts]
    small = [text("take_home.steps_source", sources="; ".join(dict.fromkeys([*where, *sources])))]
    small += [text("take_home.assumption", reason=text(f"assumption.{row.assumption}")) for row in rows if row.assumption]
    return _Block("steps", text("take_home.steps"), tuple(lines), tuple(small), listed=True, items=tuple(items))


def _questions(advice: Advice) -> _Block:
    return _Block("questions", text("take_home.questions"), advice.questions, listed=True)


def _not_covered(advice: Advice) -> list[_Block]:
    if not advice.topics:
        return []
    known = {row.topic: [facts()[fact] for fact in row.facts] for row in load_not_covered()}
    lines = [
        " ".join(
            [
                f"{text(f'not_covered.{topic}.name')}. {text(f'not_covered.{topic}.note')}",
                *(text("take_home.cited", fact=fact.sentence, source=fact.citation) for fact in known[topic]),
            ]
        )
        for topic in advice.topics
    ]
    return [_Block("silent", text("take_home.not_covered"), tuple(lines), listed=True)]
