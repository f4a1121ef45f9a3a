"""What a notebook shows: an activity, as one widget.

The widget's state is the page it opens with; after that a few short messages go each way. Everything that decides
anything is in `backchannel_lib.activities.activity`, in the kinds of activity, and below.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import anywidget
import traitlets

import backchannel_lib.workshop  # noqa: F401 - adds the workshop's kinds of activity
from backchannel_lib.activities.activity import Activity
from backchannel_lib.activities.case_panel import CaseActivity
from backchannel_lib.activities.registry import activity_of, make_activity, transcript_of
from backchannel_lib.activities.tables import ActivityRow
from backchannel_lib.base.texts import text
from backchannel_lib.model.case import Case
from backchannel_lib.page.host import host
from backchannel_lib.page.html import tag

_STATIC = Path(__file__).resolve().parents[1] / "page" / "static"


@functools.cache
def plotly_js() -> bytes:
    """Give plotly.js, in the bundle with bars and lines alone, which starts five times as fast as the whole.

    Returns:
        The library's text, gzipped, as the page unpacks it.

    Source:
        npm plotly.js-basic-dist-min; version, sum and license stand in panel/vendor/README.md.

    Examples:
        >>> import gzip
        >>> gzip.decompress(plotly_js())[:3]
        b'/**'
    """
    return (_STATIC / "vendor" / "plotly-basic.min.js.gz").read_bytes()


class ActivityWidget(anywidget.AnyWidget):
    """An activity as the front end sees it.

    Args:
        activity: The activity it shows.
        prefetch: Whether the control in hand may ask for the answers to its other positions beforehand.
    """

    _esm = _STATIC / "panel.js"
    _css = _STATIC / "panel.css"
    html = traitlets.Unicode().tag(sync=True)
    storage_key = traitlets.Unicode().tag(sync=True)
    disconnected_text = traitlets.Unicode().tag(sync=True)
    restore_text = traitlets.Unicode().tag(sync=True)
    prefetch = traitlets.Bool().tag(sync=True)

    def __init__(self, activity: Activity[Any], *, prefetch: bool = True) -> None:
        self._activity = activity
        super().__init__(
            html=activity.page(),
            storage_key=f"backchannel-{activity.key}",
            disconnected_text=text("stage.asleep" if host() == "stage" else "panel.disconnected"),
            restore_text=text("panel.restore"),
            prefetch=prefetch,
        )
        self.on_msg(self._receive)

    def _receive(self, _widget: object, message: dict[str, Any], _buffers: object) -> None:
        if message.get("type") == "plotly":
            self.send({"type": "plotly"}, [plotly_js()])
            return
        for answer in self._activity.handle(message):
            self.send(answer)

    def refresh(self) -> None:
        """Show what a cell of the notebook changed in the activity."""
        for answer in self._activity.handle({"type": "show"}):
            self.send(answer)


class ActivityView:
    """An activity in a notebook, to be the last line of a cell.

    Args:
        activity: The activity.
        prefetch: Whether the control in hand may ask for the answers to its other positions beforehand.

    Examples:
        >>> ActivityView(CaseActivity()).text.splitlines()[0]
        'Verdict: Skimmed. Someone would glance at it and perhaps mark it for later, and then it would be lost.'
    """

    def __init__(self, activity: Activity[Any], *, prefetch: bool = True) -> None:
        self.activity = activity
        self._prefetch = prefetch

    @functools.cached_property
    def widget(self) -> ActivityWidget:
        """The widget, made when it is first shown."""
        return ActivityWidget(self.activity, prefetch=self._prefetch)

    def update(self, **values: object) -> str:
        """Change fields as a reader would with the controls, and tell the new answer as text.

        Args:
            **values: New values by field.

        Returns:
            What is on screen then, as text.

        Raises:
            CaseError: A value breaks its field's rule; nothing changes.

        Examples:
            >>> "Backfires" in Panel().update(move="pressure")
            True
        """
        self.activity.update(**values)
        if "widget" in self.__dict__:
            self.widget.refresh()
        return self.text

    def transcript(self) -> str:
        """Move every control to named places and back to where it was, and tell each outcome.

        Returns:
            The outcomes as plain text.

        Examples:
            >>> print(Panel().transcript().splitlines()[1])
               Phone interview. Held down by: The moment. NRMP's rule: Not allowed.
        """
        told = self.activity.transcript()
        if "widget" in self.__dict__:
            self.widget.refresh()
        return told

    @property
    def text(self) -> str:
        """What is on screen, as plain text."""
        return self.activity.text

    def _repr_mimebundle_(self, **_: object) -> tuple[dict[str, Any], dict[str, Any]] | dict[str, Any]:
        shown = self.widget._repr_mimebundle_()
        bundle, metadata = shown if isinstance(shown, tuple) else (shown or {}, {})
        # What a reader sees of a notebook that has not been run, and what a test of it compares.
        bundle["text/plain"] = self.text
        bundle["text/html"] = self.activity.static_html()
        return bundle, metadata


def open_activity(activity: str | ActivityRow | Activity[Any]) -> ActivityView:
    """Open an activity, to be the last line of a notebook's cell.

    Args:
        activity: Its name in data/activities.csv, a row of your own, or an activity that is already made.

    Raises:
        CaseError: No activity has this name, or no kind the one in the row; the message names those that do.

    Examples:
        >>> open_activity("forms").activity.key
        'forms'
    """
    if isinstance(activity, str):
        activity = make_activity(activity)
    return ActivityView(activity_of(activity) if isinstance(activity, ActivityRow) else activity)


class Panel(ActivityView):
    """A board for one case.

    Args:
        case: The case it opens with; None for the defaults.
        reading: The name of a reading; None for every default.
        prefetch: Whether the control in hand may ask for the answers to its other positions beforehand.

    Raises:
        CaseError: No reading has this name.

    Examples:
        >>> panel = Panel()
        >>> print(panel.update(recommender="trusted_peer", specifics=True).splitlines()[0])
        Verdict: Phone interview. The program would likely phone you for a talk, perhaps within hours.
    """

    def __init__(self, case: Case | None = None, reading: str | None = None, *, prefetch: bool = True) -> None:
        self.session = CaseActivity(case, reading)
        super().__init__(self.session, prefetch=prefetch)


class Folded:
    """A long text that a reader opens by hand, in a notebook.

    Args:
        title: What stands on the fold.
        text: The text.

    Examples:
        >>> Folded("More", "a < b")
        a < b
    """

    def __init__(self, title: str, text: str) -> None:
        self.title = title
        self.text = text

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        # Lab unfolds an output that was folded when it runs the cell, so the fold is in the output itself.
        return tag("details", tag("summary", self.title), tag("pre", self.text, style="white-space: pre-wrap"))


def transcript(chapter: str) -> Folded:
    """Move every control of a chapter to named places, and tell each outcome as text, folded.

    Args:
        chapter: The chapter, as in data/chapters.csv.

    Returns:
        The text, to be the last line of a notebook's cell.
    """
    return Folded(text("lesson.as_text"), transcript_of(chapter))
