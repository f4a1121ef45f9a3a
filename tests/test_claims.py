"""Every claim of the article is used somewhere, or stands in a list of what later chapters still owe."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from backchannel_lib.tables import load_claims
from tests.test_tables import LOADERS

ROOT = Path(__file__).resolve().parent.parent
CLAIMS = [claim.id for claim in load_claims()]

#: What no rule, table or notebook rests on yet: later chapters owe it to the reader. The list only ever gets shorter.
OWED = frozenset(
    {
        "caller.source-over-intensity",
        "timing.three-phases",
    }
)


def used_by_tables() -> Iterator[str]:
    """List the claims that a row of a table rests on."""
    for file, load in LOADERS.items():
        if file not in {"claims.csv", "support.csv"} and not file.startswith("words/"):  # these two list every claim
            for row in load():
                yield from getattr(row, "claims", ())


def written_in(notebook: dict[str, Any]) -> str:
    """Give what an author wrote into a notebook: text, code and metadata, and no output, which a table may have made."""
    parts = [json.dumps(notebook.get("metadata", {}))]
    for cell in notebook["cells"]:
        parts += [json.dumps(cell.get("metadata", {})), "".join(cell["source"])]
    return "\n".join(parts)


def named_in(text: str) -> set[str]:
    """Find the claims that a text names by their ids."""
    return set(re.findall(r"[a-z]+\.[a-z0-9-]+", text)) & set(CLAIMS)


def used_by_notebooks() -> Iterator[str]:
    """List the claims that a notebook names."""
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        yield from named_in(written_in(json.loads(path.read_text(encoding="utf-8"))))


USED = frozenset(used_by_tables()) | frozenset(used_by_notebooks())


@pytest.mark.parametrize("claim", CLAIMS)
def test_every_claim_is_used_or_owed(claim: str) -> None:
    """A claim is what a rule, a table or a notebook rests on, or it is owed; it is never both."""
    assert (claim in USED) != (claim in OWED), f"{claim} is {'used: take it off OWED' if claim in USED else 'neither'}"


def test_only_claims_of_the_article_are_used_or_owed() -> None:
    """What is used and what is owed are claims of the article, and together all of them."""
    assert set(CLAIMS) == USED | OWED
    assert len(CLAIMS) == 100


def test_a_notebook_names_a_claim_in_its_text_or_metadata() -> None:
    """A claim counts as named in a notebook's text, code or metadata, and not in an output or within a longer word."""
    notebook = {
        "metadata": {"claims": ["after.stay-close"]},
        "cells": [
            {"metadata": {"claims": ["meaning.flood"]}, "source": ["See `multiplier.tips-tie`.\n", "And paper.none."]},
            {"metadata": {}, "source": "say('paper.checklists')", "outputs": ["truths.student-noise"]},
        ],
    }
    assert named_in(written_in(notebook)) == {"after.stay-close", "meaning.flood", "multiplier.tips-tie"}
