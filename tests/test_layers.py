"""The packages are layers: imports only point downward, and none is hidden in a function without a reason."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "backchannel_lib"
LAYERS = ("base", "model", "page", "activities", "workshop", "site", "notebook", "cli")
MODULES = {
    ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__"): path
    for path in PACKAGE.rglob("*.py")
}
#: Modules that import one of the library's own modules inside a function, with the reasons.
LATE = {
    "backchannel_lib.base.errors": "an error reads no table until its sentence is shown",
    "backchannel_lib.cli.main": "a command brings in only what it needs: Lab, the workshop, the tests' tools",
    "backchannel_lib.cli.present": "only a presenter's window on a phone needs this computer's addresses",
    "backchannel_lib.notebook.widget": "a chapter without the workshop's parts needs no session of them",
    "backchannel_lib.workshop.phones": "the vote needs tornado, segno and psutil; a round without phones does not",
}


class Import(NamedTuple):
    """One import of a module of the library."""

    module: str
    line: int
    target: str
    late: bool


@cache
def imports_of(module: str) -> list[Import]:
    """List the imports of the library's own modules, except those for the type checker."""
    tree = ast.parse(MODULES[module].read_text(encoding="utf-8"))

    def walk(node: ast.AST, late: bool) -> Iterator[Import]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                continue  # an import is a statement
            if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test):
                continue
            inside = late or isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef))
            if isinstance(child, ast.Import):
                names = [alias.name for alias in child.names]
            elif isinstance(child, ast.ImportFrom):
                assert child.level == 0, f"{module}, line {child.lineno}: a relative import"
                parts = [f"{child.module}.{alias.name}" for alias in child.names]
                names = [part if part in MODULES else str(child.module) for part in parts]
            else:
                names = []
            for name in dict.fromkeys(names):
                if name.split(".")[0] == "backchannel_lib":
                    yield Import(module, child.lineno, name, inside)
            yield from walk(child, inside)

    return list(walk(tree, late=False))


def layer(module: str) -> int:
    """Return a module's layer; the package itself, which only re-exports names, is above all others."""
    parts = module.split(".")
    return LAYERS.index(parts[1]) if len(parts) > 1 and parts[1] in LAYERS else len(LAYERS)


def imports() -> list[Import]:
    """List the imports in all modules."""
    return [one for module in sorted(MODULES) for one in imports_of(module)]


def test_every_module_is_in_a_layer() -> None:
    assert {module.split(".")[1] for module in MODULES if "." in module} == set(LAYERS)
    assert len(imports()) > 300


@pytest.mark.parametrize("module", sorted(MODULES))
def test_imports_point_downward(module: str) -> None:
    upward = [one for one in imports_of(module) if layer(one.target) > layer(module)]
    assert not upward


def test_there_are_no_circular_imports() -> None:
    below = {module: {one.target for one in imports_of(module) if one.target != module} for module in MODULES}
    while free := [module for module, targets in below.items() if not targets & below.keys()]:
        for module in free:
            del below[module]
    assert not below, f"a circle among {sorted(below)}"


def test_no_import_of_our_own_modules_is_hidden_in_a_function_without_a_reason() -> None:
    assert {one.module for one in imports() if one.late} == LATE.keys()
