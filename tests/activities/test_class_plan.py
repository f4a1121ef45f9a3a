"""The plan for a whole class: few callers per student, few contacts per caller, best ones first."""

from __future__ import annotations

from backchannel_lib.activities.class_plan import plan_class
from backchannel_lib.activities.planner.tables import limit
from backchannel_lib.model.class_list import ClassRow


def row(student: str, program: str, caller: str = "Dr. Osei", lowest: int = 5, highest: int = 0) -> ClassRow:
    return ClassRow(student, program, caller, "known_dean", "allowed", lowest, highest or lowest, (), (), ())


def test_a_caller_who_is_asked_for_many_students_has_too_many() -> None:
    """All students' contacts count, and the best come first."""
    (plan,) = plan_class([row(f"Student {number}", "Mercy", lowest=5 + number % 3) for number in range(9)])
    most = limit("most_programs").value
    assert (plan.asked, plan.students, len(plan.contacts), plan.too_many) == (9, 9, 9, 9 - most)
    assert [one.lowest for one in plan.contacts] == [7] * 3 + [6] * 3 + [5] * 3


def test_a_student_has_few_callers_and_no_program_hears_twice() -> None:
    rows = [row("Avery", f"Program {place}", f"Dr. {name}") for name in "ABCDEF" for place in range(8)]
    plans = plan_class(rows)
    contacts = [one for plan in plans for one in plan.contacts]
    assert len([plan for plan in plans if plan.contacts]) <= limit("most_people").value
    assert len({one.program for one in contacts}) == len(contacts) == 8
    assert sum(plan.asked for plan in plans) == 48


def test_certain_verdicts_come_before_those_that_depend_on_something_unknown() -> None:
    """Contacts that can't achieve enough are left out."""
    (plan,) = plan_class([row("Avery", "A", lowest=2, highest=7), row("Avery", "B"), row("Avery", "C", lowest=1, highest=4)])
    assert [one.program for one in plan.contacts] == ["B", "A"]


def test_a_caller_without_a_name_may_be_several_people() -> None:
    (plan,) = plan_class([row(f"Student {number}", "Mercy", "") for number in range(9)])
    assert (len(plan.contacts), plan.too_many) == (9, 0)


def test_students_who_write_themselves_or_have_no_known_caller_are_not_planned_for() -> None:
    assert plan_class([row("Avery", "A")._replace(recommender=kind) for kind in ("", "self")]) == ()


def test_names_ignore_case() -> None:
    assert len(plan_class([row("Avery", "A", "Dr. Osei"), row("Blake", "A", "dr. osei")])) == 1
