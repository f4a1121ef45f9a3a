"""The forms for your own cases, scenes and questions: write one, preview it as the room will see it, and save it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any, Final

from backchannel_lib.activities.activity import Action, Activity
from backchannel_lib.activities.case_panel import SCORES, CaseActivity
from backchannel_lib.activities.form import boolean_field, choice_field, integer_field
from backchannel_lib.activities.messages import ActionResult
from backchannel_lib.activities.saved_answers import saved_place
from backchannel_lib.activities.scenes import sweep
from backchannel_lib.activities.tables import ActivityRow
from backchannel_lib.base.errors import CaseError, known_word
from backchannel_lib.base.formatting import suggestions
from backchannel_lib.base.texts import all_words, text
from backchannel_lib.model.case import Case
from backchannel_lib.model.exams import check_one_exam
from backchannel_lib.model.tables import STAGES
from backchannel_lib.page.activity_page import activity_page, lead_text, rule_box, show_if, slot, static_page, verdict_card
from backchannel_lib.page.case_controls import control_group, shown_fields, slider_ends
from backchannel_lib.page.html import Markup, join, tag
from backchannel_lib.page.inputs import button, checkbox, select, text_box, toolbar
from backchannel_lib.workshop.deck import make_vignette, read_own_again
from backchannel_lib.workshop.own_cases.cases import OwnCase, vignette_texts
from backchannel_lib.workshop.own_cases.table import Draft, FoundRows, OwnRow
from backchannel_lib.workshop.own_cases.tables import TABLES
from backchannel_lib.workshop.room_questions import own_options
from backchannel_lib.workshop.round import html as round_html
from backchannel_lib.workshop.round.state import WorkshopState
from backchannel_lib.workshop.topics import HARDEST, topic_names

PREVIEW: Final = "preview"  # the id of the case in the preview, which no saved case can have
MOST_TYPED: Final = 5000  # characters in a draft's text
LONG: Final = 100  # texts that can have more characters get a box of several lines


def _read_text(value: object) -> str:
    if not isinstance(value, str):
        raise CaseError("text", "not_text", value)
    return value[:MOST_TYPED]


class OwnForm(Activity[Draft]):
    """A form for one row, and the list of saved rows in one table on this machine.

    Each kind has its own preview (`preview` and `preview_page`), and can have more controls (`more_controls`).

    Args:
        row: Its row in data/activities.csv.
    """

    preview_slots: tuple[str, ...] = ()  # the names of the preview's fragments

    def __init__(self, row: ActivityRow) -> None:
        self.table = TABLES[row.activity]
        self.words = row.activity.removesuffix("s")  # prefix of the ids of its texts
        self.found: FoundRows[Any] = self.table.saved()
        repeats = {name: choice_field(name, others, default=others[0]).read for name, others in self.table.repeats.items()}
        details = {
            "topic": choice_field("topic", topic_names(), default=topic_names()[0]).read,
            "difficulty": integer_field("difficulty", 1, HARDEST, 1).read,
            "what_if": choice_field("what_if", Case.fields(), default=self.table.details.get("what_if", "")).read,
            "first": boolean_field("first").read,
        }
        #: The reader for each control's value, except for the fields of the case.
        self.entries: dict[str, Callable[[object], Any]] = {
            **dict.fromkeys(self.table.texts, _read_text),
            **repeats,
            **{name: read for name, read in details.items() if name in self.table.details},
        }
        super().__init__(row.activity, self.table.new())

    # ---- the controls ----

    def fields(self) -> Iterable[str]:
        """Return the controls: the texts, the details, and the fields of a case."""
        return (*self.entries, *(Case.fields() if self.table.has_case else ()))

    def label(self, field: str) -> str:
        """Return a control's label."""
        ids = (one.format(field) for one in self.table.columns.label_ids)
        return text(next(one for one in ids if one in all_words()))

    def say(self, word: str, **values: object) -> str:
        """Return this form's version of a text, or else the one that all forms share; blank if there is none."""
        ids = (f"{words}.{word}" for words in (self.words, "own_case"))
        return next((text(one, **values) for one in ids if one in all_words()), "")

    def linked_fields(self, field: str) -> Iterable[str]:
        """Return the three scores for any of them, because they must come from one exam."""
        return SCORES if field in SCORES else (field,)

    def with_value(self, field: str, value: object) -> Draft:
        """Return the row after one control moves."""
        state = self.state
        if field not in self.fields():
            raise CaseError(field, "unknown_field", value, known=suggestions(field, self.fields()))
        if field not in self.entries:
            return state._replace(case=CaseActivity(state.case).with_value(field, value).case)
        read = self.entries[field](value)
        if field in state.texts:
            return state._replace(texts={**state.texts, field: read})
        return state._replace(details={**state.details, field: read})

    def values(self, state: Draft) -> dict[str, Any]:
        """Return the values of the controls, and the id of the saved row in the form."""
        case = state.case.to_record() if self.table.has_case else {}
        return {**state.texts, **state.details, **case, "key": state.key}

    def from_file(self, text: str) -> Draft:
        """Return the row described by `values`."""
        record = self.read_record(text)
        key, known = record.get("key"), {row.key: row for row in self.found.rows}
        read = super().from_file(text)
        if not isinstance(key, str) or key not in known:
            return read
        # Keep saved details that have no control, such as the claims.
        saved = self.table.draft_of(known[key]).details
        return read._replace(key=key, details={**saved, **{name: read.details[name] for name in saved if name in self.entries}})

    # ---- actions ----

    def actions(self) -> dict[str, Action]:
        """Return the buttons' actions."""
        return {"new": self._new, "edit": self._edit, "save_own": self._save_own, "delete": self._delete}

    def _show(self, draft: Draft, **more: Any) -> ActionResult:
        """Put a row into the form, and discard the rejected entries of the previous one."""
        self.commit(draft)
        self.clear_errors()
        return {"values": self.values(draft), **more}  # type: ignore[typeddict-item]

    def _new(self, _: object) -> ActionResult:
        return self._show(self.table.new(), focus=self.table.title, notice=text("own_case.is_new"))

    def _of_table(self, message: Mapping[str, Any]) -> Any:
        self.found = self.table.saved()
        rows = {row.key: row for row in self.found.rows}
        return rows[known_word("row", message["value"], rows)]

    def _edit(self, message: Mapping[str, Any]) -> ActionResult:
        row = self._of_table(message)
        notice = text("own_case.is_opened", title=row.title)
        return self._show(self.table.draft_of(row), focus=self.table.title, notice=notice)

    def _save_own(self, _: object) -> ActionResult:
        """Save the row; if something is missing, save nothing and show an error next to each control."""
        problems = self.table.problems_of(self.state)
        self.clear_errors()
        if problems:
            for name, error in problems.items():
                self.errors[name] = error.sentence_at(self.label(name))
            names = ", ".join(map(self.label, problems))
            return {"notice": text("own_case.refused", names=names), "focus": next(iter(problems))}
        try:
            saved = self.table.save(self.state)
        except CaseError as error:
            self.found = self.table.saved()
            label = self.label(error.field) if error.field in self.entries else error.field
            return {"notice": text("own_case.not_saved", problem=error.sentence_at(label))}
        self._table_changed()
        notice = self.say("is_saved", title=saved.title, where=saved_place())
        return self._show(self.table.draft_of(saved), notice=notice)

    def _delete(self, message: Mapping[str, Any]) -> ActionResult:
        """Delete a row from the table; it stays in the form, so saving restores it."""
        row = self._of_table(message)
        try:
            self.table.delete(row.key)
        except CaseError as error:
            return {"notice": text("own_case.not_saved", problem=str(error))}
        self._table_changed()
        notice = text("own_case.is_deleted", title=row.title)
        return self._show(self.table.draft_of(row)._replace(key=""), focus="list", notice=notice)

    def _table_changed(self) -> None:
        self.found = self.table.saved()
        read_own_again()

    def opened(self) -> ActionResult:
        """Reload the table, because someone may have edited it in a spreadsheet."""
        self._table_changed()
        return {}

    def rolled_back(self) -> None:
        """Reload the table, because files aren't rolled back."""
        self.found = self.table.saved()

    # ---- what is on screen ----

    def preview(self, state: Draft) -> dict[str, str]:
        """Return the fragments of the preview."""
        raise NotImplementedError

    def preview_page(self, parts: Mapping[str, str]) -> Iterable[Markup]:
        """Return the preview's part of the page, with these fragments."""
        raise NotImplementedError

    def more_controls(self, state: Draft) -> Iterable[Markup]:  # noqa: ARG002 - some kinds need it
        """Return the controls other than the texts."""
        return ()

    def fragments(self, state: Draft) -> dict[str, str]:
        """Return the saved rows, the table's errors, and the row as the room will see it."""
        missing = [self.label(name) for name in self.table.problems_of(state)]
        shown = self.preview(state) if self._open(state) else {}
        return {
            "problems": _problems(self.table.name, self.found.problems),
            "list": self._list(self.found.rows, state.key),
            "which": text("own_case.which", title=state.texts[self.table.title]) if state.key else self.say("which_new"),
            "missing": tag("p", text("own_case.missing", names=", ".join(missing)), class_="bw-kind") if missing else "",
            **{name: shown.get(name, "") for name in self.preview_slots},
            "live_text": "",
        }

    def ui_state(self, state: Draft) -> dict[str, Any]:
        """Return which controls are visible, and the ends of the score sliders."""
        if not self.table.has_case:
            return {"open": self._open(state)}
        ends = {name: slider_ends(state.case, name) for name in SCORES}
        return {"shown": [*self.entries, *shown_fields(state.case)], "open": self._open(state), "ends": ends}

    def _open(self, state: Draft) -> list[str]:
        """Return the visible sections; an empty form or scores from two exams have no preview."""
        with contextlib.suppress(CaseError):
            check_one_exam(state.case)
            return ["preview"] if state != self.start else []
        return []

    def page(self) -> str:
        """Return the whole page."""
        state = self.state
        parts = self.fragments(state)
        form = tag(
            "div",
            tag("div", slot("which", parts["which"], "h3"), *self._controls(state), class_="bw-own-form"),
            tag(
                "div",
                tag("h3", text("own_case.preview")),
                slot("missing", parts["missing"]),
                show_if("preview", self._open(state), *self.preview_page(parts)),
                class_="bw-own-preview",
            ),
            class_="bw-own",
        )
        return activity_page(
            self.key,
            slot("problems", parts["problems"], role="alert"),
            slot("list", parts["list"]),
            # Three long forms in a row would fill most of the page, so each one stays closed until it has content.
            tag(
                "details",
                tag("summary", self.say("write")),
                form,
                tag("p", self.say("where", name=self.table.name, where=saved_place()), class_="bw-small"),
                tag("p", self.say("columns", columns=", ".join((*self.table.texts, *self.table.details))), class_="bw-small"),
                class_="bw-own-fold",
                data_fold="preview",
            ),
        )

    def _controls(self, state: Draft) -> Iterator[Markup]:
        for name, most in self.table.texts.items():
            label, written, help_text = self.label(name), state.texts[name], self.say(f"help.{name}")
            if others := self.table.repeats.get(name):
                yield select(name, label, [(other, self.label(other)) for other in others], written, help_text=help_text)
            else:
                yield text_box(name, label, written, long=most > LONG, rows=4 if most > 2 * LONG else 2, help_text=help_text)
        yield from self.more_controls(state)
        yield checkbox("first", self.label("first"), state.first, help_text=self.say("help.first"))
        yield toolbar(button(self.say("save"), "save_own", once=True), button(text("own_case.new"), "new"))

    def _list(self, rows: Iterable[OwnRow], in_form: str) -> Markup:
        items = [
            tag(
                "li",
                tag("b", row.title),
                " ",
                tag("span", self.say("is_first"), class_="bw-small") if row.first else None,
                " ",
                tag("span", text("own_case.in_form"), class_="bw-small") if row.key == in_form else None,
                toolbar(
                    button(text("own_case.edit"), "edit", row.key, name=text("own_case.edit_named", title=row.title)),
                    button(text("own_case.delete"), "delete", row.key, name=text("own_case.delete_named", title=row.title)),
                    alike=True,
                ),
            )
            for row in rows
        ]
        return join(tag("h3", self.say("list")), tag("ul", items, class_="bw-list")) if items else Markup("")

    def static_html(self) -> str:
        """Return title and introduction, for a notebook that hasn't run."""
        return static_page(self.key)

    @property
    def text(self) -> str:
        """Title, introduction, and the row in the form."""
        written = (one for name, one in self.state.texts.items() if one and name not in self.table.repeats)
        return "\n".join([f"{self.title}. {lead_text(self.key)}", *written])

    def transcript_lines(self) -> Iterator[str]:
        """Yield what a row still needs before it can be saved."""
        yield self.text
        for name, error in self.table.problems_of(self.table.new()).items():
            yield error.sentence_at(self.label(name))


class OwnCaseForm(OwnForm):
    """The form for a case or a scene, with the controls of a case and a preview that the round's code makes."""

    preview_slots = ("name", "file", "story", "links", "verdict", "rule", "after")

    def more_controls(self, state: Draft) -> Iterator[Markup]:
        """Return topic, difficulty, the case, and what the room may change afterward."""
        topics = [(topic, text(f"topic.{topic}")) for topic in topic_names()]
        levels = [(level, text(f"round.level.{level}")) for level in range(1, HARDEST + 1)]
        yield tag(
            "div",
            select("topic", self.label("topic"), topics, state.details["topic"]),
            select("difficulty", self.label("difficulty"), levels, state.details["difficulty"]),
            class_="bw-cells",
        )
        for stage in STAGES:
            group = control_group(stage, state.case)
            if group is not None:
                yield group
        fields = [(field, text(f"field.{field}.label")) for field in Case.fields()]
        yield select(
            "what_if", self.label("what_if"), fields, state.details["what_if"], help_text=text("own_case.help.what_if")
        )

    def preview(self, state: Draft) -> dict[str, str]:
        """Return the fragments of a round with the case in the form."""
        what_if = state.details["what_if"]
        written = {name: " ".join(words.split()) for name, words in state.texts.items()}
        written |= {name: written[name] or "…" for name in self.table.required}
        texts = vignette_texts(written) if "story" in written else written
        topic, difficulty = state.details["topic"], state.details["difficulty"]
        make_vignette(OwnCase(PREVIEW, texts, topic, difficulty, what_if, (), state.case))
        room = WorkshopState().with_file(PREVIEW)
        links = round_html.fragments(room._replace(step="links", shown=len(STAGES)))
        file, rules = round_html.fragments(room), round_html.fragments(room._replace(step="rules", shown=len(STAGES)))
        verdicts: str = ""
        with contextlib.suppress(CaseError):  # the position can conflict with other fields
            verdicts = sweep(CaseActivity(state.case), what_if)
        slider = text("own_case.slider", label=text(f"field.{what_if}.label"))
        return {
            "name": tag("p", tag("b", texts["title"])),
            "file": file["file"],
            "story": file["story"],
            "links": links["links"],
            "verdict": links["verdict"],
            "rule": rules["rules"],
            "after": join(Markup(links["note"]), tag("p", tag("b", slider), " ", verdicts)),
        }

    def preview_page(self, parts: Mapping[str, str]) -> Iterator[Markup]:
        """Return the preview: name, file, rule, links, verdict, and everything after the verdict."""
        yield slot("name", parts["name"])
        yield tag(
            "div",
            slot("file", parts["file"], class_="bw-file-facts"),
            slot("story", parts["story"], class_="bw-story"),
            class_="bw-sheet bw-file-sheet",
        )
        yield rule_box(slot("rule", parts["rule"]))
        yield slot("links", parts["links"])
        yield verdict_card(slot("verdict", parts["verdict"]))
        yield slot("after", parts["after"], class_="bw-spaced")


class OwnQuestionForm(OwnForm):
    """The form for a question, with a preview that looks like the projector once the answer is shown."""

    preview_slots = ("name", "options")

    def preview(self, state: Draft) -> dict[str, str]:
        """Return the question with its options, the correct answer, and the reasons."""
        written = {name: " ".join(words.split()) for name, words in state.texts.items()}
        answer = state.texts["answer"]
        options = [
            (written[name] or "…", written[name.replace("option", "why")] or "…", name == answer)
            for name in self.table.repeats["answer"]
            if written[name] or written[name.replace("option", "why")] or name in self.table.required or name == answer
        ]
        return {"name": tag("p", tag("b", written["question"] or "…")), "options": own_options(options, answered=True)}

    def preview_page(self, parts: Mapping[str, str]) -> Iterator[Markup]:
        """Return the question and its options."""
        yield slot("name", parts["name"])
        yield slot("options", parts["options"])


# ---- the HTML ----


def _problems(name: str, problems: Collection[str]) -> Markup:
    if not problems:
        return Markup("")
    return join(
        tag("p", tag("b", text("own_case.problems", name=name)), class_="bw-trouble"),
        tag("ul", [tag("li", problem) for problem in problems]),
    )
