"""The article's verdict as HTML: the card with its ladder, and the chain of five stages with the weakest marked."""

from __future__ import annotations

import functools

from backchannel_lib.base.texts import text
from backchannel_lib.model.case import Case
from backchannel_lib.model.readings import READINGS
from backchannel_lib.model.rules import Outcome
from backchannel_lib.model.tables import STAGES, load_stages
from backchannel_lib.model.verdict import Judgment, Reason, Verdict
from backchannel_lib.page.components import citations
from backchannel_lib.page.html import Markup, join, tag

VERDICT_ASSUMPTIONS = ("weakest_link_decides", "verdicts_form_one_line", "floor_marks_far_below")


@functools.cache
def stages_on_screen() -> tuple[str, ...]:
    """Return the five stages in the order of the article's parts, as they are shown.

    Source:
        data/stages.csv.

    Examples:
        >>> stages_on_screen()[0]
        'paper'
    """
    return tuple(row.stage for row in sorted(load_stages(), key=lambda row: row.shown))


def reasons_on_screen(judgment: Judgment) -> list[Reason]:
    """Return a judgment's reasons in the order of `stages_on_screen`."""
    return [judgment.reasons[STAGES.index(stage)] for stage in stages_on_screen()]


def is_weakest(judgment: Judgment, stage: str) -> bool:
    """Whether a stage holds the verdict down; none holds down the highest verdict.

    Examples:
        >>> from backchannel_lib import judge
        >>> is_weakest(judge(Case(scripted=True)), "message")
        True
    """
    return stage in judgment.binding and judgment.verdict is not max(Verdict)


def weakest_sentence(judgment: Judgment) -> str:
    """Name in a sentence the stages that hold a verdict down.

    Examples:
        >>> from backchannel_lib import judge
        >>> weakest_sentence(judge(Case(scripted=True)))
        'Held down by: The message.'
    """
    weakest = [text(f"stage.{stage}.name") for stage in stages_on_screen() if is_weakest(judgment, stage)]
    return text("card.held_down", stages=", ".join(weakest)) if weakest else text("card.nothing_holds")


def verdict_fragments(judgment: Judgment) -> dict[str, str]:
    """Return the card (``verdict``), the chain (``chain``) and a sentence for a screen reader (``live_text``)."""
    return dict(_fragments(judgment.outcome, judgment.reading))


def chain(judgment: Judgment) -> Markup:
    """List the five stages, each with what it allows at best and why.

    Examples:
        >>> from backchannel_lib import judge
        >>> chain(judge(Case())).count("bw-link-head")
        5
    """
    return tag("ol", [_link(reason, judgment) for reason in reasons_on_screen(judgment)], class_="bw-chain")


@functools.lru_cache(maxsize=512)
def _fragments(outcome: Outcome, reading: str | None) -> tuple[tuple[str, str], ...]:
    """Draw the card of one outcome; cases of the same outcome share it."""
    judgment = Judgment(Case(), reading, outcome)
    verdict = judgment.verdict
    weakest = weakest_sentence(judgment)
    card = join(
        tag("p", verdict.label, class_="bw-verdict-name"),
        tag(
            "div", [tag("span", class_=_step_class(step, verdict)) for step in Verdict], class_="bw-ladder", aria_hidden="true"
        ),
        tag(
            "p",
            tag("span", min(Verdict).label),
            tag("span", text("card.rank", rank=int(verdict) + 1, top=len(Verdict))),
            tag("span", max(Verdict).label),
            class_="bw-ladder-ends",
        ),
        tag("p", verdict.sentence, class_="bw-verdict-sentence"),
        tag("p", weakest, class_="bw-held"),
        citations("verdict", verdict.claims),
        tag("p", text("card.under_reading", reading=READINGS[reading].sentence), class_="bw-reading-note") if reading else None,
    )
    return (
        ("verdict", card),
        ("chain", join(chain(judgment), citations("whole", (), VERDICT_ASSUMPTIONS))),
        ("live_text", text("spoken", verdict=verdict.label, sentence=verdict.sentence, held=weakest)),
    )


def _step_class(step: Verdict, verdict: Verdict) -> str:
    return "bw-step" + (" bw-step-on" if step <= verdict else "") + (" bw-step-here" if step == verdict else "")


def _link(reason: Reason, judgment: Judgment) -> Markup:
    weakest = is_weakest(judgment, reason.stage)
    all_reasons = (reason, *reason.also)
    return tag(
        "li",
        tag(
            "div",
            tag("span", text(f"stage.{reason.stage}.name"), class_="bw-link-name"),
            tag("span", "◆ ", text("card.weakest"), class_="bw-badge bw-badge-weak") if weakest else None,
            tag("span", text("card.allows", verdict=reason.cap.label), class_="bw-link-cap"),
            class_="bw-link-head",
        ),
        tag("p", reason.sentence),
        [tag("p", text("also"), " ", also.sentence) for also in reason.also],
        citations(
            f"link-{reason.stage}",
            dict.fromkeys(claim for one in all_reasons for claim in one.claims),
            dict.fromkeys(one.assumption for one in all_reasons if one.assumption),
        ),
        class_="bw-link" + (" bw-link-weak" if weakest else ""),
        data_cap=int(reason.cap),
    )
