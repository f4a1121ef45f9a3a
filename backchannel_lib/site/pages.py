"""Make the site's pages as HTML that is complete and readable before any script runs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from backchannel_lib.activities.tables import ChapterRow, load_chapters
from backchannel_lib.base.texts import text
from backchannel_lib.page.components import article_name, linked_text
from backchannel_lib.page.html import Markup, join, tag
from backchannel_lib.site.chapters import Piece, chapter_rows
from backchannel_lib.site.worker import open_by_name
from backchannel_lib.workshop.stage import stage_bar, stage_parts

#: The content security policy, which rules out any contact with other hosts, in every browser and on any host.
#: It allows the site's own scripts, WebAssembly, and workers that those scripts create, under the same policy.
POLICY: Final = (
    "default-src 'none'; "
    "script-src 'self' 'wasm-unsafe-eval'; "
    "style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; "
    "connect-src 'self'; "
    "worker-src 'self' blob:; "
    "manifest-src 'self'; "
    "form-action 'none'; "
    "base-uri 'none'"
)
HOME: Final = "index.html"
CHAPTERS: Final = "chapters.html"
SAVED: Final = "saved.html"
#: Activities whose answers depend on today's date. Their answers from the build stay hidden until Python answers.
DATED: Final = frozenset({"quick_check"})
CASE: Final = "10_your_case.html"
WORKSHOP: Final = "12_workshop.html"
#: The chapter to read after the last one for students.
PLAN: Final = "09_after_the_match"
DECK: Final = "deck.html"
#: The activity that the deck opens with.
DECK_OPENS: Final = "round"
#: Styles that keep it readable without scripts.
STYLE_WITHOUT_SCRIPTS: Final = (
    ".stage-pages, [data-on] { display: none !important } [data-activity=run_plan] { display: block !important }"
)
#: The attributes of a list of chapters.
LIST: Final = {"class_": "site-chapters"}
NAVIGATION: Final = (("home", HOME), ("case", CASE), ("chapters", CHAPTERS), ("workshop", WORKSHOP), ("saved", SAVED))


class Build(NamedTuple):
    """What all pages of one build share.

    Args:
        titles: The chapters' titles.
        assets: The folder of scripts, styles and Python; its name depends on the content, so pages never mix two builds.
        checksums: SHA-256 of the files that start Python, by name.
    """

    titles: Mapping[str, str]
    assets: str
    checksums: Mapping[str, str]


def page_html(build: Build, here: str, title: str, *body: object) -> str:
    """Return a complete page.

    Args:
        build: What all pages of the build have in common.
        here: The page's file name.
        title: Its title.
        *body: The content of ``main``.
    """
    links = [
        tag("li", tag("a", text(f"site.nav.{key}"), href=file, aria_current=_current(file, here))) for key, file in NAVIGATION
    ]
    name = text("site.name")
    return _document(
        build,
        name if here == HOME else f"{title} · {name}",
        tag("a", text("site.skip"), href="#content", class_="site-skip"),
        tag(
            "header",
            tag("a", name, href=HOME, class_="site-name"),
            tag("nav", tag("ul", links), aria_label=text("site.nav.label")),
        ),
        _status(),
        tag("noscript", tag("p", text("site.no_script"), class_="site-status")),
        tag("main", *body, id="content", tabindex="-1"),
        tag(
            "footer",
            tag("p", _unbroken(text("take_home.article", article=article_name()))),
            tag("p", text("site.foot")),
            tag("p", text("site.foot_private"), class_="site-screen"),
            tag("p", class_="site-address", data_address=text("site.address", address="{address}")),
        ),
    )


def _unbroken(sentence: str) -> list[object]:
    """Return a sentence whose words with hyphens stay on one line.

    Examples:
        >>> _unbroken("See Post-Match Options.")
        ['See ', '<span class="site-whole">Post-Match</span>', ' Options.']
    """
    parts = re.split(r"(\w+-\w+)", sentence)
    return [tag("span", part, class_="site-whole") if number % 2 else part for number, part in enumerate(parts)]


def _running_foot(title: str) -> Markup:
    """Return the style for the foot of each printed page, with the title and the page's number.

    The one-page sheet prints without it. Browsers that don't know margin boxes leave it out.

    Args:
        title: The title.

    Examples:
        >>> "Who calls" in _running_foot("Who calls")
        True
    """
    numbers = text("site.print_page", page='" counter(page) "', pages='" counter(pages) "')
    # Both rules are in one style, because Chromium compares the specificity of page rules only within a style.
    return Markup(
        "<style>"
        "@page { margin-bottom: 15mm; font: 8pt sans-serif; "
        f'@bottom-left {{ content: {_css_string(title)}; }} @bottom-right {{ content: "{numbers}"; }} }} '
        "@page sheet { margin-bottom: 10mm; @bottom-left { content: none; } @bottom-right { content: none; } }"
        "</style>"
    )


def _css_string(value: str) -> str:
    r"""Return a CSS string that can't end itself or the style element around it.

    Examples:
        >>> _css_string('The "bar" </style>')
        '"The \\22 bar\\22  \\3c /style>"'
    """
    return '"' + re.sub(r'["\\<]', lambda found: f"\\{ord(found[0]):x} ", value) + '"'


def _current(file: str, here: str) -> str | None:
    """Say whether a link of the navigation is the page, or the list that the page is in."""
    if file == here:
        return "page"
    listed = here.removesuffix(".html") in {row.chapter for row in chapter_rows()} and here not in {CASE, WORKSHOP}
    return "true" if file == CHAPTERS and listed else None


def _status() -> Markup:
    """Return the element in which a page reports the state of Python."""
    return tag("p", id="status", role="status", class_="site-status", hidden=True)


def _document(build: Build, title: str, *body: object, head: Iterable[object] = (), on_stage: bool = False) -> str:
    """Return a complete HTML document.

    Args:
        build: What all pages of the build have in common.
        title: Its title.
        *body: The content of ``body``.
        head: The content of ``head`` before the script that starts Python.
        on_stage: Whether the page is for presenting to a room.
    """
    data = {
        "checksums": dict(build.checksums),
        "worker": "service-worker.js",
        "texts": {key: text(f"site.status.{key}") for key in ("starting", "stopped", "failed", "restore")}
        | {"late": text("panel.late"), "not_saved": text("panel.not_saved")},
    }
    whole_head = join(
        tag("meta", charset="utf-8"),
        Markup(f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="description", content=text("site.description")),
        tag("meta", name="referrer", content="no-referrer"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", title),
        *(Markup(f'<link rel="stylesheet" href="{build.assets}/{file}">') for file in ("panel.css", "site.css")),
        Markup('<link rel="icon" href="icon.svg" type="image/svg+xml"><link rel="apple-touch-icon" href="icon-192.png">'),
        Markup('<link rel="manifest" href="manifest.webmanifest">'),
        _running_foot(title),
        *head,
        Markup(f'<script type="module" src="{build.assets}/page.js"></script>'),
    )
    page_data = Markup(f'<script type="application/json" id="page-data">{_json(data)}</script>')
    html = tag("html", tag("head", whole_head), tag("body", *body, page_data, data_stage=on_stage), lang="en")
    return f"<!doctype html>\n{html}\n"


def _json(value: object) -> str:
    """Return JSON that can't end the script element around it."""
    return json.dumps(value).replace("<", "\\u003c")


def activity_html(name: str, **attributes: object) -> Markup:
    """Return an activity's initial HTML, which is readable immediately and which Python can take over.

    Args:
        name: Its name.
        **attributes: More attributes of its element.

    Examples:
        >>> activity_html("forms")[:27], activity_html("forms").count("site-activity")
        ('<div data-activity="forms" ', 1)
    """
    body = open_by_name(name).page().replace("§", f"{name}-at-")
    known = {"data_activity": name, "data_waiting": name in DATED, "data_run_by_itself": True, "class_": "site-activity"}
    return tag("div", Markup(body), **known, **attributes)


def home_page(build: Build) -> str:
    """Return the page for visitors who open the site."""
    return page_html(
        build,
        HOME,
        text("site.home.title"),
        tag(
            "div",
            tag("h1", text("site.home.title")),
            tag("p", text("site.home.lead")),
            tag("div", tag("p", linked_text("plan.crisis")), class_="bw-lifeline site-screen"),
            class_="site-prose",
        ),
        activity_html("quick_check"),
        tag(
            "div",
            tag("h2", text("site.home.more")),
            tag("p", text("site.home.more_lead")),
            chapter_lists(build, "h3"),
            class_="site-prose",
        ),
    )


def chapter_lists(build: Build, level: str) -> Markup:
    """Return links to the chapters under the parts that they belong to; at the end the workshop, and what isn't on the site.

    Args:
        build: What all pages of the build have in common.
        level: The tag of the headings.
    """
    rows = chapter_rows()
    parts = dict.fromkeys(row.part for row in rows if row.part)
    students = [
        (tag(level, text(f"chapter_part.{part}")), tag("ol", [_item(build, row) for row in rows if row.part == part], **LIST))
        for part in parts
    ]
    workshop = [_item(build, row) for row in rows if row.audience == "facilitator"]
    deck = tag(
        "li",
        tag("a", text("site.deck.title"), href=DECK),
        " ",
        tag("span", text("site.deck.for"), class_="site-minutes"),
    )
    elsewhere = [
        tag("li", tag("b", f"{row.chapter[:2]} · {text(f'chapter.{row.chapter}')}"), " ", _remark(row))
        for row in load_chapters()
        if row.audience == "teacher"
    ]
    return join(
        students,
        tag(level, text("site.chapters.facilitators")),
        tag("ol", workshop, deck, **LIST),
        tag(level, text("site.chapters.teachers")),
        tag("p", text("site.chapters.teachers_where")),
        tag("ol", elsewhere, **LIST),
    )


def _item(build: Build, row: ChapterRow) -> Markup:
    return tag("li", tag("a", build.titles[row.chapter], href=f"{row.chapter}.html"), " ", _remark(row))


def _remark(row: ChapterRow) -> Markup:
    """Return how long a chapter takes, and what one does in it."""
    remark = text("site.minutes", minutes=row.minutes, what=text(f"chapter_list.{row.chapter}"))
    return tag("span", remark, class_="site-minutes")


def chapters_page(build: Build) -> str:
    """Return the list of chapters."""
    title = text("site.chapters.title")
    lead = tag("p", text("site.home.more_lead"))
    return page_html(
        build, CHAPTERS, title, tag("div", tag("h1", title), lead, chapter_lists(build, "h2"), class_="site-prose")
    )


def chapter_page(build: Build, chapter: str, pieces: Iterable[Piece]) -> str:
    """Return a chapter's page, with the same prose and activities as its notebook."""
    pieces = list(pieces)
    end = _last_prose(pieces)
    title, *rest = [
        activity_html(piece.activity)
        if piece.kind == "activity"
        else tag("div", Markup(piece.html), class_=_look(piece, last=place == end))
        for place, piece in enumerate(pieces)
    ]
    page = f"{chapter}.html"
    note = _deck_note() if page == WORKSHOP else None
    answers = tag("p", text("site.paper_answers"), class_="site-paper", hidden=True)
    return page_html(build, page, build.titles[chapter], title, note, *rest, answers, _neighbors(build, chapter))


def _look(piece: Piece, *, last: bool) -> str:
    """Return the class of prose or an output."""
    return f"site-{piece.kind}{' site-conclusion' if piece.concludes else ''}{' site-end' if last else ''}"


def _last_prose(pieces: Sequence[Piece]) -> int:
    """Return the index of a chapter's last prose, except what introduces an output."""
    kinds = [piece.kind for piece in pieces]
    return max(place for place, kind in enumerate(kinds) if kind == "prose" and kinds[place + 1 : place + 2] != ["output"])


def _deck_note() -> Markup:
    deck = tag("a", text("site.workshop.open"), href=DECK, class_="site-main")
    return tag("div", tag("p", deck), tag("p", text("site.workshop.note")), class_="site-prose site-screen")


def _neighbors(build: Build, chapter: str) -> Markup:
    """Return the links at a chapter's end: on, then back, then what few readers need."""

    def to(label: str, other: str, **attributes: object) -> Markup:
        return tag("a", label, href=f"{other}.html", **attributes)

    names = list(build.titles)
    at = names.index(chapter)
    after = names[at + 1] if at + 1 < len(names) else None
    students = {row.chapter for row in chapter_rows() if row.audience == "student"}
    facilitators = after if after and chapter in students and after not in students else None
    links = []
    if facilitators:  # a student has read every chapter, and what is left is the plan
        links.append(to(text("site.plan", title=build.titles[PLAN]), PLAN, class_="site-next"))
    elif after:
        links.append(to(text("site.next", title=build.titles[after]), after, rel="next", class_="site-next"))
    if at > 0:
        before = names[at - 1]
        links.append(to(text("site.previous", title=build.titles[before]), before, rel="prev"))
    if facilitators:
        words = text("site.next_facilitators", title=build.titles[facilitators])
        links.append(to(words, facilitators, class_="site-aside"))
    return tag("nav", links, class_="site-neighbors", aria_label=text("site.nav.chapters"))


def deck_page(build: Build) -> str:
    """Return the workshop as one full-screen page for a single presenter, controlled by keys, without phones."""
    return _document(
        build,
        f"{text('site.deck.title')} · {text('site.name')}",
        stage_bar(DECK_OPENS, tag("a", text("site.deck.back"), href=WORKSHOP)),
        _status(),
        tag("noscript", tag("p", text("site.deck.no_script"), class_="stage-wait")),
        tag("p", text("site.deck.paper", page=WORKSHOP), class_="stage-paper", hidden=True),
        tag("main", [activity_html(part, data_on=part == DECK_OPENS) for part in stage_parts()], id="stage"),
        head=(
            Markup(f'<link rel="stylesheet" href="{build.assets}/stage.css">'),
            Markup(f"<noscript><style>{STYLE_WITHOUT_SCRIPTS}</style></noscript>"),
            Markup(f'<script type="module" src="{build.assets}/stage.js"></script>'),
        ),
        on_stage=True,
    )


def saved_page(build: Build) -> str:
    """Return the page on which readers can view, download or delete what is saved in their browser."""
    title = text("site.saved.title")
    keys = ("none", "some", "deleted", "opened", "bad_file")
    texts = {key: text(f"site.saved.{key}", names="{names}") for key in keys}
    body = tag(
        "div",
        tag("h1", title),
        tag("p", text("site.saved.lead")),
        tag("p", texts["none"], id="saved-now", role="status", tabindex="-1"),
        tag(
            "div",
            tag(
                "div",
                tag("button", text("site.saved.export"), type="button", id="saved-export"),
                tag("button", text("site.saved.delete"), type="button", id="saved-delete"),
                class_="bw-toolbar bw-alike",
                id="saved-do",
                hidden=True,
            ),
            tag("p", text("site.saved.import_help"), id="saved-import-help", class_="bw-screen"),
            tag(
                "div",
                tag(
                    "label",
                    tag("span", text("site.saved.import")),
                    tag("input", type="file", id="saved-import", accept=".json", aria_describedby="saved-import-help"),
                    class_="bw-file",
                ),
                class_="bw-toolbar",
            ),
            class_="bw bw-spaced",
        ),
        Markup(f'<script type="application/json" id="saved-texts">{_json(texts)}</script>'),
        Markup(f'<script type="module" src="{build.assets}/your-data.js"></script>'),
        class_="site-prose",
    )
    return page_html(build, SAVED, title, body)
