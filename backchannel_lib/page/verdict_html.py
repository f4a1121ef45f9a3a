"""The article's verdict as HTML: the card with its scale, and the chain of five stages with the weakest one marked."""

from __future__ import annotations

import functools
from collections.abc import Collection, Sequence

from backchannel_lib.base.texts import text
from backchannel_lib.model.possible import Possible, StageRange
from backchannel_lib.model.readings import READINGS
from backchannel_lib.model.tables import STAGES, load_stages
from backchannel_lib.model.verdict import Judgment, Reason, Verdict
from backchannel_lib.page.components import bullets, citations, listed
from backchannel_lib.page.html import Markup, join, tag
from backchannel_lib.page.pictures import ChainLink, chain_picture, outcomes_picture

VERDICT_ASSUMPTIONS = ("weakest_link_decides", "verdicts_form_one_line", "floor_marks_far_below")


@functools.cache
def stages_on_screen() -> tuple[str, ...]:
    """Return the five stages in the article's order, which is the order on screen.

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
    """Return whether a stage limits the verdict; nothing limits the highest verdict.

    Examples:
        >>> from backchannel_lib import Case, judge
        >>> is_weakest(judge(Case(scripted=True)), "message")
        True
    """
    return stage in judgment.binding and judgment.verdict is not max(Verdict)


def weakest_sentence(judgment: Judgment) -> str:
    """Name in a sentence the stages that limit a verdict.

    Examples:
        >>> from backchannel_lib import Case, judge
        >>> weakest_sentence(judge(Case(scripted=True)))
        'Limited by: Message.'
    """
    weakest = [text(f"stage.{stage}.name") for stage in stages_on_screen() if is_weakest(judgment, stage)]
    return text("card.held_down", stages=", ".join(weakest)) if weakest else text("card.nothing_holds")


def verdict_fragments(found: Possible) -> dict[str, str]:
    """Return the card (``verdict``), the chain (``chain``) and a sentence for screen readers (``live_text``).

    They claim only what is certain whatever the unknown fields turn out to be.
    """
    return dict(_fragments(found))


def range_label(found: Possible) -> str:
    """Return the label of the verdict, or of the lowest and highest possible ones.

    Examples:
        >>> from backchannel_lib import Case
        >>> from backchannel_lib.model.possible import possible
        >>> range_label(possible(Case(score=230), ["range_low"]))
        'Between Ignored and Skimmed'
    """
    return verdicts_label(found.verdicts)


def verdicts_label(verdicts: Collection[Verdict], *, within_sentence: bool = False) -> str:
    """Return the label of the verdict, or of the lowest and highest of several.

    Examples:
        >>> verdicts_label([Verdict.MAYBE, Verdict.DECLINED]), verdicts_label([Verdict.MAYBE])
        ('Between Declined and Maybe', 'Maybe')
        >>> verdicts_label([Verdict.MAYBE, Verdict.DECLINED], within_sentence=True)
        'between Declined and Maybe'
    """
    lowest, highest = min(verdicts), max(verdicts)
    if lowest == highest:
        return lowest.label
    return text("changes.between" if within_sentence else "take_home.between", lowest=lowest.label, highest=highest.label)


def answer_strip(rule: str, verdict: str, weakest: str = "", *, mark: str = "") -> Markup:
    """Return the rule's answer, the verdict and the weakest link in short, to stay visible while a control moves.

    Args:
        rule: The rule's answer.
        verdict: The verdict, or blank to leave out the article.
        weakest: The sentence that names the weakest link, or blank.
        mark: What these answers are about, such as an example, or blank.

    Examples:
        >>> answer_strip("Not allowed", "Skimmed", "Limited by: The caller.").count("<span")
        3
    """
    return join(
        [tag("b", mark, class_="bw-strip-mark"), " "] if mark else None,
        tag("span", text("strip.rule"), " ", tag("b", rule), class_="bw-strip-rule"),
        [" ", tag("span", text("strip.article"), " ", tag("b", verdict), class_="bw-strip-article")] if verdict else None,
        [" ", tag("span", weakest, class_="bw-strip-weakest")] if weakest else None,
    )


def depends_sentence(fields: Sequence[str]) -> str:
    """Return a sentence that lists the unknown fields something depends on; blank if there are none.

    Examples:
        >>> depends_sentence(["sponsors_visas", "lists_open"])
        'It depends on whether they sponsor visas and whether they are still choosing whom to interview.'
    """
    return text("take_home.depends", what=listed([text(f"open.{field}") for field in fields])) if fields else ""


def depends_list(fields: Sequence[str]) -> Markup | None:
    """Return the unknown fields something depends on, as a list if there are more than two; None if there are none.

    Examples:
        >>> depends_list(["sponsors_visas"])
        '<p class="bw-depends">It depends on whether they sponsor visas.</p>'
    """
    if len(fields) <= 2:
        return tag("p", depends_sentence(fields), class_="bw-depends") if fields else None
    lines = [tag("li", text(f"open.{field}")) for field in fields]
    return tag("div", tag("p", text("card.depends")), tag("ul", lines), class_="bw-depends")


def range_in_short(found: Possible | StageRange) -> str:
    """Name the verdict, or the lowest and the highest possible ones, in few enough words for a phone.

    Examples:
        >>> from backchannel_lib import Case
        >>> from backchannel_lib.model.possible import possible
        >>> range_in_short(possible(Case(score=230), ["range_low"]))
        'Ignored to Skimmed'
    """
    lowest, highest = found.lowest.label, found.highest.label
    return lowest if lowest == highest else text("card.allows_from_to", lowest=lowest, highest=highest)


def cap_label(stage_range: StageRange) -> str:
    """Name the best verdict that a stage allows, or the lowest and the highest that it can allow.

    Examples:
        >>> from backchannel_lib import Case
        >>> from backchannel_lib.model.possible import possible
        >>> cap_label(possible(Case(score=230), ["range_low"]).stages["message"])
        'at best Skimmed'
    """
    lowest, highest = stage_range.lowest.label, stage_range.highest.label
    if lowest == highest:
        return text("card.allows", verdict=lowest)
    return text("card.allows_between", lowest=lowest, highest=highest)


def limit_label(found: Possible, stage: str) -> str:
    """Return the label of a stage that limits the verdict or might; blank for any other.

    Examples:
        >>> from backchannel_lib import Case
        >>> from backchannel_lib.model.possible import possible
        >>> limit_label(possible(Case(scripted=True)), "message"), limit_label(possible(Case(scripted=True)), "paper")
        ('weakest link', '')
    """
    if stage in found.always_binding:
        return text("card.weakest")
    return text("card.may_be_weakest") if stage in found.sometimes_binding else ""


def held_sentence(found: Possible, *, short: bool = False) -> str:
    """Name the stages that certainly limit a verdict and those that might; ``short`` is for a phone.

    Examples:
        >>> from backchannel_lib import Case
        >>> from backchannel_lib.model.possible import possible
        >>> held_sentence(possible(Case(score=230), ["range_low"]))
        'It may be limited by: Caller, Levers, Message.'
    """
    names = [
        [text(f"stage.{stage}.name") for stage in stages_on_screen() if stage in binding]
        for binding in (found.always_binding, found.sometimes_binding)
    ]
    always, sometimes = (", ".join(some) for some in names)
    if not sometimes:
        return text("card.held_down", stages=always) if always else text("card.nothing_holds")
    if not always:
        return text("card.may_hold_down", stages=sometimes)
    return text("strip.held_down_and_may" if short else "card.held_down_and_may", stages=always, others=sometimes)


@functools.lru_cache(maxsize=512)
def _fragments(found: Possible) -> tuple[tuple[str, str], ...]:
    lowest, highest = found.lowest, found.highest
    label, held, depends = range_label(found), held_sentence(found), depends_sentence(found.depends_on)
    if lowest == highest:
        rank = text("card.rank", rank=lowest + 1, top=len(Verdict))
        sentences = [lowest.sentence]
    else:
        rank = text("card.rank_range", low=lowest + 1, high=highest + 1, top=len(Verdict))
        sentences = [
            text("card.at_worst", verdict=lowest.label, sentence=lowest.sentence),
            text("card.at_best", verdict=highest.label, sentence=highest.sentence),
        ]
    meaning = [tag("p", sentence, class_="bw-verdict-sentence") for sentence in sentences]
    card = join(
        _verdict_line(label, rank, several=lowest != highest),
        outcomes_picture(found.verdicts),
        meaning if found.is_settled else None,
        tag("p", held, class_="bw-held"),
        chain_picture([_chain_link(stage, found) for stage in stages_on_screen()]),
        None if found.is_settled else meaning,
        depends_list(found.depends_on),
        citations("verdict", dict.fromkeys((*lowest.claims, *highest.claims))),
        _reading_note(found.reading),
    )
    chain = tag("ol", [_link(stage, found) for stage in stages_on_screen()], class_="bw-chain")
    if found.is_settled:
        spoken = text("spoken", verdict=label, sentence=lowest.sentence, held=held)
    else:
        spoken = " ".join(filter(None, (f"{label}.", depends, held)))
    return ("verdict", card), ("chain", join(chain, citations("whole", (), VERDICT_ASSUMPTIONS))), ("live_text", spoken)


def _verdict_line(label: str, rank: str, *, several: bool = False) -> Markup:
    name = tag("p", label, class_="bw-verdict-name" + (" bw-verdict-range" if several else ""))
    return tag("div", name, tag("p", rank, class_="bw-rank"), class_="bw-verdict-line")


def _reading_note(reading: str | None) -> Markup | None:
    if not reading:
        return None
    return tag("p", text("card.under_reading", reading=READINGS[reading].sentence), class_="bw-reading-note")


def _chain_link(stage: str, found: Possible) -> ChainLink:
    return ChainLink(
        text(f"stage.{stage}.name"),
        range_in_short(found.stages[stage]),
        weakest=stage in found.always_binding,
        may_be_weakest=stage in found.sometimes_binding,
    )


def _link(stage: str, found: Possible) -> Markup:
    """Return the best verdict that a stage allows, and why."""
    stage_range = found.stages[stage]
    reasons = stage_range.reasons
    always, sometimes = stage in found.always_binding, stage in found.sometimes_binding
    if len(reasons) == 1:
        first = reasons[0]
        sentences = [tag("p", first.sentence), *(tag("p", text("also"), " ", also.sentence) for also in first.also)]
    else:
        lines = [text("card.cap_and_reason", verdict=one.cap.label, reason=one.sentence) for one in reasons]
        sentences = [tag("p", text("card.one_of_these")), bullets(lines)]
    all_reasons = [one for reason in reasons for one in (reason, *reason.also)]
    badge = limit_label(found, stage)
    return tag(
        "li",
        tag(
            "div",
            tag("span", text(f"stage.{stage}.name"), class_="bw-link-name"),
            tag("span", "◆ " if always else "◇ ", badge, class_="bw-badge bw-badge-weak") if badge else None,
            tag("span", cap_label(stage_range), class_="bw-link-cap"),
            class_="bw-link-head",
        ),
        sentences,
        depends_list(stage_range.depends_on),
        citations(
            f"link-{stage}",
            dict.fromkeys(claim for one in all_reasons for claim in one.claims),
            dict.fromkeys(one.assumption for one in all_reasons if one.assumption),
        ),
        class_="bw-link" + (" bw-link-weak" if always else " bw-link-may-be-weak" if sometimes else ""),
        data_cap=int(stage_range.lowest),
    )
