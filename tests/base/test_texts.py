"""Texts: each one that a table or the library asks for exists, each is used, and each can be filled in."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from backchannel_lib import READINGS, Case, Verdict
from backchannel_lib.activities.critique import model as support
from backchannel_lib.activities.planner.plan import RULE_KINDS
from backchannel_lib.activities.questions import load_options, load_questions, questions_of
from backchannel_lib.activities.tables import PARTS, load_activities, load_choices, load_drill_turns, load_steps
from backchannel_lib.base import texts
from backchannel_lib.base.texts import add_texts, all_words, linked_parts, load_words, text
from backchannel_lib.model.tables import ANSWERS, STAGES, WHO, load_callers, load_claims, load_flags, load_score_anchors
from backchannel_lib.page.activity_page import LEAD
from backchannel_lib.page.case_controls import load_controls
from backchannel_lib.page.file_sheet import INSIDE
from backchannel_lib.workshop.drill import WAYS
from backchannel_lib.workshop.own_cases.cases import CASES
from backchannel_lib.workshop.own_cases.questions import QUESTIONS
from backchannel_lib.workshop.room_questions import VOICES
from backchannel_lib.workshop.round.state import STEPS
from backchannel_lib.workshop.run_plan.activity import HYBRID
from backchannel_lib.workshop.run_plan.model import load_run_checks
from backchannel_lib.workshop.stage import CHAPTER, stage_parts
from backchannel_lib.workshop.votes.server import PAGE_TEXTS
from tests.helpers.cases import NEEDS
from tests.helpers.tables import cells

ROOT = Path(__file__).resolve().parents[2]
PYTHON = [*(ROOT / "backchannel_lib").rglob("*.py")]
SOURCES = {path: path.read_text(encoding="utf-8") for path in PYTHON}
#: Everything that can ask for a text by its id: the library, the notebooks, their start command, and a table's headings.
ASKING = "\n".join(
    [
        *SOURCES.values(),
        *(path.read_text(encoding="utf-8") for path in sorted((ROOT / "notebooks").rglob("*.ipynb"))),
        (ROOT / "workbook.py").read_text(encoding="utf-8"),
        *(repr(row.heading) for row in load_controls()),
    ]
)


@cache
def trees() -> dict[Path, ast.Module]:
    """Parse the library the first time a test needs it, because collecting tests has to be fast."""
    return {path: ast.parse(text) for path, text in SOURCES.items()}


def names_of(kind: str) -> list[str]:
    """List the names in a table's first column."""
    return [row[0] for row in cells(f"{kind}.csv")[1:]]


VERDICTS = [verdict.name.lower() for verdict in Verdict]
CONTROLLED = [row.field for row in load_controls()]
LEVELS = {name: field.levels for name, field in Case.fields().items() if field.kind == "choice"}
CHOICE_QUESTIONS = {row.question for row in load_questions() if row.kind == "choice"}


def introduced(activity: str, part: str) -> bool:
    """Return whether an activity has this part of an introduction."""
    return f"activity.{activity}.{part}" in all_words()


#: Texts that a table asks for: the id, with `{}` in place of a name, and the names.
FAMILIES: list[tuple[str, list[str]]] = [
    ("verdict.{}.name", VERDICTS),
    ("verdict.{}.sentence", VERDICTS),
    ("stage.{}.name", list(STAGES)),
    ("panel.group.{}", list(STAGES)),
    ("rule.{}", names_of("rules")),
    ("assumption.{}", names_of("assumptions")),
    ("claim.{}", names_of("claims")),
    ("fact.{}", names_of("facts")),
    ("remedy.{}", names_of("remedies")),
    ("reading.{}", list(READINGS)),
    ("choice.{}", sorted({reading.choice for reading in READINGS.values()})),
    ("who.{}", list(WHO)),
    ("soap.{}", names_of("soap_rule")),
    ("soap.answer.{}", list(ANSWERS)),
    ("soap_until.{}", list(ANSWERS)),
    ("soap.next.{}", [*ANSWERS, "student_replies"]),
    ("soap_headline.{}", [*names_of("soap_rule"), "before_window"]),
    ("soap_now.{}", list(ANSWERS)),
    ("soap_ends.{}", [*ANSWERS, "before_window"]),
    ("grade.{}", ["A", "B", "C"]),
    ("specialty.{}", [row.specialty for row in load_score_anchors()]),
    ("panel.exam.{}", names_of("exams")),
    ("field.{}.label", CONTROLLED),
    *((f"level.{name}.{{}}", list(levels)) for name, levels in LEVELS.items()),
    ("level.need.{}", list(Case.fields()["needs"].levels)),
    ("offer.{}", list(Case.fields()["offers"].levels)),
    ("level.impact.{}", sorted({row.impact for row in load_callers()})),
    ("short.recommender.{}", list(LEVELS["recommender"])),
    *((f"chart.{{}}.{what}", ["callers", "amplifier", "map"]) for what in ("title", "caption", "name")),
    ("example.{}", names_of("examples")),
    *((f"class_{what}.{{}}", ["name"]) for what in ("column", "column_too", "program", "program_too")),
    # the chapters
    ("chapter.{}", names_of("chapters")),
    ("chapter_list.{}", names_of("chapters")),
    ("chapter_part.{}", list(PARTS)),
    ("activity.{}.title", names_of("activities")),
    *((f"activity.{{}}.{part}", [one for one in names_of("activities") if introduced(one, part)]) for part in LEAD),
    *((f"scene.{{}}.{what}", [*names_of("scenes"), "own"]) for what in ("title", "story")),
    ("scene.{}.why", names_of("scenes")),
    ("step.{}.text", names_of("steps")),
    ("step.{}.why", [row.step for row in load_steps() if not row.start]),
    ("walk.{}.end", [row.activity for row in load_activities() if row.kind == "walk"]),
    *((f"item.{{}}.{what}", names_of("items")) for what in ("text", "why")),
    ("choice_of.{}", [f"{row.activity}.{row.choice}" for row in load_choices()]),
    ("question.{}.text", names_of("questions")),
    ("option.{}.why", [f"{row.question}.{row.option}" for row in load_options()]),
    ("option.{}.text", [f"{row.question}.{row.option}" for row in load_options() if row.question in CHOICE_QUESTIONS]),
    *((f"bet.{{}}.{what}", names_of("bets")) for what in ("title", "story", "why")),
    ("factor.{}", names_of("decides")),
    *((f"desk.{{}}.{what}", names_of("desk_files")) for what in ("said", "why")),
    ("decision.{}", names_of("desk_decisions")),
    *((f"file_sheet.{{}}.{what}", list(NEEDS)) for what in ("name", "brought", "not_brought", "needed")),
    ("file_sheet.{}", list(INSIDE)),
    ("file_sheet.caller.{}", list(LEVELS["recommender"])),
    ("drill_file.{}", names_of("drill_files")),
    *((f"drill_{what}.{{}}", [row.turn for row in load_drill_turns() if row.is_ping]) for what in ("from", "said", "why")),
    ("drill.way.{}", list(WAYS)),
    ("drill.director.{}", [way for way in WAYS if way != "open"]),
    ("inbox_piece.{}", names_of("inbox_pieces")),
    *((f"{what}.{{}}", names_of("week_events")) for what in ("event", "event_short")),
    ("contact.{}", names_of("week_contacts")),
    *((f"reply.{{}}.{what}", names_of("reply_findings")) for what in ("words", "reason", "suggestion")),
    ("reply_point.{}", names_of("reply_points")),
    *((f"draw.{{}}.{what}", names_of("draw")) for what in ("label", "why")),
    *((f"task.{{}}.{what}", names_of("plan_tasks")) for what in ("title", "why")),
    ("reading_case.{}", names_of("reading_cases")),
    *((f"support.{{}}.{what}", list(support.LEVELS)) for what in ("name", "meaning")),
    ("support_why.{}", [row.claim for row in support.load_support() if row.facts]),
    ("support_topic.{}", sorted({claim.topic for claim in load_claims()})),
    ("study_bar.{}", names_of("study_bars")),
    ("study_source.{}", list(support.SOURCES)),
    ("standing.{}", list(support.STANDINGS)),
    ("tables_differ.{}", list(LEVELS["recommender"])),
    *((f"run_plan.{{}}.{what}", names_of("run_plans")) for what in ("title", "for")),
    *((f"run_step.{{}}.{what}", sorted(set(names_of("run_steps")))) for what in ("title", "do", "say", "late")),
    ("run_check.{}", names_of("run_checks")),
    ("run_check.{}.site", [row.check for row in load_run_checks() if row.own_text_on_site]),
    ("planner.risk.{}", [row.flag for row in load_flags()]),
    ("planner.nothing.{}", list(STAGES)),
    ("planner.briefing.rule.{}", list(RULE_KINDS)),
    ("planner.warn.{}", ["few_people", "few_programs", "volume", "overlap", "below_range", "far_below", "noncategorical"]),
    ("planner.warn.{}", ["barely", "known_everywhere", "unknown_program"]),
    ("planner.warn_rule.{}", list(RULE_KINDS[:-1])),
    ("topic.{}", names_of("topics")),
    *((f"vignette.{{}}.{what}", names_of("vignettes")) for what in ("title", "file", "contact", "note", "discuss", "why")),
]

FAMILIES += [
    ("own_scene.column.{}", ["story"]),
    ("own_case.column.{}", ["id", *CASES.texts, *CASES.details]),
    ("own_question.column.{}", [*QUESTIONS.texts, *QUESTIONS.details]),
    ("run_plan.hybrid.{}", [*HYBRID, "share.site"]),
    ("room_question.{}.ask", [one.question for one in questions_of(CHAPTER)]),
    ("room_question.{}.answer", [one.question for one in questions_of(CHAPTER)]),
    ("room_questions.voice.{}", list(VOICES.values())),
    ("room_questions.{}", ["first", "answer", "next"]),
    ("stage.page.{}", stage_parts()),
    ("stage.key.{}", stage_parts()),
    ("round.step.{}", list(STEPS)),
    ("round.from.{}", [step for step in STEPS if step not in {"setup", "links", "close"}]),
    ("round.welcome.{}", ["made_up", "one_view", "rule"]),
    ("round.level.{}", ["1", "2", "3"]),
    ("round.field.{}", ["plan", "topic", "difficulty", "people", "seed"]),
    ("round.column.{}", ["verdict", "votes", "first", "second", "bar"]),
    ("votes.page.{}", list(PAGE_TEXTS)),
    ("round.log.{}", ["file", "article", "same", "rule"]),
]

#: What the forms for your own tables ask for with `say`, without the form's own prefix.
SAID = re.compile("|".join(re.sub(r"\{\w+\}", r"\\w+", asked) for asked in re.findall(r'\.say\(f?"([\w.{}]+)"', ASKING)))
IN_FAMILIES = {pattern.format(name) for pattern, names in FAMILIES for name in names}


@pytest.mark.parametrize(("pattern", "names"), FAMILIES, ids=lambda value: str(value)[:30])
def test_every_text_that_a_table_asks_for_exists(pattern: str, names: list[str]) -> None:
    assert names
    assert [name for name in names if pattern.format(name) not in all_words()] == []


def test_every_activity_has_an_introduction() -> None:
    assert [one for one in names_of("activities") if not any(introduced(one, part) for part in LEAD)] == []


@cache
def frames() -> re.Pattern[str]:
    """Return a regular expression for ids that the library's f-strings can build, if they begin with fixed text."""
    found = set()
    for tree in trees().values():
        for node in ast.walk(tree):
            if isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
                start = str(node.values[0].value)
                if re.fullmatch(r"[a-z_]+\.[a-z_.]*", start):
                    found.add(frame_of(node))
    return re.compile("|".join(sorted(found)))


def frame_of(node: ast.JoinedStr) -> str:
    """Write an f-string as a regular expression."""
    return "".join(re.escape(str(part.value)) if isinstance(part, ast.Constant) else r"[\w.-]+" for part in node.values)


@pytest.mark.slow
@pytest.mark.parametrize(("pattern", "names"), FAMILIES, ids=lambda value: str(value)[:30])
def test_every_family_of_texts_is_asked_for(pattern: str, names: list[str]) -> None:
    """The library builds the ids of each family with an f-string, or names the family or its pattern."""
    family = pattern.partition(".{}")[0]
    named = f'"{family}"' in ASKING or f'"{pattern}"' in ASKING
    assert named or frames().fullmatch(pattern.format(names[0])), pattern


@pytest.mark.slow
def test_every_text_is_used_somewhere() -> None:
    """A text belongs to a family that a table asks for, or its id is named somewhere, or an f-string can build it."""
    shared = {
        "panel.",
        "soap.",
        "reply.",
        "support.",
        "desk.",
        "planner.nothing.",
        "planner.risk.",
        "planner.warn.",
        "run_plan.",
    }  # families that share their first word with other texts
    families = tuple({pattern.partition("{}")[0] for pattern, _ in FAMILIES} - shared)
    left = [
        word
        for word in all_words()
        if word not in IN_FAMILIES
        and f'"{word}"' not in ASKING
        and f"'{word}'" not in ASKING
        and (word.startswith(families) or not frames().fullmatch(word))
        and not (word.startswith("error.") and f'"{word.removeprefix("error.").removeprefix("frame_")}"' in ASKING)
        and not (word.startswith("own_") and SAID.fullmatch(word.partition(".")[2]))
        and not (word.startswith("field.") and word.endswith(".help") and word.split(".")[1] in CONTROLLED)
    ]
    assert left == []


def placeholders(text: str) -> set[str]:
    """Return the names of a text's placeholders; check that each one can be filled in."""
    found = set()
    for _, name, spec, conversion in string.Formatter().parse(text):
        if name is not None:
            assert re.fullmatch(r"[a-z_]+", name), f"{{{name}}}"
            assert not spec or re.fullmatch(r"[\w ']+\|[\w ']+", spec), f"{{{name}:{spec}}}"
            assert not conversion
            found.add(name)
    return found


def test_every_placeholder_of_every_text_can_be_filled_in() -> None:
    """Placeholders are plain names, with or without a singular and a plural, and no braces are left over."""
    for word, template in all_words().items():
        filled = text(word, **dict.fromkeys(placeholders(template), "7"))
        assert "{" not in filled, word
        assert "}" not in filled, word


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (0, "has 0 problems, listed at the top. Fix them first: saving now would lose those rows."),
        (1, "has 1 problem, listed at the top. Fix it first: saving now would lose that row."),
        (2, "has 2 problems, listed at the top. Fix them first: saving now would lose those rows."),
    ],
)
def test_the_text_is_singular_for_one_and_plural_for_any_other_number(count: int, said: str) -> None:
    assert text("error.own_case_problems", count=count) == said


#: A plural after a number's placeholder, which should be ``{count:vote|votes}`` instead.
PLURAL = re.compile(r"\{\w+\} (?:min(?:utes)? (?:late|early)|votes|links|people|problems|rounds)\b")


def test_no_workshop_text_has_a_plural_after_a_number_that_can_be_one() -> None:
    counted = {
        word: template
        for word, template in all_words().items()
        if word.startswith(("run_plan.", "round.", "phones.", "error.own_"))
    }
    assert {word: found.group() for word, template in counted.items() if (found := PLURAL.search(template))} == {}


def calls_of_text() -> Iterator[tuple[str, ast.expr, set[str], bool]]:
    """Yield each call of text() in the library: its location, id and values' names, and whether there can be more values."""
    for path, tree in trees().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "text":
                given = {word.arg for word in node.keywords if word.arg}
                more = any(word.arg is None for word in node.keywords)
                yield f"{path.name}, line {node.lineno}", node.args[0], given, more


def ids_of(node: ast.expr) -> list[str]:
    """Return the ids that an expression can name: a plain one, either of two, or those that match an f-string."""
    match node:
        case ast.Constant(value=str(word)):
            return [word]
        case ast.IfExp(body=body, orelse=other):
            return ids_of(body) + ids_of(other)
        case ast.JoinedStr(values=[ast.Constant(value=str(start)), *rest]):
            frame = re.escape(start) + "".join(
                re.escape(str(part.value)) if isinstance(part, ast.Constant) else r"[\w.-]+" for part in rest
            )
            for known in (IN_FAMILIES, all_words()):  # families first, because other texts can share their first word
                if found := [word for word in sorted(known) if re.fullmatch(frame, word)]:
                    return found
            return [f"{start}..."]
    return []


@pytest.mark.slow
def test_every_text_that_the_library_names_exists_and_gets_all_its_values() -> None:
    checked = 0
    for place, node, given, more in calls_of_text():
        for word in ids_of(node):
            assert word in all_words(), f"{place}: {word}"
            assert more or placeholders(all_words()[word]) <= given, f"{place}: {word}"
            checked += 1
    assert checked > 300


def test_every_error_that_the_library_raises_has_a_message() -> None:
    rules_named = {
        node.args[1].value
        for tree in trees().values()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in {"CaseError", "CaseFileError"}
        and isinstance(node.args[1], ast.Constant)
    }
    assert len(rules_named) > 10
    assert [rule for rule in rules_named if f"error.{rule}" not in all_words()] == []


def test_the_error_for_an_unknown_text_id_suggests_a_similar_one() -> None:
    with pytest.raises(KeyError) as caught:
        text("verdict.ignord.name")
    assert caught.value.args == ("no text has the id 'verdict.ignord.name'; near it: verdict.ignored.name",)


def test_numbers_that_a_phone_can_call_are_links_only_where_a_page_asks_for_them() -> None:
    """Text files, calendars and notices get the plain words. Every text that offers the lifeline has it as a link."""
    offers = {name: words for name, words in load_words().items() if re.search(r"call\W.*\bor\b.*text 988", words)}
    assert {"plan.crisis", "round.close.help_text", "run_step.close.say"} <= set(offers)
    for name in offers:
        parts = linked_parts(name)
        assert [part for part in parts if part[1]] == [("call", "tel:988"), ("text 988", "sms:988")]
        assert "".join(words for words, _ in parts) == text(name) == all_words()[name]
        assert "call or text 988" in text(name)
    assert not any("](" in words for words in all_words().values())


def test_a_text_of_your_own_can_have_a_link_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only phone numbers become links, and anything else in brackets stays as it is."""
    monkeypatch.setattr(texts, "_added", {})
    add_texts({"mine": "Call [the dean](tel:5550100), or see [line 3](https://example.org)."})
    assert linked_parts("mine")[1:] == [("the dean", "tel:5550100"), (", or see [line 3](https://example.org).", "")]
    assert text("mine") == "Call the dean, or see [line 3](https://example.org)."
