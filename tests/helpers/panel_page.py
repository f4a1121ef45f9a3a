"""One widget on its own page: the real front end and the widget's real Python side, without JupyterLab in between.

Opening a chapter in JupyterLab takes a hundred times as long. Tests in JupyterLab cover only what it alone can show: its keys,
its themes, its widths, and the path of a message through its server and its kernel.
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

ADDRESS = "http://localhost/panel/"  # nothing listens there, because requests are answered here
HTML = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>A panel</title><link rel="stylesheet" href="panel.css"></head>
<body data-jp-theme-light="true"><script type="module" src="page.js"></script></body>
</html>"""
#: What JupyterLab does for a widget: it stores the traits that Python sends, and passes messages both ways.
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
    """The Python side of a page, as its websocket sees it.

    Args:
        widget: The widget on the page.
        page: The page's end of the websocket.
    """

    def __init__(self, widget: ActivityView, page: WebSocketRoute) -> None:
        super().__init__(primary=False)
        self.receive: Callable[[str | bytes], None] = page.send
        widget.comm = self

    def close(self, *_: object, **__: object) -> None:
        """Leave the websocket open, because the page closes it."""

    def on_message(self, receive: Callable[[str | bytes], None]) -> None:
        """Send messages from Python to ``receive`` instead of the page."""
        self.receive = receive

    def publish_msg(self, msg_type: str, data: Any = None, metadata: Any = None, buffers: Any = None, **_: Any) -> None:
        """Send a widget's message."""
        if msg_type == "comm_msg":
            self.receive(json.dumps({**data, "buffers": [base64.b64encode(one).decode() for one in buffers or ()]}))

    def send(self, data: Any = None, metadata: Any = None, buffers: Any = None) -> None:
        """Receive a frame from the page, or a record from the widget."""
        if isinstance(data, str | bytes):
            self.handle_msg({"content": {"data": json.loads(raw(data))}, "buffers": []})
        else:
            super().send(data, metadata, buffers)


class PanelPage(Opened):
    """A page that shows one widget after another, with a simulated network.

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
        """Replace the widget on the page, and wait until the new one is usable and all its charts are drawn."""
        self.widget = widget
        self.complaints.clear()
        self.network.restore()
        self.page.evaluate("show()")
        self.page.wait_for_selector(".bw[data-ready]")
        self.page.wait_for_function(DRAWN, polling=GLANCE)
        self.settle()


#: Whether all visible charts are there, drawn by Plotly or in advance.
DRAWN = """[...document.querySelectorAll('[data-chart]')]
    .every(one => !one.clientWidth || one.dataset.at || one.querySelector('.svg-container'))"""


def answer(route: Route) -> None:
    """Serve one of the page's files."""
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
