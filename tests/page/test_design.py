"""The design system: style sheets use only its sizes, spaces and colors, each color has one meaning, and all are readable."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

import backchannel_lib
from backchannel_lib.cli.project import ROOT
from backchannel_lib.workshop.results import results_html
from backchannel_lib.workshop.round.state import PlayedRound, WorkshopState

PACKAGE: Final = Path(backchannel_lib.__file__).parent
PANEL: Final = (PACKAGE / "page" / "static" / "panel.css").read_text(encoding="utf-8")
SITE: Final = (PACKAGE / "site" / "assets" / "site.css").read_text(encoding="utf-8")
RESULTS: Final = (PACKAGE / "page" / "static" / "results.css").read_text(encoding="utf-8")
VOTE: Final = (PACKAGE / "workshop" / "votes" / "page.css").read_text(encoding="utf-8")
DOC: Final = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")

#: Parts with their own scale: stage sizes are fractions of the screen's height, and paper uses points.
OWN_SCALE: Final = (
    ("/* the round, in front of a room", "/* At 400% zoom"),
    ("/* the sheet to take along", "/* end of the sheet */"),
)
SIZES: Final = {f"var(--bw-{name})" for name in ("small", "text", "large", "title", "display")} | {"inherit"}
#: One declaration each, with its reason.
EXCEPTIONS: Final = {
    "font: inherit": "a control takes the text around it",
    'font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif': "the text itself",
    'font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif': "the site's text",
    'font: 700 1.4em/0 Georgia, "Times New Roman", serif': "the quotation mark is a drawing",
    "scroll-padding-top: 1rem": "where a link arrives",
    "margin: 12mm": "a slide's edge on paper",
}
#: Colors that aren't tokens: print is black on white, and forced colors are the reader's own.
PLAIN_COLORS: Final = {"black", "white", "Canvas", "CanvasText", "currentColor", "transparent", "none"}


def ordinary(style: str) -> str:
    """Remove comments and the parts with their own scale."""
    for start, end in OWN_SCALE:
        if start in style:
            style = style[: style.index(start)] + style[style.index(end) :]
    return re.sub(r"/\*.*?\*/", "", style, flags=re.DOTALL)


def declarations(style: str) -> Iterator[tuple[str, str]]:
    """Yield every property and its value, without ``!important``."""
    for name, value in re.findall(r"(?<=[{;\s])([\w-]+): ([^;{}]+)(?=[;}])", style):
        yield name, value.removesuffix(" !important").strip()


def tokens(style: str) -> dict[str, str]:
    """Return a block's tokens by name."""
    return {name: value for name, value in declarations(style) if name.startswith("--")}


STYLES: Final = {"panel.css": ordinary(PANEL), "site.css": ordinary(SITE), "results.css": ordinary(RESULTS)}


@pytest.mark.parametrize("file", STYLES)
def test_text_comes_in_five_sizes(file: str) -> None:
    sizes = [(name, value) for name, value in declarations(STYLES[file]) if name in {"font-size", "font"}]
    assert len(sizes) > 5
    assert [one for one in sizes if one[1] not in SIZES and ": ".join(one) not in EXCEPTIONS] == []


def test_the_stage_has_the_same_five_sizes() -> None:
    """They're fractions of the screen's height, and phones get other values."""
    start, end = OWN_SCALE[0]
    stage = re.sub(r"/\*.*?\*/", "", PANEL[PANEL.index(start) : PANEL.index(end)], flags=re.DOTALL)
    sizes = [value for name, value in declarations(stage) if name == "font-size"]
    assert len(sizes) > 30
    assert {*sizes} <= SIZES | {"var(--bw-row)", "var(--bw-big)", "calc(0.7 * var(--bw-row))"}
    for block in re.findall(r"body\[data-stage\] \.bw \{([^}]*--bw-text[^}]*)\}", stage):
        assert {*tokens(f"{block};}}")} >= {"--bw-text", "--bw-small", "--bw-large", "--bw-title", "--bw-display"}


@pytest.mark.parametrize("file", STYLES)
def test_spaces_come_from_one_scale(file: str) -> None:
    """Margins, paddings and gaps are zero, one of the steps, or a sum of steps."""
    spaces = re.compile(r"(margin|padding|gap|row-gap|column-gap)\b(?!.*scroll)")
    allowed = re.compile(r"(?:0|auto|-1|2|var\(--bw-(?:space-\d|measure)\)|calc\(|\)|[*+]|\s)+")
    found = [(name, value) for name, value in declarations(STYLES[file]) if spaces.match(name)]
    assert len(found) > (10 if file == "results.css" else 20)
    assert [one for one in found if not allowed.fullmatch(one[1]) and ": ".join(one) not in EXCEPTIONS] == []


@pytest.mark.parametrize("file", STYLES)
def test_colors_are_defined_only_as_tokens(file: str) -> None:
    colors = re.compile(r"(color|background|border|outline|fill|stroke)")
    literal = re.compile(r"#[0-9a-f]{3,8}\b|\b(?:rgba?|hsla?)\(")
    found = [(name, value) for name, value in declarations(STYLES[file]) if not name.startswith("--") and colors.search(name)]
    assert len(found) > 10
    assert [one for one in found if literal.search(one[1])] == []
    words = {
        word for name, value in found for word in re.findall(r"\b(?:black|white|red|green|blue|gray|orange|purple)\b", value)
    }
    assert words <= PLAIN_COLORS


def test_a_button_that_does_nothing_looks_the_same_everywhere() -> None:
    """No second rule makes it look like text, or as if it could be pressed; only the stage hides it."""
    rules = re.findall(r"([^{}]*:disabled[^{}]*)\{([^{}]*)\}", "".join(STYLES.values()))
    styled = [selector.strip() for selector, style in rules if ":not(:disabled" not in selector]
    assert styled == [".bw button:disabled"]


def test_undo_and_start_over_are_hidden_together_and_keep_their_place() -> None:
    """If their place went away, the focus would go back to the top of the page, and the rest would move under a finger.

    While their place has the focus, they stay, so that it isn't an empty frame.
    """
    (hidden,) = re.findall(r"\.bw-foot:not\(:has\(button:enabled\), :focus\) > button \{([^}]*)\}", STYLES["panel.css"])
    assert hidden.strip() == "visibility: hidden;"


def test_an_exercises_title_is_smaller_than_the_heading_of_its_section() -> None:
    sizes = dict(
        re.findall(
            r"^([^{}\n]*(?:\.bw-title|\.site-prose h2|> h3)) \{ font-size: var\(--bw-(\w+)\)",
            PANEL + SITE,
            re.MULTILINE,
        )
    )
    ends = ("bw .bw-title", ".site-prose h2", "> h3")
    assert {end: sizes[next(one for one in reversed(sizes) if one.endswith(end))] for end in ends} == {
        "bw .bw-title": "large",
        ".site-prose h2": "title",
        "> h3": "text",
    }


def test_on_paper_prose_is_as_wide_as_the_tables_around_it() -> None:
    printed = STYLES["panel.css"].partition("@media print {\n  html, body")[2]
    assert ":root { --bw-measure: 100%; }" in printed


def test_the_rules_answers_have_colors_that_nothing_else_has() -> None:
    """The colors for allowed and not allowed never stand for a phase, a verdict, or right and wrong."""
    for token in ("allowed", "not-allowed"):
        users = re.findall(rf"([^{{}}]+)\{{[^{{}}]*var\(--bw-{token}\)", STYLES["panel.css"])
        assert users
        assert all("data-answer" in one for one in users)
    for block in LOOKS.values():
        assert len({block[name] for name in MEANINGS}) == len(MEANINGS)


def test_a_rooms_results_have_the_tokens_with_them_and_the_voices_frames() -> None:
    """The page loads no other file, so it includes the tokens with the same values as the panel's style sheet."""
    page = results_html(WorkshopState(played=(PlayedRound("nadia", (1,) * 9, (0,) * 9, (0,) * 9),)))
    root = tokens(PANEL[PANEL.index(":root {") :].partition("}")[0] + "}")
    assert root.items() <= tokens(page.partition("<style>")[2].partition("</style>")[0]).items()
    assert re.findall(r'<p class="(rule|article)">', page) == ["rule", "article"]
    assert re.search(r"\.rule \{ border: 4px double", RESULTS)
    assert re.search(r"\.article \{ border: 2px solid [^}]*border-radius", RESULTS)


def test_the_phones_vote_has_the_same_sizes_and_accent_and_no_color_of_the_rules_answers() -> None:
    """A counted vote is neither allowed nor not allowed."""
    sizes = {value for name, value in declarations(re.sub(r"/\*.*?\*/", "", VOTE)) if name == "font-size"}
    assert sizes == {"var(--small)", "var(--text)", "var(--large)"}
    root = tokens(PANEL[PANEL.index(":root {") :].partition("}")[0] + "}")
    for name in ("small", "text", "large"):
        assert f"--{name}: {root[f'--bw-{name}'].removesuffix('em')}rem;" in VOTE
    for look in LOOKS.values():
        assert look["--bw-accent"] in VOTE
        assert not [name for name in MEANINGS if name != "--bw-accent" and look[name] in VOTE]


def test_the_voices_have_the_same_frames_on_paper_as_on_screen() -> None:
    """The rule's frame is double, the article's single and ours dashed. A dashed link is one that may be the weakest."""
    for rule, article in ((".bw-rule {", ".bw-card {"), (".bw-paper .rule {", ".bw-paper .article {")):
        assert re.search(rf"\n{re.escape(rule)}[^}}]*border: 4px double", PANEL), rule
        assert re.search(rf"\n{re.escape(article)}[^}}]*border: [12]px solid [^}}]*border-radius: \d+px", PANEL), article
    dashed = re.findall(r"\n([^{}\n]+)\{[^{}]*border(?:-left)?: \dpx dashed ([^;]+);", PANEL)
    assert dashed
    assert [one for one in dashed if one[1] != "var(--bw-ours)" and "may-be-weak" not in one[0]] == []


# ---- contrast ----

MEANINGS: Final = ("--bw-accent", "--bw-weak", "--bw-rule", "--bw-ours", "--bw-not-allowed", "--bw-allowed")
_LIGHT, _DARK = (
    tokens(PANEL[PANEL.index(start) :].partition("}")[0] + "}")
    for start in (".bw {\n  --bw-ink", 'body[data-jp-theme-light="false"] .bw {')
)
_SITE_DARK = tokens(SITE[SITE.index("  body .bw {") :].partition("}")[0] + "}")
LOOKS: Final = {"light": _LIGHT, "dark": {**_LIGHT, **_DARK}}
GROUNDS: Final = {"light": ("#ffffff", "#f4f4f4"), "dark": ("#161618", "#232326")}


def luminance(color: str) -> float:
    """Return a color's relative luminance, as the Web Content Accessibility Guidelines define it."""
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colors, from 1 to 21."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("look", LOOKS)
def test_every_color_can_be_read_on_every_ground(look: str) -> None:
    """Text has a contrast of at least 7:1, the strictest level."""
    for name in MEANINGS:
        for ground in GROUNDS[look]:
            assert contrast(LOOKS[look][name], ground) >= 7, (name, ground)
    assert contrast(LOOKS[look]["--bw-accent"], LOOKS[look]["--bw-on-accent"]) >= 7


@pytest.mark.parametrize("look", LOOKS)
def test_the_edges_of_controls_can_be_seen_on_every_ground(look: str) -> None:
    for ground in GROUNDS[look]:
        assert contrast(LOOKS[look]["--bw-line"], ground) >= 3, ground


def test_every_color_can_be_read_in_labs_own_dark_theme() -> None:
    """An activity's background is the notebook's, and the rule's frame has the next lighter one."""
    theme = Path(sys.prefix, "share/jupyter/lab/themes/@jupyterlab/theme-dark-extension/index.css").read_text(encoding="utf-8")
    grounds = tokens(PANEL[PANEL.index('body[data-jp-theme-light="false"] .jp-Notebook .bw {') :].partition("}")[0] + "}")
    assert grounds.keys() == {"--bw-paper", "--bw-panel"}
    for ground in grounds.values():
        token = ground.removeprefix("var(").removesuffix(")")
        found = re.search(rf"{token}:(?:var\(--md-[\w-]+, ?)?(#[0-9a-f]+)", theme)
        assert found, token
        color = found[1] if len(found[1]) == 7 else "#" + "".join(2 * one for one in found[1][1:])
        for name in MEANINGS:
            assert contrast(LOOKS["dark"][name], color) >= 7, (name, token, color)


def test_lab_and_the_site_are_dark_in_the_same_colors() -> None:
    assert _SITE_DARK == _DARK


def test_what_is_printed_in_dark_mode_has_the_light_colors() -> None:
    """Pale colors can't be read on paper, so every dark block is for screens only."""
    for style, block in ((PANEL, 'body[data-jp-theme-light="false"] .bw {'), (SITE, "  body .bw {")):
        around = style[: style.index(block)].rpartition("@media")[2].partition("{")[0]
        assert around.split()[0] == "screen", block


# ---- the page that shows it ----


def test_the_page_about_the_design_names_every_token_with_its_value() -> None:
    root = tokens(PANEL[PANEL.index(":root {") :].partition("}")[0] + "}")
    assert len(root) == 13
    for name, value in root.items():
        assert re.search(rf"`{name}` \| {re.escape(value)}\b", DOC), name
    for name in MEANINGS:
        assert f"`{name}` | {_LIGHT[name]} | {_DARK[name]}" in DOC, name
