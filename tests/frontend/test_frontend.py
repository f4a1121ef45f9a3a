"""The front end without a browser: its unit tests, its messages, and the one script that a widget is sent.

Types are checked by TypeScript, which needs npm and so is not part of this suite:
``npx --yes --package typescript@5 tsc -p tests/frontend/jsconfig.json``
"""

from __future__ import annotations

import re
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints, is_typeddict

import pytest
from playwright._impl._driver import compute_driver_executable

from backchannel_lib.activities import messages
from backchannel_lib.page.frontend import STATIC, bundle

HERE = Path(__file__).parent
NODE = compute_driver_executable()[0]  # the Node that ships with Playwright
MODULES = sorted((STATIC / "js").glob("*.js"))


def node(*arguments: object, text: str | None = None) -> str:
    """Run Node, and return what it prints."""
    done = subprocess.run(
        [NODE, *map(str, arguments)], input=text, capture_output=True, text=True, encoding="utf-8", timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_unit_tests_of_the_store_pass_and_all_of_them_run() -> None:
    """As many tests pass as the files contain, so none is skipped silently."""
    files = sorted(HERE.glob("*.test.mjs"))
    written = sum(len(re.findall(r"^test\(", file.read_text(encoding="utf-8"), re.MULTILINE)) for file in files)
    output = node("--test", "--test-reporter=tap", *files)
    counts = {name: int(count) for name, count in re.findall(r"^# (tests|pass|fail|skipped|todo) (\d+)$", output, re.MULTILINE)}
    assert counts == {"tests": written, "pass": written, "fail": 0, "skipped": 0, "todo": 0}
    assert written >= 18


# ---- messages ----


def records_in_python() -> dict[str, tuple[Any, set[str], set[str]]]:
    """Return each record of `messages`: its name, literal type, keys and optional keys."""
    records = {}
    for name, record in vars(messages).items():
        if not is_typeddict(record) or name == "FromPage":
            continue
        hints: dict[str, Any] = get_type_hints(record)
        kind = get_args(hints["type"])[0] if get_origin(hints.get("type")) is Literal else None
        records[name] = (kind, set(hints), set(record.__optional_keys__))
    return records


def records_in_javascript() -> dict[str, tuple[Any, set[str], set[str]]]:
    """Return the same for each record of messages.js."""
    records = {}
    script = (STATIC / "js" / "messages.js").read_text(encoding="utf-8")
    for block in re.findall(r"/\*\*\n \* @typedef \{object\} .*?\*/", script, re.DOTALL):
        name = re.search(r"@typedef \{object\} (\w+)", block)
        kind = re.search(r'@property \{"(\w+)"\} type', block)
        keys = re.findall(r"@property \{.+\} (\[?)(\w+)\]?$", block, re.MULTILINE)
        assert name
        optional = {key for bracket, key in keys if bracket}
        records[name[1]] = (kind[1] if kind else None, {key for _, key in keys}, optional)
    return records


def test_both_sides_name_the_same_messages_and_keys() -> None:
    """messages.py and messages.js have the same records, with the same types and keys."""
    python, javascript = records_in_python(), records_in_javascript()
    assert set(python) == set(javascript)
    assert len(python) >= 16
    for name, (kind, keys, _) in python.items():
        assert javascript[name][:2] == (kind, keys), name


@pytest.mark.parametrize("name", [record.__name__ for record in messages.FROM_PAGE.values()])
def test_python_does_not_require_what_the_page_can_omit(name: str) -> None:
    """Messages from the page have the same optional keys on both sides."""
    assert records_in_javascript()[name][2] == records_in_python()[name][2]


def test_the_page_sends_and_handles_only_messages_that_are_described() -> None:
    """Every message type in the modules belongs to a record, or is an action of an activity."""
    sent = set(re.findall(r'\{ type: "(\w+)"', bundle()))
    received = set(re.findall(r'message\.type === "(\w+)"', bundle()))
    kinds = {kind for kind, _, _ in records_in_python().values()}
    assert sent - kinds == {"exam", "poll", "time_up"}
    assert received == {"show", "prefetched", "plotly"}
    assert received <= kinds


# ---- modules, and the one script ----


def test_every_module_is_type_checked() -> None:
    """Each one begins with ``// @ts-check``."""
    assert len(MODULES) >= 8
    assert [path.name for path in MODULES if not path.read_text(encoding="utf-8").startswith("// @ts-check\n")] == []


@pytest.mark.slow
@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_every_module_loads_by_itself(path: Path) -> None:
    """Each one can be imported without a bundle and without a page."""
    assert "ready" in node("--input-type=module", "-", text=f"await import({path.as_uri()!r}); console.log('ready');")


def test_the_script_of_a_widget_holds_every_module_once_and_can_be_read() -> None:
    """It has all code of all modules, each after its imports, and exports one name."""
    script = bundle()
    output = node("--input-type=module", "-", text=f"{script}\nconsole.log(typeof render);")
    assert output.strip() == "function"
    assert re.findall(r"^(?:import|export)\b.*$", script, re.MULTILINE) == ["export default { render };"]
    order = re.findall(r"^// (\w+\.js)$", script, re.MULTILINE)
    assert sorted(order) == sorted(path.name for path in MODULES if path.name != "messages.js")
    for path in MODULES:
        source = path.read_text(encoding="utf-8")
        for imported in re.findall(r'from "\./(\w+\.js)"', re.sub(r"/\*\*.*?\*/", "", source, flags=re.DOTALL)):
            assert order.index(imported) < order.index(path.name)
        for line in source.splitlines():
            if path.name != "messages.js" and not line.startswith("import "):
                assert line.removeprefix("export ") in script


def test_no_two_modules_use_the_same_name_at_top_level() -> None:
    """They'd clash in the bundle."""
    names = re.findall(r"^(?:async )?(?:function|class|const|let) (\w+)", bundle(), re.MULTILINE)
    assert [name for name, count in Counter(names).items() if count > 1] == []
    assert {"Store", "createView", "render", "DEBOUNCE_MS"} <= set(names)


def test_no_module_makes_code_from_text_but_for_plotly() -> None:
    """Only Plotly is compiled from text, because it's sent compressed."""
    assert re.findall(r"\beval\(|new Function\(|document\.write", bundle()) == ["new Function("]
