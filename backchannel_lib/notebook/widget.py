"""Activities as Jupyter widgets.

A widget starts with the page's HTML, then exchanges short messages with it. `backchannel_lib.activities.activity` and the kinds
of activity decide what a message does.
"""

from __future__ import annotations

import functools
import json
import re
import uuid
from asyncio import AbstractEventLoop, TimerHandle, get_running_loop
from collections import Counter
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import anywidget
import traitlets
from IPython.core.getipython import get_ipython

import backchannel_lib.workshop  # noqa: F401 - registers the workshop's kinds of activity
from backchannel_lib.activities.activity import Activity
from backchannel_lib.activities.case_panel import CaseActivity
from backchannel_lib.activities.registry import activity_of, make_activity, transcript_of
from backchannel_lib.activities.saved_answers import saving_elsewhere
from backchannel_lib.activities.tables import ActivityRow, load_activities
from backchannel_lib.base.errors import CaseError
from backchannel_lib.base.formatting import printable, suggestions
from backchannel_lib.base.texts import text
from backchannel_lib.model.case import Case
from backchannel_lib.model.possible import MAY_BE_UNKNOWN
from backchannel_lib.notebook.page_tour import StandIn, page_lines
from backchannel_lib.page.frontend import STATIC, bundle
from backchannel_lib.page.html import tag

#: The chapter whose panel isn't in the table of activities.
PANEL_CHAPTER: Final = "10_your_case"
#: The current time to use for a chapter's transcript.
NOON: Final = datetime(2027, 3, 16, 12, tzinfo=ZoneInfo("America/New_York"))

#: How long observers and links wait, so that the thread that sends an answer can do so first (seconds).
PUBLISH_S: Final = 0.004
#: How long to wait for another message before the deferred answer, and the longest wait while messages keep coming (seconds).
PAUSE_S: Final = 0.04
MOST_PAUSE_S: Final = 0.25

if TYPE_CHECKING:
    from backchannel_lib.workshop.session import Session

#: The chapter whose parts update each other.
WORKSHOP: Final = "12_workshop"


@functools.cache
def plotly_js() -> bytes:
    """Return plotly.js, gzipped: the basic bundle, with bars and lines, which starts five times as fast as the full one.

    Source:
        npm plotly.js-basic-dist-min; version, checksum and license are in page/static/vendor/README.md.

    Examples:
        >>> import gzip
        >>> gzip.decompress(plotly_js())[:3]
        b'/**'
    """
    return (STATIC / "vendor" / "plotly-basic.min.js.gz").read_bytes()


class _Fields(traitlets.Dict):
    """The fields of an activity. Setting some of them changes the activity, which can reject the values."""

    def validate(self, obj: Any, value: Any) -> Any:
        return obj.commit(super().validate(obj, value))


class ActivityView(anywidget.AnyWidget):
    """An activity as a Jupyter widget, on its own or inside an ``HBox``, a ``Tab`` or an ``interactive_output``.

    Args:
        activity: The activity.
        prefetch: Whether a control in use can request the answers to its other positions in advance.
        key: The key under which the page saves the reader's input; None to derive one from the notebook's cell.
        **traits: Traits of any widget, such as ``layout``.

    Attributes:
        value: The fields as a dict. You can set some or all of them; the rest stay. A value that breaks a rule raises
            `CaseError`.
        verdict: The short name of the verdict, such as ``maybe``; blank if there is none, or if several are possible because a
            field is ``unknown``. Read-only.
        verdicts: The short names of all possible verdicts, lowest first. Read-only.
        rule: The short name of the NRMP rule's answer, such as ``not_allowed``; blank if there is none. Read-only.

    Examples:
        >>> panel = Panel()
        >>> panel.value = {"recommender": "trusted_peer", "specifics": True}
        >>> panel.verdict, panel.rule, panel.value["score"]
        ('phone_interview', 'not_allowed', 240)
        >>> panel.observe(lambda change: print(change["old"], "->", change["new"]), "verdict")
        >>> panel.value = {"phase": "groundwork", "score": 228}
        phone_interview -> maybe
    """

    _esm = bundle()
    _css = STATIC / "panel.css"
    can_defer = True  # whether the page waits for deferred answers
    html = traitlets.Unicode(read_only=True).tag(sync=True)
    activity_id = traitlets.Unicode(read_only=True).tag(sync=True)
    storage_key = traitlets.Unicode(read_only=True).tag(sync=True)
    disconnected_text = traitlets.Unicode(read_only=True).tag(sync=True)
    late_text = traitlets.Unicode(read_only=True).tag(sync=True)
    restore_text = traitlets.Unicode(read_only=True).tag(sync=True)
    not_saved_text = traitlets.Unicode(read_only=True).tag(sync=True)
    prefetch = traitlets.Bool(read_only=True).tag(sync=True)
    value = _Fields().tag(sync=True)
    verdict = traitlets.Unicode(read_only=True).tag(sync=True)
    verdicts = traitlets.Tuple(read_only=True).tag(sync=True)
    rule = traitlets.Unicode(read_only=True).tag(sync=True)

    def __init__(self, activity: Activity[Any], *, prefetch: bool = True, key: str | None = None, **traits: Any) -> None:
        self.activity = activity
        self._on_screen = False
        self.session: Session | None = None  # if this is a part of the workshop that updates others
        self._drawn: object = None
        self._deferred: TimerHandle | None = None  # the timer for the deferred answer
        self._latest = 0.0  # when to send it even if messages keep coming
        self.set_trait("activity_id", uuid.uuid4().hex)  # shared by all views of this activity
        self.set_trait("storage_key", f"backchannel-{activity.key}-{key or _place_in_notebook(activity.key)}")
        for name in ("disconnected", "late", "restore", "not_saved"):
            self.set_trait(f"{name}_text", text(f"panel.{name}"))
        self.set_trait("prefetch", prefetch)
        self._draw()
        self.publish()
        super().__init__(**traits)
        self.on_msg(self._receive)

    def update(self, **values: object) -> str:
        """Change fields as a reader would with the controls.

        Args:
            **values: New values by field.

        Returns:
            The page afterward, as plain text.

        Raises:
            CaseError: A value breaks its field's rule; nothing changes then.

        Examples:
            >>> "Backfires" in Panel().update(move="pressure")
            True
        """
        self.value = values
        return self.text

    def transcript(self) -> str:
        """Return the answers to all kinds of input, as plain text, and restore the state.

        Examples:
            >>> print(Panel().transcript().splitlines()[1])
               NRMP's rule: Not allowed. The article: Phone interview. Limited by: Timing.
        """
        outcomes = self.activity.transcript()
        self._changed()
        return outcomes

    @property
    def text(self) -> str:
        """The content of the page as plain text."""
        return str(printable(self.activity.text))

    def commit(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Set some of the activity's fields; runs when ``value`` is set.

        Args:
            values: New values by field.

        Returns:
            The values of all fields.

        Raises:
            CaseError: A field does not exist, or a value breaks its rule; nothing changes then.
        """
        activity, values = self.activity, printable(dict(values))
        before = activity.values(activity.state)
        new = {field: value for field, value in values.items() if before.get(field, ...) != value}
        if not new:
            return activity.public_values(activity.state)
        fields = set(activity.fields())
        for field in new.keys() - before.keys() - fields:
            raise CaseError(field, "unknown_field", new[field], known=suggestions(field, before))
        if new.keys() <= fields:
            activity.update(**new)
        else:  # the page saves some values without a control, such as the current student
            activity.commit(activity.from_file(json.dumps({**before, **new})))
        self._changed()
        return activity.public_values(activity.state)

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Accept changes from widgets that the front end linked to this one, as if they came from Python."""
        super().set_state({name: value for name, value in sync_data.items() if not self.traits()[name].read_only})

    def _receive(self, _widget: object, message: dict[str, Any], _buffers: object) -> None:
        if isinstance(message, dict) and message.get("type") == "plotly":
            self.send({"type": "plotly"}, [plotly_js()])
            return
        self._on_screen = True
        if self.session is None:
            for answer in self.activity.first_answers(printable(message)):
                self.send(answer)
            self._follow_up()
            return
        moved = {self.activity.key: self}
        for part, answer in self.session.handle(self.activity.key, printable(message)):
            moved[part] = _workshop[part]
            moved[part].send(answer)
        for view in moved.values():
            view.publish()

    def _follow_up(self) -> None:
        """Notify observers soon, and send the deferred answer once no message has come for a moment.

        Both keep Python busy. If they began right after the first answer, they would delay the thread that sends that answer,
        and then the next message. Without a kernel's loop, both happen at once.
        """
        loop = _kernel_loop()
        if loop is None or not self.can_defer:
            self.publish()
            self._send_deferred()
            return
        loop.call_later(PUBLISH_S, self.publish)
        now = loop.time()
        if self._deferred is None:
            self._latest = now + MOST_PAUSE_S
        else:
            self._deferred.cancel()
        self._deferred = loop.call_at(min(now + PAUSE_S, self._latest), self._send_deferred)

    def _send_deferred(self) -> None:
        self._deferred = None
        for answer in self.activity.deferred_answers():
            self.send(answer)

    def send(self, content: Any, buffers: Any = None) -> None:
        """Send a message to the page, replacing unpaired surrogates, which the connection can't carry."""
        super().send(printable(content), buffers)

    def _changed(self) -> None:
        """Show what Python changed."""
        if self._on_screen:
            for answer in self.activity.handle({"type": "refresh"}):
                self.send(answer)
        self.publish()

    def publish(self) -> None:
        """Notify observers and links."""
        with self.hold_sync(), self.hold_trait_notifications():
            self.set_trait("value", printable(self.activity.public_values(self.activity.state)))
            verdict, rule = self.activity.visible_outcome(self.activity.state)
            self.set_trait("verdict", verdict)
            self.set_trait("verdicts", self.activity.possible_verdicts(self.activity.state))
            self.set_trait("rule", rule)

    def _draw(self) -> None:
        """Update the HTML that new views start with."""
        if self._drawn != self.activity.state:
            self._drawn = self.activity.state
            self.set_trait("html", printable(self.activity.page()))

    def __repr__(self) -> str:
        return f"<{self.activity.key}: {self.text.partition(chr(10))[0]}>"

    def _repr_mimebundle_(self, **_: object) -> tuple[dict[str, Any], dict[str, Any]]:
        self._draw()
        bundle, metadata = super()._repr_mimebundle_() or ({}, {})
        # Notebooks show this before they run, and the tests compare it.
        static = {"text/plain": self.text, "text/html": self.activity.static_html()}
        return {**bundle, **printable(static)}, metadata


def _kernel_loop() -> AbstractEventLoop | None:
    """Return the loop in which this message is processed; None outside a kernel.

    It isn't always the kernel's main loop, because JupyterLab sends widgets' messages to a separate thread.
    """
    if getattr(get_ipython(), "kernel", None) is None:
        return None
    try:
        return get_running_loop()
    except RuntimeError:
        return None


_counts: Counter[tuple[str, str]] = Counter()


def _place_in_notebook(activity: str) -> str:
    """Return an id for the place in a notebook that creates a widget, which stays the same when the notebook runs again.

    Returns:
        The cell's id, if the page sent it, and a counter of this activity's widgets within one run of the cell, or otherwise
        within this process.
    """
    kernel: Any = getattr(get_ipython(), "kernel", None)
    request = kernel.get_parent() if hasattr(kernel, "get_parent") else {}
    cell = request.get("metadata", {}).get("cellId", "")
    run = request["header"]["msg_id"] if cell else ""
    _counts[run, activity] += 1
    return f"{cell}-{_counts[run, activity]}" if cell else str(_counts[run, activity])


#: The parts of the workshop that this notebook opened last, by name, because the plan and the round update each other.
_workshop: dict[str, ActivityView] = {}


def _join_workshop(view: ActivityView) -> None:
    """Replace the previous part with the same name, and connect the new one with the others."""
    from backchannel_lib.workshop.session import Session  # other chapters don't need it
    from backchannel_lib.workshop.stage import stage_parts

    if view.activity.key not in stage_parts():
        return
    if (before := _workshop.get(view.activity.key)) is not None:
        before.session = None
    _workshop[view.activity.key] = view
    if {"run_plan", "round"} <= _workshop.keys():
        session = Session({name: one.activity for name, one in _workshop.items()})
        for one in _workshop.values():
            one.session = session


def open_activity(activity: str | ActivityRow | Activity[Any], *, key: str | None = None, **traits: Any) -> ActivityView:
    """Open an activity, as the last line of a notebook cell.

    Args:
        activity: Its id in data/activities.csv, your own row, or an existing activity.
        key: As in `ActivityView`.
        **traits: As in `ActivityView`.

    Raises:
        CaseError: No activity has this name, or no kind matches the row; the message lists the existing ones.

    Examples:
        >>> open_activity("forms").activity.key
        'forms'
    """
    is_part = any(row.activity == activity and row.chapter == WORKSHOP for row in load_activities())
    if isinstance(activity, str):
        activity = make_activity(activity)
    view = ActivityView(activity_of(activity) if isinstance(activity, ActivityRow) else activity, key=key, **traits)
    if is_part:
        _join_workshop(view)
    return view


class Panel(ActivityView):
    """One case with its controls, its verdict and what the NRMP's rule says.

    Args:
        case: The case to start with; None for the defaults.
        reading: Name of a reading, or None for the defaults.
        unknown: The fields that start as "I don't know", such as ``MAY_BE_UNKNOWN``: in ``value`` they are ``"unknown"``.
        prefetch: As in `ActivityView`.
        key: As in `ActivityView`.
        **traits: As in `ActivityView`.

    Raises:
        CaseError: No reading has this name, or an unknown field isn't in ``MAY_BE_UNKNOWN``.

    Examples:
        >>> panel = Panel()
        >>> print(panel.update(recommender="trusted_peer", specifics=True).splitlines()[1])
        Verdict: Phone interview. The program would likely call you for an interview, perhaps within hours.
        >>> panel = Panel(Case(needs_visa=True, recommender="trusted_peer", specifics=True), unknown=["sponsors_visas"])
        >>> panel.verdict, panel.verdicts, panel.value["sponsors_visas"]
        ('', ('declined', 'phone_interview'), 'unknown')
        >>> panel.value = {"sponsors_visas": True}
        >>> panel.verdict
        'phone_interview'
    """

    def __init__(
        self,
        case: Case | None = None,
        reading: str | None = None,
        *,
        unknown: Collection[str] = (),
        prefetch: bool = True,
        key: str | None = None,
        **traits: Any,
    ) -> None:
        super().__init__(CaseActivity(case, reading, unknown), prefetch=prefetch, key=key, **traits)

    def __repr__(self) -> str:
        return f"<{self.activity.key}: {self.activity.fragments(self.activity.state)['live_text']}>"

    def examples(self) -> Listed:
        """Return the answers to the article's own examples as a list, and restore the state.

        Examples:
            >>> print(str(Panel().examples()).splitlines()[1])
               NRMP's rule: Not allowed. The article: Phone interview. Limited by: Timing.
        """
        return Listed(self.transcript())


class Folded:
    """A long text, collapsed until the reader opens it.

    Args:
        title: The line that is always visible.
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
        # JupyterLab expands a collapsed output when the cell runs, so the text has to collapse by itself.
        return tag("details", tag("summary", self.title), tag("pre", self.text, style="white-space: pre-wrap"))


class Listed:
    r"""A transcript as a list, with each situation above its answer.

    Args:
        text: Its lines: a situation, then indented lines with the answer.

    Examples:
        >>> Listed("A call.\n   Skimmed.")._repr_html_()
        '<ul><li><p>A call.<br><b>Skimmed.</b></p></li></ul>'
    """

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        items = [one.split("\n") for one in re.split(r"\n(?=\S)", self.text)]
        answered = [(head, [[tag("br"), tag("b", line.strip())] for line in rest]) for head, *rest in items]
        return tag("ul", [tag("li", tag("p", head, lines)) for head, lines in answered])


def transcript(chapter: str) -> Folded:
    """Return the transcripts of a chapter's activities, collapsed.

    Args:
        chapter: Its id in data/chapters.csv.
    """
    transcript = transcript_of(chapter, on_the_page)
    if chapter == PANEL_CHAPTER:
        transcript += f"\n\n{on_the_page(CaseActivity(unknown=MAY_BE_UNKNOWN))}"
    return Folded(text("lesson.as_text"), transcript)


def on_the_page(activity: Activity[Any]) -> str:
    """Move the controls of an activity and press its buttons, using a page's messages, and return the answers as text.

    Args:
        activity: A new activity; its state isn't restored.

    Examples:
        >>> print(on_the_page(make_activity("collisions")).splitlines()[-1])
           Controls that keep what the page sets: 1 of 1.
    """
    if "clock" in vars(activity):  # the text must be the same every day
        vars(activity)["clock"] = lambda: NOON
    page = StandIn()
    with saving_elsewhere():
        view = ActivityView(activity, key=page.comm_id, comm=page)
        view.can_defer = False
        lines = list(dict.fromkeys(page_lines(activity, page, view.html)))
        view.close()
    return "\n   ".join([text("page_tour.title"), *lines])
