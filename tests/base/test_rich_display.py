"""Values that display as HTML in a notebook."""

from __future__ import annotations

import subprocess
import sys

from backchannel_lib import Agreement, Case, Changes, Judgment, RulesCheck
from backchannel_lib.base.rich_display import RichDisplay, to_html


def test_a_value_displays_as_the_html_registered_for_its_class() -> None:
    """Without registered HTML it displays as its repr. A subclass displays like its base class."""

    class Thing(RichDisplay):
        pass

    class SmallThing(Thing):
        pass

    assert Thing()._repr_html_() is None
    to_html.register(Thing, lambda thing: f"<p>{type(thing).__name__}</p>")
    assert Thing()._repr_html_() == "<p>Thing</p>"
    assert SmallThing()._repr_html_() == "<p>SmallThing</p>"


def test_every_kind_of_answer_displays_as_html() -> None:
    assert all(issubclass(kind, RichDisplay) for kind in (Agreement, Case, Changes, Judgment, RulesCheck))


def test_the_page_package_is_imported_only_to_display_something() -> None:
    """Importing the library or judging a case doesn't import it."""
    code = (
        "import sys, backchannel_lib as b; judged = b.judge(b.Case()); "
        "assert not [name for name in sys.modules if name.startswith('backchannel_lib.page')]; "
        "judged._repr_html_(); assert 'backchannel_lib.page.rich_display' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
