"""What must be true of a notebook file beyond what strict nbval compares, which is less than you might think.

nbval compares texts, HTML and figures of cells that have outputs. It skips a cell that was never run, one that shows
nothing either time, pictures, metadata, and whatever a tag or a comment tells it to skip, and it ignores the order of
outputs of different kinds. Each check here closes one of these gaps.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from nbformat.validator import iter_validate
from nbval import plugin

from backchannel_lib.activities.tables import load_activities, load_chapters
from tests.execute_notebooks import METADATA, WIDGET

ROOT: Final = Path(__file__).resolve().parents[2]
SANITIZE: Final = ROOT / "tests" / "nbval_sanitize.cfg"
#: What a cell may show. nbval compares each of these, but not a PNG, for example.
KINDS: Final = {"text/plain", "text/html", "application/vnd.plotly.v1+json"}
#: The packages that code in a notebook may import. None of them contacts another computer by itself.
PACKAGES: Final = {
    "backchannel_lib",
    "collections",
    "contextlib",
    "dask",
    "datetime",
    "ipywidgets",
    "pandas",
    "pathlib",
    "plotly",
    "tempfile",
}
#: HTML or Markdown that makes a page fetch something by itself. A link doesn't, because a reader has to follow it.
FETCHES: Final = re.compile(
    r"<(script|link|iframe|object|embed|base)\b|\b(src|srcset|poster)=|url\(|@import|!\[[^\]]*\]\(", re.IGNORECASE
)
#: Folders on the machine that ran the notebook.
MACHINE: Final = re.compile(r"(?<![\w.:/])/(home|root|work|tmp|Users|private|var)/|\b[A-Z]:\\|site-packages")
#: What removes or changes an output that was shown, which nbval doesn't see.
HIDES: Final = {"clear_output", "update_display", "display_id", "capture_output", "get_ipython", "urlopen", "open_url"}


def texts(output: Any) -> Iterator[str]:
    """Yield everything that an output shows, as text."""
    yield from [output.text] if output.output_type == "stream" else map(str, output.get("data", {}).values())


def code_cells(notebook: Any) -> list[Any]:
    """Return the code cells."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def is_valid(_: str, notebook: Any) -> Iterator[str]:
    """The file is a notebook according to Jupyter's own schema."""
    for error in iter_validate(notebook):
        yield f"is not a valid notebook: {error.message[:80]}"


def was_run_from_top_to_bottom(_: str, notebook: Any) -> Iterator[str]:
    """Every code cell was run once, in order. nbval skips one that wasn't run."""
    for number, cell in enumerate(code_cells(notebook), start=1):
        if cell.execution_count != number:
            yield f"{cell.id}: was run as number {cell.execution_count} but is number {number}"
        for output in cell.outputs:
            if output.output_type == "execute_result" and output.execution_count != cell.execution_count:
                yield f"{cell.id}: its output is from run {output.execution_count}"


def shows_something(_: str, notebook: Any) -> Iterator[str]:
    """Every cell has output, because one without it is compared with nothing."""
    for cell in code_cells(notebook):
        if not any(text.strip() for output in cell.outputs for text in texts(output)):
            yield f"{cell.id}: shows nothing, so nothing is compared"


def has_no_error(_: str, notebook: Any) -> Iterator[str]:
    """No output is an error or a stack trace."""
    for cell in code_cells(notebook):
        for output in cell.outputs:
            if output.output_type == "error" or "Traceback (most recent call last)" in str(output):
                yield f"{cell.id}: an error is saved as its output"


def shows_only_what_is_compared(_: str, notebook: Any) -> Iterator[str]:
    """Every output is of a kind that nbval compares, with nothing next to it that nbval ignores."""
    for cell in code_cells(notebook):
        for output in cell.outputs:
            for kind in output.get("data", {}).keys() - KINDS - {WIDGET}:
                yield f"{cell.id}: shows {kind}, which is not compared"
            if output.get("metadata"):
                yield f"{cell.id}: has metadata on an output, {sorted(output.metadata)}"
        kinds = [output.output_type for output in cell.outputs]
        if "execute_result" in kinds[:-1] and not {"stream"}.issuperset(kinds[kinds.index("execute_result") + 1 :]):
            yield f"{cell.id}: shows more after its result, in an order that is not compared"


def has_text_beside_every_widget(_: str, notebook: Any) -> Iterator[str]:
    """What is displayed is also there as meaningful plain text, and no widget view is stored."""
    for cell in code_cells(notebook):
        for output in cell.outputs:
            data = output.get("data", {})
            if WIDGET in data:
                yield f"{cell.id}: a widget view is stored"
            if output.output_type == "execute_result":
                text = data.get("text/plain", "")
                if len(text) <= 40 or re.search(r"object at 0x|Widget\(|^<|^\w+\(", text):
                    yield f"{cell.id}: the text beside its output says nothing: {text[:80]!r}"


def keeps_no_state(_: str, notebook: Any) -> Iterator[str]:
    """The file has nothing from the machine or the session that ran it: no widget state, times or paths."""
    if dict(notebook.metadata) != METADATA:
        yield f"its metadata is {sorted(notebook.metadata)} with {str(dict(notebook.metadata))[:120]}"
    for cell in notebook.cells:
        allowed = {"jupyter"} if cell.cell_type == "code" else {"claims", "concludes", "tags"}
        for name in sorted(cell.metadata.keys() - allowed):
            if name != "tags":  # is_compared_as_a_whole reports these in more detail
                yield f"{cell.id}: has metadata, {name!r}"
        if cell.get("attachments"):
            yield f"{cell.id}: has an attachment"
        for output in cell.get("outputs", []):
            for text in texts(output):
                if found := MACHINE.search(text):
                    yield f"{cell.id}: names a folder on the machine that ran it: {found[0]}"


def is_compared_as_a_whole(_: str, notebook: Any) -> Iterator[str]:
    """No tag or comment tells nbval to skip a cell, its output or its error."""
    for cell in notebook.cells:
        allowed = {"jupyter-only"} if cell.cell_type == "markdown" else set()
        for tag in set(cell.metadata.get("tags", [])) - allowed:
            yield f"{cell.id}: has the tag {tag!r}"
        if cell.cell_type == "code":
            for name, _value in plugin.find_comment_markers(cell.source):
                yield f"{cell.id}: has a comment that tells nbval: {name}"


def hides_nothing_it_shows(_: str, notebook: Any) -> Iterator[str]:
    """The code is plain Python that leaves its outputs alone. nbval doesn't see what is shown and then replaced."""
    for cell in code_cells(notebook):
        try:
            tree = ast.parse(cell.source)
        except SyntaxError:
            yield f"{cell.id}: is not plain Python"
            continue
        if cell.source.rstrip().endswith(";"):
            yield f"{cell.id}: a semicolon hides its result"
        for node in ast.walk(tree):
            name = getattr(node, "id", getattr(node, "attr", getattr(node, "arg", getattr(node, "name", ""))))
            if name in HIDES:
                yield f"{cell.id}: calls {name}"
            if isinstance(node, ast.ExceptHandler) and ast.unparse(node.type or ast.Constant(None)) != "ImportError":
                yield f"{cell.id}: swallows an error"


def asks_no_other_host(_: str, notebook: Any) -> Iterator[str]:
    """Neither the pages nor the code fetch anything from another computer."""
    for cell in notebook.cells:
        shown = [cell.source] if cell.cell_type == "markdown" else [text for output in cell.outputs for text in texts(output)]
        for text in shown:
            if found := FETCHES.search(text):
                yield f"{cell.id}: its page would fetch something: {text[found.start() : found.end() + 40]!r}"
        if cell.cell_type == "code":
            for module in re.findall(r"^\s*(?:from|import)\s+(\w+)", cell.source, re.MULTILINE):
                if module not in PACKAGES:
                    yield f"{cell.id}: imports {module}"
            if found := re.search(r"https?://|__import__|\bexec\(|\beval\(", cell.source):
                yield f"{cell.id}: its code contains {found[0]}"


def leaves_its_outputs_to_the_eye(_: str, notebook: Any) -> Iterator[str]:
    """No output contains anything that nbval replaces before it compares, so no number or word is hidden."""
    patterns = dict(plugin.get_sanitize_patterns(SANITIZE.read_text(encoding="utf-8")))
    yield from hidden_by(patterns, notebook)


def hidden_by(patterns: Mapping[str, str], notebook: Any) -> Iterator[str]:
    """Yield every text of an output that one of nbval's replacements would hide."""
    for cell in code_cells(notebook):
        for output in cell.outputs:
            for text in texts(output):
                for pattern in patterns:
                    if found := re.search(pattern, text):
                        yield f"{cell.id}: {found[0]!r} is replaced before it is compared"


def folds_its_answers(_: str, notebook: Any) -> Iterator[str]:
    """The chapter's text is folded in its own HTML, because JupyterLab unfolds what only it hides as soon as the cell runs."""
    for cell in code_cells(notebook):
        for output in cell.outputs:
            html = "" if output.output_type == "stream" else output.get("data", {}).get("text/html", "")
            page = html or str(output.get("text") or output.get("data", {}).get("text/plain", ""))
            unfolded = re.sub(r"<(details|style|svg)\b(?! open).*?</\1>", "", page, flags=re.DOTALL)
            if len(re.sub(r"<[^>]+>", "", unfolded)) >= 2_500:
                yield f"{cell.id}: more text is open on the page than anyone would read"
        shows = "import transcript" in cell.source
        if shows and not any("<details" in text for output in cell.outputs for text in texts(output)):
            yield f"{cell.id}: the answers are open on the page"


def looks_as_its_readers_expect(chapter: str, notebook: Any) -> Iterator[str]:
    """Readers' chapters hide their code and recipes show it; a notebook opens with text, and cell ids are names."""
    is_readers = chapter in {row.chapter for row in load_chapters() if row.audience != "teacher"}
    cells = notebook.cells
    if cells[0].cell_type != "markdown":
        yield "opens with code"
    if len({cell.id for cell in cells}) != len(cells):
        yield "has two cells with the same id"
    for cell in cells:
        is_number = re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){0,4}", cell.id)
        if is_number or not re.fullmatch(r"[a-z][a-z0-9-]*[a-z]", cell.id):
            yield f"{cell.id}: is not a good name for a cell"
        if cell.cell_type == "code" and cell.metadata.get("jupyter", {}) != ({"source_hidden": True} if is_readers else {}):
            yield f"{cell.id}: its code is {'visible' if is_readers else 'hidden'}"


def has_every_activity(chapter: str, notebook: Any) -> Iterator[str]:
    """A reader's chapter opens each of its activities and ends with all of them as text, which nbval compares."""
    activities = [row.activity for row in load_activities() if row.chapter == chapter]
    if not activities:
        return
    code = "\n".join(cell.source for cell in code_cells(notebook))
    for activity in activities:
        if f'"{activity}"' not in code:
            yield f"does not open {activity}"
    last = code_cells(notebook)[-1].source
    if not last.endswith(f'transcript("{chapter}")'):
        yield "does not end with the chapter as text"


#: All checks. Each one takes a chapter's name and its notebook, and yields messages about what's wrong.
CHECKS: Final[Mapping[str, Callable[[str, Any], Iterator[str]]]] = {
    check.__name__: check
    for check in (
        is_valid,
        was_run_from_top_to_bottom,
        shows_something,
        has_no_error,
        shows_only_what_is_compared,
        has_text_beside_every_widget,
        keeps_no_state,
        is_compared_as_a_whole,
        hides_nothing_it_shows,
        asks_no_other_host,
        leaves_its_outputs_to_the_eye,
        folds_its_answers,
        looks_as_its_readers_expect,
        has_every_activity,
    )
}


def problems(chapter: str, notebook: Any) -> dict[str, list[str]]:
    """Return what's wrong with a notebook, by the name of the check that found it."""
    found = {name: list(check(chapter, notebook)) for name, check in CHECKS.items()}
    return {name: sentences for name, sentences in found.items() if sentences}
