"""Make a session's printed sheets: one for participants, without answers, and one for the facilitator, with all answers.

Each is one HTML page that needs no other file and works in black and white, because frames and words mark each source.
`backchannel print` writes both, and also makes PDFs if there is a browser.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from backchannel_lib.activities.form import integer_field
from backchannel_lib.base.errors import known_word
from backchannel_lib.base.files import write_file
from backchannel_lib.base.texts import text
from backchannel_lib.model.case import Case
from backchannel_lib.model.soap_rule import RulesCheck, newest_source, rules_check
from backchannel_lib.model.tables import facts, load_phases
from backchannel_lib.model.verdict import Judgment, Reason, Verdict, judge
from backchannel_lib.page.components import article_name, find_in_article, lines_of, lines_of_all, linked_text, table
from backchannel_lib.page.file_sheet import file_brief, file_sheet
from backchannel_lib.page.frontend import STATIC
from backchannel_lib.page.html import Markup, join, standalone_page, tag
from backchannel_lib.page.verdict_html import is_weakest
from backchannel_lib.workshop.deck import Vignette, first_files, link_order, read_own_again, vignettes
from backchannel_lib.workshop.room_questions import question_and_answer, room_questions
from backchannel_lib.workshop.run_plan.activity import checklist, keys, markers, step_name, when_late
from backchannel_lib.workshop.run_plan.model import RunStepRow, plan_of, starts, steps_of, vignettes_of

KINDS: Final = ("participants", "facilitator")
TAKE_HOME_CLAIMS: Final = ("truths.in-range-and-credible", "truths.student-noise", "truths.built-a-year-before")
TONIGHT_TASKS: Final = ("rest", "talk_to_someone", "school_support")
LONG: Final = 600  # characters from which your own case gets smaller type; the workbook's files are all shorter
ROUNDS_ON_A_PAGE: Final = 4
#: The height of a Letter page, measured in CSS pixels.
PAGE_HEIGHT: Final = 982
#: For a round with short and with long texts: its height without text lines, the height of a line, and the ems per line.
SHORT_ROUND: Final = (161, 14, 60)
LONG_ROUND: Final = (136, 11, 70)
WIDE: Final = frozenset("MWmw@%&—…")
FIRST_WIDE: Final = 0x2E80  # from this code point on, nearly all characters are as wide as they are high
FIRST_SEED: Final = 1  # the round's default too; with the same seed, its files match the sheet's
LAST_SEED: Final = 9999

STYLE: Final = STATIC / "handouts.css"


def sheet(kind: str, plan: str, seed: int) -> str:
    """Return a printed sheet as a complete HTML page that loads nothing else.

    Args:
        kind: ``participants`` or ``facilitator``.
        plan: A plan of data/run_plans.csv.
        seed: The seed for drawing its vignettes, 1 to 9999.

    Raises:
        CaseError: There is no such kind or plan, or the seed is out of range.

    Source:
        data/run_steps.csv, data/vignettes.csv, data/soap_rule.csv.

    Examples:
        >>> sheet("participants", "short", 1).startswith("<!doctype html>")
        True
    """
    known_word("kind", kind, KINDS)
    integer_field("seed", 1, LAST_SEED, FIRST_SEED).read(seed)
    drawn = {step: vignettes()[name] for step, name in vignettes_of(plan, seed).items()}
    files = [*(vignettes()[name] for name in first_files()), *drawn.values()]
    title = text(f"sheet.{kind}.title")
    body = _participants(files) if kind == "participants" else _facilitator(plan, seed, drawn, files)
    return standalone_page(title, STYLE.read_text(encoding="utf-8"), tag("h1", title), body, class_=kind)


# ---- the participants' sheet ----


def _participants(files: list[Vignette]) -> Markup:
    rows = [(rank + 1, verdict.label, verdict.sentence) for rank, verdict in enumerate(Verdict)]
    head = (text("sheet.number"), text("sheet.verdict"), text("sheet.meaning"))
    return join(
        tag("p", text("sheet.participants.lead"), class_="lead"),
        tag("h2", text("sheet.how")),
        tag("ol", _how()),
        tag("h2", text("sheet.verdicts")),
        table(text("sheet.verdicts"), head, rows),
        tag("p", text("sheet.who_you")),
        _voices(),
        tag(
            "div",
            tag("div", tag("h2", text("sheet.rule")), _rule_box()),
            tag("div", _rule_sources(), class_="sources"),
            tag("div", tag("h2", text("sheet.home")), _remember()),
            _tonight(),
            _help(),
            class_="two",
        ),
        [tag("div", [_to_vote(*one) for one in page], class_="page") for page in _pages(files)],
    )


def _pages(files: Iterable[Vignette]) -> list[list[tuple[int, Vignette]]]:
    """Return the numbered rounds of each page: four, or fewer if their texts are too long."""
    pages: list[list[tuple[int, Vignette]]] = []
    taken = 0
    for number, vignette in enumerate(files, start=1):
        height = _height(vignette)
        if not pages or len(pages[-1]) == ROUNDS_ON_A_PAGE or taken + height > PAGE_HEIGHT:
            pages.append([])
            taken = 0
        pages[-1].append((number, vignette))
        taken += height
    return pages


def _height(vignette: Vignette) -> int:
    """Estimate a round's height on paper, in CSS pixels."""
    rest, line, width = LONG_ROUND if _is_long(vignette) else SHORT_ROUND
    paragraphs = (f"{vignette.file} {file_brief(vignette.case, contact=False)}", vignette.contact)
    return rest + line * sum(math.ceil(sum(map(_ems, one)) / width) for one in paragraphs)


def _is_long(vignette: Vignette) -> bool:
    return len(vignette.file) + len(vignette.contact) > LONG


def _ems(character: str) -> float:
    """Estimate a character's width in ems."""
    if character in WIDE or ord(character) >= FIRST_WIDE:
        return 1.0
    return 0.7 if character.isupper() else 0.5


def _how() -> list[Markup]:
    """Explain how to vote, with the question from the screen and the phones."""
    ask = text("sheet.how_ask", question=text("votes.page.question"))
    return [tag("li", how) for how in (text("sheet.how_read"), ask, text("sheet.how_write"), text("sheet.how_after"))]


def _voices() -> Markup:
    voices = [tag("p", text(f"sheet.voice_{voice}"), class_=voice) for voice in ("rule", "article", "ours")]
    three = tag("div", voices, class_="three")
    return tag("section", tag("h2", text("sheet.voices")), three, tag("p", article_name(), class_="small"), class_="whole")


def _to_vote(number: int, vignette: Vignette) -> Markup:
    """Return a vignette with space for a vote, shortened because the file is on the screen."""
    boxes = [tag("td", tag("b", rank + 1), verdict.label) for rank, verdict in enumerate(Verdict)]
    brief = tag("span", text("desk.score"), " ", file_brief(vignette.case, contact=False), class_="small")
    return tag(
        "section",
        tag("h2", text("sheet.round", number=number, title=vignette.title)),
        tag("p", vignette.file, " ", brief),
        _contact(vignette),
        tag("h3", text("sheet.my_vote", question=text("votes.page.question"))),
        tag("table", tag("tbody", tag("tr", boxes)), class_="votes"),
        tag("p", text("sheet.my_why"), class_="line"),
        tag("p", text("sheet.then"), class_="fill small"),
        class_="round long" if _is_long(vignette) else "round",
    )


def _file(number: int, vignette: Vignette) -> Markup:
    heading = text("sheet.round", number=number, title=vignette.title)
    return join(
        tag("h2", heading),
        tag("p", vignette.file),
        tag("div", file_sheet(vignette.case, heading), class_="file"),
        _contact(vignette),
    )


def _contact(vignette: Vignette) -> Markup | None:
    return tag("p", tag("b", text("sheet.contact")), " ", vignette.contact) if vignette.contact else None


def _inside_and_outside() -> tuple[RulesCheck, RulesCheck]:
    """Return what the rule says during SOAP and outside it."""
    checks = [rules_check(Case(phase=row.phase)) for row in load_phases()]
    lasting = [check for check in checks if not check.changes_later]
    inside = next(check for check in lasting if check.answer == "not_allowed")
    outside = next(check for check in lasting if check.answer == "allowed")
    return inside, outside


def _rule_sources() -> Markup:
    """Return the rule's sources, with a note on how recent our version is."""
    inside, outside = _inside_and_outside()
    sources = text("sheet.sources", sources=_sources(dict.fromkeys((*inside.facts, *outside.facts))))
    return tag("p", sources, " ", " ".join(newest_source()), class_="small")


def _rule_box(*more: Markup) -> Markup:
    """Return what the rule says during SOAP and outside it, as HTML, and anything else below it."""
    inside, outside = _inside_and_outside()
    return tag(
        "div",
        tag("p", tag("b", inside.reason)),
        tag("p", outside.reason),
        tag("p", inside.next_step),
        tag("p", tag("b", inside.note)),
        *more,
        class_="rule",
    )


def _sources(given: Iterable[str]) -> str:
    """Return each source of some facts once, with its year."""
    return ". ".join(dict.fromkeys(facts()[one].citation for one in given))


def _remember() -> Markup:
    claims = [tag("li", text(f"claim.{claim}"), " ", text("sheet.lines", lines=lines_of(claim))) for claim in TAKE_HOME_CLAIMS]
    return tag("div", tag("ol", claims), tag("p", find_in_article(TAKE_HOME_CLAIMS), class_="small"), class_="article")


def _tonight() -> Markup:
    box = tag(
        "div",
        tag("p", tag("b", linked_text("plan.crisis")), class_="lead"),
        tag("p", text("sheet.tonight_kind")),
        tag("p", ". ".join(text(f"task.{task}.title") for task in TONIGHT_TASKS), "."),
        class_="ours",
    )
    return tag("section", tag("h3", text("sheet.tonight")), box, class_="whole")


def _help() -> Markup:
    return tag(
        "section",
        tag("h3", text("sheet.help")),
        tag("p", text("sheet.help_line"), class_="fill"),
        tag("p", text("sheet.where_text")),
        class_="whole",
    )


# ---- the facilitator's sheet ----


def _facilitator(plan: str, seed: int, drawn: dict[str, Vignette], files: list[Vignette]) -> Markup:
    steps = steps_of(plan)
    head = [text(f"run_plan.head_{name}") for name in ("when", "step", "minutes", "late")]
    rows = [
        (starts(plan)[at] if row.minutes else "–", _named(row, drawn), row.minutes or "–", when_late(row))
        for at, row in enumerate(steps)
    ]
    return join(
        tag("p", text("sheet.facilitator.lead", title=plan_of(plan).title, seed=seed), class_="lead"),
        tag("p", text("sheet.who_you")),
        tag("h2", text("sheet.plan")),
        table(text("run_plan.caption"), head, rows),
        _assumptions(["run_plans"]),
        tag("section", tag("h2", text("run_plan.keys")), keys(), class_="whole"),
        _voices(),
        tag("section", tag("h2", text("run_plan.head_check")), checklist(), class_="whole"),
        tag("h2", text("sheet.steps")),
        [_step(plan, at, row, drawn) for at, row in enumerate(steps)],
        [_answered(number, vignette) for number, vignette in enumerate(files, start=1)],
        _counts(len(files)),
        _questions(),
        tag("h2", text("sheet.rule")),
        _rule_box(_rule_sources()),
        _assumptions(["room_advice"]),
    )


def _questions() -> Markup:
    """Return likely questions from the room, each with a short answer and its sources."""
    items = [question_and_answer(one) for one in room_questions()]
    return tag("section", tag("h2", text("room_questions.sheet")), tag("ol", items), class_="whole")


def _named(row: RunStepRow, drawn: dict[str, Vignette]) -> str:
    name = step_name(row)
    return f"{name} · {drawn[row.step].title}" if row.step in drawn else name


def _step(plan: str, at: int, row: RunStepRow, drawn: dict[str, Vignette]) -> Markup:
    lines = [
        tag("p", tag("b", text(f"run_plan.{label}")), ": ", linked_text(f"run_step.{row.step}.{what}"))
        for label, what in (("do", "do"), ("say", "say"), ("if_late", "late"))
    ]
    return tag("section", tag("h3", markers(plan, at), ". ", _named(row, drawn)), lines, class_="whole")


def _answered(number: int, vignette: Vignette) -> Markup:
    """Return a vignette with all its answers."""
    judgment, rules = judge(vignette.case), rules_check(vignette.case)
    by_stage = {reason.stage: reason for reason in judgment.reasons}
    rests = text("sheet.rests", lines=lines_of_all(vignette.claims)) if vignette.claims else None
    notes = {"sheet.why": vignette.why, "sheet.note": vignette.note, "sheet.discuss": vignette.discuss}
    return tag(
        "section",
        _file(number, vignette),
        tag(
            "div",
            tag("h3", text("sheet.verdict_is", verdict=judgment.verdict.label)),
            tag("p", judgment.verdict.sentence, " ", rests),
            tag("p", find_in_article(vignette.claims), class_="small") if vignette.claims else None,
            class_="article",
        ),
        tag("h3", text("sheet.chain")),
        tag("ol", [_link(by_stage[stage], judgment) for stage in link_order(judgment)]),
        tag("div", tag("h3", text("sheet.rule_is", answer=rules.label)), tag("p", rules.reason), class_="rule"),
        [tag("p", tag("b", text(label_id)), ": ", note) for label_id, note in notes.items() if note],
        _assumptions({vignette.assumption} - {"", *(one.assumption for one in _reasons(judgment))}),
        class_="page answered",
    )


def _link(reason: Reason, judgment: Judgment) -> Markup:
    """Return one link of the chain; the weakest is labeled and has a bar next to it."""
    weakest = is_weakest(judgment, reason.stage)
    all_reasons = [one for one in _reasons(judgment) if one.stage == reason.stage]
    claims = [claim for one in all_reasons for claim in one.claims]
    ours = dict.fromkeys(one.assumption for one in all_reasons if one.assumption)
    return tag(
        "li",
        tag("b", text(f"stage.{reason.stage}.name"), f" ({text('card.weakest')})" if weakest else None),
        ": ",
        text("card.allows", verdict=reason.cap.label),
        ". ",
        " ".join(one.sentence for one in all_reasons),
        f" ({text('card.article_lines', lines=lines_of_all(claims))})" if claims else None,
        _assumptions(ours),
        class_="weakest" if weakest else None,
    )


def _reasons(judgment: Judgment) -> list[Reason]:
    return [one for reason in judgment.reasons for one in (reason, *reason.also)]


def _assumptions(assumptions: Iterable[str]) -> Markup:
    ours = tag("b", "✎ ", text("card.ours_because"))
    return join([tag("p", ours, ": ", text(f"assumption.{one}"), class_="ours small") for one in assumptions])


def _counts(rounds: int) -> Markup:
    numbers = range(1, rounds + 1)
    head = (text("sheet.verdict"), *(text("sheet.count_round", number=number) for number in numbers))
    rows = [(f"{rank + 1} {verdict.label}", *("" for _ in numbers)) for rank, verdict in enumerate(Verdict)]
    return tag(
        "section",
        tag("h2", text("sheet.counts")),
        tag("p", text("sheet.counts_lead")),
        tag("div", table(text("sheet.counts"), head, rows), class_="counts"),
        class_="whole",
    )


# ---- writing the files ----


def longer_sheet(plan: str) -> str:
    """Return a sentence about the length of the participants' sheet if your own cases add pages; otherwise blank.

    Args:
        plan: A plan of data/run_plans.csv.

    Examples:
        >>> longer_sheet("standard")
        ''
    """
    drawn = [vignettes()[name] for name in vignettes_of(plan, FIRST_SEED).values()]
    own = [vignettes()[name] for name in first_files()]
    pages, without = (1 + len(_pages(files)) for files in ([*own, *drawn], drawn))
    return text("sheet.longer", pages=pages, without=without) if pages > without else ""


def write_handouts(plan: str, seed: int, folder: Path) -> list[Path]:
    """Write both sheets of a session to a folder, and return the files, the participants' first.

    Args:
        plan: A plan of data/run_plans.csv.
        seed: The seed for drawing their vignettes, 1 to 9999.
        folder: The folder, which is created if missing.

    Raises:
        CaseError: There is no such plan, or the seed is out of range.
        CaseFileError: A file can't be written; its old content stays.
    """
    minutes = plan_of(plan).minutes
    read_own_again()
    files = [folder / f"{text(f'sheet.file_name_{kind}')}_{minutes}_minutes.html" for kind in KINDS]
    for kind, file in zip(KINDS, files, strict=True):
        write_file(file, sheet(kind, plan, seed), make_folder=True)
    return files
