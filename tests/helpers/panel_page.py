"""One widget in a page of its own: the page's real front end and the widget's real Python side, without JupyterLab between.

To open a chapter in JupyterLab costs a hundred times as much. What only Lab can show is tested there: its keys, its themes,
its widths, and the way of a message through its server and its kernel.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import comm.base_comm
from playwright.sync_api import Page, Route, WebSocketRoute

from backchannel_lib.notebook.widget import ActivityView
from backchannel_lib.page.frontend import STATIC, bundle
from tests.helpers.lab import GLANCE, Opened
from tests.helpers.network import Network, raw

ADDRESS = "http://localhost/panel/"  # nothing listens there: what is asked for is answered here
HTML = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>A panel</title><link rel="stylesheet" href="panel.css"></head>
<body data-jp-theme-light="true"><script type="module" src="page.js"></script></body>
</html>"""
#: What Lab does for a widget: it keeps the traits that Python sends, and hands messages to and fro.
PAGE = """
import panel from "./panel.js";

let close = () => {};
/** Show another widget in place of the one before, with nothing left of what was entered there. */
window.show = () => new Promise((shown) => {
  close();
  sessionStorage.clear();
  document.body.replaceChildren(document.createElement("main"));
  const socket = new WebSocket("ws://localhost/api/kernels/panel/channels");
  const callbacks = new Set();
  let traits = null;
  const model = {
    get: (name) => traits[name],
    on: (_, callback) => callbacks.add(callback),
    off: (_, callback) => callbacks.delete(callback),
    send: (content) => socket.send(JSON.stringify({ method: "custom", content })),
  };
  socket.onmessage = ({ data }) => {
    const { method, state, content, buffers } = JSON.parse(data);
    if (method === "update") {
      const first = !traits;
      traits = { ...traits, ...state };
      if (!first) return;
      const dispose = panel.render({ model, el: document.querySelector("main") });
      close = () => { dispose(); socket.close(); };
      shown();
      return;
    }
    const views = buffers.map((one) => new DataView(Uint8Array.from(atob(one), (byte) => byte.charCodeAt(0)).buffer));
    for (const callback of callbacks) callback(content, views);
  };
  socket.onopen = () => socket.send(JSON.stringify({ method: "request_state" }));
});
"""


class Kernel(comm.base_comm.BaseComm):
    """The Python side of a page, as its websocket reaches it.

    Args:
        widget: The widget that the page shows.
        page: The page's end of the websocket.
    """

    def __init__(self, widget: ActivityView, page: WebSocketRoute) -> None:
        super().__init__(primary=False)
        self.receive: Callable[[str | bytes], None] = page.send
        widget.comm = self

    def close(self, *_: object, **__: object) -> None:
        """Leave the websocket open: the page closes it."""

    def on_message(self, receive: Callable[[str | bytes], None]) -> None:
        """Hand every message from Python to someone else than the page."""
        self.receive = receive

    def publish_msg(self, msg_type: str, data: Any = None, metadata: Any = None, buffers: Any = None, **_: Any) -> None:
        """Send what a widget sends."""
        if msg_type == "comm_msg":
            self.receive(json.dumps({**data, "buffers": [base64.b64encode(one).decode() for one in buffers or ()]}))

    def send(self, data: Any = None, metadata: Any = None, buffers: Any = None) -> None:
        """Take a frame from the page, or a record from the widget."""
        if isinstance(data, str | bytes):
            self.handle_msg({"content": {"data": json.loads(raw(data))}, "buffers": []})
        else:
            super().send(data, metadata, buffers)


class PanelPage(Opened):
    """A page that shows one widget after the other, and the network between.

    Args:
        page: A new page.

    Attributes:
        network: The network between the page and the widget.
    """

    def __init__(self, page: Page) -> None:
        super().__init__(page)
        page.route(f"{ADDRESS}**", answer)
        self.network = Network(page, connect=lambda socket: Kernel(self.widget, socket))
        self.page.goto(ADDRESS)

    def show(self, widget: ActivityView) -> None:
        """Show a widget in place of the one before, and wait until it can be used and all its charts are drawn."""
        self.widget = widget
        self.network.restore()
        self.page.evaluate("show()")
        self.page.wait_for_selector(".bw[data-ready]")
        self.page.wait_for_function(DRAWN, polling=GLANCE)
        self.settle()


#: Whether plotly has drawn each chart that can be seen.
DRAWN = "[...document.querySelectorAll('[data-chart]')].every(one => !one.clientWidth || one.querySelector('.svg-container'))"


def answer(route: Route) -> None:
    """Give the page one of its files."""
    match route.request.url.removeprefix(ADDRESS):
        case "":
            route.fulfill(content_type="text/html", body=HTML)
        case "page.js":
            route.fulfill(content_type="text/javascript", body=PAGE)
        case "panel.js":
            route.fulfill(content_type="text/javascript", body=bundle())
        case "panel.css":
            route.fulfill(content_type="text/css", body=(STATIC / "panel.css").read_text(encoding="utf-8"))
        case _:
            route.fulfill(status=404)
