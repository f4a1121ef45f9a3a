"""Scenes about students: readers predict the verdict, see it next to their prediction, then change the case."""

from __future__ import annotations

import contextlib
import functools
import itertools
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from backchannel_lib.activities import saved_answers
from backchannel_lib.activities.activity import Action
from backchannel_lib.activities.case_panel import CaseActivity, CaseState, state_of
from backchannel_lib.activities.messages import ActionResult
from backchannel_lib.activities.tables import ActivityRow, SceneRow, case_of, load_scenes
from backchannel_lib.base.errors import CaseError, known_word
from backchannel_lib.base.texts import text
from backchannel_lib.model.case import Case
from backchannel_lib.model.exams import exam_of
from backchannel_lib.model.possible import UNKNOWN
from backchannel_lib.model.soap_rule import rules_check
from backchannel_lib.model.verdict import Verdict, judge
from backchannel_lib.page import charts
from backchannel_lib.page.activity_page import (
    activity_page,
    answer_boxes,
    difference,
    show_if,
    slot,
    static_page,
    verdict_options,
    verdict_radios,
)
from backchannel_lib.page.case_controls import control_group, shown_fields
from backchannel_lib.page.case_fragments import answer_line, deferred_fragments, fast_fragments
from backchannel_lib.page.chart_html import NUMBERS, case_chart
from backchannel_lib.page.components import blank_table, citations, description_list
from backchannel_lib.page.html import Markup, join, tag
from backchannel_lib.page.inputs import button, toolbar
from backchannel_lib.page.pictures import labeled_outcomes
from backchannel_lib.page.rule_html import rule_line
from backchannel_lib.page.verdict_html import stages_on_screen, weakest_sentence

OWN: Final = "own"  # the scene for the reader's own case
#: Fields of the reader's own case in every panel, because the rule depends on the moment.
ALWAYS_ASKED: Final = ("phase", "program_contacted_first")
#: Fields that make sense only together.
LINKED: Final = {"recommender": "move", "move": "recommender"}


class Scenes(CaseActivity):
    """A panel about one idea, with few controls, that shows its answer only after a prediction.

    Args:
        row: The activity's row.
        scenes: Its students; None for those in data/scenes.csv.
    """

    has_sheet = False
    may_be_unknown = ()  # a scene's student has no unknown fields, and the reader's own case starts from the first scene

    def __init__(self, row: ActivityRow, scenes: Iterable[SceneRow] | None = None) -> None:
        super().__init__()
        self.row = row
        self.key = row.activity
        if scenes is None:
            scenes = (scene for scene in load_scenes() if scene.activity == row.activity)
        self.scenes = {scene.scene: scene for scene in scenes}
        self.order = [*self.scenes, *([OWN] if row.own else [])]
        first = self.order[0]
        self.start = self._at(first, state_of(self._case_of(first)))
        self.restore(self.start)

    # ---- the reader's position ----

    @functools.cached_property
    def cases(self) -> Mapping[str, Case]:
        """The students' cases, by scene."""
        return {name: case_of(row.overrides) for name, row in self.scenes.items()}

    def _case_of(self, scene: str) -> Case:
        """Return a scene's case; the reader's own is the first scene's with the fields they can change at their defaults."""
        if scene != OWN:
            return self.cases[scene]
        defaults = {name: Case.fields()[name].default for name in (*self._mine(), *ALWAYS_ASKED)}
        return next(iter(self.cases.values())).replace(**defaults)

    def _mine(self) -> tuple[str, ...]:
        """Return the fields that readers enter here, along with others that make sense only together with them."""
        linked = (LINKED[field] for field in self.row.fields if field in LINKED)
        return (*dict.fromkeys((*self._controls(), *linked)),)

    def _at(self, scene: str, state: CaseState) -> CaseState:
        case = self._case_of(scene)
        if scene == OWN:
            saved = saved_answers.saved(saved_answers.CASE)
            case = saved_answers.with_saved(case, {name: saved[name] for name in self._mine() if name in saved})
        return state_of(case, state.reading, state)._replace(scene=scene)

    def _is_seen(self, state: CaseState) -> bool:
        return state.scene in state.seen

    @staticmethod
    def _guess(state: CaseState) -> str:
        return dict(state.guesses).get(state.scene, "")

    # ---- actions ----

    def actions(self) -> dict[str, Action]:
        """Return the buttons' actions."""
        return {**super().actions(), "see": self._see, "scene": self._scene, "again": self._again, "save_case": self._save_case}

    def _see(self, _: object) -> ActionResult:
        if not self._guess(self.state):
            return {"notice": text("guess.first")}
        if not self._is_seen(self.state):
            self.commit(self.state._replace(seen=(*self.state.seen, self.state.scene)))
        return {"focus": "beside"}

    def _scene(self, message: Mapping[str, Any]) -> ActionResult:
        scene = known_word("scene", message["value"], self.order)
        self.commit(self._at(scene, self.state))
        answer: ActionResult = {"values": self.values(self.state), "focus": "story"}
        if scene == OWN and self.case != self._case_of(OWN):
            answer["notice"] = text("scene.from_kept")
        return answer

    def _again(self, _: object) -> ActionResult:
        self.commit(self._at(self.state.scene, self.state))
        return {"values": self.values(self.state), "notice": text("scene.is_again")}

    def _save_case(self, _: object) -> ActionResult:
        record = self.case.to_record()
        mine = {name: record[name] for name in self._mine()}
        saved_answers.save(saved_answers.CASE, {**saved_answers.saved(saved_answers.CASE), **mine})
        return {"notice": text("scene.kept", where=saved_answers.saved_place())}

    # ---- what is on the page ----

    def fields(self) -> Iterable[str]:
        """Return the controls: the guess and the panel's fields."""
        return ("guess", *self._controls())

    def label(self, field: str) -> str:
        """Return a control's label."""
        return text("guess.ask") if field == "guess" else super().label(field)

    def positions(self, field: str) -> Iterable[Any]:
        """Return the positions of a control."""
        return () if field == "guess" else super().positions(field)

    def with_value(self, field: str, value: object) -> CaseState:
        """Return the state after one control moves."""
        if field != "guess":
            return super().with_value(field, value)
        guess = known_word("guess", value, dict(verdict_options()))
        guesses = {**dict(self.state.guesses), self.state.scene: guess}
        return self.state._replace(guesses=tuple(guesses.items()))

    def update(self, **values: object) -> None:
        """Change fields of the case, or the guess; if one of the values is invalid, nothing changes."""
        guess = values.pop("guess", None)
        guessed = self.state if guess is None else self.with_value("guess", guess)
        self.commit(state_of(guessed.case.replace(**values), guessed.reading, guessed) if values else guessed)
        self.clear_errors()

    def public_values(self, state: CaseState) -> dict[str, Any]:
        """Return the case, this scene's guess, and what a page has to save."""
        return {
            **super().public_values(state),
            "guess": self._guess(state),
            "scene": state.scene,
            "guesses": json.dumps(dict(state.guesses)),
            "seen": "|".join(state.seen),
        }

    def visible_outcome(self, state: CaseState) -> tuple[str, str]:
        """Return the verdict and the rule's answer once the reader has seen them."""
        return super().visible_outcome(state) if self._is_seen(state) else ("", "")

    def from_file(self, text: str) -> CaseState:
        """Return the state written by `values`."""
        try:
            record = json.loads(text)
            guesses = json.loads(record.pop("guesses"))
            scene, seen, _ = record.pop("scene"), record.pop("seen").split("|"), record.pop("guess")
        except (ValueError, KeyError, AttributeError, TypeError, RecursionError):
            raise CaseError(self.key, "not_json", text[:40]) from None
        verdicts = dict(verdict_options())
        if scene not in self.order or not isinstance(guesses, dict) or not set(map(str, guesses.values())) <= verdicts.keys():
            raise CaseError(self.key, "not_a_record", text[:40])
        guessed = {name: str(guess) for name, guess in guesses.items() if name in self.order}
        return state_of(Case.from_record(record))._replace(
            scene=scene,
            guesses=tuple(guessed.items()),
            seen=tuple(name for name in dict.fromkeys(seen) if name in guessed),  # seeing an answer requires a guess
        )

    def fragments(self, state: CaseState) -> dict[str, str]:
        """Return the story and, once the reader has predicted, the answer next to the prediction."""
        seen = self._is_seen(state)
        parts = dict.fromkeys(("verdict", "chain", "rules", "strip", "beside", "rule_line"), "")
        if seen:
            fragments = fast_fragments(state.case, state.reading, invented=state.scene != OWN)
            parts |= {name: part for name, part in fragments.items() if name != "example"}
            parts["beside"], parts["rule_line"] = self._beside(state), rule_line(state.case)
        else:
            parts["live_text"] = text(f"scene.{state.scene}.title")
        if "outcomes" in self.row.shows:
            parts["outcomes"] = self._outcomes(state)
        return {**parts, "story": self._story(state.scene), "nav": self._nav(state.scene)}

    def deferred_fragments(self, state: CaseState) -> dict[str, str]:
        """Return what this panel shows in addition to verdict and rule, once the reader has predicted."""
        if not self._is_seen(state):
            return {}
        wanted = [name for name in self.row.shows if name in {"changes", "readings"}]
        wanted += [f"{part}.{chart}" for chart in self._charts() for part in ("table", "caption")]
        wanted += ["orientation"] if "range_floor" in self.row.fields else []
        return {**(deferred_fragments(state.case, state.reading, wanted) if wanted else {}), **self._figures(state)}

    def markers(self, state: CaseState) -> dict[str, Any]:
        """Return the case's position on each chart in this panel."""
        return super().markers(state) if self._is_seen(state) else {}

    def ui_state(self, state: CaseState) -> dict[str, Any]:
        """Return which controls and sections are visible."""
        return {**super().ui_state(state), "shown": ["guess", *self._shown(state)]}

    def _controls(self) -> tuple[str, ...]:
        """Return the fields of a case with a control on the page, visible or not."""
        return (*dict.fromkeys((*self.row.fields, *(ALWAYS_ASKED if self.row.own else ()))),)

    def _shown(self, state: CaseState) -> list[str]:
        here = self._controls() if state.scene == OWN else self.row.fields
        return [name for name in shown_fields(state.case) if name in here]

    def has_begun(self, state: CaseState) -> bool:
        """Return whether the reader has guessed, moved on or changed anything."""
        return state != self.start

    def sections(self, state: CaseState) -> list[str]:
        """Return which sections are visible."""
        if self._is_seen(state):
            drawn = [f"chart.{chart}" for chart in self._drawn(state)]
            return ["seen", "controls", "own" if state.scene == OWN else "again", *drawn]
        return ["ask", *(["controls"] if state.scene == OWN else [])]

    def _charts(self) -> list[str]:
        return [chart for chart in charts.CHARTS if chart in self.row.shows]

    def _outcomes(self, state: CaseState) -> Markup:
        """Return the nine outcomes, with a mark at the verdict once the reader has seen it."""
        known = self._is_seen(state) and exam_of(state.case) is not None
        return labeled_outcomes(judge(state.case, state.reading).verdict if known else None)

    def _story(self, scene: str) -> Markup:
        title, story = text(f"scene.{scene}.title"), tag("p", text(f"scene.{scene}.story"))
        if scene == OWN:
            return join(tag("h3", title), story, tag("p", self._assumed()))
        number = text("scene.number", number=self.order.index(scene) + 1, total=len(self.scenes))
        counted = [tag("span", number, class_="bw-count"), " · "] if len(self.scenes) > 1 else None
        return join(tag("h3", counted, title), story)

    def _assumed(self) -> Markup:
        """Return the assumptions about the reader's own case that can't be entered here."""
        case, known = self._case_of(OWN), self._controls()
        assumed = []
        if "score" not in known:
            assumed.append(text("assumed.file", score=case.score, low=case.range_low))
        if "recommender" not in known:
            caller = text(f"level.recommender.{case.recommender}")
            assumed.append(text("assumed.contact", caller=caller, move=text(f"level.move.{case.move}")))
        elif "move" not in known:
            assumed.append(text("assumed.move", move=text(f"level.move.{case.move}")))
        if "specifics" not in known:
            assumed.append(text("assumed.specifics" if case.specifics else "assumed.no_specifics"))
        if "needs" not in known:
            assumed.append(text("assumed.no_need"))
        return tag("span", tag("b", text("assumed.here"), " "), "; ".join(assumed), ".", class_="bw-assumed")

    def _nav(self, scene: str) -> Markup:
        at = self.order.index(scene)
        back = self.order[at - 1] if at else None
        on = self.order[at + 1] if at + 1 < len(self.order) else None
        return join(
            button(text("scene.next_own" if on == OWN else "scene.next"), "scene", on) if on else None,
            button(text("scene.back"), "scene", back) if back else None,
            tag("p", text("scene.last")) if back and not on else None,
        )

    def _beside(self, state: CaseState) -> Markup:
        row: SceneRow | None = self.scenes.get(state.scene)
        case = self._case_of(state.scene) if row else state.case
        guess = Verdict[self._guess(state).upper()]
        mine, next_step = (text("guess.yours"), tag("b", guess.label)), tag("p", rules_check(case).next_step)
        if exam_of(case) is None:  # the reader's own case can't be judged yet
            return join(description_list(mine), tag("p", text("orientation.mixed")), next_step)
        judgment = judge(case, state.reading)
        if row:
            why = text(f"scene.{row.scene}.why")
            reasons = [tag("p", why) if why else None, citations(f"scene-{row.scene}", row.claims, (row.assumption,))]
        else:
            held = judgment.binding_reasons if judgment.verdict is not max(Verdict) else ()
            reasons = [tag("p", weakest_sentence(judgment)), *(tag("p", reason.sentence) for reason in held), next_step]
        return join(
            description_list(mine, (text("guess.article"), tag("b", judgment.verdict.label))),
            tag("p", difference(guess, judgment.verdict), class_="bw-kind"),
            reasons,
        )

    def page(self) -> str:
        """Return the whole page."""
        state = self.state
        parts, now = self.fragments(state), self.sections(state)
        shows = self.row.shows
        case, reading = state.case, state.reading
        pictures = [case_chart(chart, case, reading, NUMBERS[chart](case, reading), ()) for chart in self._charts()]
        moving = "amplifier" in shows  # this picture moves with every control, so it goes above them to keep both visible
        return activity_page(
            self.key,
            self._on_paper(),
            slot("story", parts["story"], class_="bw-story"),
            show_if("seen", now, slot("beside", parts["beside"], class_="bw-beside")),
            show_if("seen", now, pictures) if moving else None,
            tag(
                "div",
                show_if(
                    "controls",
                    now,
                    [control_group(stage, state.case, self._controls()) for stage in stages_on_screen()],
                    show_if("again", now, button(text("scene.again"), "again"), class_="bw-toolbar"),
                    show_if(
                        "own",
                        now,
                        button(text("scene.keep"), "save_case"),
                        tag("p", text("scene.keep_where", where=saved_answers.saved_place()), class_="bw-small"),
                        class_="bw-toolbar",
                    ),
                    class_="bw-controls",
                ),
                show_if(
                    "seen",
                    now,
                    answer_boxes(parts),
                    tag(
                        "section",
                        tag("h3", text("card.chain")),
                        slot("chain", parts["chain"], data_hides=True),
                        class_="bw-why",
                    )
                    if "chain" in shows
                    else None,
                    class_="bw-answer",
                ),
                class_="bw-columns",
            ),
            show_if(
                "seen",
                now,
                [
                    tag("section", tag("h3", text(f"{name}.title")), slot(name), class_="bw-wide")
                    for name in ("changes", "readings")
                    if name in shows
                ],
                None if moving else pictures,
            ),
            tag("section", tag("h3", text("outcome.title")), slot("outcomes", parts["outcomes"]), class_="bw-all-outcomes")
            if "outcomes" in shows
            else None,
            show_if("ask", now, verdict_radios("guess", self._guess(state)), toolbar(button(text("guess.see"), "see"))),
            slot("nav", parts["nav"], class_="bw-toolbar bw-nav"),
        )

    def _on_paper(self) -> Markup:
        """Return the stories, each with a blank for the guess, as they print until the reader makes one."""
        stories = [
            [tag("p", tag("b", text(f"scene.{scene}.title"))), tag("p", text(f"scene.{scene}.story"))] for scene in self.scenes
        ]
        if "outcomes" in self.row.shows:
            answers = tag("section", tag("h3", text("outcome.title")), self._outcomes(self.start), class_="bw-all-outcomes")
        else:
            numbered = [f"{number}\N{NO-BREAK SPACE}{label}" for number, (_, label) in enumerate(verdict_options(), start=1)]
            answers = tag("p", text("paper.verdicts", verdicts=", ".join(numbered)))
        return self.on_paper(answers, blank_table(text("guess.ask"), [text("guess.yours")], stories))

    def static_html(self) -> str:
        """Return the first story, for a notebook that hasn't run."""
        outcomes = [tag("li", tag("b", one.label), ": ", text(f"outcome.{one.name.lower()}")) for one in Verdict]
        titled = [tag("h3", text("outcome.title")), tag("ol", outcomes)] if "outcomes" in self.row.shows else None
        return static_page(self.key, self._story(self.order[0]), titled)

    @property
    def text(self) -> str:
        """Title, introduction, the story, and the question or the answer."""
        scene = self.state.scene
        answer = super().text if self._is_seen(self.state) else text("guess.ask")
        return "\n".join([self.title, text(f"scene.{scene}.title"), text(f"scene.{scene}.story"), answer])

    def transcript_lines(self) -> Iterator[str]:
        """Predict for every student, see the answer, move every control to all positions and back, and yield each result."""
        for scene in self.scenes:
            self.commit(self._at(scene, self.state))
            self.put_guess("file_read")
            yield answer_line(self.case, text(f"scene.{scene}.title"))
            verdicts_by_field = {field: sweep(self, field, combined=False) for field in self._shown(self.state)}
            yield from [f"   {self.label(field)} {verdicts}" for field, verdicts in verdicts_by_field.items() if verdicts]

    def put_guess(self, guess: str) -> None:
        """Predict a verdict for the current student, by its short name, and see the answer."""
        self.commit(self.with_value("guess", guess))
        self._see({})


def sweep(activity: CaseActivity, field: str, *, combined: bool = True) -> str:
    """Return the verdict at every position of one control, grouping positions with the same verdict.

    Args:
        activity: The case.
        field: The control.
        combined: Whether to include positions with several boxes checked.

    Examples:
        >>> sweep(CaseActivity(), "scripted")
        'not checked: Skimmed; checked: Ignored'
    """
    outcomes = []
    for value in activity.positions(field):
        if value != UNKNOWN and (combined or "|" not in str(value)):
            with contextlib.suppress(CaseError):
                outcomes.append((value, judge(activity.with_value(field, value).case).verdict.label))
    runs = itertools.groupby(outcomes, lambda pair: pair[1])
    return "; ".join(f"{span(field, [value for value, _ in run])}: {verdict}" for verdict, run in runs)


def span(field: str, values: list[Any]) -> str:
    """Return some positions of a control as readers see them, such as "Off" or "235-240".

    Examples:
        >>> span("score", [235, 236])
        '235-236'
    """
    if field in {"needs", "offers"}:
        prefix = {"needs": "level.need", "offers": "offer"}[field]
        checked = [[text(f"{prefix}.{one}") for one in value.split("|")] if value else [text("scene.none")] for value in values]
        words = [" + ".join(each) for each in checked]
    elif isinstance(values[0], bool):
        words = [text("scene.on" if value else "scene.off") for value in values]
    elif isinstance(values[0], int):
        words = [f"{values[0]}-{values[-1]}" if len(values) > 1 else f"{values[0]}"]
    else:
        prefix = "short.recommender" if field == "recommender" else f"level.{field}"
        words = [text(f"{prefix}.{value}") for value in values]
    return ", ".join(words)
