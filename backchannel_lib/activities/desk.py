"""The director's desk: one file after another, a minute and a half each, and no answers before a decision."""

from __future__ import annotations

from collections.abc import Iterator

from backchannel_lib.activities.form import Record, choice_field
from backchannel_lib.activities.messages import ClockRecord
from backchannel_lib.activities.tables import (
    ActivityRow,
    article_number,
    article_number_claims,
    case_of,
    load_desk_decisions,
    load_desk_files,
)
from backchannel_lib.activities.timed_deck import TimedDeck
from backchannel_lib.base.texts import text
from backchannel_lib.model.soap_rule import rules_check
from backchannel_lib.model.verdict import Judgment, Verdict, judge
from backchannel_lib.page.activity_page import activity_page, rule_box, show_if, slot, static_page
from backchannel_lib.page.case_fragments import fast_fragments
from backchannel_lib.page.components import blank_table, citations, description_list, scrollable, table
from backchannel_lib.page.file_sheet import file_brief, file_facts, file_sheet
from backchannel_lib.page.html import Markup, join, tag
from backchannel_lib.page.inputs import button, radios, toolbar
from backchannel_lib.page.pictures import sheet_of_paper
from backchannel_lib.page.verdict_html import stages_on_screen


def decision_of(verdict: Verdict) -> str:
    """Return the director's decision on a file with this verdict, from data/desk_decisions.csv.

    Examples:
        >>> decision_of(Verdict.MAYBE)
        'read'
    """
    return [row.decision for row in load_desk_decisions() if Verdict[row.at_least.upper()] <= verdict][-1]


class Desk(TimedDeck):
    """The files, with the reader's decisions and position, and whether the clock is on.

    Args:
        row: The activity's row.

    Source:
        data/desk_files.csv, paper.ninety-seconds.
    """

    time_up = "desk.time_up"

    def __init__(self, row: ActivityRow) -> None:
        self.seconds = article_number("seconds_per_file")
        self.files = {row.file: row for row in load_desk_files()}
        self.cases = {name: case_of(row.overrides) for name, row in self.files.items()}
        self.judgments = {name: judge(case) for name, case in self.cases.items()}
        self.decisions = [row.decision for row in load_desk_decisions()]
        order = list(self.files)
        numbers = {name: text("desk.number", number=number, total=len(order)) for number, name in enumerate(order, start=1)}
        super().__init__(row, order, {name: choice_field(name, self.decisions, number) for name, number in numbers.items()})

    # ---- the reader's position ----

    def decided(self, state: Record) -> list[str]:
        """Return the files with a decision."""
        return [name for name in self.order if state[name]]

    def head_at(self, at: int) -> str:
        """Return the name of a file's header fragment."""
        return f"head.{self.order[at - 1]}"

    # ---- what is on the page ----

    def clock_of(self, state: Record) -> ClockRecord:
        """Return the running clock; turning it off and on again restarts it."""
        runs = state["clock"] == "on" and self.on_top(state) != ""
        return {"id": f"{state['at']}-{state['clock']}", "seconds": self.seconds, "run": runs}

    def sections(self, state: Record) -> list[str]:
        """Return which sections are visible."""
        name = self.on_top(state)
        if name:
            return ["desk", name, f"clock_{state['clock']}"]
        return ["seen"] if state["at"] == self.end else ["start"]

    def fragments(self, state: Record) -> dict[str, str]:
        """Return the navigation and, once the reader asks for them, the answers to the decisions so far."""
        seen = state["at"] == self.end
        decided = self.decided(state) if seen else []
        summary = self._summary(state, decided) if seen else ""
        return {
            "clock": self.clock_sentence(state),
            "nav": self._nav(state),
            "summary": summary,
            "answers": self._table(state, decided) if seen else "",
            "why": join([self._why(name, state) for name in decided]),
            "rule": fast_fragments(self.cases[self.order[0]], invented=True)["rules"] if seen else "",
            "live_text": summary,
            **{f"head.{name}": self.label(name) for name in self.order},
        }

    def _nav(self, state: Record) -> Markup:
        name = self.on_top(state)
        return join(
            button(text("desk.next" if state["at"] < self.end - 1 else "desk.answers"), "next") if name else None,
            button(text("scene.back"), "back", disabled=state["at"] == 1) if name else None,
            button(text("desk.answers_now"), "answers") if name and state["at"] < self.end - 1 else None,
            tag("p", text("desk.made", made=len(self.decided(state)), total=len(self.order)), class_="bw-small"),
        )

    def _summary(self, state: Record, decided: list[str]) -> str:
        same = sum(state[name] == decision_of(self.judgments[name].verdict) for name in decided)
        summary = text("desk.summary", alike=same, decided=len(decided))
        return summary if same == len(decided) else f"{summary} {text('desk.differ')}"

    def _table(self, state: Record, decided: list[str]) -> Markup:
        rows: list[tuple[object, ...]] = []
        for number, name in enumerate(self.order, start=1):
            title = f"{number}. {file_brief(self.cases[name])}"
            if name not in decided:
                again = button(text("desk.take"), "take", name, name=text("desk.take_named", file=self.label(name)))
                rows.append((title, text("lesson.nothing_yet"), again, ""))
                continue
            judgment = self.judgments[name]
            article = join(tag("b", self._decision(judgment)), " (", judgment.verdict.label, ")")
            rows.append((title, text(f"decision.{state[name]}"), article, weakest_of(judgment)))
        head = (text("desk.file"), text("desk.you"), text("guess.article"), text("desk.weakest"))
        return join(
            table(text("desk.table"), head, rows),
            citations("desk", article_number_claims("seconds_per_file"), ("desk_decisions",)),
        )

    @staticmethod
    def _decision(judgment: Judgment) -> str:
        return text(f"decision.{decision_of(judgment.verdict)}")

    def _why(self, name: str, state: Record) -> Markup:
        row, judgment = self.files[name], self.judgments[name]
        same = state[name] == decision_of(judgment.verdict)
        return tag(
            "div",
            tag("h4", self.label(name), ": ", file_brief(self.cases[name])),
            description_list(
                (text("desk.you"), text(f"decision.{state[name]}")),
                (text("guess.article"), tag("b", self._decision(judgment))),
                (text("lesson.so"), text("lesson.alike" if same else "lesson.unlike")),
            ),
            tag("p", text(f"desk.{name}.why"), class_="bw-lead"),
            citations(f"desk-{name}", row.claims, assumptions_behind(judgment, row.assumption)),
            class_="bw-item bw-spaced",
        )

    def page(self) -> str:
        """Return the whole page."""
        state = self.state
        parts, now = self.fragments(state), self.sections(state)
        return activity_page(
            self.key,
            self._on_paper(),
            show_if(
                "start",
                now,
                tag("p", text("desk.program"), class_="bw-lead"),
                toolbar(button(text("desk.begin_off"), "begin", "off"), button(text("desk.begin_on"), "begin", "on")),
                tag("p", text("desk.clock_lead"), class_="bw-small bw-lead"),
                class_="bw-spaced",
            ),
            self.dial(now, parts["clock"], text("desk.clock")),
            [show_if(name, now, self._sheet(name, state), class_="bw-spaced") for name in self.order],
            show_if("desk", now, slot("nav", parts["nav"], class_="bw-toolbar bw-nav")),
            show_if(
                "seen",
                now,
                slot("summary", parts["summary"], "p", class_="bw-summary"),
                slot("answers", parts["answers"], **scrollable(text("desk.table"))),
                rule_box(slot("rule", parts["rule"])),
                tag("h3", text("desk.why")),
                slot("why", parts["why"]),
                toolbar(button(text("desk.again"), "take", self.order[0])),
                class_="bw-spaced",
            ),
        )

    def _on_paper(self) -> Markup:
        """Return the program and the files next to each other, then what was said about each with a blank for the decision."""
        facts = {name: file_facts(self.cases[name], moment=False) for name in self.order}
        program = {what: theirs for each in facts.values() for what, _, theirs in each}
        seen = [{what: mine for what, mine, _ in each} for each in facts.values()]
        short = [text("desk.short_number", number=number) for number in range(1, len(self.order) + 1)]
        head = (text("desk.fact"), text("desk.your_program"), *short)
        rows = [(what, theirs, *(file.get(what, "") for file in seen)) for what, theirs in program.items()]
        decisions = [f"{at}\N{NO-BREAK SPACE}{text(f'decision.{one}')}" for at, one in enumerate(self.decisions, start=1)]
        numbered = zip(short, self.order, strict=True)
        said = [join(tag("b", number, ":"), " ", text(f"desk.{name}.said")) for number, name in numbered]
        return self.on_paper(
            tag("p", text("desk.program")),
            tag("div", table(text("desk.file"), head, rows), class_="bw-small"),
            tag("p", tag("b", text("desk.ask")), " ", text("paper.decisions", decisions="; ".join(decisions))),
            blank_table(text("paper.said"), [text("paper.decision")], said),
        )

    def _sheet(self, name: str, state: Record) -> Markup:
        options = [(decision, text(f"decision.{decision}")) for decision in self.decisions]
        return join(
            slot(f"head.{name}", self.label(name), "h3"),
            tag(
                "div",
                sheet_of_paper(file_sheet(self.cases[name], self.label(name), moment=False)),
                tag(
                    "div",
                    tag("p", tag("b", text("desk.said")), " ", text(f"desk.{name}.said"), class_="bw-story"),
                    radios(name, text("desk.ask"), options, state[name], row=True),
                    class_="bw-spaced",
                ),
                class_="bw-sheet",
            ),
        )

    def static_html(self) -> str:
        """Return title, introduction and program, for a notebook that hasn't run."""
        return static_page(self.key, tag("p", text("desk.program")))

    @property
    def text(self) -> str:
        """Title, introduction, program and files, without answers."""
        lines = [super().text, text("desk.program")]
        for name in self.order:
            facts = "; ".join(f"{what}: {mine}" for what, mine, _ in file_facts(self.cases[name], moment=False))
            lines.append(f"- {self.label(name)}. {facts}. {text(f'desk.{name}.said')}")
        return "\n".join([*lines, text("desk.ask"), *(f"   - {text(f'decision.{one}')}" for one in self.decisions)])

    def transcript_lines(self) -> Iterator[str]:
        """Turn the clock off and on, make every decision on every file, and yield the results."""
        yield from self.clock_lines()
        for name in self.order:
            judgment = self.judgments[name]
            yield f"{self.label(name)}: {file_brief(self.cases[name])}"
            for decision in self.decisions:
                self._take({"value": name})
                self.update(**{name: decision})
                self.to(self.end)
                same = text("lesson.alike") in self._why(name, self.state)
                yield f"   {text(f'decision.{decision}')}: {text('lesson.alike' if same else 'lesson.unlike')}."
            answer = rules_check(self.cases[name]).label
            yield f"   {answer}. {judgment.verdict.label}. {text('desk.weakest')}: {weakest_of(judgment)}."
            yield f"   {text(f'desk.{name}.why')}"


def weakest_of(judgment: Judgment) -> str:
    """Return the labels of the weakest links of a file, in the order on the page.

    Examples:
        >>> weakest_of(judge(case_of([("score", "210"), ("recommender", "trusted_peer"), ("specifics", "true")])))
        'File'
    """
    return ", ".join(text(f"stage.{stage}.name") for stage in stages_on_screen() if stage in judgment.binding)


def assumptions_behind(judgment: Judgment, own: str = "") -> tuple[str, ...]:
    """Return the ids of our assumptions behind a verdict, starting with the one that the file itself makes.

    Examples:
        >>> assumptions_behind(judge(case_of([("scripted", "true")])), "one_target")
        ('one_target', 'scripted_as_boilerplate')
    """
    reasons = [one for reason in judgment.binding_reasons for one in (reason, *reason.also)]
    return tuple(dict.fromkeys(one for one in (own, *(reason.assumption for reason in reasons)) if one))
