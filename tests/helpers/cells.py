"""Change one cell of a table in memory and compare what readers see, to test that every cell is used."""

from __future__ import annotations

import csv
import functools
import io
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from types import SimpleNamespace
from typing import Any, Final, NamedTuple, TypeAlias

from backchannel_lib import (
    READINGS,
    Case,
    amplify,
    judge,
    match_week,
    phase_at,
    readings_agree,
    rules_check,
    what_would_change,
)
from backchannel_lib.activities.activity import Activity
from backchannel_lib.activities.case_panel import CaseActivity
from backchannel_lib.activities.critique.disagreements import GUESSES
from backchannel_lib.activities.critique.model import examples_changed
from backchannel_lib.activities.guess import GuessForm
from backchannel_lib.activities.planner.html import plan_lines
from backchannel_lib.activities.planner.plan import plan
from backchannel_lib.activities.planner.tables import KINDS, Person, Program
from backchannel_lib.activities.population.activity import _moves_table
from backchannel_lib.activities.population.model import compare, draw
from backchannel_lib.activities.quick_check import QUESTIONS, QuickCheck, answers_to
from backchannel_lib.activities.registry import make_activity
from backchannel_lib.activities.reply.findings import check_reply
from backchannel_lib.activities.tables import load_activities
from backchannel_lib.activities.week_clock import WeekClock
from backchannel_lib.activities.year_plan.model import load_plan_tasks, plan_for
from backchannel_lib.base import readers, texts
from backchannel_lib.base.readers import TableError
from backchannel_lib.model.advice import advise, load_not_covered
from backchannel_lib.model.soap_rule import soap_window
from backchannel_lib.model.tables import STAGES, load_examples, load_exams, load_facts
from backchannel_lib.page.case_controls import control_group, shown_fields
from backchannel_lib.page.case_fragments import fast_fragments
from backchannel_lib.page.case_page import case_page
from backchannel_lib.page.chart_html import NUMBERS
from backchannel_lib.page.components import fact_source
from backchannel_lib.page.scores_html import score_orientation
from backchannel_lib.page.sheet import Sheet, case_in_words, sheet_html, sheet_text, sheets_calendar
from tests.helpers.cases import ALL_CLEAR, OTHER_READINGS, PHASES, many_cases
from tests.helpers.laws import LAWS
from tests.helpers.planner import PEOPLE_NAMES, PROGRAM_NAMES, known
from tests.helpers.tables import DATA, TABLE_LOADERS, cells

Question: TypeAlias = Callable[[], object]


class Cell(NamedTuple):
    """One cell of a table, and its replacement.

    Args:
        file: The table's file.
        line: Line number in the file, where the header is line 1.
        column: The column's name.
        old: The cell's content.
        new: The replacement.
    """

    file: str
    line: int
    column: str
    old: str
    new: str


def all_cells(file: str) -> Iterator[tuple[Cell, ...]]:
    """Return every cell of a table with several replacements, including ones that its column accepts if possible.

    A number is raised by one, then replaced by the last different one in the column. Any other cell gets the next row's
    content, then the last different one.
    """
    header, *rows = cells(file)
    for at, row in enumerate(rows):
        for place, column in enumerate(header):
            old = row[place]
            others = [other[place] for other in (*rows[at + 1 :], *rows[:at]) if other[place] != old]
            if re.fullmatch("-?[0-9]+", old):
                new = [str(int(old) + 1), *others[-1:]]
            elif place == 0 or not others:
                new = [f"{old}_x"]
            else:
                new = [others[0], others[-1]]
            yield tuple(Cell(file, at + 2, column, old, value) for value in dict.fromkeys(new))


@contextmanager
def changed(cell: Cell) -> Iterator[None]:
    """Run the workbook with one cell changed; raise `TableError` if its table, or one that refers to it, rejects the change."""
    load, rows = TABLE_LOADERS[cell.file], cells(cell.file)
    name = rows[cell.line - 1][0]
    rows[cell.line - 1][rows[0].index(cell.column)] = cell.new
    out = io.StringIO(newline="")
    csv.writer(out).writerows(rows)
    before, near = dict(readers._loaded), texts.suggestions
    forget(cell.file, name)
    texts.suggestions = lambda *_: ""  # missing texts still raise errors, but without a slow search for similar ones
    try:
        readers._loaded[load] = load(SimpleNamespace(name=cell.file, read_text=lambda encoding: out.getvalue()))
        if cell.column == rows[0][0]:
            for file in sorted(_naming(cell.old) - {cell.file}):
                readers._loaded.pop(TABLE_LOADERS[file], None)
                TABLE_LOADERS[file]()
        yield
    finally:
        readers._loaded.clear()
        readers._loaded.update(before)
        texts.suggestions = near
        forget(cell.file, name)


@functools.cache
def _words_of(file: str) -> frozenset[str]:
    return frozenset(re.split(r"[ ,;=\"\n]", (DATA / file).read_text(encoding="utf-8")))


def _naming(name: str) -> set[str]:
    """Return the tables that contain a name."""
    return {file for file in TABLE_LOADERS if name in _words_of(file)}


#: Modules whose caches hold nothing from a table.
KEPT: Final = ("base.texts", "page.frontend", "activities.messages")


@functools.cache
def _caches() -> tuple[Any, ...]:
    found: dict[int, Any] = {}
    for name, module in list(sys.modules.items()):
        if name.startswith("backchannel_lib."):
            found |= {id(value): value for value in vars(module).values() if hasattr(value, "cache_clear")}
    # Identify a cache by the module that defines it, because reading the texts again takes longer than comparing them.
    kept = tuple(f"backchannel_lib.{module}" for module in KEPT)
    return tuple(cache for cache in found.values() if not cache.__module__.startswith(kept))


#: What takes a long time to compile, with its tables; changes to other tables don't affect it.
COMPILED: Final = {
    "backchannel_lib.model.rules": {"verdicts", "stages", "conditions", "rules", "readings", "reading_changes"},
    "backchannel_lib.activities.reply.phrases": {"reply_phrases", "reply_words", "assumptions reply_gap"},
}


def forget(file: str, name: str = "") -> None:
    """Clear all caches of values from a table (or from its row with this name), except values compiled from other tables."""
    table = file.removesuffix(".csv")
    for cache in _caches():
        if {table, f"{table} {name}"} & COMPILED.get(cache.__module__, {table}):
            cache.cache_clear()
    vars(READINGS).clear()


# ---- what readers get ----

CASES: Final = many_cases(300, seed=3)
#: Contacts with a single obstacle each, so that its remedy and the rules' sentences about it appear.
NEARLY: Final = tuple(
    Case(**{**ALL_CLEAR, **fields})
    for fields in (
        {},
        {"move": "pressure"},
        {"move": "mass_blast"},
        {"move": "generic_letter"},
        {"scripted": True},
        {"specifics": False},
        {"specifics": False, "recommender": "known_dean"},
        {"recommender": "self", "move": "direct_email"},
        {"recommender": "self", "move": "direct_email", "introduced": True},
        {"recommender": "unconnected_faculty", "offers": {"local"}},
        {"recommender": "unconnected_faculty", "needs": {"local"}},
        {"recommender": "random_dean"},
        {"recommender": "known_dean"},
        {"recommender": "known_dean", "track_record": 3},
        {"track_record": 0},
        {"recommender": "known_dean", "track_record": 0},
        {"score": 228},
        {"score": 210},
        {"score": 210, "has_noncategorical_seat": True},
        {"recommender": "self", "move": "direct_email", "needs": {"local"}, "offers": {"local"}},
        {"failed_attempts": 1, "interviews_failures": False},
        {"failed_attempts": 1, "interviews_failures": False, "addresses_flag": True},
        {"failed_attempts": 1},
        {"needs_visa": True, "sponsors_visas": False},
        {"failed_clerkship": True},
        {"leave_of_absence": True},
        {"specialty_switch": True},
        {"boards_pending": True},
        {"boards_pending": True, "addresses_flag": True},
        {"professionalism_issue": True},
        {"chronic_poor_performance": True},
        {"phase": "groundwork"},
        {"phase": "soap_lists"},
        {"phase": "soap_lists", "lists_open": False},
        {"phase": "gap_filling", "name_familiar": False},
        {"phase": "post_soap"},
        {"phase": "post_soap", "deep_ties": True},
        {"phase": "post_soap", "hears_first": True, "names_you": True, "outruns_hr": True},
        {"phase": "post_soap", "hears_first": True, "names_you": True, "outruns_hr": True, "deep_ties": True},
    )
)
CONTACTS: Final = tuple(
    Case(recommender=recommender, move=move, program_contacted_first=first)
    for recommender, move in (("self", "direct_email"), ("trusted_peer", "targeted_call"), ("trusted_peer", "internal_push"))
    for first in (False, True)
)
MOMENTS: Final = tuple(datetime(2027, 3, 13) + timedelta(minutes=30 * half) for half in range(7 * 48)) + tuple(
    datetime(2027, month, day, 12) for month in range(1, 13) for day in (1, 2, 28)
)


def answers() -> Iterator[Question]:
    """Judge many cases under each reading."""
    for reading in (None, *OTHER_READINGS):
        for case in (*NEARLY, *CASES):
            yield lambda case=case, reading=reading: judge(case, reading).outcome  # type: ignore[misc]
        for case in NEARLY:
            yield lambda case=case, reading=reading: [each.sentence for each in judge(case, reading).reasons]  # type: ignore[misc]


def cards() -> Iterator[Question]:
    """Show the panel's answer for a case with each verdict."""
    for case in {judge(case).verdict: case for case in (*CASES, *NEARLY)}.values():
        yield functools.partial(fast_fragments, case)


def changes() -> Iterator[Question]:
    """List what would change the verdicts of some cases, and who can do it."""
    for case in NEARLY:
        yield lambda case=case: [  # type: ignore[misc]
            (change, change.sentences, change.when) for change in what_would_change(case, most_acts=1)
        ]


def rule() -> Iterator[Question]:
    """Check contacts against the rule, by phase and by moment."""

    def told(case: Case, when: datetime | None = None) -> object:
        check = rules_check(case, when)
        return check, check.label, check.reason, check.source, check.next_step

    for case in CONTACTS:
        for phase in PHASES:
            yield functools.partial(told, case.replace(phase=phase))
        for when in MOMENTS[::2]:
            yield functools.partial(told, case, when)


def amplified() -> Iterator[Question]:
    """Run the amplifier on many cases, and show the numbers of its chart and of the callers' chart."""
    for reading in (None, "home_dean_is_any_dean"):
        for case in (*NEARLY, *CASES[:100]):
            yield functools.partial(amplify, case, reading)
    for case in NEARLY:
        yield functools.partial(NUMBERS["amplifier"], case, None)
    yield functools.partial(NUMBERS["callers"], NEARLY[0], None)


def calendar() -> Iterator[Question]:
    """Use the calendar at many moments."""
    yield lambda: (match_week(2027), soap_window(2027))
    for when in MOMENTS:
        yield lambda when=when: (phase_at(when), phase_at(when, "friday_in_phase_3"))  # type: ignore[misc]


def readings() -> Iterator[Question]:
    """List the readings, and judge a few cases under each."""
    yield lambda: [(reading, reading.sentence) for reading in READINGS.values()]
    for case in (*NEARLY, *CASES[:20]):
        yield functools.partial(readings_agree, case)


def controls() -> Iterator[Question]:
    """Show the panel's controls in both exams and for many cases, and the effect of switching the exam."""
    for case in (*NEARLY, *CASES[:100]):
        yield functools.partial(shown_fields, case)
        yield functools.partial(case_in_words, case)
    for case in (NEARLY[0], Case(score=520, range_low=500, range_floor=450)):
        for stage in STAGES:
            yield functools.partial(control_group, stage, case)
    yield lambda: [_switched(row.exam) for row in load_exams()]
    yield functools.partial(case_page, NEARLY[0])


def _switched(exam: str) -> Case:
    session = CaseActivity()
    list(session.handle({"type": "exam", "value": exam}))
    return session.case


def scores() -> Iterator[Question]:
    """Compare many scores with those of other applicants."""
    for score in range(200, 290):
        yield functools.partial(score_orientation, Case(score=score))
    yield functools.partial(score_orientation, Case(score=520, range_low=500, range_floor=450))


def population() -> Iterator[Question]:
    """Draw a few hundred files, compare the effect of each kind of call, and show it."""

    def told(size: int) -> object:
        people = draw(size, 1)
        results = compare(people)
        told = [(each.counts, each.moved_up, each.moved_down, each.reach_interview, each.held) for each in results]
        # never a whole row, which can have columns that nothing reads
        return people, told, _moves_table(results, people[0])

    yield lambda: make_activity("population").page()
    for size in (20, 200):  # try a few files before many
        yield functools.partial(told, size)


def disagreements() -> Iterator[Question]:
    """Show each place where the article contradicts itself."""

    def told() -> object:
        activity: Any = make_activity("disagreements")
        for choice in activity.places:
            activity.update(**{f"{choice}_pick": "open", f"{choice}_guess": next(iter(GUESSES))})
            activity.see(choice)
        return activity.page(), activity.fragments(activity.state)

    yield told


def ratings() -> Iterator[Question]:
    """Show our rating of each claim, with the facts behind it."""

    def told() -> object:
        activity: Any = make_activity("rating")
        return [activity.answer(claim, activity.state) for claim in activity.claims]

    yield told


def facts() -> Iterator[Question]:
    """Show the facts from outside the article, with their sources."""
    yield lambda: [(fact.sentence, fact_source(fact)) for fact in load_facts()]


def advice() -> Iterator[Question]:
    """Show in each phase what a student can do now, on paper and in the calendar, and what the article doesn't cover."""

    def told(case: Case, when: datetime, unknown: tuple[str, ...] = (), topics: tuple[str, ...] = ()) -> object:
        given = advise(case, unknown, when, topics)
        calendar = re.sub("(UID|DTSTAMP):.*", "", sheets_calendar([Sheet(given)]))  # different each time
        return sheet_text(given), sheet_html(given), calendar

    for when in (
        datetime(2027, 1, 12, 9),
        datetime(2027, 3, 15, 20),
        datetime(2027, 3, 18, 22),
        datetime(2027, 4, 15, 9),
        datetime(2027, 6, 1, 9),
    ):
        for case in (*CONTACTS, *NEARLY):
            yield functools.partial(told, case, when)
        yield functools.partial(told, CONTACTS[0], when, ("program_contacted_first",))
    yield functools.partial(told, CONTACTS[0], when, (), tuple(row.topic for row in load_not_covered()))


def quick_answers() -> Iterator[Question]:
    """Return each answer of the quick check alone, and show the resulting case and its unknown fields."""

    def told() -> object:
        check = QuickCheck(next(row for row in load_activities() if row.kind == "quick_check"), lambda: datetime(2027, 3, 16))
        given = [
            (question, (answer,) if isinstance(check.state[question], tuple) else answer)
            for question in QUESTIONS
            for answer in answers_to(question)
            if (question, answer) != ("program", "unknown")
        ]
        return [check.known_and_unknown(check.with_(**{question: answer})) for question, answer in given]

    yield told


def plans() -> Iterator[Question]:
    """Plan for too few people and programs, for enough, and for more than a plan allows."""
    people = [known(name, *PROGRAM_NAMES) for name in PEOPLE_NAMES]
    others = [known(kind, kind=kind) for kind in KINDS]
    programs = [Program(name, 230) for name in (*PROGRAM_NAMES, *(f"{name} II" for name in PROGRAM_NAMES))]

    def told(people: list[Person], programs: list[Program]) -> object:
        made = plan(Case(score=240, phase="soap_lists"), people, programs)
        return plan_lines(made), [(warning.sentence, warning.claims) for warning in made.warnings], made.left_out

    for some, few in ((5, 14), (1, 1), (3, 6), (2, 14)):
        yield functools.partial(told, people[:some], programs[:few])
    for one in others:
        yield functools.partial(told, [one], programs[:1])


def laws() -> Iterator[Question]:
    """Name what breaks a law about cells that no answer depends on."""
    yield from LAWS


def examples() -> Iterator[Question]:
    """Judge the article's own examples, compare with its verdicts, and show which ones change under each reading."""
    yield lambda: CaseActivity().transcript()
    yield lambda: [judge(Case.from_record(dict(row.overrides))).verdict.name.lower() == row.verdict for row in load_examples()]
    for reading in OTHER_READINGS:
        yield functools.partial(examples_changed, reading)


_SAID: Final = (
    "Dr. Osei suggested I write.",
    "We met at your hospital in June.",
    "Thank you for your email.",
    "My CV is attached.",
    "My ERAS ID is 1234567.",
    "Thank you for your time.",
    "I am very interested in your program. I am most interested in surgery.",
    "I am very interested in your program. I am most interested in surgery. I am interested in research.",
    " ".join(f"I am very interested in {one}." for one in ("your program", "surgery", "research", "teaching")),
    "Since childhood I have wanted to heal.",
    "It is my lifelong dream.",
    "I beg you for a seat.",
    "I was directed one day in the long dry summer by Dr. Osei.",  # one word more than the phrase allows
    "I was six when my mother was sick.",
    "Please answer by tonight or I will withdraw.",
    "I am writing to many programs.",
    "I wish to train at [Program Name].",
)
_SCRIPT: Final = "Feel free to copy this letter."
#: Emails: one without anything that the checker looks for, one with each such thing, each with a script, and a long one.
EMAILS: Final = (
    *(
        f"Dear Dr. Hale, I am in my last year of school. {said} {script}"
        for said in ("I would be on time.", *_SAID)
        for script in ("", _SCRIPT)
    ),
    "a" * 20_001,
)


def emails() -> Iterator[Question]:
    """Check emails with everything that the reply checker's tables look for."""

    def told(email: str) -> object:
        checked = check_reply(email)
        return checked.findings, checked.points

    for email in EMAILS:
        yield functools.partial(told, email)


def drill() -> Iterator[Question]:
    """Open the drill."""
    yield lambda: make_activity("drill").page()


def year() -> Iterator[Question]:
    """Plan a year with all tasks, starting on several days."""

    def told(start: date) -> object:
        plan = plan_for(start, [row.task for row in load_plan_tasks()])
        made_now = ("DTSTAMP", "UID")
        calendar = [line for line in plan.ics.splitlines() if not line.startswith(made_now)]
        return plan.text, calendar, [(item.days, item.sentences) for item in plan.items]

    # The last two are the day before the next Match Week counts, and the first day when it does.
    for start in (
        date(2027, 3, 19),
        date(2027, 3, 15),
        date(2026, 11, 2),
        date(2027, 7, 5),
        date(2027, 3, 1),
        date(2027, 2, 28),
    ):
        yield functools.partial(told, start)


def stopped(name: str) -> Activity[Any]:
    """Return an activity whose clock, if it has one, is stopped."""
    activity = make_activity(name)
    if isinstance(activity, (QuickCheck, WeekClock)):
        activity.clock = lambda: datetime(2027, 3, 16)
    return activity


def tour(name: str) -> Iterator[Question]:
    """Go through an activity: its page, its answers along the way, and its transcript."""
    activity = stopped(name)
    states = [activity.state]
    commit, restore = activity.commit, activity.restore
    activity.commit = lambda to, **more: (states.append(to), commit(to, **more))[1]  # type: ignore[method-assign]
    activity.restore = lambda to: (states.append(to), restore(to))[1]  # type: ignore[method-assign]
    activity.transcript()
    if isinstance(activity, GuessForm):
        activity.see()

    def told(at: Any) -> object:
        anew = stopped(name)
        return anew.fragments(at), anew.deferred_fragments(at), anew.markers(at), anew.ui_state(at)

    yield lambda: stopped(name).page()  # most changes show here, which saves going through the activity
    for at in states[:: max(1, len(states) // MOST_STATIONS.get(name, 10))] + states[-2:]:
        yield functools.partial(told, at)
    yield lambda: stopped(name).transcript()


MOST_STATIONS: Final[Mapping[str, int]] = {"planner": 3, "rating": 3}
APART: Final = ("population", "disagreements", "run_plan", "round", "drill")


#: Everything that readers can see, by name: the library's answers, the pages, and the activities.
VIEWS: Final[Mapping[str, Callable[[], Iterator[Question]]]] = {
    "answers": answers,
    "cards": cards,
    "changes": changes,
    "rule": rule,
    "amplified": amplified,
    "calendar": calendar,
    "readings": readings,
    "controls": controls,
    "scores": scores,
    "facts": facts,
    "ratings": ratings,
    "advice": advice,
    "year": year,
    "quick_answers": quick_answers,
    "plans": plans,
    "examples": examples,
    "laws": laws,
    "drill": drill,
    "emails": emails,
    "population": population,
    "disagreements": disagreements,
    **{row.activity: functools.partial(tour, row.activity) for row in load_activities() if row.kind not in APART},
}


@functools.cache
def _questions(view: str) -> tuple[tuple[Question, object], ...]:
    """Return a view's questions, with their answers for the unchanged tables."""
    return tuple((question, question()) for question in VIEWS[view]())


#: For each view, the question that last noticed a change in this row and in this column, and probably notices the next one.
_asked_first: dict[tuple[str, str, int | str], int] = {}
_noticed: dict[str, set[int]] = {}  # the questions of each view that noticed any change


def _differs(view: str, change: Cell) -> bool:
    """Return whether a view's answers differ from those for the unchanged tables; an error is a difference, too."""
    questions = _questions(view)
    places = (view, change.file, change.line), (view, change.file, change.column)
    first = [_asked_first[place] for place in places if place in _asked_first]
    for at in dict.fromkeys((*first, *range(len(questions)))):
        question, before = questions[at]
        try:
            same = question() == before
        except Exception:  # noqa: BLE001 - whatever it is, readers notice
            same = False
        if not same:
            _asked_first.update(dict.fromkeys(places, at))
            _noticed.setdefault(view, set()).add(at)
            return True
    return False


def noticed_by(change: Cell, views: list[str]) -> str:
    """Return the view that notices a changed cell, ``refused`` if a table rejects it, or a blank text if nothing notices.

    Args:
        change: The cell and its replacement.
        views: The views to try; the one that notices moves to the front, because it probably notices the next one too.
    """
    for view in views:
        _questions(view)
    try:
        with changed(change):
            view = next((view for view in views if _differs(view, change)), "")
    except (TableError, KeyError):  # a KeyError means that another table uses a name that no longer exists
        return "refused"
    if view:
        views.insert(0, views.pop(views.index(view)))
    return view


def unsteady(views: list[str]) -> list[str]:
    """Return the views with a question that differs without any change, for example because it depends on the time."""
    return [
        view for view in views if any(_questions(view)[at][0]() != _questions(view)[at][1] for at in _noticed.get(view, ()))
    ]
