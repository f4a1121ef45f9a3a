"""Mutation testing: what counts as a mutant, which mutants are caught, and the list of equivalent ones."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys

import pytest

from backchannel_lib.cli.mutant_trial import MODEL
from backchannel_lib.cli.mutation import equivalent_mutants, functions, without_effect
from backchannel_lib.cli.project import ROOT

#: Tries a module as it is, with a mutant, and with one that cannot be imported.
TRIALS = """
import json
from backchannel_lib.cli.mutant_trial import MODEL, Plugin, Trial

path, order = MODEL / "case.py", {"tests/model/test_case.py::test_a_case_is_frozen": 1.0}
source = path.read_text(encoding="utf-8")
assert "frozen=True" in source
sources = source, source.replace("frozen=True", "frozen=False"), "1 / 0"
print(json.dumps([Trial(path, each, Plugin(order)).result().caught_by for each in sources]))
"""


def test_hints_of_tables_rows_are_mutated_but_other_hints_caches_and_checks_of_lengths_are_not() -> None:
    """A row's hints decide how its cells are read. Other hints have no effect at run time."""
    method = "    @functools.cache\n    def read(self, a: int | str) -> int | float:\n        b: A | B = a\n"
    rows = f"class Row:\n    value: int | None\n{method}class Other:\n    value: C | D\n"
    tree = ast.parse(f"{rows}load_rows = loader(Row, 'rows.csv')\nzip(x, y, strict=True)\nload(x, strict=True)")
    found = {ast.unparse(each) for each in without_effect(tree)}
    assert found == {"int | float", "int | str", "A | B", "C | D", "functools.cache", "True"}
    assert len(list(without_effect(tree))) == len(found)  # the `strict` of `load` is not among them
    assert list(functions(tree)) == [(3, 5, "Row.read")]


def test_every_equivalent_mutant_is_of_a_line_that_exists() -> None:
    """Each row quotes a current line of the model, and gives a reason."""
    for place, reason in equivalent_mutants().items():
        source = (MODEL / f"{place.module}.py").read_text(encoding="utf-8")
        assert place.before in " ".join(line.strip() for line in source.splitlines()), place
        names = {name for _, _, name in functions(ast.parse(source))}
        assert place.function in names | {""}, place
        assert reason.endswith("."), place


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="it copies a running process")
def test_a_trial_distinguishes_a_caught_mutant_from_a_survivor() -> None:
    """It runs in its own process, because a trial's tests clean up after themselves."""
    done = subprocess.run([sys.executable, "-c", TRIALS], cwd=ROOT, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == ["", "tests/model/test_case.py::test_a_case_is_frozen", "import"]
