"""Plan contacts for a whole class: who should hear from whom, and which callers are asked too often."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from backchannel_lib.activities.planner.search import Pair, best_choice
from backchannel_lib.activities.planner.tables import limit
from backchannel_lib.model.amplifier import assumption
from backchannel_lib.model.class_list import CallerPlan, ClassRow


def plan_class(rows: Iterable[ClassRow]) -> tuple[CallerPlan, ...]:
    """Choose the contacts worth making: for each student, a few callers with a few programs each, and no program twice.

    A contact is worth making if it can reach the planner's lowest acceptable verdict. Certain results come before those that
    depend on something unknown, and better verdicts before worse ones.

    Args:
        rows: The judged contacts of a class.

    Returns:
        The callers, those with the most contacts first.

    Source:
        conduct.few-and-strong, conduct.fit-beats-volume; applying the limit on programs to the class as a whole is our choice.

    Examples:
        >>> row = ClassRow("Avery", "Mercy", "Dr. Osei", "known_dean", "allowed", 5, 5, (), (), ())
        >>> (caller,) = plan_class([row, row._replace(program="Lakeside", lowest=2, highest=3)])
        >>> caller.asked, [one.program for one in caller.contacts], caller.too_many
        (2, ['Mercy'], 0)
    """
    by_caller: dict[tuple[str, str], list[ClassRow]] = defaultdict(list)
    by_student: dict[str, list[ClassRow]] = defaultdict(list)
    for row in rows:
        if row.recommender not in {"", "self"}:
            by_caller[_caller(row)].append(row)
            by_student[row.student].append(row)
    chosen = {id(row) for each in by_student.values() for row in _chosen(each)}
    plans = []
    for asked in by_caller.values():
        contacts = sorted((row for row in asked if id(row) in chosen), key=lambda row: (-_worth(row), row.student, row.program))
        students = len({row.student for row in asked})
        most = limit("most_programs").value
        plans.append(CallerPlan(asked[0].caller, asked[0].recommender, len(asked), students, tuple(contacts), most))
    return tuple(sorted(plans, key=lambda one: (-len(one.contacts), -one.asked, one.name)))


def _caller(row: ClassRow) -> tuple[str, str]:
    return (row.caller.casefold(), "") if row.caller else ("", row.recommender)


def _worth(row: ClassRow) -> int:
    """Return a contact's gain, scaled so that one better verdict outweighs a whole plan of worse ones."""
    return int(16**row.lowest * 9) + row.highest


def _chosen(rows: list[ClassRow]) -> list[ClassRow]:
    """Choose among one student's contacts, as the planner does."""
    least = assumption("planner_least_verdict")
    callers = list(dict.fromkeys(map(_caller, rows)))
    programs = list(dict.fromkeys(row.program for row in rows))
    pairs: dict[Pair, ClassRow] = {
        (callers.index(_caller(row)), programs.index(row.program)): row for row in rows if row.highest >= least
    }
    owners = best_choice(
        {pair: _worth(row) for pair, row in pairs.items()},
        0,
        most_people=limit("most_people").value,
        enough_programs=0,
        most_programs=limit("most_programs").value,
    )
    return [pairs[person, program] for program, person in owners.items()]
