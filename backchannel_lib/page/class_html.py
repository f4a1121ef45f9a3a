"""A class on paper: a file with one sheet per student, and a summary for the dean's office."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from backchannel_lib.base.texts import text
from backchannel_lib.model.advice import Advice
from backchannel_lib.model.case import Case
from backchannel_lib.model.class_list import PERSONAL, POLICIES, CallerPlan, ClassList, ClassRow, JudgedContact
from backchannel_lib.model.tables import STAGES
from backchannel_lib.model.verdict import Verdict
from backchannel_lib.page.components import article_name, find_in_article, listed, scrollable, table
from backchannel_lib.page.frontend import STATIC
from backchannel_lib.page.html import Markup, tag
from backchannel_lib.page.rich_display import value_label
from backchannel_lib.page.sheet import case_in_words, moment_text, paper_page, sheet_sections, weakest_line
from backchannel_lib.page.verdict_html import verdicts_label

PROBLEMS_SHOWN: Final = 20
#: What its pages add to the look of the sheet.
STYLE: Final = STATIC / "class.css"


# ---- one student ----


def student_article(name: str, judged: Sequence[JudgedContact]) -> Markup:
    r"""Return one student's sheet: the rule first, then each program, the next steps, and what to ask.

    Examples:
        >>> from datetime import datetime
        >>> from backchannel_lib.model.class_list import judge_student, read_class
        >>> (student,) = read_class("Name,Score,Caller,Programs\nAvery <3,228,Known dean,Mercy; Lakeside\n").students
        >>> page = student_article(student.name, judge_student(student, datetime(2027, 3, 15, 20, 40)))
        >>> page.count("<h3"), "Avery &lt;3" in page
        (1, True)
    """
    advice = judged[0].advice
    case, entered, unknown = advice.case, judged[0].contact.entered, judged[0].advice.judgment.unknown
    own = case_in_words(case, [one for one in unknown if one in PERSONAL], _all_but(PERSONAL, entered, unknown))
    claims = list(dict.fromkeys(claim for one in judged for claim in one.advice.judgment.lowest.claims))
    questions: dict[str, list[str]] = {}
    for one in judged:
        for question in one.advice.questions:
            questions.setdefault(question, []).append(one.contact.program)
    return tag(
        "article",
        tag("h1", name),
        tag("p", text("take_home.made", when=moment_text(advice.now)), class_="head"),
        tag("p", text("class.entered", what="; ".join(own)), class_="small bw-small"),
        sheet_sections(advice, ["rule"], "h2"),
        tag(
            "section",
            tag("h2", text("class.programs")),
            _contacts(judged, advice),
            tag("p", text("take_home.article", article=article_name()), " ", find_in_article(claims), class_="small bw-small"),
            class_="article bw-card long",
        ),
        sheet_sections(advice, ["steps"], "h2"),
        tag(
            "section",
            tag("h2", text("take_home.questions")),
            tag("ul", [tag("li", _question(question, names, len(judged))) for question, names in questions.items()]),
            class_="questions bw-plain",
        ),
    )


def _all_but(kept: Iterable[str], entered: Iterable[str], unknown: Iterable[str]) -> set[str]:
    """Return the fields to leave out of a sheet: all except those in ``kept`` that were entered or are unknown."""
    return set(Case.fields()) - (set(kept) & {*entered, *unknown})


def _question(question: str, programs: Sequence[str], count: int) -> str:
    names = [name for name in programs if name]
    if count == 1 or len(programs) == count or not names:
        return question
    return text("class.question_for", question=question, programs=", ".join(names))


def _contacts(judged: Sequence[JudgedContact], first: Advice) -> list[Markup]:
    """Return what each program's contact would do, without repeating what several programs share."""
    groups: dict[tuple[str, tuple[Markup, ...]], list[str]] = {}
    for one in judged:
        verdict = verdicts_label(one.advice.judgment.verdicts)
        groups.setdefault((verdict, _contact_lines(one, first)), []).append(one.contact.program or text("class.no_program"))
    shared = [line for line in next(iter(groups))[1] if len(groups) > 1 and all(line in lines for _, lines in groups)]
    each = [
        tag(
            "div",
            tag("h3", listed(names), ": ", tag("span", verdict, class_="answer bw-verdict-name")),
            [line for line in lines if line not in shared],
            class_="contact",
        )
        for (verdict, lines), names in groups.items()
    ]
    return [*each, *([tag("div", tag("h3", text("class.every_program")), shared, class_="contact")] if shared else [])]


def _contact_lines(judged: JudgedContact, first: Advice) -> tuple[Markup, ...]:
    contact, advice = judged.contact, judged.advice
    judgment = advice.judgment
    about = case_in_words(advice.case, (), _all_but(POLICIES, contact.entered, ()))
    recommender = "" if "recommender" in contact.unknown else contact.case.recommender
    ask = [text(f"open.{name}") for name in judgment.worth_asking]
    also = [text(f"open.{name}") for name in judgment.unknown if name not in judgment.worth_asking]
    rule = advice.planned or advice.rules[0]
    changes = [
        text(
            "class.change",
            what=" ".join(one.change.sentences),
            verdict=verdicts_label(one.verdicts, within_sentence=True),
            when=one.change.when,
        )
        for one in judged.changes
    ]
    differs = rule != (first.planned or first.rules[0])
    lines = {
        "caller": caller_label(contact.caller, recommender),
        "about": "; ".join(about),
        "rule": text("class.rule_here", answer=rule.label, reason=rule.reason) if differs else "",
        "": weakest_line(judgment),
        "ask": listed(ask),
        "also": listed(also),
        "change": changes[0] if changes else text("class.no_change"),
    }
    return tuple(
        tag("p", tag("b", f"{text(f'class.label.{label}')}: ") if label else None, line)
        for label, line in [*lines.items(), *(("change", change) for change in changes[1:])]
        if line
    )


def caller_label(name: str, recommender: str, *, in_class: bool = False) -> str:
    """Return a caller's name and who they are to the program.

    Args:
        name: The name; blank if there is none.
        recommender: The caller's level; blank if unknown.
        in_class: Whether to point out that a missing name can mean several people.

    Examples:
        >>> caller_label("Dr. Osei", "known_dean"), caller_label("", "")
        ('Dr. Osei (A dean who knows them personally)', 'not known')
    """
    kind = value_label("recommender", recommender) if recommender else text("class.caller_unknown")
    if name:
        return text("class.caller_named", name=name, kind=kind)
    return text("class.caller_unnamed", kind=kind) if in_class else kind


def students_page(articles: Mapping[str, str]) -> str:
    """Return all sheets of a class as one HTML page that prints one sheet per page; a link to one student prints only theirs.

    Args:
        articles: The results of `student_article` by student name.

    Examples:
        >>> students_page({"Avery": "<article><h1>Avery</h1></article>"}).count("Avery")
        2
    """
    names = [tag("li", tag("a", name, href=f"#student-{number}")) for number, name in enumerate(articles, start=1)]
    sheets = [
        Markup(article.replace("<article", f'<article id="student-{number}"', 1))
        for number, article in enumerate(articles.values(), start=1)
    ]
    contents = tag(
        "nav",
        tag("h1", text("class.sheets")),
        tag("p", text("class.sheets_lead", count=len(articles))),
        tag("ol", names, class_="names"),
        class_="screen-only",
        aria_label=text("class.all_names"),
    )
    return paper_page(text("class.sheets"), contents, *sheets, style=STYLE.read_text(encoding="utf-8"))


# ---- the class ----


def class_page(found: ClassList, rows: Sequence[ClassRow], callers: Sequence[CallerPlan], advice: Advice, people: int) -> str:
    r"""Return the summary of a class as one HTML page.

    Args:
        found: The result of `read_class`.
        rows: The judged contacts.
        callers: The plan over the whole class.
        advice: What any student can do now; its rule comes first.
        people: The largest number of callers a student has.

    Examples:
        >>> from datetime import datetime
        >>> from backchannel_lib.model.advice import advise
        >>> from backchannel_lib.model.class_list import read_class
        >>> found = read_class("Name,Score\nAvery,251\n")
        >>> "Every row could be read" in class_page(found, [], [], advise(Case(), now=datetime(2027, 2, 1)), 3)
        True
    """
    students = len({row.student for row in rows})
    lead = text("class.lead", students=students, contacts=len(rows), when=moment_text(advice.now))
    body = tag(
        "article",
        tag("h1", text("class.title")),
        tag("p", lead),
        sheet_sections(advice, ["rule"], "h2"),
        _plan(callers, people, allowed=advice.rules[0].answer != "not_allowed"),
        _callers(callers),
        _weakest(rows),
        _worth_asking(rows),
        _verdicts(rows),
        _problems(found),
        _how_read(found),
    )
    return paper_page(text("class.title"), body, style=STYLE.read_text(encoding="utf-8"))


def _section(key: str, *children: object) -> Markup:
    return tag("section", tag("h2", text(f"class_section.{key}")), *children, class_="bw-plain long")


def _table(key: str, columns: Sequence[str], rows: Iterable[Sequence[object]], caption: str = "") -> Markup:
    title = caption or text(f"class_section.{key}")
    return tag("div", table(title, [text(f"class.head.{column}") for column in columns], rows), **scrollable(title))


def verdict_label(row: ClassRow) -> str:
    """Return the label of a row's verdict, or of its lowest and highest possible verdicts.

    Examples:
        >>> verdict_label(ClassRow("Avery", "Mercy", "", "known_dean", "allowed", 3, 5, (), (), ()))
        'Between Declined and File read'
    """
    return verdicts_label([Verdict(row.lowest), Verdict(row.highest)])


def _plan(callers: Sequence[CallerPlan], people: int, *, allowed: bool) -> Markup:
    groups = [_plan_of(caller) for caller in callers if caller.contacts]
    if not groups:
        return _section("plan", tag("p", text("class.plan_none")))
    lead = text("class.plan_lead", people=people, most=callers[0].most)
    return _section("plan", None if allowed else tag("p", tag("b", text("class.plan_not_allowed"))), tag("p", lead), groups)


def _plan_of(caller: CallerPlan) -> Markup:
    now, beyond = caller.contacts[: caller.most], caller.contacts[caller.most :]
    rows = [
        (
            row.program or text("class.no_program"),
            row.student,
            text(f"soap.answer.{row.rule}"),
            verdict_label(row),
            listed([text(f"open.{name}") for name in row.ask[:2]]) if row.lowest != row.highest else "–",
        )
        for row in now
    ]
    names = [text("class.pair", student=row.student, program=row.program or text("class.no_program")) for row in beyond]
    more = text("class.beyond", count=len(beyond), most=caller.most, names="; ".join(names)) if beyond else ""
    label = caller_label(caller.name, caller.recommender, in_class=True)
    return tag(
        "div",
        tag("h3", label),
        _table("plan", ("program", "student", "rule", "verdict", "ask"), rows, caption=label),
        tag("p", more, class_="small bw-small") if more else None,
        class_="contact",
    )


def _callers(callers: Sequence[CallerPlan]) -> Markup:
    def limit(caller: CallerPlan) -> str:
        if not caller.name:
            return text("class.callers_unnamed")
        return text("class.too_many", count=caller.too_many) if caller.too_many else text("class.fine")

    rows = [
        (
            caller_label(caller.name, caller.recommender, in_class=True),
            caller.students,
            caller.asked,
            len(caller.contacts),
            limit(caller),
        )
        for caller in callers
    ]
    none = callers and not any(caller.too_many for caller in callers)
    return _section(
        "callers",
        tag("p", text("class.callers_lead")),
        tag("p", text("class.callers_none", most=callers[0].most)) if none else None,
        _table("callers", ("caller", "students", "asked", "worth", "limit"), rows) if rows else None,
    )


def _weakest(rows: Sequence[ClassRow]) -> Markup:
    at_worst = Counter(stage for row in rows for stage in row.weakest)
    certain = Counter(stage for row in rows for stage in row.certain)
    stages = sorted(STAGES, key=lambda stage: -at_worst[stage])
    cells = [(text(f"stage.{stage}.name"), at_worst[stage], certain[stage]) for stage in stages if at_worst[stage]]
    return _section("weakest", tag("p", text("class.weakest_lead")), _table("weakest", ("link", "contacts", "certain"), cells))


def _worth_asking(rows: Sequence[ClassRow]) -> Markup:
    contacts = Counter(name for row in rows for name in row.ask)
    students = {name: len({row.student for row in rows if name in row.ask}) for name in contacts}
    cells = [(text(f"open.{name}"), count, students[name]) for name, count in contacts.most_common()]
    return _section(
        "ask_most", tag("p", text("class.ask_lead")), _table("ask_most", ("question", "contacts", "students"), cells)
    )


def _verdicts(rows: Sequence[ClassRow]) -> Markup:
    lowest, highest = Counter(row.lowest for row in rows), Counter(row.highest for row in rows)
    cells = [(verdict.label, lowest[verdict], highest[verdict]) for verdict in reversed(Verdict)]
    return _section("verdicts", _table("verdicts", ("verdict", "lowest", "highest"), cells))


def _problems(found: ClassList) -> Markup:
    if not found.problems:
        return _section("left_out", tag("p", text("class.left_out_none")))
    shown = _table("left_out", ("table", "row", "column", "value", "problem"), found.problems[:PROBLEMS_SHOWN])
    return _section("left_out", tag("p", text("class.left_out_lead")), shown)


def _how_read(found: ClassList) -> Markup | None:
    plain = Case()
    words = [
        text("take_home.value", what=text(f"field.{name}.label").rstrip("?:"), value=_value(name, getattr(plain, name)))
        for name in found.assumed
        if name in _ASSUMPTIONS_SHOWN
    ]
    lines = [*found.notes, *([text("class.assumed", what="; ".join(words))] if words else [])]
    return _section("how", tag("ul", [tag("li", line) for line in lines])) if lines else None


#: Assumptions that an office may want to correct. Those that apply only late in Match Week are on the sheets.
_ASSUMPTIONS_SHOWN: Final = (*PERSONAL, "move", "scripted", "addresses_flag", "prior_contact", "program_contacted_first")


def _value(name: str, value: object) -> str:
    return text("class.no") if value is False else value_label(name, value)
