"""The pages for a class start with the rule, state nothing unknown as fact, and show names unchanged."""

from __future__ import annotations

import re
from datetime import datetime

import pytest

from backchannel_lib import Case
from backchannel_lib.activities.class_plan import plan_class
from backchannel_lib.base.texts import text
from backchannel_lib.model.advice import advise
from backchannel_lib.model.class_list import class_row, judge_student, read_class
from backchannel_lib.page.class_html import class_page, student_article, students_page

IN_SOAP = datetime(2027, 3, 15, 20, 40)
PROGRAMS = "Name,Range low,Program contacted first\nMercy,230,no\nLakeside,222,yes\n"


def article(students: str, programs: str = PROGRAMS, now: datetime = IN_SOAP) -> str:
    """Return the only student's sheet."""
    (student,) = read_class(students, programs).students
    return student_article(student.name, judge_student(student, now))


def summary(students: str, now: datetime = IN_SOAP) -> str:
    found = read_class(students, PROGRAMS)
    rows = [class_row(one.name, judged) for one in found.students for judged in judge_student(one, now)]
    return class_page(found, rows, plan_class(rows), advise(Case(), now=now), 3)


def words(html: str) -> str:
    """Return a page's text."""
    return " ".join(re.sub(r"<style.*?</style>|<[^>]+>", " ", html, flags=re.DOTALL).split())


def test_the_rule_comes_before_every_verdict() -> None:
    for page in (article("Name,Score,Programs\nAvery,251,Mercy\n"), summary("Name,Score,Caller\nAvery,251,Known dean\n")):
        assert "Not allowed" in words(page)
        assert page.index('class="rule') < page.index(text("take_home.between", lowest="", highest="")[:7])


def test_a_program_that_has_made_contact_has_a_rule_of_its_own() -> None:
    """If its rule is the same as the one at the top, it isn't repeated."""
    page = words(article("Name,Score,Caller,Programs\nAvery,251,Known dean,Mercy; Lakeside\n"))
    assert page.count(text("class.label.rule")) == 1
    assert page.index("Lakeside") < page.index(text("class.label.rule"))


def test_what_several_programs_share_is_shown_once() -> None:
    """Programs with the same verdict for the same reasons are grouped, and differences are listed by program."""
    alike = article("Name,Score,Caller,Recommender,Programs\nAvery,251,Dr. Lind,trusted peer,A; B; C\n", "Name\nD\n")
    assert re.findall(r"<h3>([^:]*):", alike) == ["A, B and C"]
    assert words(alike).count(text("class.label.caller")) == 1
    differ = article("Name,Score,Caller,Recommender,Programs\nAvery,225,Dr. Lind,trusted peer,Mercy; Lakeside\n")
    assert [one.partition(":")[0] for one in re.findall(r"<h3>([^<]*)", differ)] == [
        "Mercy",
        "Lakeside",
        text("class.every_program"),
    ]
    assert words(differ).count("Dr. Lind") == 1
    paragraphs = re.findall(r"<p>.*?</p>", differ)
    assert len(paragraphs) == len(set(paragraphs))


def test_default_values_are_not_presented_as_entered() -> None:
    """That goes for defaults and for a floor that we computed."""
    page = words(article("Name,Score,Programs,Needs visa\nAvery,251,Mercy,?\n"))
    assert "Your score: 251" in page
    assert "220" not in page
    assert "215" not in page
    assert "not known: whether you need a visa" in page
    assert f"{text('class.label.caller')}: {text('class.caller_unknown')}" in page


@pytest.mark.parametrize("name", ["Avery <b>", "=1+1", "Zoë & Co", "李"])
def test_a_name_is_shown_unchanged_and_never_as_html(name: str) -> None:
    page = students_page({name: article(f"Name,Score\n{name},251\n")})
    assert words(page).count(name.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")) >= 2


def test_a_link_leads_to_each_sheet() -> None:
    page = students_page({name: f"<article><h1>{name}</h1></article>" for name in ("Avery", "Blake")})
    assert re.findall(r'href="#([\w-]+)"', page) == re.findall(r'<article id="([\w-]+)"', page) == ["student-1", "student-2"]


def test_in_soap_nobody_hears_from_anyone_and_before_it_they_do() -> None:
    students = "Name,Score,Caller,Recommender,Specifics,Programs\nAvery,251,Dr. Lind,trusted peer,yes,Mercy\n"
    assert text("class.plan_not_allowed") in summary(students)
    before = summary(students, datetime(2027, 2, 1))
    assert text("class.plan_not_allowed") not in before
    assert "Dr. Lind" in before


def test_assumed_values_are_listed_but_entered_ones_are_not() -> None:
    page = words(summary("Name,Score,Failed clerkship\nAvery,251,no\n"))
    assumed = page[page.index("Your tables have no column") :]
    assert "A leave of absence: no" in assumed
    assert "A failed clerkship" not in assumed
