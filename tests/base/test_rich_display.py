"""Values that show themselves as HTML in a notebook."""

from __future__ import annotations

import subprocess
import sys

from backchannel_lib import Agreement, Case, Changes, Judgment, RulesCheck
from backchannel_lib.base.rich_display import RichDisplay, to_html


def test_a_value_is_shown_as_the_html_that_is_registered_for_its_class() -> None:
    """A class without registered HTML is shown by its repr; a subclass is shown like its base."""

    class Thing(RichDisplay):
        pass

    class SmallThing(Thing):
        pass

    assert Thing()._repr_html_() is None
    to_html.register(Thing, lambda thing: f"<p>{type(thing).__name__}</p>")
    assert Thing()._repr_html_() == "<p>Thing</p>"
    assert SmallThing()._repr_html_() == "<p>SmallThing</p>"


def test_what_the_library_answers_can_show_itself() -> None:
    """The five kinds of answer join in."""
    assert all(issubclass(kind, RichDisplay) for kind in (Agreement, Case, Changes, Judgment, RulesCheck))


def test_the_page_is_imported_only_when_something_is_displayed() -> None:
    """Importing the library, and judging, leaves the page alone; displaying brings it in."""
    code = (
        "import sys, backchannel_lib as b; judged = b.judge(b.Case()); "
        "assert not [name for name in sys.modules if name.startswith('backchannel_lib.page')]; "
        "judged._repr_html_(); assert 'backchannel_lib.page.rich_display' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
