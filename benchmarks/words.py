"""Counts the words that a reader sees in each chapter, and the minutes they take at 200 words per minute.

    .venv/bin/python -m benchmarks.words                # all chapters, with the minutes stated in data/chapters.csv
    .venv/bin/python -m benchmarks.words 02_who_calls   # one chapter by activity
    .venv/bin/python -m benchmarks.words 02_who_calls --show   # the same, with each text that counts

Prose is the notebook's Markdown. In the activities, a simulated reader does everything once and answers correctly. Each text
that becomes visible counts once, even if it appears again. Verdicts are the texts in the boxes for the verdict and the rule,
with only the weakest link of the chain. Buttons, controls next to a verdict, folded text and feedback on wrong answers don't
count. For the quick check and Your case, whose texts depend on what readers enter, only the lead counts.
"""
# ruff: noqa: INP001, T201 (a standalone command that prints to a terminal)

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Callable, Iterable, Iterator
from html.parser import HTMLParser
from typing import Any, Final, NamedTuple

import backchannel_lib.workshop  # noqa: F401 - registers its kinds of activity
from backchannel_lib.activities.desk import decision_of
from backchannel_lib.activities.registry import make_activity
from backchannel_lib.activities.tables import load_activities, load_chapters
from backchannel_lib.cli.project import NOTEBOOKS
from backchannel_lib.model.verdict import judge
from backchannel_lib.page.activity_page import lead_text

WORDS_A_MINUTE: Final = 200
ENOUGH: Final = 3  # of the article's contradictions: the chapter says that three are enough for one sitting

BLOCKS: Final = {"p", "b", "span", "li", "h2", "h3", "h4", "dt", "dd", "td", "th", "label", "legend", "caption", "figcaption"}
SILENT: Final = {"details", "button", "script", "style", "svg", "select", "textarea"}
#: Classes whose text doesn't count: the foot, notices, text for screen readers, and controls next to a verdict.
NOT_READ: Final = {"bw-foot", "bw-strip", "bw-hidden", "bw-controls", "bw-clock", "bw-help", "bw-error", "bw-order"}
VERDICT: Final = {"bw-answer", "bw-card", "bw-rule"}
LINK: Final = "bw-link"
WEAKEST: Final = "bw-link-weak"
VOID: Final = {"input", "br", "img", "hr", "meta", "link", "wbr"}


class VisibleText(HTMLParser):
    """A page's visible texts: ``answers`` are in the boxes for the verdict and the rule, ``texts`` are all others."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.answers: list[str] = []
        self._open: list[tuple[str, bool, bool]] = []  # tag, whether it is hidden, whether it is in a verdict's box
        self._text = ""
        self.feed(page)
        self._end_block()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Record an element, and whether its text counts."""
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
        """Close the last element."""
        if tag in BLOCKS:
            self._end_block()
        if self._open and tag not in VOID:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        """Collect visible text."""
        if not self._open or not self._open[-1][1]:
            self._text += data

    def _end_block(self) -> None:
        words = " ".join(self._text.split())
        if words:
            (self.answers if self._open and self._open[-1][2] else self.texts).append(words)
        self._text = ""


def played(name: str) -> Iterator[str]:
    """Do everything in an activity once, with correct answers, and yield its page after each step."""
    activity: Any = make_activity(name)
    kind = next(row.kind for row in load_activities() if row.activity == name)
    if kind == "quick_check":
        yield f"<h2>{activity.title}</h2><p>{lead_text(name)}</p>"
        return
    yield activity.page()
    for _ in _PLAYS[kind](activity) if kind in _PLAYS else ():
        yield activity.page()
        if kind != "scenes":  # their deferred parts are charts and tables that are also on the page
            late = activity.deferred_fragments(activity.state)
            yield from (
                late[part] for part in late if not part.startswith(("base_figure.", "alt_text.", "counts."))
            )  # pictures, text for screen readers, folded tables


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
    """Fill in every blank field, and reveal every answer."""
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
    """Return a chapter's Markdown cells without link targets and table markup."""
    cells = json.loads((NOTEBOOKS / f"{chapter}.ipynb").read_text(encoding="utf-8"))["cells"]
    texts = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]
    return [re.sub(r"\]\([^)]*\)|\|[-| ]+\|\n|[|*#]", " ", one) for one in texts]


def count(texts: Iterable[str]) -> int:
    """Return the number of words in some texts.

    Examples:
        >>> count(["It's 10:00 am.", "Not allowed"])
        5
    """
    return sum(len(re.findall(r"\w[\w'’.,:%-]*", one)) for one in texts)


class Counted(NamedTuple):
    """A chapter's word counts.

    Args:
        prose: Words in the Markdown.
        activities: By activity, in the order of the chapter: words outside and inside the verdicts' boxes.
        texts: By activity, each text that counts; those from a verdict's box begin with a bar.
    """

    prose: int
    activities: dict[str, tuple[int, int]]
    texts: dict[str, list[str]]

    @property
    def outside(self) -> int:
        """Words in all activities, outside the verdicts' boxes."""
        return sum(outside for outside, _ in self.activities.values())

    @property
    def answers(self) -> int:
        """Words in all boxes for a verdict or the rule."""
        return sum(answers for _, answers in self.activities.values())

    @property
    def minutes(self) -> float:
        """The time to read all words, in minutes."""
        return (self.prose + self.outside + self.answers) / WORDS_A_MINUTE


def count_chapter(chapter: str) -> Counted:
    """Count the words of a chapter."""
    once = set[str]()
    counted = Counted(count(prose(chapter)), {}, {})
    for row in load_activities():
        if row.chapter != chapter:
            continue
        words, texts = [0, 0], []
        for page in played(row.activity):
            seen = VisibleText(page)
            for which, found in enumerate((seen.texts, seen.answers)):
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
    parser.add_argument("--show", action="store_true", help="print each text that counts")
    args = parser.parse_args()
    print(f"{'':28}{'prose':>7}{'activities':>12}{'verdicts':>10}{'minutes':>9}{'stated':>8}")
    for row in load_chapters():
        if args.chapters and row.chapter not in args.chapters:
            continue
        counted = count_chapter(row.chapter)
        for activity, (outside, answers) in counted.activities.items() if args.chapters else ():
            if args.show:
                print(*(f"      {one}" for one in counted.texts[activity]), sep="\n")
            print(f"    {activity:24}{'':7}{outside:12}{answers:10}")
        line = f"{row.chapter:28}{counted.prose:7}{counted.outside:12}{counted.answers:10}{counted.minutes:9.1f}{row.minutes:8}"
        print(line, flush=True)


if __name__ == "__main__":
    main()
