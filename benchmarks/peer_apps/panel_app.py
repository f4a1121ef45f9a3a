"""The verdict and the chart in Panel."""
# ruff: noqa: INP001 (a script that Panel runs)

from __future__ import annotations

import panel as pn
from shown import shown

pn.extension("plotly")
score = pn.widgets.IntSlider(name="Score", start=190, end=300, value=239)
both = pn.bind(shown, score)
pn.Column(score, pn.bind(lambda told: told[0], both), pn.pane.Plotly(pn.bind(lambda told: told[1], both))).servable()
