"""A room's pages, for the projector and for the presenter."""

from __future__ import annotations

import json
from typing import Final, Literal, TypeAlias

from backchannel_lib.base.texts import text
from backchannel_lib.page.html import Markup, tag
from backchannel_lib.workshop.run_plan.activity import KEYS, PRESENTER_KEYS
from backchannel_lib.workshop.session import Session
from backchannel_lib.workshop.stage import keys_dialog, stage_bar

Role: TypeAlias = Literal["projector", "presenter"]
#: The kinds of window. Each kind has its own key.
ROLES: Final[tuple[Role, ...]] = ("projector", "presenter")
#: The activity that the projector opens with.
OPENS_WITH: Final = "round"
#: The content security policy: pages can only run their own scripts and connect to this server.
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src data:; connect-src 'self'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)


def room_page(session: Session, role: Role) -> str:
    """Return the opening page of a window.

    Args:
        session: The session to show.
        role: The kind of window.

    Examples:
        >>> session = Session()
        >>> ["bw-presenter" in room_page(session, role) for role in ROLES]
        [False, True]
    """
    is_presenter = role == "presenter"
    data = {"asleep": text("stage.asleep"), "late": text("panel.late"), "not_saved": text("panel.not_saved")}
    presenter_bar = tag("header", tag("h1", text("stage.presenter"), class_="stage-title"), class_="stage-bar")
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark" if is_presenter else "light"),
        tag("title", text("stage.presenter" if is_presenter else "stage.title")),
        Markup('<link rel="icon" href="data:,">'),
        *(Markup(f'<link rel="stylesheet" href="assets/{file}">') for file in ("panel.css", "stage.css")),
        Markup('<script type="module" src="assets/room.js"></script><script type="module" src="assets/stage.js"></script>'),
    )
    parts = [_part(session, name, is_presenter=is_presenter) for name in session.parts]
    body = tag(
        "body",
        presenter_bar if is_presenter else stage_bar(OPENS_WITH),
        tag("noscript", tag("p", text("stage.no_script"), class_="stage-wait")),
        tag("main", parts, id="stage"),
        tag("p", id="status", role="alert", class_="stage-status", hidden=True),
        keys_dialog(PRESENTER_KEYS if is_presenter else KEYS),
        Markup(f'<script type="application/json" id="page-data">{json.dumps(data).replace("<", "&lt;")}</script>'),
        data_stage=not is_presenter,
        data_role=role,
        data_dark_text=text("stage.dark") if is_presenter else None,
    )
    return f"<!doctype html>\n{tag('html', head, body, lang='en')}\n"


def _part(session: Session, name: str, *, is_presenter: bool) -> Markup:
    activity = session.parts[name]
    html = session.run_plan.presenter_page() if is_presenter and activity is session.run_plan else activity.page()
    on = name == OPENS_WITH or (is_presenter and activity is session.run_plan)
    return tag("div", Markup(html.replace("§", f"{name}-at-")), data_activity=name, data_on=on)
