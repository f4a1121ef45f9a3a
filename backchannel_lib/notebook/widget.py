"""Activities as Jupyter widgets.

A widget opens with the page's HTML; after that short messages go each way. What an activity does with them stands in
`backchannel_lib.activities.activity` and in the kinds of activity.
"""

from __future__ import annotations

import functools
import json
import uuid
from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any

import anywidget
import traitlets
from IPython.core.getipython import get_ipython

import backchannel_lib.workshop  # noqa: F401 - adds the workshop's kinds of activity
from backchannel_lib.activities.activity import Activity
from backchannel_lib.activities.case_panel import CaseActivity
from backchannel_lib.activities.registry import activity_of, make_activity, transcript_of
from backchannel_lib.activities.tables import ActivityRow
from backchannel_lib.base.errors import CaseError
from backchannel_lib.base.formatting import printable, suggestions
from backchannel_lib.base.texts import text
from backchannel_lib.model.case import Case
from backchannel_lib.page.frontend import STATIC, bundle
from backchannel_lib.page.html import tag


@functools.cache
def plotly_js() -> bytes:
    """Return plotly.js, gzipped, in the bundle with bars and lines alone, which starts five times as fast as the whole.

    Source:
        npm plotly.js-basic-dist-min; version, checksum and license are in page/static/vendor/README.md.

    Examples:
        >>> import gzip
        >>> gzip.decompress(plotly_js())[:3]
        b'/**'
    """
    return (STATIC / "vendor" / "plotly-basic.min.js.gz").read_bytes()


class _Fields(traitlets.Dict):
    """The fields of an activity; setting some of them moves the activity, which may refuse."""

    def validate(self, obj: Any, value: Any) -> Any:
        return obj.commit(super().validate(obj, value))


class ActivityView(anywidget.AnyWidget):
    """An activity as a Jupyter widget: the last line of a cell, or a part of an ``HBox``, a ``Tab``, an ``interactive_output``.

    Args:
        activity: The activity.
        prefetch: Whether the control in use may ask for the answers to its other positions beforehand.
        key: Names the entries that the page saves; None to derive a name from the notebook's cell.
        **traits: Traits of every widget, such as ``layout``.

    Attributes:
        value: The fields as a dict. Set some of them or all; the others stay. What breaks a rule raises `CaseError`.
        verdict: The short name of the verdict, such as ``maybe``; blank where there is none, or where several are possible
            because a field is ``unknown``. Read-only.
        verdicts: The short names of every verdict that is possible, lowest first. Read-only.
        rule: The short name of the answer of the NRMP's rule, such as ``not_allowed``; blank where there is none. Read-only.

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
        self._drawn: object = None
        self.set_trait("activity_id", uuid.uuid4().hex)  # common to all views of this activity
        self.set_trait("storage_key", f"backchannel-{activity.key}-{key or _place_in_notebook(activity.key)}")
        self.set_trait("disconnected_text", text("panel.disconnected"))
        self.set_trait("late_text", text("panel.late"))
        self.set_trait("restore_text", text("panel.restore"))
        self.set_trait("not_saved_text", text("panel.not_saved"))
        self.set_trait("prefetch", prefetch)
        self._draw()
        self._publish()
        super().__init__(**traits)
        self.on_msg(self._receive)

    def update(self, **values: object) -> str:
        """Change fields as a reader would with the controls.

        Args:
            **values: New values by field.

        Returns:
            What is on screen then, as plain text.

        Raises:
            CaseError: A value breaks its field's rule; nothing changes.

        Examples:
            >>> "Backfires" in Panel().update(move="pressure")
            True
        """
        self.value = values
        return self.text

    def transcript(self) -> str:
        """Move every control to named places and back.

        Returns:
            What each move led to, as plain text.

        Examples:
            >>> print(Panel().transcript().splitlines()[1])
               Phone interview. Limited by: Timing. NRMP's rule: Not allowed.
        """
        outcomes = self.activity.transcript()
        self._changed()
        return outcomes

    @property
    def text(self) -> str:
        """What is on screen, as plain text."""
        return str(printable(self.activity.text))

    def commit(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Move the activity to new values of some fields; used when ``value`` is set.

        Args:
            values: New values by field.

        Returns:
            The values of all fields.

        Raises:
            CaseError: A field does not exist, or a value breaks its rule; nothing changes.
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
        else:  # some of what a page saves has no control, such as which student is in sight
            activity.commit(activity.from_file(json.dumps({**before, **new})))
        self._changed()
        return activity.public_values(activity.state)

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Take what the front end linked to this widget; it may set what Python may set."""
        super().set_state({name: value for name, value in sync_data.items() if not self.traits()[name].read_only})

    def _receive(self, _widget: object, message: dict[str, Any], _buffers: object) -> None:
        if isinstance(message, dict) and message.get("type") == "plotly":
            self.send({"type": "plotly"}, [plotly_js()])
            return
        self._on_screen = True
        for answer in self.activity.handle(printable(message)):
            self.send(answer)
        self._publish()

    def send(self, content: Any, buffers: Any = None) -> None:
        """Send a message to the page; half an emoji in it, which a connection cannot carry, keeps nothing else back."""
        super().send(printable(content), buffers)

    @traitlets.observe("value")
    def _changed(self, _: object = None) -> None:
        """Show what Python changed."""
        if self._on_screen:
            for answer in self.activity.handle({"type": "refresh"}):
                self.send(answer)
        self._publish()

    def _publish(self) -> None:
        """Tell whoever observes or links."""
        with self.hold_sync(), self.hold_trait_notifications():
            self.set_trait("value", printable(self.activity.public_values(self.activity.state)))
            verdict, rule = self.activity.visible_outcome(self.activity.state)
            self.set_trait("verdict", verdict)
            self.set_trait("verdicts", self.activity.possible_verdicts(self.activity.state))
            self.set_trait("rule", rule)

    def _draw(self) -> None:
        """Keep the page that a new view opens with up to date."""
        if self._drawn != self.activity.state:
            self._drawn = self.activity.state
            self.set_trait("html", printable(self.activity.page()))

    def __repr__(self) -> str:
        return f"<{self.activity.key}: {self.text.partition(chr(10))[0]}>"

    def _repr_mimebundle_(self, **_: object) -> tuple[dict[str, Any], dict[str, Any]]:
        self._draw()
        bundle, metadata = super()._repr_mimebundle_() or ({}, {})
        # What a reader sees of a notebook that has not been run, and what a test of it compares.
        static = {"text/plain": self.text, "text/html": self.activity.static_html()}
        return {**bundle, **printable(static)}, metadata


_counts: Counter[tuple[str, str]] = Counter()


def _place_in_notebook(activity: str) -> str:
    """Name the place at which a widget is made, so that it is the same when the notebook runs again.

    Returns:
        The id of the cell, where the page tells it, and a number: which of the widgets of this activity it is in one run of the
        cell, or else in this process.
    """
    kernel: Any = getattr(get_ipython(), "kernel", None)
    request = kernel.get_parent() if hasattr(kernel, "get_parent") else {}
    cell = request.get("metadata", {}).get("cellId", "")
    run = request["header"]["msg_id"] if cell else ""
    _counts[run, activity] += 1
    return f"{cell}-{_counts[run, activity]}" if cell else str(_counts[run, activity])


def open_activity(activity: str | ActivityRow | Activity[Any], *, key: str | None = None, **traits: Any) -> ActivityView:
    """Open an activity, to be the last line of a notebook's cell.

    Args:
        activity: Its name in data/activities.csv, a row of your own, or an activity that is already made.
        key: As in `ActivityView`.
        **traits: As in `ActivityView`.

    Raises:
        CaseError: No activity has this name, or no kind the one in the row; the message names those that do.

    Examples:
        >>> open_activity("forms").activity.key
        'forms'
    """
    if isinstance(activity, str):
        activity = make_activity(activity)
    return ActivityView(activity_of(activity) if isinstance(activity, ActivityRow) else activity, key=key, **traits)


class Panel(ActivityView):
    """One case: its controls, its verdict and what the NRMP's rule says.

    Args:
        case: The case it opens with; None for the defaults.
        reading: Name of a reading, or None for the defaults.
        unknown: The fields that start as "I don't know", such as ``MAY_BE_UNKNOWN``: in ``value`` they are ``"unknown"``.
        prefetch: As in `ActivityView`.
        key: As in `ActivityView`.
        **traits: As in `ActivityView`.

    Raises:
        CaseError: No reading has this name, or an unknown field is none of ``MAY_BE_UNKNOWN``.

    Examples:
        >>> panel = Panel()
        >>> print(panel.update(recommender="trusted_peer", specifics=True).splitlines()[0])
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


class Folded:
    """A long text that a reader unfolds.

    Args:
        title: The line that is always in sight.
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
    """Move every control of a chapter to named places and write down what each move leads to, folded.

    Args:
        chapter: Its name in data/chapters.csv.
    """
    return Folded(text("lesson.as_text"), transcript_of(chapter))
