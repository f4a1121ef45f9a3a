"""The one-page sheet that a student takes to the dean's office: as a page to print, as plain text, and as calendar events.

It needs no other file, works in black and white, and fits one page of US Letter or A4. The rule comes first.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final, NamedTuple

from backchannel_lib.base.texts import text
from backchannel_lib.base.times import time_words
from backchannel_lib.model.advice import Advice, load_not_covered
from backchannel_lib.model.verdict import judge
from backchannel_lib.page.components import facts, lines_of, listed
from backchannel_lib.page.html import Markup, join, tag
from backchannel_lib.page.verdict_html import is_weakest, reasons_on_screen

#: Black and white, sizes in points. The margins leave room on US Letter and on A4.
STYLE: Final = """
@page { margin: 12mm 15mm; }
* { box-sizing: border-box; }
html { color: black; background: white; }
body { font: 9.5pt/1.32 "Helvetica Neue", Arial, "Liberation Sans", sans-serif; }
body { max-width: 180mm; margin: 0 auto; padding: 6pt; }
h1 { font-size: 17pt; line-height: 1.15; margin: 0 0 3pt; }
h2 { font-size: 11.5pt; margin: 0 0 3pt; }
p, ul, ol { margin: 2pt 0; }
ul, ol { padding-left: 15pt; }
li { margin: 2pt 0; }
section { margin: 5pt 0; padding: 4pt 8pt; border: 0.8pt solid #555; break-inside: avoid; }
.rule { border: 2.4pt solid black; }
.article { border-style: dashed; }
.answer { font-size: 13pt; font-weight: bold; }
.small { font-size: 8pt; color: #333; }
.when { font-weight: bold; }
.head { display: flex; flex-wrap: wrap; gap: 0 18pt; }
@media screen { body { padding: 16px; font-size: 16px; } .small { font-size: 14px; } }
"""


class SheetHead(NamedTuple):
    """What a student may write at the head of a sheet; blank where nothing was entered.

    Args:
        name: The student's name.
        program: The program's name.
    """

    name: str = ""
    program: str = ""


#: The panel's own frames, so that the rule and the article look the same everywhere.
_PANEL_CLASS: Final = {"rule": "bw-rule", "article": "bw-card"}

BLANK_HEAD: Final = SheetHead()


class _Block(NamedTuple):
    """A part of the sheet: a heading and its lines; both forms of the sheet are made of these."""

    kind: str
    title: str
    lines: tuple[str, ...]
    small: tuple[str, ...] = ()
    listed: bool = False
    answer: str = ""


def moment_text(when: datetime, *, whole_day: bool = False) -> str:
    """Write a moment of an Eastern clock as Americans do.

    Examples:
        >>> moment_text(datetime(2027, 3, 15, 20, 5)), moment_text(datetime(2027, 4, 1), whole_day=True)
        ('Monday, March 15, 2027, 8:05 pm ET', 'Thursday, April 1, 2027')
    """
    day = f"{when:%A, %B} {when.day}, {when.year}"
    if whole_day:
        return day
    return f"{day}, {time_words(when.time())} ET"


def sheet_html(advice: Advice, head: SheetHead = BLANK_HEAD) -> str:
    """Return the sheet as a whole HTML page.

    Examples:
        >>> from backchannel_lib.model.advice import advise
        >>> page = sheet_html(advise({"score": 228}, now=datetime(2027, 3, 15, 20, 40)), SheetHead(program="Mercy <3"))
        >>> page.startswith("<!doctype html>"), "Mercy &lt;3" in page
        (True, True)
    """
    blocks = [_section(block) for block in _blocks(advice)]
    line = tag("p", [tag("span", part) for part in _head_line(advice, head)], class_="head")
    body = tag("main", tag("h1", text("take_home.title")), line, *blocks)
    page = tag(
        "html",
        tag(
            "head",
            tag("meta", charset="utf-8"),
            tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
            tag("title", text("take_home.title")),
            tag("style", Markup(STYLE)),
        ),
        tag("body", body),
        lang="en",
    )
    return f"<!doctype html>\n{page}\n"


def sheet_text(advice: Advice, head: SheetHead = BLANK_HEAD) -> str:
    """Return the sheet as plain text, to copy into an email.

    Examples:
        >>> from backchannel_lib.model.advice import advise
        >>> sheet_text(advise({"score": 228}, now=datetime(2027, 3, 15, 20, 40))).splitlines()[0]
        'My backchannel sheet'
    """
    lines = [text("take_home.title"), *_head_line(advice, head)]
    for block in _blocks(advice):
        lines += ["", block.title.upper()]
        lines += [block.answer] if block.answer else []
        lines += [f"- {line}" if block.listed else line for line in block.lines]
        lines += block.small
    return "\n".join(lines) + "\n"


def sheet_sections(advice: Advice) -> Markup:
    """Return the sheet's sections for a page on screen.

    Examples:
        >>> from backchannel_lib.model.advice import advise
        >>> sheet_sections(advise({"score": 228}, now=datetime(2027, 3, 15, 20, 40))).count("<section")
        4
    """
    return join([_section(block, "h4") for block in _blocks(advice)])


def _head_line(advice: Advice, head: SheetHead) -> list[str]:
    parts = [text("take_home.made", when=moment_text(advice.now))]
    parts += [text("take_home.name", name=head.name)] if head.name else []
    parts += [text("take_home.program", program=head.program)] if head.program else []
    return parts


def _section(block: _Block, heading: str = "h2") -> Markup:
    items = [tag("li", line) for line in block.lines]
    lines = [tag("ul", items)] if block.listed else [tag("p", line) for line in block.lines]
    return tag(
        "section",
        tag(heading, block.title),
        tag("p", block.answer, class_="answer bw-verdict-name") if block.answer else None,
        lines,
        [tag("p", line, class_="small bw-small") for line in block.small],
        class_=f"{block.kind} {_PANEL_CLASS.get(block.kind, 'bw-plain')}",
    )


def _blocks(advice: Advice) -> list[_Block]:
    return [_rule(advice), _verdict(advice), _steps(advice), _questions(advice), *_not_covered(advice)]


def _rule(advice: Advice) -> _Block:
    first, *others = advice.rules
    lines = [first.reason]
    lines += [text("take_home.if_contacted", answer=other.label, reason=other.reason) for other in others]
    lines.append(text("take_home.until", when=moment_text(advice.until)))
    return _Block(
        "rule",
        text("rules.title"),
        tuple(lines),
        (text("take_home.rule_source", source=first.source), first.note),
        answer=first.label,
    )


def _verdict(advice: Advice) -> _Block:
    judgment = advice.judgment
    lowest, highest = judgment.lowest, judgment.highest
    settled = lowest == highest
    if settled:
        answer, lines = lowest.label, [lowest.sentence]
    else:
        answer = text("take_home.between", lowest=lowest.label, highest=highest.label)
        names = [text(f"open.{name}") for name in judgment.worth_asking]
        lines = [text("take_home.depends", what=listed(names))] if names else []
        lines += [f"{verdict.label}: {verdict.sentence}" for verdict in (lowest, highest)]
    judged = judge(judgment.examples[lowest], judgment.reading)
    weakest = [reason for reason in reasons_on_screen(judged) if is_weakest(judged, reason.stage)]
    key = "take_home.weakest" if settled else "take_home.weakest_open"
    lines += [text(key, stage=text(f"stage.{reason.stage}.name"), reason=reason.sentence) for reason in weakest[:1]]
    lines += [] if weakest else [text("card.nothing_holds")]
    where = ", ".join(dict.fromkeys(lines_of(claim) for reason in weakest for claim in reason.claims))
    small = [text("take_home.article"), *([text("take_home.where", where=where)] if where else [])]
    small += [
        text("take_home.assumption", reason=text(f"assumption.{reason.assumption}")) for reason in weakest if reason.assumption
    ]
    return _Block("article", text("take_home.article_title"), tuple(lines), tuple(small), answer=answer)


def _steps(advice: Advice) -> _Block:
    lines = [
        text("take_home.step", when=moment_text(step.when, whole_day=step.whole_day), who=step.who, what=step.sentence)
        for step in advice.steps
    ]
    rows = [step.row for step in advice.steps]
    where = [text("take_home.article_lines", lines=lines_of(claim)) for row in rows for claim in row.claims]
    sources = [_cited(fact) for row in rows for fact in row.facts]
    small = [text("take_home.steps_source", sources="; ".join(dict.fromkeys([*where, *sources])))]
    small += [text("take_home.assumption", reason=text(f"assumption.{row.assumption}")) for row in rows if row.assumption]
    return _Block("steps", text("take_home.steps"), tuple(lines), tuple(small), listed=True)


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
                *(f"{fact.sentence} ({_cited(fact.id)})" for fact in known[topic]),
            ]
        )
        for topic in advice.topics
    ]
    return [_Block("silent", text("take_home.not_covered"), tuple(lines), listed=True)]


def _cited(fact: str) -> str:
    return text("take_home.cited", source=facts()[fact].source, year=facts()[fact].year)
