"""The planner's page: its tables as controls, the guess next to the plan, the plan, and the sheets."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from backchannel_lib.activities.planner.briefing import Briefing
from backchannel_lib.activities.planner.plan import ASSUMPTIONS, BY_RELATION, Plan, PlanRow, PlanWarning
from backchannel_lib.activities.planner.state import COLUMNS, ON_SHEETS, PersonRow, PlannerState, TableRow, guesses
from backchannel_lib.activities.planner.tables import (
    ACQUAINTANCE,
    KINDS,
    OPENINGS,
    TABLES,
    YES_NO_COLUMNS,
    limit,
    limits_in_words,
)
from backchannel_lib.activities.tables import ActivityRow
from backchannel_lib.base.spreadsheet import to_csv
from backchannel_lib.base.texts import text
from backchannel_lib.model.case import NEEDS
from backchannel_lib.page.activity_page import PAPER, activity_page, on_paper, rule_box, show_if, slot
from backchannel_lib.page.case_controls import case_control, load_controls, shown_fields
from backchannel_lib.page.components import blank_table, bullets, citations, description_list, unfolding
from backchannel_lib.page.html import Markup, join, tag
from backchannel_lib.page.inputs import button, checkbox, checks, radios, select, text_box, toolbar
from backchannel_lib.page.sheet_desk import sheet_desk

#: The tables on paper: the header of the first column, the other columns, and the number of blank rows.
BLANK: Final = (
    ("paper.person", [f"planner_column.{one}" for one in ("kind", "knows_work", "track_record", "known_at")], 4),
    ("paper.program", [f"planner_column.{one}" for one in ("range_low", "openings", "prior_contact")], 6),
    ("paper.speaker", ["paper.programs", "paper.dates"], 3),
)


def planner_page(row: ActivityRow, state: PlannerState, fragments: Mapping[str, str], open_now: Sequence[str]) -> Markup:
    """Return the whole page."""
    return activity_page(
        row.activity,
        on_paper(*_blank_tables(), begun=PAPER not in open_now),
        slot("example", fragments["example"], "p", class_="bw-kind"),
        toolbar(
            show_if("example", open_now, button(text("planner_board.clear"), "clear")),
            show_if("own", open_now, button(text("planner_board.example"), "example")),
            alike=True,
        ),
        _file_section(row, state, fragments["rule"]),
        [
            tag(
                "section",
                tag("h3", text(f"planner_table.{table}.title")),
                tag("p", text(f"planner_table.{table}.lead")),
                slot(table, fragments[table], class_="bw-rows", data_rows=True),
                toolbar(button(text(f"planner_table.{table}.add"), "add", table), alike=True),
                class_="bw-wide",
            )
            for table in TABLES
        ],
        tag(
            "section",
            tag("h3", text("planner_board.known")),
            tag("p", text("planner_board.known_lead")),
            slot("known", fragments["known"], class_="bw-rows", data_rows=True),
            class_="bw-wide",
        ),
        show_if(
            "ask",
            open_now,
            tag("h3", text("planner_board.ask")),
            radios("guess", text("planner_board.guess"), [(count, count) for count in guesses()], state.guess, row=True),
            toolbar(button(text("planner_board.see"), "see")),
            element="section",
            class_="bw-wide",
        ),
        show_if("seen", open_now, slot("beside", fragments["beside"], class_="bw-beside")),
        show_if(
            "seen",
            open_now,
            tag("h3", text("planner_board.plan")),
            tag("p", text("planner_board.plan_voice"), class_="bw-voice"),
            slot("plan", fragments["plan"], class_="bw-spaced"),
            toolbar(button(text("planner_board.again"), "guess_again"), alike=True),
            element="section",
            class_="bw-wide bw-plan",
        ),
        show_if(
            "sheets",
            open_now,
            tag("h3", text("planner_board.sheets")),
            tag("p", text("planner_board.sheets_lead")),
            tag("p", text("planner.briefing.before_you_share")),
            slot("sheets", fragments["sheets"], class_="bw-spaced"),
            citations("sheets", ("conduct.no-script", "conduct.tell-recommender")),
            element="section",
            class_="bw-wide",
        ),
        sheet_desk(
            open_now,
            fragments["sheet"],
            slot("no_sheet", fragments["no_sheet"], "p", class_="bw-kind"),
            *state.sheet.controls(*ON_SHEETS),
            heading="h3",
            leads_on=False,
        ),
        _files_section(open_now),
    )


def _file_section(row: ActivityRow, state: PlannerState, rule: str) -> Markup:
    """Return the controls of the student's file: score and moment, with the rest collapsed."""
    shown = set(shown_fields(state.file))
    rows = {control_row.field: control_row for control_row in load_controls() if control_row.field in row.fields}
    made = {name: case_control(rows[name], state.file, shown=name in shown) for name in row.fields if name in rows}
    score, phase = made.pop("score"), made.pop("phase")
    moment = [made.pop(name) for name in row.fields if name in made and rows[name].group == "timing"]
    return tag(
        "section",
        tag("h3", text("planner_board.file")),
        toolbar(button(text("planner_board.bring"), "restore_case"), alike=True),
        tag(
            "div",
            tag(
                "div",
                score,
                unfolding("file", text("planner_board.more_file"), *made.values()),
                phase,
                moment,
                class_="bw-controls",
            ),
            rule_box(slot("rule", rule)),
            class_="bw-columns bw-halves",
        ),
    )


def _blank_tables() -> Iterable[Markup]:
    """Yield a table of people, one of programs and one for the plan to fill in on paper."""
    for first, columns, rows in BLANK:
        yield blank_table(text(first), [text(column, **limits_in_words()) for column in columns], [""] * rows)


def _files_section(open_now: Iterable[str]) -> Markup:
    label = text("planner_board.open")
    accept = ".json,.csv,.tsv,.txt,.xlsx,application/json,text/csv"
    file_input = tag("input", type="file", accept=accept, data_load=True, aria_label=label)
    return unfolding(
        "files",
        text("planner_board.files"),
        tag("p", text("planner_board.files_lead"), class_="bw-small"),
        toolbar(
            button(text("planner_board.save"), "save"),
            tag("label", tag("span", label), file_input, class_="bw-file"),
            button(text("planner_board.save_people"), "save_table", "people"),
            button(text("planner_board.save_programs"), "save_table", "programs"),
            show_if("seen", open_now, button(text("planner_board.save_plan"), "save_plan")),
            alike=True,
        ),
    )


# ---- the tables ----


def row_title(table: str, number: int) -> str:
    """Return a row's title from its number.

    Examples:
        >>> row_title("programs", 2)
        'Program 2'
    """
    return text("planner_board.person", number=number) if table == "people" else text("planner_board.program", number=number)


def row_line(table: str, number: int, row: TableRow) -> Markup:
    """Return a row in one line: its name, and what has been entered about it.

    Examples:
        >>> row_line("people", 5, PersonRow(5))
        '<b>Person 5</b>'
    """
    return join(tag("b", row.name or row_title(table, number)), [f" · {one}" for one in _entered(row)])


def _entered(row: TableRow) -> Iterator[str]:
    if isinstance(row, PersonRow):
        if row.kind:
            yield text(f"planner_kind.{row.kind}")
            yield text(f"planner_knows_you.{row.knows_work}")
        if row.track_record is not None:
            yield text("planner_line.record", count=row.track_record)
        return
    if row.range_low is not None:
        yield text("planner_line.range", low=row.range_low)
    if row.openings:
        yield text("planner_line.seats", seats=text(f"planner_seats.{row.openings}"))
    if row.prior_contact:
        yield text("planner_line.prior_contact")


@functools.lru_cache(maxsize=64)
def rows_html(table: str, ids: tuple[int, ...], lines: tuple[str, ...] = ()) -> Markup:
    """Return the rows of a table without their values, so that this only changes when a row is added or removed.

    Args:
        table: ``people`` or ``programs``.
        ids: The rows' numbers.
        lines: Each row in one line, for a page that Python hasn't answered yet.
    """
    if not ids:
        return tag("p", text("planner_board.no_people" if table == "people" else "planner_board.no_programs"))
    rows = enumerate(zip(ids, lines or [""] * len(ids), strict=True), start=1)
    return join([_row_card(table, place, row_id, line) for place, (row_id, line) in rows])


def _row_card(table: str, number: int, row_id: int, line: str) -> Markup:
    title, stem = row_title(table, number), f"{table}.{row_id}"
    summary = join(slot(f"line.{stem}", line, "span"), " ", tag("span", text("planner_board.edit"), class_="bw-edit"))
    cells = _person_cells(stem) if table == "people" else _program_cells(stem, title, f"program-{row_id}")
    remove = button(text("planner_board.remove"), "remove", stem, name=text("planner_board.remove_named", row=title))
    fields = tag("fieldset", tag("legend", title, class_="bw-hidden"), cells, tag("p", remove))
    return unfolding(f"{table}-{row_id}", summary, fields, class_="bw-row-card")


def _person_cells(stem: str) -> Markup:
    blank = PersonRow(0)
    kinds = [("", text("planner_board.choose")), *((kind, text(f"planner_kind.{kind}")) for kind in KINDS)]
    knows = [(step, text(f"planner_knows.{step}")) for step in ACQUAINTANCE]
    records = [(None, text("panel.not_known")), *((count, text("panel.of_three", count=count)) for count in range(4))]
    return tag(
        "div",
        text_box(f"{stem}.name", text("planner_column.name"), ""),
        select(f"{stem}.kind", text("planner_column.kind"), kinds, blank.kind),
        select(f"{stem}.knows_work", text("planner_column.knows_work"), knows, blank.knows_work),
        select(f"{stem}.track_record", text("planner_column.track_record"), records, None),
        class_="bw-cells",
    )


def _program_cells(stem: str, title: str, fold: str) -> Markup:
    label = {column: text(f"planner_column.{column}") for column in COLUMNS["programs"]}
    seats = [(None, text("panel.unknown")), *((level, text(f"planner_seats.{level}")) for level in OPENINGS)]
    needs = [(level, text(f"level.need.{level}")) for level in NEEDS]
    answers = [(None, text("panel.unknown")), ("true", text("panel.yes")), ("false", text("panel.no"))]
    return join(
        tag(
            "div",
            text_box(f"{stem}.name", label["name"], ""),
            text_box(f"{stem}.range_low", label["range_low"], ""),
            select(f"{stem}.openings", label["openings"], seats, None),
            checkbox(f"{stem}.prior_contact", label["prior_contact"], False),
            class_="bw-cells",
        ),
        unfolding(
            fold,
            join(text("planner_board.more_program"), tag("span", " ", title, class_="bw-hidden")),
            tag(
                "div",
                checks(f"{stem}.needs", label["needs"], needs, ()),
                tag(
                    "div",
                    [select(f"{stem}.{column}", label[column], answers, None) for column in YES_NO_COLUMNS],
                    checkbox(f"{stem}.program_contacted_first", label["program_contacted_first"], False),
                    text_box(f"{stem}.range_floor", label["range_floor"], "", help_text=text("planner_board.floor_help")),
                ),
                class_="bw-cells",
            ),
        ),
    )


@functools.lru_cache(maxsize=32)
def relations(people: tuple[tuple[int, str, str], ...], programs: tuple[tuple[int, str], ...]) -> Markup:
    """Return checkboxes for each program: who is known there, and who works there; and name those whom nobody there knows.

    Args:
        people: The number, name and kind of each person with a name.
        programs: The number and name of each program with a name.
    """
    strangers = [name for _, name, kind in people if kind and kind not in BY_RELATION]
    known = [
        checks(f"people.{number}.known_at", text("planner_board.known_at", name=name), programs, ())
        for number, name, kind in people
        if kind in BY_RELATION
    ]
    inside = [
        checks(f"people.{number}.inside_at", text("planner_board.inside_at", name=name), programs, ())
        for number, name, _ in people
    ]
    return join(
        known if known and programs else tag("p", text("planner_board.known_nobody")),
        tag("p", text("planner_board.strangers", names=", ".join(strangers)), class_="bw-small")
        if strangers and programs
        else None,
        unfolding("inside", text("planner_board.inside"), tag("p", text("planner_board.inside_lead")), inside)
        if inside and programs
        else None,
    )


# ---- the plan ----


def difference(state: PlannerState) -> str:
    """Compare the guess with the first version of the plan."""
    guess, planned = int(state.guess or 0), int(state.planned or 0)
    if planned == 0:
        return text("planner_board.told_nobody")
    if guess == planned:
        return text("planner_board.told_same")
    return text("planner_board.told_fewer") if planned < guess else text("planner_board.told_more", **limits_in_words())


def guess_beside_plan(state: PlannerState) -> Markup:
    """Return the guess and the plan's number of people side by side, with a sentence."""
    return join(
        description_list(
            (text("guess.yours"), tag("b", state.guess)), (text("planner_board.planner"), tag("b", state.planned))
        ),
        tag("p", difference(state), class_="bw-kind"),
        citations("beside", limit("most_programs").claims),
    )


def warnings_of(plan: Plan) -> list[PlanWarning]:
    """Return the warnings for a page, where readers check program names in boxes and so can't misspell them."""
    return [warning for warning in plan.warnings if warning.kind != "unknown_program"]


def plan_html(state: PlannerState) -> Markup:
    """Return the plan person by person, its warnings, what it leaves out, and how it was chosen."""
    plan = state.plan
    waiting = [
        row.name or row_title(table, number)
        for table in TABLES
        for number, row in enumerate(state.rows(table), start=1)
        if not row.is_ready
    ]
    warnings = [(tag("p", one.sentence), citations(f"notice-{one.kind}", one.claims)) for one in warnings_of(plan)]
    left_out = [(tag("b", left.name), ": ", left.reason) for left in plan.left_out]
    rules = {_rule_of(row) for row in plan.rows}
    one_rule = len(rules) == 1 and len(plan.rows) > 1  # if it is the same for every contact, show it once, above them
    return join(
        tag("p", plan.summary, class_="bw-summary"),
        tag("p", _rule_badge(plan.rows[0])) if one_rule else None,
        tag("p", text("planner_board.waiting", names=", ".join(waiting))) if waiting else None,
        [
            tag(
                "div",
                tag("h4", text("planner_board.person_rows", name=person.name, count=len(plan.rows_of(person)))),
                bullets((_row_html(row, rule=not one_rule) for row in plan.rows_of(person)), "bw-dated"),
            )
            for person in plan.people
        ],
        _questions_html(plan),
        [tag("h4", text("planner_board.warnings")), bullets(warnings)] if warnings else None,
        unfolding("left-out", text("planner_board.left_out", count=len(left_out)), bullets(left_out)) if left_out else None,
        unfolding("objective", text("planner_board.objective"), tag("p", text("planner.objective", **limits_in_words()))),
        citations("plan", limit("most_programs").claims, ASSUMPTIONS),
    )


def _questions_html(plan: Plan) -> Markup | None:
    if not plan.questions:
        return None
    return join(
        tag("h4", text("planner_board.questions")),
        tag("p", text("planner_board.questions_lead")),
        bullets((tag("b", name), ": ", " ".join(questions)) for name, questions in plan.questions.items()),
    )


def _row_html(row: PlanRow, *, rule: bool) -> Markup:
    verdict = tag("span", text("planner_board.expects", verdict=row.label), class_="bw-badge bw-voice-article")
    badges = [_rule_badge(row), " ", verdict] if rule else [verdict]
    return join(tag("p", tag("b", row.program.name), " ", *badges, class_="bw-link-head"), tag("p", row.reason))


def _rule_badge(row: PlanRow) -> Markup:
    return tag("span", _rule_of(row), class_="bw-badge bw-voice-rule")


def _rule_of(row: PlanRow) -> str:
    return text("planner_board.row_rule", answer=row.rules.label, moment=text(f"level.phase.{row.case.phase}"))


def sheet_html(number: int, sheet: Briefing) -> Markup:
    """Return one person's sheet to read, copy or save; ``number`` is the number of their row."""
    title = text("planner_board.sheet", name=sheet.person)
    name = text("planner_board.save_sheet_named", name=sheet.person)
    return unfolding(
        f"sheet-{number}",
        title,
        tag(
            "textarea",
            sheet.text,
            readonly=True,
            rows=sheet.text.count("\n") + 4,
            class_="bw-text",
            aria_label=title,
            data_lm_suppress_shortcuts="true",
        ),
        toolbar(button(text("planner_board.save_sheet"), "save_sheet", str(number), name=name), alike=True),
    )


# ---- the plan as text ----


def plan_in_short(plan: Plan) -> str:
    """Return who approaches which programs, or why nobody does."""
    people = []
    for person in plan.people:
        programs = [
            text("planner_board.in_short_row", program=row.program.name, verdict=row.label, answer=row.rules.label)
            for row in plan.rows_of(person)
        ]
        people.append(text("planner_board.in_short", person=person.name, programs=", ".join(programs)))
    return "; ".join(people) or plan.summary


def plan_lines(plan: Plan) -> list[str]:
    """Return a plan as lines of text."""
    rows = [
        text(
            "planner_board.line",
            person=row.person.name,
            program=row.program.name,
            verdict=row.label,
            rule=_rule_of(row),
            reason=row.reason,
        )
        for row in plan.rows
    ]
    asked = [
        text("planner_board.questions_line", name=name, questions=" ".join(questions))
        for name, questions in plan.questions.items()
    ]
    return [plan.summary, *rows, *asked]


def plan_to_csv(plan: Plan) -> str:
    """Return the rows of a plan as CSV with a header."""
    header = ("person", "program", "verdict", "nrmp_rule", "moment", "reason")
    return to_csv(
        header,
        (
            (row.person.name, row.program.name, row.label, row.rules.label, text(f"level.phase.{row.case.phase}"), row.reason)
            for row in plan.rows
        ),
    )
