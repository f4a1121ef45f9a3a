"""Show what would raise a verdict, and which readings of the article would change it, as HTML."""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterable, Mapping, Sequence

from backchannel_lib.base.texts import text
from backchannel_lib.model.case import Case
from backchannel_lib.model.open_changes import OpenChanges
from backchannel_lib.model.possible import possible
from backchannel_lib.model.readings import READINGS
from backchannel_lib.model.remedies import Change, Changes
from backchannel_lib.model.tables import load_remedies
from backchannel_lib.model.verdict import Verdict
from backchannel_lib.page.components import bullets, citations, unfolding
from backchannel_lib.page.html import Markup, join, tag
from backchannel_lib.page.rule_html import SIGNS
from backchannel_lib.page.verdict_html import verdicts_label

SHOWN_CHANGES = 4  # the rest are collapsed


def changes_list(changes: Changes) -> Markup:
    """List the changes that would raise a verdict, the most useful ones first and the rest collapsed.

    Examples:
        >>> from backchannel_lib import Case, what_would_change
        >>> "<ol" in changes_list(what_would_change(Case(recommender="trusted_peer")))
        True
    """
    return _changes_list([(change, change.verdict, change.verdict.label) for change in changes], changes.sentence)


def open_changes_list(changes: OpenChanges) -> Markup:
    """List the changes to a case with unknown fields, formatted like `changes_list`.

    Examples:
        >>> from backchannel_lib import Case
        >>> from backchannel_lib.model.open_changes import open_changes
        >>> "between File read and" in open_changes_list(open_changes(Case(recommender="trusted_peer"), ["lists_open"]))
        True
    """
    rows = [
        (one.change, one.found.highest, verdicts_label(one.found.verdicts, within_sentence=True)) for one in changes.changes
    ]
    return _changes_list(rows, changes.sentence)


def _changes_list(changes: Sequence[tuple[Change, Verdict, str]], sentence: str) -> Markup:
    """List changes, each with the highest verdict it can reach and a description of the result."""
    # A change that leads to a polite no is higher on our scale but doesn't help, so it doesn't go first.
    within_reach = sorted((one for one in changes if one[0].within_reach), key=lambda one: one[1] <= Verdict.DECLINED)
    nobody = list(dict.fromkeys(sentence for change, _, _ in changes for sentence in _for_nobody(change)))
    useful = sum(verdict > Verdict.DECLINED for _, verdict, _ in within_reach)
    shown = min(useful, SHOWN_CHANGES)
    more = within_reach[shown:]
    others = text("changes.more" if useful > shown else "changes.small", count=len(more))
    acts = [change for change, _, _ in within_reach]
    shared = _shared(acts)
    # The sentence above the cards already says so if it is true of all of them.
    all_forbidden = all(change.rules.answer == "not_allowed" for change in acts)
    above = [*shared, text("changes.article_account")] if all_forbidden else shared
    return join(
        tag("p", sentence, class_="bw-lead"),
        tag("p", text("changes.only_small"), class_="bw-lead") if within_reach and not useful else None,
        [tag("p", text("changes.shared"), class_="bw-shared"), bullets(shared)] if shared else None,
        _list(within_reach[:shown], above) if shown else None,
        unfolding("more-changes", others, _list(more, above)) if more else None,
        unfolding("nobody", text("changes.nobody"), tag("ul", [tag("li", act) for act in nobody])) if nobody else None,
    )


def _list(changes: Iterable[tuple[Change, Verdict, str]], above: Collection[str]) -> Markup:
    """List changes as cards without the facts listed above them."""
    return tag("ol", [_change(change, reached, above) for change, _, reached in changes], class_="bw-changes")


def _facts(change: Change) -> list[str]:
    return [text("changes.who", who=text(f"who.{change.who}")), change.when]


def _shared(changes: Sequence[Change]) -> list[str]:
    """Return who has to act, and when, if that is the same for several changes.

    The rule's answer stays on each card, because no verdict appears without it.
    """
    return [fact for fact in _facts(changes[0]) if all(fact in _facts(one) for one in changes)] if len(changes) > 1 else []


@functools.cache
def _who_by_remedy() -> dict[str, str]:
    return {row.remedy: row.who for row in load_remedies()}


def _for_nobody(change: Change) -> list[str]:
    """Return the acts of a change that nobody can carry out, without acts in the same change that someone can."""
    if change.within_reach:
        return []
    remedies = zip(change.remedies, change.sentences, strict=True)
    return [sentence for remedy, sentence in remedies if _who_by_remedy()[remedy] == "nobody"]


def _change(change: Change, reached: str, above: Collection[str]) -> Markup:
    account = text("changes.article_account")
    return tag(
        "li",
        [tag("p", sentence, class_="bw-act") for sentence in change.sentences],
        tag(
            "ul",
            tag(
                "li",
                tag("span", SIGNS[change.rules.answer], " ", aria_hidden="true"),
                text("changes.rule", answer=change.rules.label),
                class_="bw-badge bw-voice-rule",
                data_answer=change.rules.answer,
            ),
            tag("li", text("changes.reaches", verdict=reached), class_="bw-reaches"),
            tag("li", text("changes.mends", stages=", ".join(text(f"stage.{stage}.name") for stage in change.stages))),
            [tag("li", fact) for fact in _facts(change) if fact not in above],
            class_="bw-facts",
        ),
        tag("p", account, class_="bw-note") if change.rules.answer == "not_allowed" and account not in above else None,
        citations("change-" + "-".join(change.remedies), change.claims, change.assumptions),
        tag(
            "button",
            text("changes.try"),
            type="button",
            data_action="apply",
            data_value=" ".join(change.remedies),
            aria_label=text("changes.try_named", what=" ".join(change.sentences)),
        ),
        class_="bw-change",
        data_answer=change.rules.answer,
    )


def changed_by_readings(case: Case, unknown: Collection[str]) -> dict[str, str]:
    """Return the possible verdicts under each reading other than the defaults; blank for a reading that changes nothing.

    Examples:
        >>> changed_by_readings(Case(score=230), ["lists_open"])["range_and_credible"]
        ''
    """
    now = possible(case, unknown)
    found = {name: possible(case, unknown, name) for name, row in READINGS.items() if not row.default}
    return {
        name: ""
        if (one.lowest, one.highest) == (now.lowest, now.highest)
        else verdicts_label(one.verdicts, within_sentence=True)
        for name, one in found.items()
    }


def readings_list(changed: Mapping[str, str], reading: str | None = None) -> Markup:
    """List the readings of the article other than the defaults, each with what it changes the verdict to.

    Args:
        changed: The verdict under each reading, in words; blank for a reading that changes nothing.
        reading: The reading in use, or None for the defaults.

    Examples:
        >>> from backchannel_lib import Case
        >>> readings_list(changed_by_readings(Case(recommender="trusted_peer"), ["lists_open"])).count("data-action")
        7
    """
    stands = sum(not verdict for verdict in changed.values())
    return join(
        tag("p", text("readings.stands", stands=stands, total=len(changed)), class_="bw-lead"),
        tag("ul", [_reading(name, verdict, used=name == reading) for name, verdict in changed.items()], class_="bw-readings"),
        tag("p", text("readings.phase_note"), class_="bw-small"),
    )


def _reading(name: str, changed_to: str, *, used: bool) -> Markup:
    row, changes = READINGS[name], bool(changed_to)
    result = text("readings.changes", verdict=changed_to) if changes else text("readings.same")
    return tag(
        "li",
        tag("p", row.sentence),
        tag("p", tag("span", "◆ " if changes else "", result, class_="bw-badge" + (" bw-badge-weak" if changes else "")), " "),
        citations(f"reading-{name}", row.claims),
        tag(
            "button",
            text("readings.back" if used else "readings.use"),
            type="button",
            data_action="read",
            data_value="" if used else name,
            aria_pressed="true" if used else "false",
            aria_label=text("readings.back") if used else text("readings.use_named", what=row.sentence),
        ),
        class_="bw-reading" + (" bw-reading-changes" if changes else ""),
    )
