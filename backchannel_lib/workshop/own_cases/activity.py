"""The form for your own cases: write one, preview it as a round will show it, save, change or delete it."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, Final

from backchannel_lib.activities.activity import Action, Activity
from backchannel_lib.activities.case_panel import SCORES, CaseActivity
from backchannel_lib.activities.form import FormField, boolean_field, choice_field, integer_field
from backchannel_lib.activities.messages import ActionResult
from backchannel_lib.activities.saved_answers import saved_place
from backchannel_lib.activities.scenes import sweep
from backchannel_lib.activities.tables import ActivityRow
from backchannel_lib.base.errors import CaseError, known_word
from backchannel_lib.base.formatting import suggestions
from backchannel_lib.base.texts import text
from backchannel_lib.model.case import Case
from backchannel_lib.model.tables import STAGES
from backchannel_lib.page.activity_page import activity_page, rule_box, show_if, slot, static_page, verdict_card
from backchannel_lib.page.case_controls import control_group, shown_fields, slider_ends
from backchannel_lib.page.html import Markup, join, tag
from backchannel_lib.page.inputs import button, checkbox, select, text_box, toolbar
from backchannel_lib.workshop.deck import make_vignette, read_own_again
from backchannel_lib.workshop.own_cases.model import (
    DETAILS,
    NAME,
    TEXTS,
    OwnCase,
    OwnCases,
    delete_own_case,
    new_case,
    problems_of,
    save_own_case,
    saved_own_cases,
)
from backchannel_lib.workshop.own_cases.questions import QUESTIONS
from backchannel_lib.workshop.own_cases.scenes import SCENES
from backchannel_lib.workshop.own_cases.tables import TABLES
from backchannel_lib.workshop.round import html as round_html
from backchannel_lib.workshop.round.state import WorkshopState
from backchannel_lib.workshop.topics import HARDEST, topic_names

PREVIEW: Final = "preview"  # the id of the case in the preview; no saved case has it
MOST_TYPED: Final = 5000  # characters in a text that someone is writing


def _read_text(value: object) -> str:
    if not isinstance(value, str):
        raise CaseError("text", "not_text", value)
    return value[:MOST_TYPED]


class OwnCasesActivity(Activity[OwnCase]):
    """The case in the form, and the saved cases on this machine.

    Args:
        row: Its row in data/activities.csv.
    """

    def __init__(self, row: ActivityRow) -> None:
        self.found: OwnCases = saved_own_cases()
        self.others: list[tuple[str, tuple[str, ...]]] = []  # the problems of the other tables, which have no form
        self.entries: dict[str, FormField] = {
            **{name: FormField("", _read_text) for name in TEXTS},
            "topic": choice_field("topic", topic_names(), default=topic_names()[0]),
            "difficulty": integer_field("difficulty", 1, HARDEST, 1),
            "what_if": choice_field("what_if", Case.fields(), default=new_case().details.what_if),
            "first": boolean_field("first"),
        }
        super().__init__(row.activity, new_case())

    # ---- the controls ----

    def fields(self) -> Iterable[str]:
        """Return the controls: the texts, the details, and the fields of a case."""
        return (*self.entries, *Case.fields())

    def label(self, field: str) -> str:
        """Return a control's label."""
        return text(f"own_case.column.{field}" if field in self.entries else f"field.{field}.label")

    def linked_fields(self, field: str) -> Iterable[str]:
        """Return the three scores for any of them, because they have to be from one exam."""
        return SCORES if field in SCORES else (field,)

    def with_value(self, field: str, value: object) -> OwnCase:
        """Return the case after one control moves."""
        state = self.state
        if field in Case.fields():
            case = CaseActivity(state.case).with_value(field, value).case
            return state._replace(details=state.details._replace(case=case))
        if field not in self.entries:
            raise CaseError(field, "unknown_field", value, known=suggestions(field, self.fields()))
        read = self.entries[field].read(value)
        if field in TEXTS:
            return state._replace(texts={**state.texts, field: read})
        if field == "first":
            return state._replace(first=read)
        return state._replace(details=state.details._replace(**{field: read}))

    def values(self, state: OwnCase) -> dict[str, Any]:
        """Return the values of the controls, and which saved case is in the form."""
        details = {name: getattr(state.details, name) for name in ("topic", "difficulty", "what_if")}
        return {**state.texts, **details, "first": state.first, **state.case.to_record(), "key": state.key}

    def from_file(self, text: str) -> OwnCase:
        """Return the case described by `values`."""
        key = self.read_record(text).get("key")
        known = {case.key for case in self.found.cases}
        return super().from_file(text)._replace(key=key if isinstance(key, str) and key in known else "")

    # ---- actions ----

    def actions(self) -> dict[str, Action]:
        """Return the actions of the buttons."""
        return {"new": self._new, "edit": self._edit, "save_case": self._save_case, "delete": self._delete}

    def _show(self, case: OwnCase, **more: Any) -> ActionResult:
        """Put a case into the form, and drop the rejected entries for the previous one."""
        self.commit(case)
        self.clear_errors()
        return {"values": self.values(case), **more}  # type: ignore[typeddict-item]

    def _new(self, _: object) -> ActionResult:
        return self._show(new_case(), focus="title", notice=text("own_case.is_new"))

    def _of_table(self, message: Mapping[str, Any]) -> OwnCase:
        self.found = saved_own_cases()
        cases = {case.key: case for case in self.found.cases}
        return cases[known_word("case", message["value"], cases)]

    def _edit(self, message: Mapping[str, Any]) -> ActionResult:
        case = self._of_table(message)
        return self._show(case, focus="title", notice=text("own_case.is_opened", title=case.title))

    def _save_case(self, _: object) -> ActionResult:
        """Save the case; if something is missing, save nothing and say so next to each control."""
        problems = problems_of(self.state)
        self.clear_errors()
        if problems:
            for name, error in problems.items():
                self.errors[name] = text("error.at_field", label=self.label(name), sentence=error.sentence)
            names = ", ".join(map(self.label, problems))
            return {"notice": text("own_case.refused", names=names), "focus": next(iter(problems))}
        try:
            saved = save_own_case(self.state)
        except CaseError as error:
            self.found = saved_own_cases()
            label = self.label(error.field) if error.field in self.entries else error.field
            problem = text("error.at_field", label=label, sentence=error.sentence)
            return {"notice": text("own_case.not_saved", problem=problem)}
        self._table_changed()
        return self._show(saved, notice=text("own_case.is_saved", title=saved.title, where=saved_place()))

    def _delete(self, message: Mapping[str, Any]) -> ActionResult:
        """Delete a case from the table; it stays in the form, so saving restores it."""
        case = self._of_table(message)
        try:
            delete_own_case(case.key)
        except CaseError as error:
            return {"notice": text("own_case.not_saved", problem=str(error))}
        self._table_changed()
        return self._show(case._replace(key=""), focus="list", notice=text("own_case.is_deleted", title=case.title))

    def _table_changed(self) -> None:
        self.found = saved_own_cases()
        self.others = [(table.name, table.saved().problems) for table in TABLES[1:]]
        read_own_again()

    def opened(self) -> ActionResult:
        """Read the table again, because it may have changed in a spreadsheet."""
        self._table_changed()
        return {}

    def rolled_back(self) -> None:
        """Read the table again, because files aren't rolled back."""
        self.found = saved_own_cases()

    # ---- what is on screen ----

    def fragments(self, state: OwnCase) -> dict[str, str]:
        """Return the saved cases, the table's errors, and the case as a round will show it."""
        problems = problems_of(state)
        preview = {"missing": _missing([self.label(name) for name in problems])}
        parts = _preview(state) if self._open(state) else {}
        names = ("name", "file", "story", "links", "verdict", "rule", "after")
        return {
            "problems": join(_problems(NAME, self.found.problems), *(_problems(*other) for other in self.others)),
            "list": _list(self.found.cases, state.key),
            "which": text("own_case.which", title=state.title) if state.key else text("own_case.which_new"),
            **preview,
            **{name: parts.get(name, "") for name in names},
            "live_text": "",
        }

    def ui_state(self, state: OwnCase) -> dict[str, Any]:
        """Return which controls are visible, and where the sliders of the scores end."""
        return {
            "shown": [*self.entries, *shown_fields(state.case)],
            "open": self._open(state),
            "ends": {name: slider_ends(state.case, name) for name in SCORES},
        }

    @staticmethod
    def _open(state: OwnCase) -> list[str]:
        """Return the visible sections: no preview of an empty form, nor of scores from two exams, which have no verdict."""
        judged = not problems_of(state).keys() & set(SCORES)
        return ["preview"] if judged and state != new_case() else []

    def page(self) -> str:
        """Return the whole page."""
        state = self.state
        parts = self.fragments(state)
        return activity_page(
            self.key,
            slot("problems", parts["problems"], role="alert"),
            slot("list", parts["list"]),
            tag(
                "div",
                tag("div", slot("which", parts["which"], "h3"), *self._controls(state), class_="bw-own-form"),
                tag("div", *_preview_page(parts, self._open(state)), class_="bw-own-preview"),
                class_="bw-own",
            ),
            tag("p", text("own_case.where", name=NAME, where=saved_place()), class_="bw-small"),
            _other_tables(),
        )

    def _controls(self, state: OwnCase) -> Iterator[Markup]:
        for name in TEXTS:
            yield text_box(
                name, self.label(name), state.texts[name], long=name != "title", rows=4, help_text=text(f"own_case.help.{name}")
            )
        topics = [(topic, text(f"topic.{topic}")) for topic in topic_names()]
        levels = [(level, text(f"round.level.{level}")) for level in range(1, HARDEST + 1)]
        yield tag(
            "div",
            select("topic", self.label("topic"), topics, state.details.topic),
            select("difficulty", self.label("difficulty"), levels, state.details.difficulty),
            class_="bw-cells",
        )
        for stage in STAGES:
            group = control_group(stage, state.case)
            if group is not None:
                yield group
        fields = [(field, text(f"field.{field}.label")) for field in Case.fields()]
        yield select("what_if", self.label("what_if"), fields, state.details.what_if, help_text=text("own_case.help.what_if"))
        yield checkbox("first", self.label("first"), state.first, help_text=text("own_case.help.first"))
        yield toolbar(button(text("own_case.save"), "save_case", once=True), button(text("own_case.new"), "new"))

    def static_html(self) -> str:
        """Return title and introduction, for a notebook that hasn't run."""
        return static_page(self.key)

    @property
    def text(self) -> str:
        """Title, introduction, and the case in the form."""
        state = self.state
        lines = [f"{self.title}. {text(f'activity.{self.key}.lead')}", *(one for one in state.texts.values() if one)]
        return "\n".join(lines)

    def transcript_lines(self) -> Iterator[str]:
        """Yield what a case needs before it can be saved."""
        yield self.text
        for name, error in problems_of(new_case()).items():
            yield text("error.at_field", label=self.label(name), sentence=error.sentence)


# ---- the HTML ----


def _problems(name: str, problems: Collection[str]) -> Markup:
    if not problems:
        return Markup("")
    return join(
        tag("p", tag("b", text("own_case.problems", name=name)), class_="bw-trouble"),
        tag("ul", [tag("li", problem) for problem in problems]),
    )


def _other_tables() -> Markup:
    """Say how to write scenes and questions of your own, which have no form."""
    return tag(
        "details",
        tag("summary", text("own_case.others")),
        tag(
            "ul",
            [
                tag("li", text(f"own_case.other.{told}", name=table.name, columns=", ".join((*table.columns.texts, *details))))
                for told, table, details in (("scenes", SCENES, DETAILS), ("questions", QUESTIONS, ("first",)))
            ],
        ),
        tag("p", text("own_case.others_end")),
        data_details="others",
    )


def _list(cases: Iterable[OwnCase], in_form: str) -> Markup:
    items = [
        tag(
            "li",
            tag("b", case.title),
            " ",
            tag("span", text("own_case.is_first"), class_="bw-small") if case.first else None,
            " ",
            tag("span", text("own_case.in_form"), class_="bw-small") if case.key == in_form else None,
            tag(
                "div",
                button(text("own_case.edit"), "edit", case.key, name=text("own_case.edit_named", title=case.title)),
                button(text("own_case.delete"), "delete", case.key, name=text("own_case.delete_named", title=case.title)),
                class_="bw-toolbar bw-alike",
            ),
        )
        for case in cases
    ]
    return join(
        tag("h3", text("own_case.list")),
        tag("ul", items, class_="bw-list") if items else tag("p", text("own_case.none_yet")),
    )


def _missing(names: list[str]) -> Markup:
    return tag("p", text("own_case.missing", names=", ".join(names)), class_="bw-kind") if names else Markup("")


def _preview(state: OwnCase) -> dict[str, str]:
    """Return the fragments of a round with the case in the form, from the round's own code."""
    texts = {name: written.strip() or "…" for name, written in state.texts.items()} | {"note": state.texts["note"].strip()}
    make_vignette(PREVIEW, texts, state.details)
    room = WorkshopState().with_file(PREVIEW)
    links = round_html.fragments(room._replace(step="links", shown=len(STAGES)))
    file, rules = round_html.fragments(room), round_html.fragments(room._replace(step="rules", shown=len(STAGES)))
    swept: str = ""
    with contextlib.suppress(CaseError):  # at a position that conflicts with other fields
        swept = sweep(CaseActivity(state.case), state.details.what_if)
    label = text(f"field.{state.details.what_if}.label")
    return {
        "name": tag("p", tag("b", texts["title"])),
        "file": file["file"],
        "story": file["story"],
        "links": links["links"],
        "verdict": links["verdict"],
        "rule": rules["rules"],
        "after": join(Markup(links["note"]), tag("p", tag("b", text("own_case.slider", label=label)), " ", swept)),
    }


def _preview_page(parts: Mapping[str, str], visible: Iterable[str]) -> Iterator[Markup]:
    yield tag("h3", text("own_case.preview"))
    yield slot("missing", parts["missing"])
    yield show_if(
        "preview",
        visible,
        slot("name", parts["name"]),
        tag(
            "div",
            slot("file", parts["file"], class_="bw-file-facts"),
            slot("story", parts["story"], class_="bw-story"),
            class_="bw-sheet bw-file-sheet",
        ),
        rule_box(slot("rule", parts["rule"])),
        slot("links", parts["links"]),
        verdict_card(slot("verdict", parts["verdict"])),
        slot("after", parts["after"], class_="bw-spaced"),
    )
