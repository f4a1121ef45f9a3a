"""Activities as widgets, without a browser: what can be set, observed, linked and put into a layout."""

from __future__ import annotations

import asyncio
import contextlib
import json
import uuid
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import ipywidgets
import pytest
import traitlets

from backchannel_lib import Case, CaseError, Panel, judge, open_activity, rules_check
from backchannel_lib.activities.case_panel import CaseActivity
from backchannel_lib.activities.quick_check import QuickCheck
from backchannel_lib.activities.scenes import Scenes
from backchannel_lib.activities.tables import load_activities
from backchannel_lib.notebook import widget


class Front:
    """A stand-in for a page with one widget, which sends messages and collects the answers."""

    def __init__(self, view: widget.ActivityView) -> None:
        self.view = view
        self.answers: list[dict[str, Any]] = []
        view.send = lambda content, buffers=None: self.answers.append(content)  # type: ignore[method-assign]
        self.send(type="hello")

    def send(self, **message: Any) -> None:
        """Send a reader's action."""
        self.answers.clear()
        self.view._handle_custom_msg(message, [])

    def values(self) -> dict[str, Any]:
        """Return the values sent for the controls."""
        return {field: value for answer in self.answers for field, value in answer.get("values", {}).items()}


@pytest.fixture
def panel() -> Panel:
    return Panel()


@pytest.fixture
def changes() -> list[tuple[str, Any]]:
    return []


def test_a_change_from_python_reaches_the_page_with_its_verdict(panel: Panel) -> None:
    front = Front(panel)
    front.answers.clear()
    panel.value = {"recommender": "trusted_peer", "specifics": True}
    assert front.values() == {"recommender": "trusted_peer", "specifics": True}
    assert any("Phone interview" in str(body) for answer in front.answers for body in answer["contents"].values())
    assert panel.value == Case(recommender="trusted_peer", specifics=True).to_record()


def test_a_change_on_the_page_reaches_python(panel: Panel, changes: list[tuple[str, Any]]) -> None:
    panel.observe(lambda change: changes.append((change.name, change.new)), ["value", "verdict", "rule"])
    front = Front(panel)
    assert not changes
    front.send(type="set", field="phase", value="groundwork")
    front.send(type="set", field="move", value="pressure")
    record = Case(phase="groundwork").to_record()
    assert [name for name, _ in changes] == ["value", "rule", "value", "verdict"]
    assert changes[0] == ("value", record)
    assert changes[1] == ("rule", "allowed")
    assert changes[3] == ("verdict", "backfires")
    assert panel.value["move"] == "pressure"


def test_a_move_is_answered_once_and_once_more_with_what_can_wait(panel: Panel) -> None:
    front = Front(panel)
    front.send(type="set", field="recommender", value="trusted_peer")
    assert [answer.get("more") for answer in front.answers] == [True, None]
    assert panel.verdict == judge(Case(recommender="trusted_peer")).verdict.name.lower()


@pytest.fixture
def in_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    """Provide what only a kernel has."""
    monkeypatch.setattr(widget, "get_ipython", lambda: SimpleNamespace(kernel=SimpleNamespace()))


@pytest.mark.usefixtures("in_kernel")
def test_in_a_kernel_what_can_wait_follows_once_after_the_last_of_several_moves(panel: Panel) -> None:
    async def moves() -> None:
        front = Front(panel)
        told: list[dict[str, Any]] = []
        for recommender in ("trusted_peer", "known_dean"):
            front.send(type="set", field="recommender", value=recommender)
            told += front.answers
        front.answers.clear()
        assert [answer.get("more") for answer in told] == [True, True]
        await asyncio.sleep(3 * widget.PUBLISH_S)
        assert panel.value["recommender"] == "known_dean"
        assert front.answers == []
        await asyncio.sleep(3 * widget.PAUSE_S)
        (deferred,) = front.answers
        assert deferred["fragments"].keys() >= {"changes", "base_figure.map", "alt_text.map"}
        assert deferred["number"] == told[-1]["number"] + 1
        panel.value = {"recommender": "self", "move": "direct_email"}  # code doesn't wait
        assert front.answers[-1]["number"] == deferred["number"] + 2

    asyncio.run(moves())


@pytest.mark.usefixtures("in_kernel")
def test_in_a_kernel_what_can_wait_comes_even_while_moves_keep_coming(panel: Panel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(widget, "PAUSE_S", 60.0)
    monkeypatch.setattr(widget, "MOST_PAUSE_S", 0.05)

    async def moves() -> None:
        front = Front(panel)
        for score in range(230, 240):
            await asyncio.sleep(0.01)
            front.send(type="set", field="score", value=score)
        await asyncio.sleep(0.1)
        assert front.answers[-1].keys() >= {"fragments"}
        assert "more" not in front.answers[-1]

    asyncio.run(moves())


def test_undo_reset_and_a_reading_reach_python(panel: Panel) -> None:
    front = Front(panel)
    front.send(type="set", field="move", value="pressure")
    front.send(type="undo")
    assert (panel.value, panel.verdict) == (Case().to_record(), "skimmed")
    panel.value = {"recommender": "trusted_peer"}
    front.send(type="read", value="vouch_is_enough")
    assert panel.verdict == judge(panel.activity.case, "vouch_is_enough").verdict.name.lower() == "phone_interview"
    front.send(type="reset")
    assert panel.value == Case().to_record()


def test_an_observer_of_the_value_sees_its_verdict(panel: Panel) -> None:
    seen: list[str] = []
    panel.observe(lambda _: seen.append(panel.verdict), "value")
    panel.value = {"move": "pressure"}
    Front(panel).send(type="undo")
    assert seen == ["backfires", "skimmed"]


@pytest.mark.parametrize(
    "wrong", [{"score": 1200}, {"scor": 240}, {"move": "pressure", "phase": "never"}, {"range_floor": 240, "range_low": 230}]
)
def test_an_invalid_value_raises_and_changes_nothing(
    panel: Panel, changes: list[tuple[str, Any]], wrong: dict[str, Any]
) -> None:
    panel.value = {"score": 251}
    front = Front(panel)
    front.answers.clear()
    before = panel.value, panel.verdict, panel.rule, panel.activity.state, panel.text
    panel.observe(lambda change: changes.append((change.name, change.new)), ["value", "verdict", "rule"])
    with pytest.raises(CaseError):
        panel.value = wrong
    with pytest.raises(CaseError):
        panel.update(**wrong)
    with pytest.raises(CaseError):
        panel.set_state({"value": wrong})  # the same through a link of the front end
    assert (panel.value, panel.verdict, panel.rule, panel.activity.state, panel.text) == before
    assert not changes
    assert not front.answers
    assert panel.activity.undo()
    assert panel.activity.case == Case()


def test_a_value_that_is_not_a_dict_is_rejected(panel: Panel) -> None:
    with pytest.raises(traitlets.TraitError):
        panel.value = 3
    assert panel.value == Case().to_record()


@pytest.mark.parametrize("name", ["verdict", "rule"])
def test_the_answers_cannot_be_set_from_outside(panel: Panel, name: str) -> None:
    before = getattr(panel, name)
    with pytest.raises(traitlets.TraitError):
        setattr(panel, name, "maybe")
    panel.set_state({name: "maybe"})
    assert getattr(panel, name) == before
    assert panel.trait_metadata(name, "sync")


def test_scores_from_two_exams_get_no_verdict(panel: Panel) -> None:
    panel.value = {"score": 600}
    assert (panel.verdict, panel.rule) == ("", "not_allowed")
    panel.value = {"score": 240}
    assert panel.verdict == "skimmed"


def test_widgets_can_be_linked(panel: Panel) -> None:
    score = ipywidgets.IntText()
    label, rule = ipywidgets.Label(), ipywidgets.Label()
    other = Panel()
    traitlets.link((panel, "verdict"), (label, "value"))
    traitlets.dlink((panel, "rule"), (rule, "value"))
    traitlets.link((panel, "value"), (other, "value"))
    traitlets.dlink((score, "value"), (panel, "value"), lambda points: {"score": points} if points else {})
    ipywidgets.jslink((panel, "verdict"), (label, "value"))
    ipywidgets.jslink((panel, "value"), (other, "value"))
    assert (label.value, rule.value) == ("skimmed", "not_allowed")
    Front(other).send(type="set", field="move", value="pressure")
    assert (label.value, panel.value["move"]) == ("backfires", "pressure")
    score.value = 251
    assert other.value["score"] == 251


def test_widgets_can_be_laid_out(panel: Panel) -> None:
    layout = ipywidgets.Layout(width="50%")
    other = Panel(Case(score=228), layout=layout)
    box = ipywidgets.HBox([panel, other])
    tabs = ipywidgets.Tab([box, open_activity("forms", layout=layout)])
    assert isinstance(tabs.children[1], ipywidgets.DOMWidget)
    assert other.layout is layout
    panel.layout.width = "40%"
    assert box.children[0].layout.width == "40%"


def test_a_notebook_shows_the_widget_and_what_it_says(panel: Panel) -> None:
    bundle, _ = panel._repr_mimebundle_()
    assert bundle["application/vnd.jupyter.widget-view+json"]["model_id"] == panel.model_id
    assert bundle["text/plain"] == panel.text
    assert bundle["text/html"] == panel.activity.static_html()
    assert repr(panel).startswith("<case: Example. NRMP's rule: Not allowed. Skimmed.")


def test_a_view_opens_with_the_page_as_it_is(panel: Panel) -> None:
    panel.value = {"score": 251}
    panel._repr_mimebundle_()
    assert panel.html == panel.activity.page()


def test_nothing_is_sent_before_a_page_is_there(panel: Panel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(panel, "send", lambda *_: pytest.fail("sent"))
    panel.value = {"score": 251}
    panel.transcript()


class Kernel:
    """A stand-in for a kernel that runs one cell."""

    def __init__(self, cell: str | None, run: str) -> None:
        self.parent = {"header": {"msg_id": run}, "metadata": {"cellId": cell} if cell else {}}
        self.kernel = self

    def get_parent(self) -> dict[str, Any]:
        """Return the current request, as ipykernel does."""
        return self.parent


@pytest.fixture
def run_cell(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Run a cell that makes some panels, and return where each saves; ``restart`` starts a new kernel."""

    def run(cell: str | None, panels: int = 1, *, restart: bool = False) -> list[str]:
        if restart:
            monkeypatch.setattr(widget, "_counts", type(widget._counts)())
        kernel = Kernel(cell, uuid.uuid4().hex)
        monkeypatch.setattr(widget, "get_ipython", lambda: kernel)
        return [Panel().storage_key for _ in range(panels)]

    return run


def test_every_panel_of_a_notebook_saves_under_a_name_of_its_own(run_cell: Any) -> None:
    for cells in (("one", "two", "three"), (None, None, None)):
        keys = [key for cell in cells for key in run_cell(cell, 2)]
        assert len(set(keys)) == len(keys)
    assert Panel().storage_key != open_activity("forms").storage_key


def test_a_panel_saves_under_the_same_name_when_the_notebook_runs_again(run_cell: Any) -> None:
    before = [*run_cell("one", 2), *run_cell("two")]
    assert run_cell("two") == before[2:]  # the cell alone
    assert [*run_cell("one", 2, restart=True), *run_cell("two")] == before
    without_ids = [*run_cell(None, 2, restart=True), *run_cell(None)]
    assert [*run_cell(None, 2, restart=True), *run_cell(None)] == without_ids
    assert Panel(key="mine").storage_key == Panel(key="mine").storage_key


@pytest.mark.slow
@pytest.mark.parametrize("name", [row.activity for row in load_activities()])
def test_the_value_of_an_activity_brings_it_back(name: str) -> None:
    view = open_activity(name)
    opening = view.value
    tells = isinstance(view.activity, CaseActivity) and not isinstance(view.activity, Scenes)
    assert bool(view.verdict) == tells
    assert bool(view.rule) == (tells or isinstance(view.activity, QuickCheck))  # whose verdict is still a range of them
    for field in view.activity.fields():
        positions = list(view.activity.positions(field))
        for position in (*positions[:3], *positions[3:][-1:], 3, "Boston"):
            if opening.get(field) == position:
                continue
            try:
                view.value = {field: position}
            except CaseError:
                assert view.value == opening
            moved = view.value
            front = Front(view)
            front.send(type="reset")
            view.value = moved
            assert view.value == moved
            front.send(type="reset")
            assert view.value == opening
    with pytest.raises(CaseError):
        view.value = {"nonsense": 1}


def test_no_trait_reveals_the_verdict_before_the_prediction() -> None:
    """Nothing sent to a page before a prediction contains the answer, and neither do the widget's traits."""
    view = open_activity("paper_scenes")
    assert (view.verdict, view.rule) == ("", "")
    view.update(guess="maybe")
    assert (view.verdict, view.rule) == ("", "")
    view._handle_custom_msg({"type": "see", "seq": 1, "view": "v"}, [])
    assert view.verdict == judge(view.activity.case).verdict.name.lower()  # type: ignore[attr-defined]
    assert view.rule == rules_check(view.activity.case).answer  # type: ignore[attr-defined]


#: One activity of each kind.
KINDS = list({row.kind: row.activity for row in load_activities()}.values())
HALF = "half \ud83d an emoji"


@pytest.mark.slow
@pytest.mark.parametrize("name", KINDS)
def test_half_an_emoji_never_cuts_the_page_off(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A browser sends an unpaired surrogate if text is cut inside an emoji, and no connection could send it back."""
    sent: list[Any] = []
    monkeypatch.setattr(ipywidgets.Widget, "_send", lambda self, message, buffers=None: sent.append(message))
    view = open_activity(name)
    page = Front(view)
    del view.send  # type: ignore[attr-defined] # as it is, and not the stand-in's
    for field in view.activity.fields():
        page.send(type="set", field=field, value=HALF)
    page.send(type="load", name=HALF, text=json.dumps(dict.fromkeys(view.activity.fields(), HALF)))
    page.send(type="undo")
    view.text.encode()
    for one in [sent, view.get_state("value"), view.get_state("html"), view._repr_mimebundle_()]:
        json.dumps(one, ensure_ascii=False, default=str).encode()
    assert sent


def test_half_an_emoji_is_replaced_and_the_rest_of_the_text_stays() -> None:
    """The student's other text isn't lost."""
    view = open_activity("reply")
    Front(view).send(type="set", field="text", value=f"Dear Dr. O., {HALF}")
    assert view.value["text"] == "Dear Dr. O., half \ufffd an emoji"


@pytest.mark.slow
@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize(
    "nested",
    ["[" * 100_000, '{"a":' * 100_000, "[" * 900 + "]" * 900, '{"a":' * 900 + "1" + "}" * 900],
    ids=["many open lists", "many open objects", "a deep list", "a deep object"],
)
def test_a_file_that_is_nested_too_deeply_is_rejected_with_a_message(name: str, nested: str) -> None:
    """The nesting can be in the file, in a value of any type, or in a string that is JSON itself. The state stays the same."""
    activity = open_activity(name).activity
    files = [nested]
    values = activity.values(activity.state)
    of_each_type = {type(value): field for field, value in values.items()}
    for field in [*of_each_type.values(), "session", "guesses"]:
        files.append(json.dumps({**values, field: nested}))
        if nested.endswith(("]", "}")):
            files.append(f'{{"{field}": {nested}}}')
    before = activity.state
    for file in files:
        with contextlib.suppress(CaseError):
            activity.from_file(file)
        assert activity.state == before
        for answer in activity.handle({"type": "load", "name": "x.json", "text": file}):
            json.dumps(answer)
        activity.restore(before)
