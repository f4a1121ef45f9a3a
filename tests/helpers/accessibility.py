"""What axe finds on a page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

#: Asks axe about everything but contrast.
STRUCTURE: Final = """async ({ within, skipped }) => {
  const rules = Object.fromEntries([...skipped, 'color-contrast'].map(rule => [rule, { enabled: false }]));
  const { violations, passes } = await axe.run(within, { resultTypes: ['violations'], rules });
  return { violations, passes: passes.length };
}"""
#: Asks axe about the contrast of texts with a new look. Contrast depends only on a text's colors, size and weight, and on the
#: colors behind it. Checking every text on every page would take longer than all other browser tests.
CONTRAST: Final = """async ({ within, seen }) => {
  const known = new Set(seen);
  const asked = [];
  const media = ['(prefers-color-scheme: dark)', '(forced-colors: active)'].map(query => matchMedia(query).matches);
  for (const one of document.querySelectorAll(`:is(${within}) *`)) {
    const written = [...one.childNodes].some(node => node.nodeType === Node.TEXT_NODE && node.data.trim());
    if (!(written || one.matches('input, select, textarea')) || !one.checkVisibility()) continue;
    const { color, fontSize, fontWeight, textShadow } = getComputedStyle(one);
    const look = [media, color, fontSize, fontWeight, textShadow];
    for (let box = one; box; box = box.parentElement) {
      const { backgroundColor, backgroundImage, opacity, filter } = getComputedStyle(box);
      look.push(`${backgroundColor} ${backgroundImage} ${opacity} ${filter}`.replace('rgba(0, 0, 0, 0) none 1 none', ''));
    }
    const text = look.filter(Boolean).join();
    if (!known.has(text)) asked.push(one);
    known.add(text);
  }
  const options = { resultTypes: ['violations'], runOnly: ['color-contrast', 'link-in-text-block'] };
  const { violations } = asked.length ? await axe.run({ include: asked }, options) : { violations: [] };
  return { violations, known: [...known] };
}"""
LOOKS: Final[list[dict[str, Any]]] = [
    {"color_scheme": "light", "forced_colors": "none"},
    {"color_scheme": "dark", "forced_colors": "none"},
    {"color_scheme": "dark", "forced_colors": "active"},
]

#: The looks of all texts whose contrast was checked in this process.
seen: list[str] = []


def violations(
    page: Page, within: str = "html", *, looks: Sequence[dict[str, Any]] = (), skipped: Sequence[str] = ()
) -> list[tuple[str, list[str]]]:
    """List the rules that a page breaks, each with its first elements; the page must allow injected scripts.

    Args:
        page: The page.
        within: A CSS selector of the parts to look at.
        looks: The looks in which to check the contrast, as arguments of `emulate_media`; by default only the present one.
        skipped: Rules that don't apply.
    """
    if page.evaluate("typeof axe === 'undefined'"):
        page.evaluate(Axe().axe_script)
    structure = page.evaluate(STRUCTURE, {"within": within, "skipped": skipped})
    assert structure["passes"] > 10, "axe looked at next to nothing"
    found = structure["violations"]
    for look in looks or [{}]:
        page.emulate_media(**look)
        contrast = page.evaluate(CONTRAST, {"within": within, "seen": seen})
        seen[:] = contrast["known"]
        found += contrast["violations"]
    return [(one["id"], [node["html"][:160] for node in one["nodes"]][:3]) for one in found]
