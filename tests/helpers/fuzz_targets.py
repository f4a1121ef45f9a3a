"""What `tests/fuzz.py` tries: each target makes an input from a random source and raises an error if the answer is wrong.

An answer is wrong if it differs from the plain rules in `tests/helpers/plain_rules.py` or from another plain implementation
here, or if anything is raised except one of the library's own errors, with a message.
"""

from __future__ import annotations

import ast
import contextlib
import functools
import json
import os
import random
import re
import tomllib
import warnings
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import pandas as pd

from backchannel_lib import Case, CaseError, judge_frame, load_saved_case, read_cases
from backchannel_lib.activities.planner.plan import plan
from backchannel_lib.activities.planner.tables import (
    ACQUAINTANCE,
    KINDS,
    OPENINGS,
    Person,
    Program,
    read_rows,
    rows_to_csv,
)
from backchannel_lib.activities.registry import make_activity
from backchannel_lib.activities.reply.findings import check_reply
from backchannel_lib.activities.saved_answers import folder, saved, with_saved
from backchannel_lib.activities.year_plan.model import load_plan_tasks, plan_for
from backchannel_lib.base.calendar_file import CalendarEvent, calendar_file
from backchannel_lib.base.errors import CaseFileError
from backchannel_lib.base.readers import TableError
from backchannel_lib.model.case_files import SavedCase, saved_case_to_text
from backchannel_lib.model.class_list import judge_class, read_class
from backchannel_lib.model.conditions import parse, scalar_function
from backchannel_lib.workshop import session_record
from backchannel_lib.workshop.own_cases.cases import CASES, SCENES
from backchannel_lib.workshop.own_cases.questions import QUESTIONS
from backchannel_lib.workshop.round.activity import Round
from backchannel_lib.workshop.votes.ballots import Ballots
from backchannel_lib.workshop.votes.server import VoteService
from backchannel_lib.workshop.votes.store import VoteStore
from tests.helpers import plain_rules
from tests.helpers.cases import NEEDS, READINGS, STAGES, a_case, a_moment
from tests.helpers.comparison import check_judgment, check_moment, check_open, check_promises, some_unknown

Chance = random.Random
REPLIES: Final = Path(__file__).resolve().parents[1] / "activities" / "reply"


class Target(NamedTuple):
    """Something to try.

    Args:
        about: A short description.
        try_one: Tries one input.
        share: Its share of the inputs if all targets are tried.
    """

    about: str
    try_one: Callable[[Chance], None]
    share: int


def check_message(error: Exception) -> None:
    """Check that an error has a message that a page can show."""
    sentence = str(error)
    assert sentence.strip()
    assert len(sentence) < 5000, sentence
    sentence.encode()


# ---- cases ----


def try_case(chance: Chance) -> None:
    """Judge a case."""
    check_judgment(a_case(chance), chance.choice(READINGS))


def try_open_case(chance: Chance) -> None:
    """Judge a case with unknown fields."""
    check_open(a_case(chance), some_unknown(chance), chance.choice(READINGS))


def try_changes(chance: Chance) -> None:
    """Look for what would change a verdict."""
    check_promises(a_case(chance), chance.choice(READINGS))


def try_moment(chance: Chance) -> None:
    """Ask for the phase and the rule at a moment."""
    check_moment(a_moment(chance), a_case(chance), chance.choice(READINGS))


# ---- frames ----

_YES: Final = ("yes", "Yes", "Y", "TRUE", "1", " true ", "1.0")
_NO: Final = ("no", "No", "n", "FALSE", "0", "false", "0.0")


def _cell(chance: Chance, kind: str, value: Any) -> Any:
    """Write a value as a spreadsheet might."""
    if kind == "flag":
        return chance.choice(_YES if value else _NO)
    if kind == "number":
        return "" if value is None else chance.choice((f"{value}", f"{value}.0", f" {value} "))
    if kind == "choice":
        return chance.choice((value, value.replace("_", " ").title(), f" {value.upper()} "))
    return chance.choice(("|", ", ", "; ", " | ")).join(chance.sample(sorted(value), len(value)))


def _column(chance: Chance, kind: str, values: list[Any]) -> Any:
    """Return a column in one of the types that it can have."""
    way = chance.randrange(4)
    if way == 0:
        return pd.Series([_cell(chance, kind, value) for value in values], dtype=chance.choice((object, "str", "category")))
    if way == 1 and kind == "number":
        return pd.Series(values, dtype=chance.choice(("float64", "Int64", object)))
    if way == 2 and kind == "flag":
        return pd.Series(values, dtype=chance.choice((bool, "boolean", object)))
    if kind == "set":
        return pd.Series(["|".join(sorted(value)) for value in values], dtype=object)
    return pd.Series(values, dtype=object)


def try_frame(chance: Chance) -> None:
    """Judge a frame of one to thirty rows, with columns of any type in any order, some of them missing."""
    reading = chance.choice(READINGS)
    some = [a_case(chance) for _ in range(chance.randint(1, 30))]
    fields = Case.fields()
    names = chance.sample(list(fields), len(fields))
    table = {name: _column(chance, fields[name].kind, [getattr(case, name) for case in some]) for name in names}
    judged = judge_frame(pd.DataFrame(table), reading)
    for case, found in zip(some, judged[["verdict", *STAGES]].to_numpy().tolist(), strict=True):
        plain = plain_rules.answer(case.__dict__, reading)
        assert found == [plain.verdict, *plain.caps.values()], (case, reading)


_ODD: Final = (
    *(None, "", " ", "240", "240.0", "24l", "yes", "No", "n/a", "unknown", "=1+1", "#REF!", "3-Jan", "Trusted Peer", "²", "٣"),
    *(True, False, 240, 240.0, 1.5, -1, 0, 10**30, float("nan"), float("inf"), b"240", (1,), [], {}, date(2027, 3, 15)),
    *(pd.NA, pd.NaT, np.int64(240), np.float32(240), np.bool_(True), np.str_("yes"), np.array([1]), pd.Timestamp("2027-03-15")),
    *(-0.0, 999, 1000, 1e300, "9" * 400, "\ud800", "\0", "x" * 3000, "local|track", "local, local", {"local"}, ["local"]),
)


def try_odd_frame(chance: Chance) -> None:
    """Judge a frame with something odd in some cells: each row gets the plain verdict, or the frame is rejected."""
    some = [a_case(chance) for _ in range(chance.randint(1, 4))]
    names = chance.sample(list(Case.fields()), chance.randint(1, 8))
    table: dict[str, list[Any]] = {name: [case.to_record()[name] for case in some] for name in names}
    for name in chance.sample(names, chance.randint(1, min(3, len(names)))):
        table[name][chance.randrange(len(some))] = chance.choice(_ODD)
    frame = pd.DataFrame({name: pd.Series(column, dtype=object) for name, column in table.items()})
    if chance.randrange(2):
        with contextlib.suppress(UnicodeEncodeError):  # from pandas itself, for half an emoji
            frame = frame.infer_objects()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            judged = judge_frame(frame)
        except CaseError as error:
            check_message(error)
            return
    for at, verdict in judged["verdict"].items():
        fields = {name: Case.fields()[name].read(table[name][at]) for name in names}  # type: ignore[index]
        case = {**Case().__dict__, **fields}
        assert plain_rules.is_a_case(case), case
        assert plain_rules.answer(case).verdict == verdict, case


# ---- conditions ----

Holds = Callable[[Any], bool]


def _condition(chance: Chance, depth: int) -> tuple[str, Holds]:  # noqa: C901 - one for each form
    """Return a condition, and what it means in plain Python."""
    form = chance.randrange(8 if depth else 5)
    if form == 0:
        flag = chance.choice(("scripted", "prior_contact", "needs_visa", "lists_open"))
        return flag, lambda case: bool(getattr(case, flag))
    if form == 1:
        name, levels = chance.choice((("phase", plain_rules.values_of("phase")), ("move", plain_rules.values_of("move"))))
        level = chance.choice(levels)
        if chance.randrange(2):
            return f"{name} is not {level}", lambda case: getattr(case, name) != level
        return f"{name} is {level}", lambda case: getattr(case, name) == level
    if form == 2:
        some = chance.sample(plain_rules.values_of("recommender"), chance.randint(1, 3))
        listed = f"({', '.join(some)},)"
        if chance.randrange(2):
            return f"recommender not in {listed}", lambda case: case.recommender not in some
        return f"recommender in {listed}", lambda case: case.recommender in some
    if form == 3:
        one, other = chance.sample(("score", "range_low", "range_floor", str(chance.randint(0, 999))), 2)
        ways: dict[str, Callable[[int, int], bool]] = {
            "<": lambda a, b: a < b,
            "<=": lambda a, b: a <= b,
            ">": lambda a, b: a > b,
            ">=": lambda a, b: a >= b,
            "==": lambda a, b: a == b,
            "!=": lambda a, b: a != b,
        }
        sign = chance.choice(list(ways))

        def number(case: Any, word: str) -> int:
            return int(word) if word.isdigit() else getattr(case, word)

        return f"{one} {sign} {other}", lambda case: ways[sign](number(case, one), number(case, other))
    if form == 4:
        if chance.randrange(2):
            wanted = chance.randint(0, 3)
            return f"track_record == {wanted}", lambda case: case.track_record == wanted
        return "needs & offers", lambda case: any(need in case.offers for need in case.needs)
    if form == 5:
        inner, holds = _condition(chance, depth - 1)
        return f"not ({inner})", lambda case: not holds(case)
    parts = [_condition(chance, depth - 1) for _ in range(chance.randint(2, 3))]
    word, together = ("and", all) if form == 6 else ("or", any)
    return f" {word} ".join(f"({inner})" for inner, _ in parts), lambda case: together(holds(case) for _, holds in parts)


def try_condition(chance: Chance) -> None:
    """Read a table's condition: it means what it says, or is rejected with its location if it is damaged."""
    written, holds = _condition(chance, 3)
    place = ("conditions.csv", 2, "when")
    which = scalar_function([parse(written, {}, place=place)])
    for _ in range(5):
        case = a_case(chance)
        assert which(case) == int(holds(case)), (written, case)
    damaged = damage(chance, written.encode()).decode("utf-8", "replace")
    try:
        tree = parse(damaged, {}, place=place)
    except TableError as error:
        check_message(error)
    else:
        ast.unparse(tree)
        scalar_function([tree])(a_case(chance))


# ---- the planner ----

_PROGRAMS: Final = ("Lakeside", "Mercy", "Northern", "St. Anne", "Valley", "Westport", "York")


def _person(chance: Chance, name: str) -> Person:
    known = chance.sample(_PROGRAMS, chance.choice((0, 0, 1, 4)))
    inside = chance.sample(_PROGRAMS, chance.choice((0, 0, 0, 1)))
    return Person(name, chance.choice(KINDS), chance.choice((None, None, 0, 1, 3)), chance.choice(ACQUAINTANCE), known, inside)


def _program(chance: Chance, name: str) -> Program:
    low = chance.choice((225, 235, 236, 250, 500))
    unknown = (None, True, False)
    return Program(
        name,
        low,
        chance.choice((None, low, low - 20)),
        chance.sample(NEEDS, chance.choice((0, 0, 1, 2))),
        chance.randrange(2) == 1,
        chance.choice((None, *OPENINGS)),
        chance.choice(unknown),
        chance.choice(unknown),
        chance.randrange(2) == 1,
    )


def try_plan(chance: Chance) -> None:
    """Plan who approaches which program, within the limits and with the plain verdicts."""
    people = [_person(chance, f"Dr. {letter}") for letter in "ABCDE"[: chance.randint(0, 5)]]
    programs = [_program(chance, name) for name in _PROGRAMS[: chance.randint(0, 7)]]
    student, reading = a_case(chance), chance.choice(READINGS)
    found = plan(student, people, programs, reading=reading)
    asked = [row.person.name for row in found.rows]
    assert len(set(asked)) <= 3
    assert all(asked.count(name) <= 5 for name in asked)
    assert len({row.program.name for row in found.rows}) == len(found.rows)
    named = {row.program.name for row in found.rows} | {left.name for left in found.left_out if left.what == "program"}
    assert named == {program.name for program in programs}
    for row in found.rows:
        unknown = [
            field
            for field, value in {
                "interviews_failures": row.program.interviews_failures,
                "sponsors_visas": row.program.sponsors_visas,
                "has_noncategorical_seat": row.program.openings,
            }.items()
            if value is None
        ]
        every = [dict(row.case.__dict__)]
        for name in unknown:
            every = [{**one, name: value} for one in every for value in (False, True)]
        verdicts = {plain_rules.answer(one, reading).verdict for one in every}
        assert set(map(int, row.found.verdicts)) == verdicts, (row.case, unknown, reading)
        assert row.verdict == min(verdicts)
        assert row.rules.answer == plain_rules.allowed(row.case.__dict__)
    best = [row.verdict for row in found.rows]
    assert best == sorted(best, reverse=True)


# ---- bytes ----

_TOKENS: Final = (
    *(b"", b"\xef\xbb\xbf", b"\xff\xfe", b"\0", b"\xed\xa0\xbd", b"\r\n", b"\n\n", b'"', b'""', b",", b";", b"\t", b"|", b"\\"),
    *(
        b"{",
        b"}",
        b"[",
        b"]",
        b"[" * 3000,
        b'{"a":' * 2000,
        b"null",
        b"true",
        b"NaN",
        b"Infinity",
        b"-0.0",
        b"1e999",
        b"9" * 400,
    ),
    *(b"unknown", b"yes", b"-1", b"0", b"300", b"301", b"999", b"1000", b"=cmd|' /C calc'!A0", b"\\ud83d", b"&nbsp;", b"<b>"),
    *("é".encode(), "ü".encode("cp1252"), "240".encode("utf-16"), b"PK\x03\x04", b"{x}", b"{0.__class__}", b"%s"),
)


def damage(chance: Chance, content: bytes) -> bytes:
    """Damage content in a few places: cut, repeat, swap, or insert something that readers stumble over."""
    for _ in range(chance.choice((1, 1, 2, 3, 8))):
        at = chance.randint(0, len(content))
        to = min(len(content), at + chance.choice((0, 1, 1, 4, 40)))
        way = chance.randrange(7)
        if way == 0:
            content = content[:at] + chance.choice(_TOKENS) + content[to:]
        elif way == 1:
            content = content[:at] + content[to:]
        elif way == 2:
            content = content[:at] + content[at:to] * chance.choice((2, 2, 50)) + content[to:]
        elif way == 3:
            content = content[:at] + chance.randbytes(to - at) + content[to:]
        elif way == 4:
            words = re.split(rb"([^A-Za-z0-9_.]+)", content)
            if len(words) > 2:
                one, other = chance.randrange(len(words)), chance.randrange(len(words))
                words[one], words[other] = words[other], words[one]
            content = b"".join(words)
        elif way == 5 and chance.randrange(4) == 0:
            content = content.decode("utf-8", "replace").encode(chance.choice(("utf-16", "utf-8-sig", "mac_roman")), "replace")
        else:
            content = content[:at] + bytes([chance.randrange(256)]) + content[to:]
    return content[:200_000]


def _csv(*lines: str) -> bytes:
    return "\n".join(lines).encode()


_CASE_FILE: Final = saved_case_to_text(
    SavedCase(
        Case(needs={"local"}, recommender="known_dean"), unknown=("range_low", "sponsors_visas"), sheet={"sheet_name": "A"}
    )
).encode()
_ROOM: Final = json.dumps(
    {
        "backchannel_workshop": 1,
        "saved": "2027-03-15T12:00:00-04:00",
        "writer": "0123456789abcdef",
        "id": "01234567",
        "session": {
            "step": "links",
            "vignette": "nadia",
            "shown": 2,
            "votes": [1] * 9,
            "phones": [2] * 9,
            "played": [{"vignette": "hannah", "votes": [0] * 9, "phones": [3] * 9}],
        },
        "clock": 40,
        "phones": {"address": "127.0.0.1", "port": 8123, "code": "k7w3xz"},
    }
).encode()
_CASES: Final = _csv(
    "Name,Score,Range low,Range floor,Failed attempts,Recommender,Move,Needs,Offers,Track record,Specifics",
    "Avery,251,235,220,0,trusted peer,targeted call,local,local|language,3,yes",
    "Blake,228,,,1,self,direct email,,,,no",
)
_OWN_CASES: Final = _csv(
    "title,file,contact,discuss,why,first,topic,difficulty,score,recommender,specifics",
    '"The quiet file","She scored 228, alone.",A dean writes.,What now?,Nobody knows him.,yes,paper,2,228,random dean,no',
)
_OWN_SCENES: Final = _csv("title,story,why,score", "A quiet file,She scored 228 and nobody called.,Nobody called.,228")
_OWN_QUESTIONS: Final = _csv(
    "question,option_1,why_1,option_2,why_2,answer,first", "Who is heard best?,A peer,Yes.,A stranger,Rarely.,A peer,no"
)
_PEOPLE: Final = rows_to_csv(
    "people", [Person("Dr. Abe", "trusted_peer", 3, "well", ["Mercy"]), Person("Dr. Bao", "known_dean")]
).encode()
_PLACES: Final = rows_to_csv(
    "programs", [Program("Mercy", 230, 210, ["local"]), Program("Lakeside", 245, openings="both")]
).encode()
_CLASS: Final = _csv(
    "Student,Score,Failed attempts,Needs visa,Specifics,Offers,Caller,Recommender,Programs",
    "Avery,251,0,no,yes,local,Dean Okafor,known dean,Mercy; Lakeside",
    "Blake,228,1,?,,,,,Mercy",
)
_POLICIES: Final = _csv(
    "Program,Range low,Interviews failures,Sponsors visas,Needs,Openings", "Mercy,235,no,yes,,", "Lakeside,222,yes,,local,both"
)


def _in_folder(name: str, content: bytes) -> Path:
    path = folder() / name
    path.write_bytes(content)
    return path


def _read_case_file(content: bytes) -> None:
    path = _in_folder("fuzz.json", content)
    found = load_saved_case(path)
    again = saved_case_to_text(found)
    path.write_text(again, encoding="utf-8")
    assert load_saved_case(path) == found, again
    assert plain_rules.is_a_case(found.case.__dict__) or not plain_rules.is_of_one_exam(found.case.__dict__)


def _read_frame(content: bytes) -> None:
    judged = judge_frame(read_cases(_in_folder("fuzz.csv", content)))
    assert judged.empty or judged["verdict"].between(0, 8).all()


def _read_class(content: bytes) -> None:
    found = read_class(content, _POLICIES)
    judge_class(found, datetime(2027, 3, 16, 12))


def _read_policies(content: bytes) -> None:
    judge_class(read_class(_CLASS, content), datetime(2027, 3, 16, 12))


def _read_session(content: bytes) -> None:
    _in_folder("workshop.json", content)
    try:
        found = session_record.load()
        assert found.record is None or isinstance(found.record, dict)
    finally:
        for left in folder().glob("workshop*"):
            left.unlink()


def _open_room(content: bytes) -> None:
    _in_folder("workshop.json", content)
    try:
        board = make_activity("round")
        assert isinstance(board, Round)
        for message in ({"type": "hello"}, {"type": "next"}, {"type": "refresh"}):
            for answer in board.handle({"view": "v", **message}):
                json.dumps(answer, ensure_ascii=False).encode()
                notice = str(answer.get("notice", ""))
                assert "\n" not in notice
    finally:
        for left in folder().glob("workshop*"):
            left.unlink()


def _read_answers(content: bytes) -> None:
    _in_folder("case.json", content)
    case = with_saved(Case(), saved("case"))
    assert case.range_floor <= case.range_low
    _in_folder("case.json", b"{}")


def _own(read: Callable[[bytes], Any]) -> Callable[[bytes], None]:
    def check(content: bytes) -> None:
        found = read(content)
        for sentence in (*found.problems, *found.notes):
            assert sentence.strip()
            sentence.encode()

    return check


READERS: Final[Mapping[str, tuple[bytes, Callable[[bytes], Any]]]] = {
    "case file": (_CASE_FILE, _read_case_file),
    "cases": (_CASES, _read_frame),
    "class": (_CLASS, _read_class),
    "programs of a class": (_POLICIES, _read_policies),
    "session": (_ROOM, _read_session),
    "room": (_ROOM, _open_room),
    "saved answers": (json.dumps(Case(score=251, needs={"local"}).to_record()).encode(), _read_answers),
    "own cases": (_OWN_CASES, _own(CASES.read)),
    "own scenes": (_OWN_SCENES, _own(SCENES.read)),
    "own questions": (_OWN_QUESTIONS, _own(QUESTIONS.read)),
    "people": (_PEOPLE, functools.partial(read_rows, "people")),
    "programs": (_PLACES, functools.partial(read_rows, "programs")),
}


def read_bytes(name: str, content: bytes) -> None:
    """Read bytes as one kind of file: they give a value or an error message."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            READERS[name][1](content)
        except CaseError as error:
            check_message(error)


def try_file(chance: Chance) -> None:
    """Read a damaged file of some kind."""
    name = chance.choice(list(READERS))
    read_bytes(name, damage(chance, READERS[name][0]))


# ---- the reply checker ----


def _sentences() -> list[str]:
    found: list[str] = []
    for file in sorted(REPLIES.glob("*.toml")):
        for value in tomllib.loads(file.read_text(encoding="utf-8")).values():
            if isinstance(value, dict):
                found += [sentence for some in value.values() if isinstance(some, list) for sentence in some]
            else:
                found += [letter["text"] for letter in value if "text" in letter]
    return found


_WRITTEN: list[str] = []
_FRAMES: Final = (
    *("Dear Dr. Hale,\n", "Hi,\n", "\n\nBest,\nAvery", "\n-- \nAvery\n", "> quoted\n> more\n", "\nOn Mon, Dr. H wrote:\n"),
    *(
        "<p>",
        "</p><br>",
        "&nbsp;",
        "&#x110000;",
        "[Name] ",
        "____ ",
        "{{program}} ",
        "(name of hospital) ",
        "To: a@b.c\nSubject: x\n",
    ),
    *(
        "-----Original Message-----\nFrom: x\n",
        "Estimado doctor, le escribo porque no tuve suerte. ",
        "\u200b",
        "\ud83d",
        "\0",
        "\t",
    ),
)


def try_reply(chance: Chance) -> None:
    """Check an email made of sentences and scraps: the findings quote its text, and the result can be shown."""
    if not _WRITTEN:
        _WRITTEN.extend(_sentences())
    parts = [chance.choice(_WRITTEN if chance.randrange(2) else _FRAMES) for _ in range(chance.randint(0, 6))]
    email = chance.choice(("", " ", "\n")).join(parts)
    if chance.randrange(2):
        email = damage(chance, email.encode("utf-8", "surrogatepass")).decode("utf-8", "surrogateescape")
    check = check_reply(email)
    for found in check.findings:
        for seen in found.seen:
            assert check.text[seen.start : seen.end] == seen.words, email
    assert check.state in {"read", "empty", "not_english"}
    for sentence in (check.sentence, check.contact_rule, *check.limits, *check.notes):
        sentence.encode()
    assert check.state == "read" or not check.findings


# ---- calendar files ----


def _plain_events(content: str) -> list[dict[str, str]]:
    """Read a calendar file in the simplest way."""
    for line in content.split("\r\n"):
        assert len(line.encode()) <= 75, line
        assert "\n" not in line
        assert "\r" not in line
    found: list[dict[str, str]] = []
    for line in content.replace("\r\n ", "").split("\r\n"):
        name, _, value = line.partition(":")
        if line == "BEGIN:VEVENT":
            found.append({})
        elif found:
            plain, at = "", 0
            while at < len(value):
                if value[at] == "\\":
                    at += 1
                    plain += "\n" if value[at] == "n" else value[at]
                else:
                    plain += value[at]
                at += 1
            found[-1].setdefault(name, plain)
    return found


def _any_text(chance: Chance) -> str:
    letters = 'ab \\;,:\nn"é\U0001f642\u200f' + chance.choice(("\r", "\u2028", "\t", "x", "\x0b"))
    return "".join(chance.choice(letters) for _ in range(chance.choice((0, 3, 30, 120))))


def _clean(text: str) -> str:
    """Return text as a calendar file can hold it: one kind of line ending, and no control characters."""
    return "".join(
        sign
        for sign in text.replace("\r\n", "\n").replace("\r", "\n")
        if sign in "\n\t" or (ord(sign) >= 32 and sign != "\x7f")
    )


def try_calendar(chance: Chance) -> None:
    """Write events, or a whole year plan, as a calendar file, which must read back the same."""
    if chance.randrange(3) == 0:
        _try_year_plan(chance)
        return
    events = []
    for number in range(chance.randint(0, 4)):
        begins: date = date(2012, 1, 1) + timedelta(days=chance.randint(0, 30_000))
        ends: date = begins + timedelta(days=chance.choice((0, 1, 40)))
        if chance.randrange(2):
            begins = datetime(begins.year, begins.month, begins.day, chance.randrange(24), tzinfo=UTC)
            ends = begins + timedelta(minutes=chance.choice((0, 30, 2000)))
        events.append(CalendarEvent(f"e{number}", begins, ends, _any_text(chance), _any_text(chance)))
    content = calendar_file(events, "Test", _any_text(chance), _any_text(chance))
    found = _plain_events(content)
    assert [(one["SUMMARY"], one["DESCRIPTION"]) for one in found] == [
        (_clean(event.title), _clean(event.description)) for event in events
    ], events
    assert len({one["UID"] for one in found}) == len(events)


def _try_year_plan(chance: Chance) -> None:
    tasks = load_plan_tasks()
    start = date(2013, 1, 1) + timedelta(days=chance.randint(0, 87 * 365))
    made = plan_for(start, [task.task for task in chance.sample(tasks, chance.randint(0, len(tasks)))])
    shown = _plain_events(made.ics)
    assert len(shown) == len(made.items)
    for item, event in zip(made.items, shown, strict=True):
        assert start <= item.begins <= item.ends <= made.last
        assert event["DTSTART;VALUE=DATE"] == f"{item.begins:%Y%m%d}"
        if item.task.rule:
            day = item.begins
            while day <= item.ends:
                friday = plain_rules.third_friday_of_march(day.year)
                assert not friday - timedelta(days=4) <= day < friday, (start, item)
                day += timedelta(days=1)


# ---- votes ----


class _Votes:
    """A room that votes, with a plain implementation next to it."""

    def __init__(self) -> None:
        self.path = folder() / "fuzz-votes.sqlite"
        for left in folder().glob("fuzz-votes.sqlite*"):
            left.unlink()
        self.now = 0.0
        self.rounds: dict[str, dict[str, int]] = {}
        self.voted: set[tuple[int, str]] = set()
        self.open = ""
        self.last = ""
        self.store = VoteStore(self.path)
        self.start()
        self.phones = [self.service.ballots.new() for _ in range(12)]

    def start(self) -> None:
        self.store.close()
        self.store = VoteStore(self.path)
        self.service = VoteService(self.store, Ballots(self.store.key, lambda: self.now), "127.0.0.1", 8888, "k7w3xz")

    def act(self, chance: Chance) -> None:
        deed = chance.randrange(40)
        if deed == 0:
            self.start()  # killed and restarted
        elif deed in {1, 2}:
            name = f"round {chance.randrange(6)}"
            choices = [("yes", "Yes"), ("no", "No")] + [("perhaps", "Perhaps")] * (deed - 1)
            self.store.open_round(name, "What happens?", choices, people=12)
            before = self.rounds.get(name, {})
            self.rounds[name] = {choice: before.get(choice, 0) for choice, _ in choices}
            self.open = self.last = name
        elif deed == 3:
            self.store.close_round()
            self.open = ""
        else:
            self.vote(chance)
        for name in chance.sample(sorted(self.rounds), min(1, len(self.rounds))):
            assert self.store.counts(name) == self.rounds[name]

    def vote(self, chance: Chance) -> None:
        phone, name = chance.randrange(12), chance.choice((self.last, self.last, self.last, f"round {chance.randrange(6)}"))
        choice = chance.choice(("yes", "no", "perhaps"))
        body: Any = {"round": name, "choice": choice}
        if chance.randrange(8) == 0:
            odd = (None, [], "x", 5, {"round": None, "choice": []}, {"round": name}, {"round": "\ud800", "choice": "yes"}, {})
            body = chance.choice(odd)
        cookie = self.phones[phone]
        if chance.randrange(10) == 0:
            wrong = damage(chance, cookie.encode()).decode("utf-8", "replace")
            assert self.service.ballots.read(wrong) is None or wrong == cookie
        ballot = self.service.ballots.read(cookie)
        assert ballot is not None
        should = body == {"round": self.open, "choice": choice} and choice in self.rounds.get(self.open, {})
        should = should and (phone, self.open) not in self.voted
        try:
            status, sentence = self.service.vote(ballot, body, f"10.0.0.{phone}")
        except CaseFileError as error:
            check_message(error)
            status, sentence = 0, "refused"
        assert sentence
        assert (status == 200) == should, (status, body)
        if should:
            self.voted.add((phone, self.open))
            self.rounds[self.open][choice] += 1
        if self.last:
            state = self.service.state(ballot)
            assert state["voted"] == ((phone, self.last) in self.voted)
            assert state["open"] == (self.open == self.last != "")


_room: list[_Votes] = []
_acts = [0]


def try_vote(chance: Chance) -> None:
    """Vote, open, close, or kill and restart the server; whatever happens, the plain implementation agrees."""
    if not _room or _acts[0] % 500 == 0:
        for old in _room:
            old.store.close()
        _room[:] = [_Votes()]
    _acts[0] += 1
    _room[0].act(chance)


TARGETS: Final[Mapping[str, Target]] = {
    "cases": Target("one case: verdict, caps, weakest links, rules and the NRMP's rule", try_case, 400),
    "moments": Target("the phase and the rule at a moment in some time zone", try_moment, 150),
    "open": Target("cases with unknown fields", try_open_case, 10),
    "changes": Target("what would change a verdict", try_changes, 5),
    "frames": Target("frames of up to 30 rows", try_frame, 2),
    "odd": Target("frames with odd cells", try_odd_frame, 25),
    "conditions": Target("conditions such as those in the rules' tables", try_condition, 100),
    "plans": Target("the planner's people and programs", try_plan, 20),
    "files": Target(f"damaged files: {', '.join(READERS)}", try_file, 100),
    "reply": Target("the reply checker", try_reply, 20),
    "calendar": Target("calendar files and year plans", try_calendar, 60),
    "votes": Target("votes, ballots and a server that gets killed", try_vote, 100),
}


def use_a_folder_of_its_own(place: str) -> None:
    """Keep everything that is saved in the meantime in this folder."""
    os.environ["BACKCHANNEL_WORK"] = place
