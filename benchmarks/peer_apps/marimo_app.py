"""The verdict and the chart in marimo."""
# ruff: noqa: INP001, B018, ANN001, ANN202 (marimo's notebook format)

import marimo

app = marimo.App()


@app.cell
def _():
    import marimo as mo
    from shown import shown

    return mo, shown


@app.cell
def _(mo):
    score = mo.ui.slider(190, 300, value=239, label="Score")
    score
    return (score,)


@app.cell
def _(mo, score, shown):
    verdict, chart = shown(score.value)
    mo.vstack([mo.md(verdict), chart])


if __name__ == "__main__":
    app.run()
