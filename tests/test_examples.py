"""The examples in docstrings are correct."""

from __future__ import annotations

import ast
import doctest
import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted((ROOT / "backchannel_lib").rglob("*.py"))
}


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_in_docstrings_run(name: str) -> None:
    """Every example in a docstring gives the output shown, and a module with public functions has examples."""
    path = MODULES[name]
    module = importlib.import_module(name)
    results = doctest.testmod(module, verbose=False)
    assert results.failed == 0
    public = [
        node.name
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
    ]
    starts_programs = "cli" in path.parts  # code that starts Jupyter, a browser or uv is tested in tests/cli
    assert results.attempted > 0 or not public or starts_programs
