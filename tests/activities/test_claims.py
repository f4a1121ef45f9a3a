"""Every claim of the article is taught: a chapter's prose states it and cites its lines."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from backchannel_lib.model.tables import load_claims
from tests.helpers.tables import LOADERS

ROOT = Path(__file__).resolve().parents[2]
LINES = {claim.id: claim.lines for claim in load_claims()}


def numbers_of(lines: str) -> set[int]:
    """List the numbers in a range of lines."""
    first, _, last = lines.replace("–", "-").partition("-")
    return set(range(int(first), int(last or first) + 1))


def cited_in(text: str) -> set[int]:
    """List the article's lines that a text's citations name."""
    found: set[int] = set()
    for marks in re.findall(r"\[article, lines? ([0-9–, ]+)\]", text):
        for span in marks.split(","):
            found |= numbers_of(span.strip())
    return found


def cells() -> Iterator[tuple[str, dict[str, Any]]]:
    """List the chapters' prose cells."""
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            if cell["cell_type"] == "markdown":
                yield path.name, cell


def taught() -> dict[str, list[str]]:
    """Return for each claim the chapters with a prose cell that names it and cites one of its lines."""
    found: dict[str, list[str]] = {claim: [] for claim in LINES}
    for chapter, cell in cells():
        cited = cited_in("".join(cell["source"]))
        for claim in cell["metadata"].get("claims", []):
            if claim in found and numbers_of(LINES[claim]) & cited:
                found[claim].append(chapter)
    return found


TAUGHT = taught()


@pytest.mark.parametrize("claim", LINES)
def test_every_claim_is_taught_in_the_prose_of_a_chapter(claim: str) -> None:
    """No claim lacks a prose cell that names it and cites its lines."""
    assert TAUGHT[claim], f"{claim} (lines {LINES[claim]}) is in no chapter"


def test_cells_name_only_claims_of_the_article() -> None:
    named = {claim for _, cell in cells() for claim in cell["metadata"].get("claims", [])}
    assert named == set(LINES)
    assert len(LINES) == 100


def test_what_can_be_done_in_the_chapters_rests_on_nearly_every_claim() -> None:
    """Rules, students, steps, things to sort, questions and findings also cite almost every claim."""
    used = {
        claim
        for file, load in LOADERS.items()
        if file not in {"claims.csv", "support.csv"} and not file.startswith("words/")  # these two list every claim
        for row in load()
        for claim in getattr(row, "claims", ())
    }
    assert used <= set(LINES)
    assert len(used) >= 90, sorted(set(LINES) - used)


def test_a_mark_with_several_lines_cites_them_all() -> None:
    """A citation can have single lines, ranges and lists of both."""
    assert cited_in("So. **[article, line 38]** And [article, lines 48–50, 52]. Not [ours] nor line 7.") == {38, 48, 49, 50, 52}
