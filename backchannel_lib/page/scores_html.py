"""How a score compares with other applicants' scores, as HTML: percentile, measurement error, specialties."""

from __future__ import annotations

import bisect

from backchannel_lib.base.texts import text
from backchannel_lib.model.case import Case
from backchannel_lib.model.exams import exam_of
from backchannel_lib.model.tables import facts, load_percentiles, load_score_anchors
from backchannel_lib.page.components import fact_source, facts_by_source, table, unfolding
from backchannel_lib.page.html import Markup, join, tag


def score_orientation(case: Case) -> Markup:
    """Say how a case's score compares with other applicants' scores.

    Source:
        data/facts.csv, data/percentiles.csv, data/score_anchors.csv.

    Examples:
        >>> "percentile" in score_orientation(Case())
        True
    """
    exam = exam_of(case)
    if exam is None:
        return tag("p", text("orientation.mixed"), class_="bw-note")
    known = facts()
    if exam.exam == "level2":
        values = {"pass": known["scores.level2_pass"].value, "sd": known["scores.level2_sd"].value}
        return join(
            tag("p", text("orientation.level2", **values)), fact_source(known["scores.level2_sd"]), _about("level1_", "level2_")
        )
    error = float(known["scores.step2_sem"].value)
    points = load_percentiles()
    inside = points[0].score <= case.score <= points[-1].score
    sentence = text(
        "orientation.step2ck" if inside else "orientation.step2ck_edge",
        mean=known["scores.step2_mean"].value,
        sd=known["scores.step2_sd"].value,
        sem=f"{error:g}",
        score=case.score,
        low=f"{case.score - error:g}",
        high=f"{case.score + error:g}",
        percentile=_ordinal(_percentile(case.score)) if inside else "",
        **{"pass": known["scores.step2_pass"].value},
    )
    return join(
        tag("p", sentence),
        fact_source(known["scores.step2_mean"]),
        _about("step1_", "step2_", "anchors"),
        unfolding(
            "anchors",
            text("orientation.anchors"),
            table(
                text("orientation.anchors"),
                (text("table.specialty"), text("table.range")),
                [(text(f"specialty.{row.specialty}"), f"{row.low}–{row.high}") for row in load_score_anchors()],
            ),
            tag("p", text("orientation.anchors_note"), class_="bw-small"),
            fact_source(known["scores.anchors"]),
        ),
    )


def _about(*starts: str) -> Markup:
    """Return the facts about the scores of some exams, collapsed, each with its source."""
    names = [name for name in facts() if name.startswith(tuple(f"scores.{start}" for start in starts))]
    return facts_by_source("about-scores", text("orientation.about"), names)


def _percentile(score: int) -> int:
    """Interpolate a score's percentile between the two nearest points of the table."""
    points = load_percentiles()
    upper = bisect.bisect_left([point.score for point in points], score)
    after, before = points[upper], points[max(upper - 1, 0)]
    if after.score == score:
        return after.percentile
    share = (score - before.score) / (after.score - before.score)
    return round(before.percentile + share * (after.percentile - before.percentile))


def _ordinal(number: int) -> str:
    ending = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
