"""Show questions that a room is likely to ask, one at a time: first the question, then a short answer and its source."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from backchannel_lib.activities.activity import Action
from backchannel_lib.activities.form import Record, integer_field
from backchannel_lib.activities.messages import ActionResult
from backchannel_lib.activities.persistent_form import PersistentForm
from backchannel_lib.activities.questions import OwnOption, Question, questions_of
from backchannel_lib.activities.tables import ActivityRow
from backchannel_lib.base.errors import known_word
from backchannel_lib.base.texts import text
from backchannel_lib.model.soap_rule import rules_check
from backchannel_lib.model.tables import facts
from backchannel_lib.page.activity_page import activity_page, show_if, slot, static_page
from backchannel_lib.page.components import citations, lines_of_all
from backchannel_lib.page.html import Markup, join, tag
from backchannel_lib.page.inputs import button
from backchannel_lib.page.rule_html import SIGNS
from backchannel_lib.workshop.own_cases.questions import RoomOwnQuestion, saved_own_questions
from backchannel_lib.workshop.stage import CHAPTER

LAST: Final = 500  # more screens than any room needs
MOST_KEYS: Final = 9  # how many questions have a digit as their key
#: The source of the answer to each kind of question. Each source has its own frame.
VOICES: Final[Mapping[str, str]] = {"rule": "rule", "case": "article", "choice": "ours"}


class RoomQuestion(NamedTuple):
    """A question as a room asks it, with its answer.

    Args:
        key: Its id.
        ask: The question, in a student's words.
        short: The answer in a word or two.
        answer: The answer in two or three sentences.
        voice: The source of the answer: ``article``, ``rule``, ``ours``, or ``own`` for the facilitator's own question.
        source: Its sources as HTML, collapsed.
        source_line: Its sources in one line; blank if it is only advice.
        row: Its row in data/questions.csv; None for the facilitator's own question.
        options: The answers to choose from, in the facilitator's own question.
    """

    key: str
    ask: str
    short: str
    answer: str
    voice: str
    source: Markup = Markup("")
    source_line: str = ""
    row: Question | None = None
    options: tuple[OwnOption, ...] = ()


def _of_table(row: Question) -> RoomQuestion:
    right = next(option for option in row.options if option.option == row.answer)
    voice = VOICES[row.kind]
    return RoomQuestion(
        row.question,
        text(f"room_question.{row.question}.ask"),
        right.text if voice != "ours" else text("room_questions.advice"),
        text(f"room_question.{row.question}.answer"),
        voice,
        citations(f"question-{row.question}", row.claims, (row.assumption,), row.facts),
        _source_line(row),
        row,
    )


def _of_own(one: RoomOwnQuestion) -> RoomQuestion:
    asked = one.asked
    right = next(option for option in asked.options if option.option == asked.answer)
    return RoomQuestion(one.key, asked.text, right.text, right.why, "own", options=asked.options)


def _source_line(row: Question) -> str:
    """Return the sources of an answer in one line, each outside source once; blank for our advice."""
    article = text("card.article_lines", lines=lines_of_all(row.claims)) if row.claims else ""
    return "; ".join(dict.fromkeys(filter(None, (article, *(facts()[one].citation for one in row.facts)))))


def room_questions() -> tuple[RoomQuestion, ...]:
    """Return the questions in the order on screen: chapter 12's questions, with your own before or after them.

    Examples:
        >>> [(one.key, one.short) for one in room_questions()][1]
        ('room_dean_now', 'Ask first')
    """
    own = saved_own_questions()
    before, after = ([_of_own(one) for one in own if one.first is first] for first in (True, False))
    return (*before, *map(_of_table, questions_of(CHAPTER)), *after)


class RoomQuestions(PersistentForm):
    """The question on screen, and whether its answer is shown.

    Args:
        row: Its row in data/activities.csv.

    Source:
        data/questions.csv.
    """

    def __init__(self, row: ActivityRow) -> None:
        saved_own_questions.cache_clear()
        # 0 is the list; each question then has two screens, without and with its answer
        super().__init__(row, {"at": integer_field("at", 0, LAST, 0)})

    # ---- actions ----

    def actions(self) -> dict[str, Action]:
        """Return the buttons' actions."""
        return {
            "next": self._next,
            "back": lambda _: self._to(self._at(self.state) - 1),
            "list": lambda _: self._to(0),
            "question": self._question,
        }

    #: In a session, moves on from the questions to the plan's next step, and returns whether there is one.
    after_last: Callable[[], bool] | None = None

    def _next(self, _: object) -> ActionResult:
        at = self._at(self.state)
        is_last = at == 2 * len(room_questions())
        return {} if is_last and self.after_last and self.after_last() else self._to(at + 1)

    def _to(self, at: int) -> ActionResult:
        if at > 2 * len(room_questions()):
            return {"notice": text("room_questions.last")}
        if at < 0:
            return {}
        self.commit_values(at=at)
        return {"focus": "head"}

    def _question(self, message: Mapping[str, Any]) -> ActionResult:
        keys = [one.key for one in room_questions()]
        return self._to(2 * keys.index(known_word("question", message["value"], keys)) + 1)

    def believed(self, state: Record) -> Record:
        """Return the state in a file, without a question that no longer exists."""
        return state if state["at"] <= 2 * len(room_questions()) else self.start

    # ---- on screen ----

    @staticmethod
    def _at(state: Record) -> int:
        """Return the number of the current screen, or of the list if the question no longer exists."""
        at = int(state["at"])
        return at if at <= 2 * len(room_questions()) else 0

    def _on_screen(self, state: Record) -> RoomQuestion | None:
        at = self._at(state)
        return room_questions()[(at - 1) // 2] if at else None

    def _is_answered(self, state: Record) -> bool:
        at = self._at(state)
        return at > 0 and at % 2 == 0

    def sections(self, state: Record) -> list[str]:
        """Return the visible sections."""
        return ["question" if self._on_screen(state) else "list"]

    def fragments(self, state: Record) -> dict[str, str]:
        """Return the list, or a question with its answer once somebody asks for it."""
        one = self._on_screen(state)
        answered = self._is_answered(state)
        return {
            "head": join(one.ask if one else text("room_questions.list")),
            "list": "" if one else _list(),
            "options": own_options(_choices(one), answered=answered) if one else "",
            "answer": _answer(one) if one and answered and not one.options else "",
            "nav": _nav(self._at(state), leads_on=self.after_last is not None),
            "note": _note(one) if one and not answered else "",
            "live_text": f"{one.short}. {one.answer}" if one and answered else "",
        }

    def deferred_fragments(self, state: Record) -> dict[str, str]:  # noqa: ARG002 - paper has them all
        """Return the questions with their answers, for the facilitator's paper."""
        return {"paper": _on_paper()}

    def page(self) -> str:
        """Return the whole page."""
        parts, visible = self.fragments(self.state), self.sections(self.state)
        return activity_page(
            self.key,
            slot("head", parts["head"], "h3", class_="bw-question-head bw-screen"),
            show_if("list", visible, slot("list", parts["list"]), class_="bw-screen"),
            show_if(
                "question", visible, slot("options", parts["options"]), slot("answer", parts["answer"]), class_="bw-screen"
            ),
            slot("nav", parts["nav"], class_="bw-toolbar bw-nav"),
            slot("note", parts["note"], class_="bw-screen"),
            slot("paper", _on_paper(), "ol", class_="bw-on-paper", hidden=True),
            look="bw-round bw-room-questions",
        )

    def static_html(self) -> str:
        """Return the questions, for a notebook that hasn't run."""
        return static_page(self.key, tag("ul", [tag("li", one.ask) for one in room_questions()]))

    @property
    def text(self) -> str:
        """Title, introduction and the questions, or the question on screen."""
        one = self._on_screen(self.state)
        lines = [one.ask] if one else [f"- {each.ask}" for each in room_questions()]
        if one and self._is_answered(self.state):
            lines.append(f"{one.short}. {one.answer}")
        return "\n".join([super().text, *lines])

    def transcript_lines(self) -> Iterator[str]:
        """Open each question, then its answer."""
        for number in range(1, len(room_questions()) + 1):
            self._to(2 * number)
            one = room_questions()[number - 1]
            yield f"{number}. {one.ask}"
            yield f"   {one.short}. {one.answer}"


def _on_paper() -> Markup:
    """Return every question with its answer and sources."""
    return join([question_and_answer(one) for one in room_questions()])


def question_and_answer(one: RoomQuestion) -> Markup:
    """Return a list item with a question, its answer and its sources, for paper.

    Examples:
        >>> question_and_answer(room_questions()[1])[:14]
        '<li><b>SOAP is'
    """
    source = tag("span", f" ({one.source_line})", class_="small") if one.source_line else None
    return tag("li", tag("b", one.ask, " ", one.short), ". ", one.answer, source)


def _list() -> Markup:
    """Return the questions as buttons; the first nine have a digit."""
    items = [
        tag("li", button(one.ask, "question", one.key, key=str(number) if number <= MOST_KEYS else "", hint=str(number)))
        for number, one in enumerate(room_questions(), start=1)
    ]
    return tag("ol", items, class_="bw-question-list")


def _nav(at: int, *, leads_on: bool) -> Markup:
    is_last = at == 2 * len(room_questions())
    last = "room_questions.on" if is_last else "room_questions.next"
    next_label = "room_questions.first" if at == 0 else "room_questions.answer" if at % 2 else last
    buttons = []
    if leads_on or not is_last:
        buttons.append(button(text(next_label), "next", key="ArrowRight PageDown", hint="→"))
    if at:
        buttons.append(button(text("scene.back"), "back", key="ArrowLeft PageUp", hint="←"))
        buttons.append(button(text("room_questions.all"), "list", key="m", hint="M"))
    return join(buttons)


def _choices(one: RoomQuestion) -> list[tuple[str, str, bool]]:
    return [(option.text, option.why, option.text == one.short) for option in one.options]


def own_options(options: Iterable[tuple[str, str, bool]], *, answered: bool) -> Markup:
    """List the answers to choose from and, once the room asks, give reasons and mark the correct one in words and color.

    Args:
        options: For each option, its text, the reason, and whether it is correct.
        answered: Whether the room has asked for the answer.

    Examples:
        >>> own_options([("A peer", "They know each other.", True)], answered=False)
        '<ol class="bw-question-options"><li><b>A peer</b></li></ol>'
    """
    items = [
        tag(
            "li",
            tag("b", option),
            tag("b", " ✓ ", text("room_questions.right"), class_="bw-here") if answered and is_right else None,
            tag("p", why) if answered else None,
            class_="bw-option-right" if answered and is_right else None,
        )
        for option, why, is_right in options
    ]
    return tag("ol", items, class_="bw-question-options") if items else Markup("")


def _answer(one: RoomQuestion) -> Markup:
    """Return the answer, framed according to its source."""
    rule = one.row if one.voice == "rule" else None
    sign = tag("span", SIGNS[rule.answer], " ", aria_hidden="true") if rule else None
    look = {"rule": "bw-rule", "article": "bw-card", "ours": "bw-help-card"}[one.voice]
    read = rules_check(rule.case).note if rule and rule.case else ""
    return tag(
        "section",
        tag("p", text(f"room_questions.voice.{one.voice}"), class_="bw-voice"),
        tag("p", sign, one.short, class_="bw-rule-answer", data_answer=rule.answer if rule else None),
        tag("p", one.answer, class_="bw-question-answer"),
        tag("p", read, class_="bw-small") if read else None,
        one.source,
        class_=look,
    )


def _note(one: RoomQuestion) -> Markup:
    """Return the answer for the presenter, before the room sees it."""
    return tag(
        "details",
        tag("summary", text("round.note")),
        tag("p", tag("b", one.short), ". ", one.answer),
        class_="bw-basis",
        data_details="note",
    )
