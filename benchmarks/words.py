"""Counts the words that a reader meets in each chapter, and the minutes they take at 200 words a minute.

    .venv/bin/python -m benchmarks.words                # every chapter, next to the minutes that data/chapters.csv states
    .venv/bin/python -m benchmarks.words 02_who_calls   # one chapter, activity by activity
    .venv/bin/python -m benchmarks.words 02_who_calls --show   # the same, and each text that was counted

Prose is the Markdown of the notebook. For the activities a reader is played who does everything once and gets it right:
whatever is then visible counts once, however often it comes back. Verdicts are what the boxes of the verdict and the rule
say on the way, of the chain only its weakest link. Not counted: buttons, controls next to a verdict, folded text, and what is
told only after a wrong answer. The quick check and Your case hold what readers enter themselves; of them, only the lead counts.
"""
# ruff: noqa: INP001, T201 (a command of its own, which talks to a person at a terminal)

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Callable, Iterable, Iterator
from html.parser import HTMLParser
from typing import Any, Final, NamedTuple

import backchannel_lib.workshop  # noqa: F401 - its kinds of activity register themselves
from backchannel_lib.activities.desk import decision_of
from backchannel_lib.activities.registry import make_activity
from backchannel_lib.activities.tables import load_activities, load_chapters
from backchannel_lib.base.texts import text
from backchannel_lib.cli.project import NOTEBOOKS
from backchannel_lib.model.verdict import judge

WORDS_A_MINUTE: Final = 200
ENOUGH: Final = 3  # places where the article disagrees with itself: the chapter says that three are enough for one sitting

BLOCKS: Final = {"p", "b", "span", "li", "h2", "h3", "h4", "dt", "dd", "td", "th", "label", "legend", "caption", "figcaption"}
SILENT: Final = {"details", "button", "script", "style", "svg", "select", "textarea"}
#: What isn't read as text: the foot, notices, words for screen readers, and the controls next to a verdict.
NOT_READ: Final = {"bw-foot", "bw-strip", "bw-hidden", "bw-controls", "bw-clock", "bw-help", "bw-error", "bw-order"}
VERDICT: Final = {"bw-answer", "bw-card", "bw-rule"}
LINK: Final = "bw-link"
WEAKEST: Final = "bw-link-weak"
VOID: Final = {"input", "br", "img", "hr", "meta", "link", "wbr"}


class InSight(HTMLParser):
    """The texts of a page that are visible: ``told`` by the activity, and ``answers`` in the verdict's boxes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.told: list[str] = []
        self.answers: list[str] = []
        self._open: list[tuple[str, bool, bool]] = []  # element, whether it is hidden, whether it is a verdict's
        self._text = ""
        self.feed(page)
        self._end_block()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element, and whether what is in it can be read."""
        if tag in VOID:
            return
        if tag in BLOCKS:
            self._end_block()
        has = dict(attrs)
        classes = set((has.get("class") or "").split())
        _, out, verdict = self._open[-1] if self._open else ("", False, False)
        out = out or (LINK in classes and WEAKEST not in classes)
        out = out or tag in SILENT or "hidden" in has or has.get("aria-hidden") == "true" or bool(classes & NOT_READ)
        self._open.append((tag, out, verdict or bool(classes & VERDICT)))

    def handle_endtag(self, tag: str) -> None:
        """Close an element."""
        if tag in BLOCKS:
            self._end_block()
        if self._open and tag not in VOID:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        """Take text that is visible."""
        if not self._open or not self._open[-1][1]:
            self._text += data

    def _end_block(self) -> None:
        words = " ".join(self._text.split())
        if words:
            (self.answers if self._open and self._open[-1][2] else self.told).append(words)
        self._text = ""


def played(name: str) -> Iterator[str]:
    """Do everything that an activity offers, once and right, and yield its page each time."""
    activity: Any = make_activity(name)
    kind = next(row.kind for row in load_activities() if row.activity == name)
    if kind == "quick_check":
        yield f"<h2>{activity.title}</h2><p>{text(f'activity.{name}.lead')}</p>"
        return
    yield activity.page()
    for _ in _PLAYS[kind](activity) if kind in _PLAYS else ():
        yield activity.page()
        if kind != "scenes":  # theirs are charts and tables, which are on the page too
            late = activity.deferred_fragments(activity.state)
            yield from (
                late[part] for part in late if not part.startswith(("base_figure.", "alt_text.", "counts."))
            )  # drawn, spoken, folded


def _scenes(activity: Any) -> Iterator[None]:
    for scene in activity.scenes:
        activity.actions()["scene"]({"value": scene})
        yield
        activity.put_guess(judge(activity.case).verdict.name.lower())
        yield


def _walk(activity: Any) -> Iterator[None]:
    for step in activity.steps[1:]:
        if step.direction:
            activity.update(guess=step.direction)
            activity.actions()["see"]({})
        else:
            activity.actions()["on"]({})
        yield


def _sorting(activity: Any) -> Iterator[None]:
    activity.update(**{name: item.fits[0] for name, item in activity.items.items()})
    activity.see()
    yield


def _questions(activity: Any) -> Iterator[None]:
    for name, one in activity.questions.items():
        activity.update(**{name: one.answer})
        activity.actions()["check"]({"value": name})
        yield


def _desk(activity: Any) -> Iterator[None]:
    activity.actions()["begin"]({"value": "off"})
    for place, name in enumerate(activity.order, start=2):
        yield
        activity.to(place, **{name: decision_of(activity.judgments[name].verdict)})
    yield


def _inbox(activity: Any) -> Iterator[None]:
    activity.actions()["open"]({})
    for _ in range(activity.first):
        yield
        activity.actions()["delete"]({})
    yield
    activity.actions()["rest"]({})
    yield


def _steps(activity: Any) -> Iterator[None]:
    """Fill in what has no answer yet, and ask for every answer."""
    for field, entry in activity.entries.items():
        if not activity.state[field] and (positions := [one for one in entry.positions if one]):
            activity.commit_values(**{field: positions[0]})
    for step in activity.answered:
        if step in getattr(activity, "places", ())[ENOUGH:]:
            return
        if step in getattr(activity, "places", ()):
            activity.commit_values(at=step)
        yield
        activity.see(step)
        yield


_PLAYS: Final[dict[str, Callable[[Any], Iterator[None]]]] = {
    "scenes": _scenes,
    "walk": _walk,
    "sorting": _sorting,
    "questions": _questions,
    "desk": _desk,
    "inbox": _inbox,
    **dict.fromkeys(("callers_order", "shares", "bets_returned", "week_clock", "population"), _steps),
    **dict.fromkeys(("disagreements", "collisions", "studies"), _steps),
}


def prose(chapter: str) -> list[str]:
    """Return the Markdown of a chapter without its addresses and the machinery of tables."""
    cells = json.loads((NOTEBOOKS / f"{chapter}.ipynb").read_text(encoding="utf-8"))["cells"]
    texts = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]
    return [re.sub(r"\]\([^)]*\)|\|[-| ]+\|\n|[|*#]", " ", one) for one in texts]


def count(texts: Iterable[str]) -> int:
    """Return how many words some texts have.

    Examples:
        >>> count(["It's 10:00 am.", "Not allowed"])
        5
    """
    return sum(len(re.findall(r"\w[\w'’.,:%-]*", one)) for one in texts)


class Counted(NamedTuple):
    """How many words a chapter has, and its activities in their order.

    Args:
        prose: In the Markdown.
        activities: What activities tell, and their verdicts' boxes, by activity.
        texts: Each text that was counted, by activity; a bar is before those of a verdict.
    """

    prose: int
    activities: dict[str, tuple[int, int]]
    texts: dict[str, list[str]]

    @property
    def told(self) -> int:
        """The words of all activities."""
        return sum(told for told, _ in self.activities.values())

    @property
    def answers(self) -> int:
        """The words of all boxes of a verdict or the rule."""
        return sum(answers for _, answers in self.activities.values())

    @property
    def minutes(self) -> float:
        """How long it takes to read them all."""
        return (self.prose + self.told + self.answers) / WORDS_A_MINUTE


def count_chapter(chapter: str) -> Counted:
    """Count the words of a chapter."""
    once = set[str]()
    counted = Counted(count(prose(chapter)), {}, {})
    for row in load_activities():
        if row.chapter != chapter:
            continue
        words, texts = [0, 0], []
        for page in played(row.activity):
            seen = InSight(page)
            for which, found in enumerate((seen.told, seen.answers)):
                new = [one for one in dict.fromkeys(found) if one not in once]
                once.update(new)
                words[which] += count(new)
                texts += [f"{'|' * which} {one}" for one in new]
        counted.activities[row.activity] = (words[0], words[1])
        counted.texts[row.activity] = texts
    return counted


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("chapters", nargs="*", metavar="chapter")
    parser.add_argument("--show", action="store_true", help="print each text that was counted")
    asked = parser.parse_args()
    print(f"{'':28}{'prose':>7}{'activities':>12}{'verdicts':>10}{'minutes':>9}{'stated':>8}")
    for row in load_chapters():
        if asked.chapters and row.chapter not in asked.chapters:
            continue
        counted = count_chapter(row.chapter)
        for activity, (told, answers) in counted.activities.items() if asked.chapters else ():
            if asked.show:
                print(*(f"      {one}" for one in counted.texts[activity]), sep="\n")
            print(f"    {activity:24}{'':7}{told:12}{answers:10}")
        line = f"{row.chapter:28}{counted.prose:7}{counted.told:12}{counted.answers:10}{counted.minutes:9.1f}{row.minutes:8}"
        print(line, flush=True)


if __name__ == "__main__":
    main()
