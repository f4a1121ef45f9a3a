"""Bundle the front end for a widget: one script built from the modules in ``static/js``.

A browser can load the modules directly (``<script type="module">``), but a Jupyter widget is a single file. `bundle`
concatenates the modules in dependency order, without their import and export lines. So every import must fit on one line, and
no two modules can use the same top-level name. ``python -m backchannel_lib.page.frontend`` prints the result.
"""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import Final

STATIC: Final = Path(__file__).with_name("static")
_IMPORT: Final = re.compile(r'^import .* from "\./(\w+\.js)";\n', re.MULTILINE)
_EXPORT: Final = re.compile(r"^export (?!default)(\{\};\n)?", re.MULTILINE)


@functools.cache
def bundle(entry: str = "widget.js") -> str:
    """Return a module of ``static/js`` and everything it imports as one script.

    Args:
        entry: The module with the exports that the widget needs.

    Examples:
        >>> bundle().rstrip().endswith("export default { render };")
        True
    """
    scripts: dict[str, str] = {}

    def add(name: str) -> None:
        if name in scripts:
            return
        script = (STATIC / "js" / name).read_text(encoding="utf-8")
        scripts[name] = ""  # prevents endless recursion if two modules import each other
        for imported in _IMPORT.findall(script):
            add(imported)
        del scripts[name]  # a module comes after those it imports
        scripts[name] = _EXPORT.sub("", _IMPORT.sub("", script))

    add(entry)
    return "\n".join(f"// {name}\n{script}" for name, script in scripts.items())


if __name__ == "__main__":
    import sys

    sys.stdout.write(bundle())
