"""Read a chapter's notebook as the pieces of a page: prose, activities, and printed output."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

import mistune

from backchannel_lib.activities.tables import ChapterRow, load_chapters
from backchannel_lib.page.html import Markup, tag
from backchannel_lib.site.worker import PANEL

#: The tag of cells about using Jupyter, which the site's pages leave out.
JUPYTER_ONLY: Final = "jupyter-only"
#: Marks, in a cell's metadata, prose that gives away the answers to the activity above it.
CONCLUDES: Final = "concludes"


class SiteError(ValueError):
    """The site can't be built, for example because of a cell that can't be on a page; the message says what to fix."""


class Piece(NamedTuple):
    """One cell of a chapter.

    Args:
        kind: The kind of piece.
        html: Its HTML; blank for an activity.
        activity: The activity's name; blank for anything else.
        concludes: Whether it gives away the answers to the activity above it, so that a sheet to fill in leaves it out.
    """

    kind: Literal["prose", "activity", "output"]
    html: str = ""
    activity: str = ""
    concludes: bool = False


def chapter_rows() -> list[ChapterRow]:
    """Return the chapters that have a page, which excludes those for teachers, because they need Python on the machine."""
    return [row for row in load_chapters() if row.audience != "teacher"]


def read_title(notebook: Path) -> str:
    """Return a notebook's title, which is its first heading."""
    first = json.loads(notebook.read_text(encoding="utf-8"))["cells"][0]["source"]
    return "".join(first).partition("\n")[0].removeprefix("# ")


def read_chapter(notebook: Path) -> list[Piece]:
    """Read a notebook as the pieces of a page.

    Raises:
        SiteError: A code cell opens no activity and has no output to show.
    """
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return [piece for cell in cells if (piece := _piece(cell, notebook.name))]


def _piece(cell: dict[str, Any], notebook: str) -> Piece | None:
    if JUPYTER_ONLY in cell["metadata"].get("tags", ()):
        return None
    source = "".join(cell["source"])
    if cell["cell_type"] == "markdown":
        return Piece("prose", render_markdown(source), concludes=cell["metadata"].get(CONCLUDES, False))
    name = activity_in(source)
    if name:
        return Piece("activity", activity=name)
    html = output_html(cell["outputs"])
    if not html:
        message = (
            f"{notebook}, cell {cell['id']}: it opens no activity and has no output to show; run the notebook and save it."
        )
        raise SiteError(message)
    return Piece("output", html)


def activity_in(source: str) -> str:
    r"""Return the name of the activity in a cell's last line; blank if there is none.

    Examples:
        >>> activity_in('from backchannel_lib import open_activity\nopen_activity("forms")')
        'forms'
        >>> activity_in("panel = Panel(unknown=MAY_BE_UNKNOWN)\npanel"), activity_in("print(Panel().transcript())")
        ('case', '')
    """
    body = ast.parse(source).body
    last = body[-1] if body else None
    match last:
        case ast.Expr(ast.Call(ast.Name("open_activity"), [ast.Constant(str(name))])):
            return name
        case ast.Expr(ast.Call(ast.Name("Panel"))):
            return PANEL
        case ast.Expr(ast.Name(shown)):
            for line in body:
                match line:
                    case ast.Assign([ast.Name(made)], ast.Call(ast.Name("Panel"))) if made == shown:
                        return PANEL
    return ""


def output_html(outputs: list[dict[str, Any]]) -> str:
    """Return a cell's saved output as HTML.

    Examples:
        >>> output_html([{"output_type": "stream", "text": ["1 < 2"]}])
        '<pre>1 &lt; 2</pre>'
    """
    shown = []
    for output in outputs:
        data = output.get("data", {})
        if "text/html" in data:
            shown.append("".join(data["text/html"]))
        else:
            plain = "".join(data.get("text/plain", output.get("text", "")))
            shown.append(tag("pre", plain) if plain else "")
    return "".join(shown)


#: How a notebook begins its links to the next chapter or the plan, and to the map.
_TO_OTHER_CHAPTERS: Final = ("<strong>Next:</strong> ", "<strong>When you're ready:</strong> ")


#: A source of at most this many characters, such as lines 109 to 111 of the article, stays on one line.
SHORT_SOURCE: Final = 24
#: The space before a source of one word, such as ``[ours]``, which would look lost alone on a line.
_BEFORE_ONE_WORD: Final = re.compile(r'\s+(?=<span class="site-source site-short">\[\w+\]<)')


class _Renderer(mistune.HTMLRenderer):
    """Renders Markdown as HTML, with links to other chapters' pages and the same heading anchors as Jupyter."""

    SAFE_PROTOCOLS = (*mistune.HTMLRenderer.SAFE_PROTOCOLS, "sms:")  # for the lifeline, which can be texted

    def link(self, text: str, url: str, title: str | None = None) -> str:
        """Return a link; a link to a notebook becomes a link to its page, or plain text if it has no page."""
        path, hash_sign, place = url.partition("#")
        if path.endswith(".ipynb"):
            chapter = path.removesuffix(".ipynb")
            if chapter not in {row.chapter for row in chapter_rows()}:
                return text
            path = f"{chapter}.html"
        return super().link(text, path + hash_sign + place, title)

    def strong(self, text: str) -> str:
        """Return bold text; a source such as ``[article, line 38]`` is small instead, quieter than its sentence."""
        if text.startswith("[") and text.endswith("]"):
            short = " site-short" if len(text) <= SHORT_SOURCE else ""
            return f'<span class="site-source{short}">{text}</span>'
        return super().strong(text)

    def paragraph(self, text: str) -> str:
        """Return a paragraph; none for the links to other chapters, which every page has at its end."""
        return "" if text.startswith(_TO_OTHER_CHAPTERS) else super().paragraph(text)

    def block_quote(self, text: str) -> str:
        """Return the lifeline's box: notebooks quote nothing else."""
        return f'<div class="bw-lifeline">\n{text}</div>\n'

    def heading(self, text: str, level: int, **_: Any) -> str:
        """Return a heading with the id that notebooks use in links."""
        return f'<h{level} id="{text.replace(" ", "-")}">{text}</h{level}>\n'


def render_markdown(source: str) -> str:
    r"""Return a Markdown cell as HTML.

    Examples:
        >>> render_markdown("## The map\n\nSee [chapter 02](02_who_calls.ipynb).")
        '<h2 id="The-map">The map</h2>\n<p>See <a href="02_who_calls.html">chapter 02</a>.</p>\n'
        >>> render_markdown("So. **[article, line 38]**\n\n**Next:** [02](02_who_calls.ipynb)")
        '<p>So. <span class="site-source site-short">[article, line 38]</span></p>\n'
    """
    render: Callable[[str], Any] = mistune.create_markdown(renderer=_Renderer(escape=True), plugins=["table", "strikethrough"])
    return Markup(_BEFORE_ONE_WORD.sub("&nbsp;", render(source)))
