"""A panel whose messages are lost, duplicated, delayed and reordered, and one without browser storage.

Whatever happens, the page ends up with Python's state, and says so while it waits for an answer. Messages that are lost between
JupyterLab and its kernel are tested in test_panel.py.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from backchannel_lib import Case, Panel, judge
from backchannel_lib.base.texts import text
from tests.helpers.lab import GLANCE, PATIENCE, SIZE, Opened
from tests.helpers.network import Network
from tests.helpers.panel_page import PanelPage

NOTICE = ".bw [data-notice]"


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[PanelPage]:
    """One page for all tests in this file."""
    context = browser.new_context(viewport=SIZE)
    yield PanelPage(context.new_page())
    context.close()


@pytest.fixture
def fresh(page: PanelPage) -> tuple[PanelPage, Network]:
    """A panel with a known dean's call, which gets the file read, and no messages in transit."""
    panel = Panel(Case(recommender="known_dean"))
    panel.update(specifics=True)
    page.show(panel)
    page.network.prefetch = False
    assert page.verdict() == "File read"
    return page, page.network


def pick(opened: Opened, recommender: str) -> None:
    """Choose the caller."""
    opened.page.check(f".bw [data-field=recommender] input[value={recommender}]")


def watch(opened: Opened) -> None:
    """Record each verdict that the page shows from now on."""
    opened.page.evaluate(
        """() => {
          const verdict = () => document.querySelector('.bw .bw-verdict-name').innerText;
          window.seen = [verdict()];
          window.watching?.disconnect();
          window.watching = new MutationObserver(() => verdict() === seen.at(-1) || seen.push(verdict()));
          watching.observe(document.querySelector('.bw'), { subtree: true, childList: true, characterData: true });
        }"""
    )


def seen(opened: Opened) -> list[str]:
    """Return the recorded verdicts."""
    verdicts: list[str] = opened.page.evaluate("seen")
    return verdicts


def expected(opened: Opened) -> str:
    """Return the verdict on the case in the controls."""
    page = opened.page
    recommender = page.eval_on_selector(".bw [data-field=recommender] input:checked", "one => one.value")
    specifics = page.is_checked(".bw [data-field=specifics] input")
    return judge(Case(recommender=recommender, specifics=specifics)).verdict.label


@pytest.mark.parametrize(
    "answers",
    [
        ["lost", "arrives"],
        # What was asked for is lost too, but for its second half.
        ["lost", "arrives", "lost", "arrives", "arrives", "arrives"],
        ["twice", "twice"],
        ["late", "arrives"],
        ["late", "lost", "arrives"],
        ["arrives", "lost", "late", "twice"],
    ],
    ids="-".join,  # of those that are lists
)
def test_the_page_ends_with_the_verdict_of_the_kernel(fresh: tuple[PanelPage, Network], answers: list[str]) -> None:
    """The next answer reveals a lost one, and the page requests everything, without any action by the reader."""
    opened, network = fresh
    count = len(network.passed)
    network.answers = answers.copy()
    watch(opened)
    pick(opened, "trusted_peer")
    opened.wait_for_verdict("Phone interview")
    opened.settle()
    assert seen(opened) == ["File read", "Phone interview"]
    assert network.passed[count : count + len(answers)] == answers
    assert opened.verdict() == expected(opened) == "Phone interview"
    assert opened.page.get_attribute(".bw [data-chart=map]", "data-at") == "240 Trusted PD/APD"


def test_answers_after_a_lost_one_are_not_shown_until_nothing_is_missing(fresh: tuple[PanelPage, Network]) -> None:
    """The rest of the answer belongs to a verdict that isn't on screen. The page requests everything and then shows both."""
    opened, network = fresh
    before = opened.page.inner_text(".bw [data-fragment=changes]")
    network.answers, network.others = ["lost", "arrives"], "held"
    pick(opened, "trusted_peer")
    opened.wait_for_notice(text("panel.late"))
    assert opened.verdict() == "File read"
    assert opened.page.inner_text(".bw [data-fragment=changes]") == before
    network.release()
    opened.wait_for_verdict("Phone interview")
    opened.settle()
    opened.page.wait_for_function(
        "before => document.querySelector('.bw [data-fragment=changes]').innerText !== before",
        arg=before,
        polling=GLANCE,
        timeout=PATIENCE,
    )


@pytest.mark.parametrize("notice", ["panel.late", pytest.param("panel.disconnected", marks=pytest.mark.slow)])
def test_while_an_answer_is_late_the_page_says_so_and_then_shows_it(fresh: tuple[PanelPage, Network], notice: str) -> None:
    """The notice stays with the old verdict, even after the page gives up, until the answer arrives."""
    opened, network = fresh
    network.others = "held"
    pick(opened, "trusted_peer")
    opened.wait_for_notice(text(notice))
    assert opened.verdict() == "File read"
    assert opened.page.is_visible(NOTICE)
    network.release()
    opened.wait_for_verdict("Phone interview")
    opened.wait_for_notice("")
    opened.settle()
    assert expected(opened) == "Phone interview"


def test_while_the_rest_of_an_answer_is_missing_the_page_says_so(fresh: tuple[PanelPage, Network]) -> None:
    """The list of changes follows the verdict. Until then the page may show the previous case's list."""
    opened, network = fresh
    network.answers, network.others = ["arrives"], "held"
    pick(opened, "trusted_peer")
    opened.wait_for_notice(text("panel.late"))
    assert opened.verdict() == "Phone interview"
    network.release()
    opened.wait_for_notice("")


@pytest.mark.slow
@pytest.mark.parametrize("lost", ["answers", "actions"])
def test_a_missing_answer_is_reported_and_the_next_action_fixes_it(fresh: tuple[PanelPage, Network], lost: str) -> None:
    """The next action includes a change that never arrived, or one whose answers were lost."""
    opened, network = fresh
    network.others, network.actions = "lost", lost != "actions"
    pick(opened, "trusted_peer")
    opened.wait_for_notice(text("panel.late"))
    opened.wait_for_notice(text("panel.disconnected"))
    assert opened.verdict() == "File read"
    network.others, network.actions = "arrives", True
    opened.page.uncheck(".bw [data-field=specifics] input")
    opened.wait_for_notice("")
    opened.settle()
    assert opened.page.is_checked(".bw [data-field=recommender] input[value=trusted_peer]")
    assert opened.verdict() == expected(opened)
    opened.page.check(".bw [data-field=specifics] input")
    opened.wait_for_verdict("Phone interview")
    opened.settle()
    assert expected(opened) == "Phone interview"


def test_an_older_answer_never_replaces_a_newer_one(fresh: tuple[PanelPage, Network]) -> None:
    """Here a change's answers arrive after those to its Undo."""
    opened, network = fresh
    network.answers = ["held"] * 2  # both answers to the change
    watch(opened)
    pick(opened, "trusted_peer")
    opened.page.click(".bw [data-action=undo]")
    opened.page.wait_for_selector(".bw [data-field=recommender] input[value=known_dean]:checked", timeout=PATIENCE)
    opened.settle()
    assert opened.verdict() == expected(opened) == "File read"
    network.release()
    opened.page.evaluate("() => new Promise((next) => requestAnimationFrame(() => requestAnimationFrame(next)))")
    opened.settle()
    assert opened.verdict() == expected(opened) == "File read"
    assert seen(opened) == ["File read"]
    pick(opened, "trusted_peer")
    opened.wait_for_verdict("Phone interview")


def test_a_run_of_moves_over_a_bad_network_ends_right(fresh: tuple[PanelPage, Network]) -> None:
    """With prefetched answers and some answers lost, duplicated or late, the last move counts."""
    opened, network = fresh
    network.prefetch = True
    network.answers = ["arrives", "lost", "twice", "late", "arrives", "lost", "late", "twice"] * 3
    page = opened.page
    slider = ".bw [data-field=score] input[type=range]"
    page.focus(slider)
    for _ in range(25):
        page.keyboard.press("ArrowLeft")
        page.wait_for_timeout(20)
    for _ in range(40):  # more moves until no message is lost any more
        if not network.answers:
            break
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowLeft")
        page.wait_for_timeout(50)
    assert not network.answers
    page.keyboard.press("ArrowRight")
    opened.settle()
    assert page.input_value(slider) == "216"
    right = judge(Case(score=216, recommender="known_dean", specifics=True)).verdict.label
    opened.wait_for_verdict(right)
    assert right == "Declined"
    assert page.input_value(".bw [data-field=score] .bw-number") == "216"


def test_undo_keeps_controls_and_verdict_in_sync_if_the_browser_blocks_storage(
    fresh: tuple[PanelPage, Network],
) -> None:
    """Blocking site data doesn't change any answer."""
    opened, page = fresh[0], fresh[0].page
    page.evaluate(REFUSE_STORAGE)
    pick(opened, "trusted_peer")
    opened.wait_for_verdict("Phone interview")
    page.click(".bw [data-action=undo]")
    opened.wait_for_notice(text("panel.undone"))
    opened.settle()
    assert page.is_checked(".bw [data-field=recommender] input[value=known_dean]")
    assert opened.verdict() == expected(opened) == "File read"
    page.click(".bw [data-action=undo]")
    opened.wait_for_verdict(judge(Case(recommender="known_dean")).verdict.label)
    opened.settle()
    assert not page.is_checked(".bw [data-field=specifics] input")
    assert (
        page.evaluate("() => { try { return sessionStorage.length } catch (error) { return error.name } }") == "SecurityError"
    )
    assert [error for error in opened.complaints if "insecure" in error] == []
    page.evaluate("delete window.sessionStorage")


#: What a browser does if it blocks site data.
REFUSE_STORAGE = """Object.defineProperty(window, 'sessionStorage', {
  configurable: true,
  get() { throw new DOMException('The operation is insecure.', 'SecurityError'); },
})"""
