"""The front end as a widget needs it: one script, put together from the modules in ``static/js``.

A browser can load the modules as they are (``<script type="module">``). A Jupyter widget is sent one file, so `bundle` writes
them one after the other, each after those that it imports, without their import and export lines. For that, every import is
one line of its own, and no two modules use the same name at top level. Print the result with
``python -m backchannel_lib.page.frontend``.
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
    """Return a module of ``static/js`` and all that it imports as one script.

    Args:
        entry: The module that exports what the widget needs.

    Examples:
        >>> bundle().rstrip().endswith("export default { render };")
        True
    """
    scripts: dict[str, str] = {}

    def add(name: str) -> None:
        if name in scripts:
            return
        script = (STATIC / "js" / name).read_text(encoding="utf-8")
        scripts[name] = ""  # so that two modules that import each other do not go round
        for imported in _IMPORT.findall(script):
            add(imported)
        del scripts[name]  # it comes after those that it imports
        scripts[name] = _EXPORT.sub("", _IMPORT.sub("", script))

    add(entry)
    return "\n".join(f"// {name}\n{script}" for name, script in scripts.items())


if __name__ == "__main__":
    import sys

    sys.stdout.write(bundle())
