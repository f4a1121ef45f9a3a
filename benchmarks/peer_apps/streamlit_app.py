"""The verdict and the chart in Streamlit."""
# ruff: noqa: INP001 (a script that Streamlit runs)

from __future__ import annotations

import streamlit as st
from shown import shown

verdict, chart = shown(st.slider("Score", 190, 300, 239))
st.write(verdict)
st.plotly_chart(chart)
