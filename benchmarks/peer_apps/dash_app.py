"""The verdict and the chart in Dash."""
# ruff: noqa: INP001 (a standalone script)

from __future__ import annotations

import sys
from typing import Any

from dash import Dash, Input, Output, dcc, html
from shown import shown

app = Dash(__name__)
app.layout = html.Div(
    [dcc.Slider(190, 300, 1, value=239, id="score", updatemode="drag"), html.P(id="verdict"), dcc.Graph(id="callers")]
)


@app.callback(Output("verdict", "children"), Output("callers", "figure"), Input("score", "value"))
def show(score: int) -> Any:
    """Return the verdict and the chart for a new score."""
    return shown(score)


if __name__ == "__main__":
    app.run(port=int(sys.argv[1]))
