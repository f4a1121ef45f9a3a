"""The panel of a notebook: a session on one case, shown as one widget.

The widget's state is the page it opens with; after that a few short messages go each way. Everything that decides
anything is in `backchannel_lib.session` and below.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from backchannel_lib.case import Case
from backchannel_lib.session import Session
from backchannel_lib.soap_rule import rules_check
from backchannel_lib.tables import load_examples
from backchannel_lib.verdict import judge
from backchannel_lib.view import as_static_html, as_text, held_down, page
from backchannel_lib.words import say

_HERE = Path(__file__).parent


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
    return (_HERE / "vendor" / "plotly-basic.min.js.gz").read_bytes()


class PanelWidget(anywidget.AnyWidget):
    """The panel as the front end sees it.

    Args:
        session: The session it shows.
        ahead: Whether the control in hand may ask for the answers to its other positions beforehand.

    Source:
        ours.
    """

    _esm = _HERE / "panel.js"
    _css = _HERE / "panel.css"
    page = traitlets.Unicode().tag(sync=True)
    asleep = traitlets.Unicode().tag(sync=True)
    restore = traitlets.Unicode().tag(sync=True)
    ahead = traitlets.Bool().tag(sync=True)

    def __init__(self, session: Session, *, ahead: bool = True) -> None:
        self._session = session
        super().__init__(
            page=page(session.case, session.reading),
            asleep=say("panel.disconnected"),
            restore=say("panel.restore"),
            ahead=ahead,
        )
        self.on_msg(self._receive)

    def _receive(self, _widget: object, message: dict[str, Any], _buffers: object) -> None:
        if message.get("do") == "plotly":
            self.send({"do": "plotly"}, [plotly_js()])
            return
        for answer in self._session.handle(message):
            self.send(answer)

    def refresh(self) -> None:
        """Show what a cell of the notebook changed in the session."""
        for answer in self._session.handle({"do": "show"}):
            self.send(answer)


class Panel:
    """A panel for one case, to be the last line of a notebook's cell.

    Args:
        case: The case it opens with; None for the defaults.
        reading: The name of a reading; None for every default.
        ahead: Whether the control in hand may ask for the answers to its other positions beforehand.

    Raises:
        CaseError: No reading has this name.

    Source:
        ours.

    Examples:
        >>> panel = Panel()
        >>> print(panel.put(recommender="trusted_peer", specifics=True).splitlines()[0])
        Verdict: Phone interview. The program would likely phone you for a talk, perhaps within hours.
    """

    def __init__(self, case: Case | None = None, reading: str | None = None, *, ahead: bool = True) -> None:
        self.session = Session(case, reading)
        self._ahead = ahead

    @functools.cached_property
    def widget(self) -> PanelWidget:
        """The widget, made when it is first shown."""
        return PanelWidget(self.session, ahead=self._ahead)

    def put(self, **values: object) -> str:
        """Change fields as a reader would with the controls, and tell the new answer as text.

        Args:
            **values: New values by field.

        Returns:
            The answer, as `as_text` gives it.

        Raises:
            CaseError: A value breaks its field's rule; nothing changes.

        Source:
            ours.

        Examples:
            >>> "Backfires" in Panel().put(move="pressure")
            True
        """
        self.session.put(**values)
        if "widget" in self.__dict__:
            self.widget.refresh()
        return self.text

    def tour(self) -> str:
        """Move the panel through the article's own examples and back to where it was, telling each answer.

        Returns:
            Two lines an example: what it is, and the answer.

        Source:
            data/examples.csv.

        Examples:
            >>> print(Panel().tour().splitlines()[1])
               Phone interview. Held down by: The moment. NRMP's rule: Not allowed.
        """
        lines = []
        for example in load_examples():
            fields = Case.fields()
            values = {name: field.default for name, field in fields.items()}
            values |= {name: fields[name].read(text) for name, text in example.sets}
            self.put(**values)
            judgment = judge(self.session.case)
            lines.append(say(f"example.{example.example}"))
            lines.append(
                say(
                    "example.answer",
                    verdict=judgment.verdict.words,
                    held=held_down(judgment),
                    answer=rules_check(self.session.case).words,
                )
            )
            self.session.undo()
        if "widget" in self.__dict__:
            self.widget.refresh()
        return "\n".join(lines)

    @property
    def text(self) -> str:
        """The whole answer as plain text."""
        return as_text(self.session.case, self.session.reading)

    def _repr_mimebundle_(self, **_: object) -> tuple[dict[str, Any], dict[str, Any]] | dict[str, Any]:
        shown = self.widget._repr_mimebundle_()
        bundle, metadata = shown if isinstance(shown, tuple) else (shown or {}, {})
        # What a reader sees of a notebook that has not been run, and what a test of it compares.
        bundle["text/plain"] = self.text
        bundle["text/html"] = as_static_html(self.session.case, self.session.reading)
        return bundle, metadata
