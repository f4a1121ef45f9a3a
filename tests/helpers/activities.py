"""Helpers for tests of activities: a page's elements, and a simulated reader."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from typing import Any

from backchannel_lib.activities.activity import Activity

VOID = {"input", "meta", "br", "hr"}


class Page(HTMLParser):
    """Collects a page's elements, and checks that each one is closed in the right place."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Record an element."""
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Close the element opened last."""
        assert self.open.pop() == tag, tag


def act(activity: Activity[Any], **message: Any) -> list[dict[str, Any]]:
    """Send an activity a reader's message, and check the answers."""
    answers = list(activity.handle({**message, "seq": 1, "view": "v"}))
    content = json.dumps(answers)
    assert "Traceback" not in content
    assert "Error(" not in content
    return answers
