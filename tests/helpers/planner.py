"""Fictional people, programs and students for the planner's tests."""

from __future__ import annotations

from hypothesis import strategies as st

from backchannel_lib import Case
from backchannel_lib.activities.planner.tables import ACQUAINTANCE, KINDS, OPENINGS, Person, Program
from tests.helpers.cases import NEEDS

WELL = Person("Dr. Abe", "trusted_peer", None, "well")
#: A program without unknown fields.
MERCY = Program("Mercy", 230, openings="categorical", interviews_failures=True, sponsors_visas=True)


def known(name: str, *programs: str, kind: str = "trusted_peer", knows: str = "well") -> Person:
    """Return a person who is known at these programs."""
    return Person(name, kind, None, knows, programs)


PEOPLE_NAMES = ("Dr. Abe", "Dr. Bao", "Dr. Cruz", "Dr. Diaz", "Dr. Eze")
PROGRAM_NAMES = ("Lakeside", "Mercy", "Northern", "St. Anne", "Valley", "Westport", "York")

#: A file that is neither hopeless nor perfect, mostly at a time when something can still happen.
STUDENTS = st.builds(
    Case,
    score=st.sampled_from((222, 234, 235, 240, 260)),
    failed_clerkship=st.booleans(),
    needs_visa=st.booleans(),
    offers=st.sets(st.sampled_from(NEEDS), max_size=2).map(frozenset),
    phase=st.sampled_from(("groundwork", "soap_lists", "soap_lists", "gap_filling")),
    lists_open=st.booleans(),
    name_familiar=st.just(True),
    file_in_system=st.just(True),
)


def a_person(name: str) -> st.SearchStrategy[Person]:
    """Draw a person with this name."""
    return st.builds(
        Person,
        name=st.just(name),
        kind=st.sampled_from(KINDS[:3] + KINDS),
        track_record=st.sampled_from((None, None, 0, 1, 3)),
        knows_work=st.sampled_from(("well", *ACQUAINTANCE)),
        known_at=st.just(()) | st.sets(st.sampled_from(PROGRAM_NAMES), max_size=4).map(tuple),
        inside_at=st.just(()) | st.sets(st.sampled_from(PROGRAM_NAMES), max_size=2).map(tuple),
    )


def a_program(name: str) -> st.SearchStrategy[Program]:
    """Draw a program with this name."""
    return st.builds(
        Program,
        name=st.just(name),
        range_low=st.sampled_from((225, 235, 236, 250, 500)),
        range_floor=st.sampled_from((None, 220)),
        needs=st.sets(st.sampled_from(NEEDS), max_size=2).map(frozenset),
        prior_contact=st.booleans(),
        openings=st.sampled_from(("categorical", *OPENINGS)),
        interviews_failures=st.booleans(),
        sponsors_visas=st.booleans(),
        program_contacted_first=st.booleans(),
    )


def people_tables(least: int, most: int) -> st.SearchStrategy[list[Person]]:
    """Draw a table of people."""
    return st.integers(least, most).flatmap(lambda size: st.tuples(*map(a_person, PEOPLE_NAMES[:size])).map(list))


def program_tables(least: int, most: int) -> st.SearchStrategy[list[Program]]:
    """Draw a table of programs."""
    return st.integers(least, most).flatmap(lambda size: st.tuples(*map(a_program, PROGRAM_NAMES[:size])).map(list))


#: Few people with more programs than allowed for each, or more people than a plan allows with few programs.
TABLES = (
    st.tuples(people_tables(1, 2), program_tables(6, 7))
    | st.tuples(people_tables(4, 5), program_tables(1, 4))
    | st.tuples(people_tables(0, 3), program_tables(0, 5))
)
