"""How notebooks display judgments, cases and related objects: the panel's own HTML with a little CSS."""

from __future__ import annotations

from typing import Final

from backchannel_lib.base.formatting import format_value
from backchannel_lib.base.rich_display import to_html
from backchannel_lib.base.texts import text
from backchannel_lib.model.case import Case
from backchannel_lib.model.possible import possible
from backchannel_lib.model.readings import Agreement
from backchannel_lib.model.remedies import Changes
from backchannel_lib.model.soap_rule import RulesCheck
from backchannel_lib.model.verdict import Judgment
from backchannel_lib.page.case_controls import field_options, load_controls
from backchannel_lib.page.changes_html import changes_list, readings_list
from backchannel_lib.page.components import table
from backchannel_lib.page.html import Markup, tag
from backchannel_lib.page.rule_html import rule_answer
from backchannel_lib.page.verdict_html import verdict_fragments

#: The CSS for the panel's HTML without the panel's style sheet. It hides buttons, because nothing would handle them.
STYLE: Final = (
    ".bw-display { max-width: 44em } .bw-display :is(button, svg, .bw-ladder-ends, .bw-chain-labels) { display: none }"
    " .bw-display .bw-hidden { position: absolute; clip-path: inset(50%) }"
    " .bw-display .bw-verdict-name, .bw-display .bw-rule-answer { font-size: 1.3em; font-weight: 700 }"
    " .bw-display .bw-link-name, .bw-display .bw-act { font-weight: 700 } .bw-display .bw-link-head > * { margin-right: 0.7em }"
    " .bw-display th { text-align: left }"
)


def display(title: str, *children: object) -> Markup:
    """Return the panel's HTML below a heading, with the CSS it needs on its own.

    Examples:
        >>> display("Why", tag("p", "It is.")).endswith("<h3>Why</h3><p>It is.</p></div>")
        True
    """
    return tag("div", tag("style", Markup(STYLE)), tag("h3", title), *children, class_="bw-display")


@to_html.register
def _judgment(judgment: Judgment) -> str:
    fragments = verdict_fragments(possible(judgment.case, (), judgment.reading))
    return display(text("card.title"), Markup(fragments["verdict"]), tag("h4", text("card.chain")), Markup(fragments["chain"]))


@to_html.register
def _rules_check(check: RulesCheck) -> str:
    return display(text("rules.title"), tag("p", text("rules.voice")), rule_answer(check))


@to_html.register
def _changes(changes: Changes) -> str:
    return display(text("changes.title"), changes_list(changes))


@to_html.register
def _agreement(agreement: Agreement) -> str:
    changed = {name: verdict.label if name in agreement.changed else "" for name, verdict in agreement.verdicts.items()}
    return display(text("readings.title"), readings_list(changed))


@to_html.register
def _case(case: Case) -> str:
    rows = [(text(f"field.{row.field}.label"), value_label(row.field, getattr(case, row.field))) for row in load_controls()]
    return display(text("panel.controls"), table(text("panel.controls"), (text("table.what"), text("table.value")), rows))


def value_label(field: str, value: object) -> str:
    """Return the label that a field's control shows for a value.

    Examples:
        >>> value_label("recommender", "known_dean"), value_label("score", 240), value_label("track_record", None)
        ('A dean who knows them personally', '240', 'not known')
    """
    if isinstance(value, frozenset):
        return ", ".join(label for level, label in field_options(field) if level in value) or "–"
    if isinstance(value, bool):
        return "✓" if value else "–"
    if isinstance(value, int) and field != "track_record":
        return format_value(value)
    return str(dict(field_options(field))[value])
