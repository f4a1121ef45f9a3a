// @ts-check
// The view within its page: JupyterLab's scrollers, sizes, themes, and the initial scroll position.

import { DEBOUNCE_MS } from "./settings.js";

/**
 * @param {HTMLElement} root
 * @param {{ fit: () => void, drawAll: () => void }} charts
 */
export function place(root, charts) {
  /** @type {HTMLElement | null} */
  let scroller = null;

  // The verdict stays visible next to the controls. That only works if nothing between it and the notebook's own scroller
  // scrolls or clips, and JupyterLab's output areas do both by default.
  function unclip() {
    let box = root.parentElement;
    while (box && box !== document.body) {
      const scrolls = /auto|scroll/.test(getComputedStyle(box).overflowY) && box.scrollHeight > box.clientHeight + 1;
      if (scrolls && !box.closest(".jp-OutputArea, .jp-Cell-outputWrapper")) {
        scroller = box;
        root.style.setProperty("--bw-view", `${box.clientHeight}px`);
        sizes.observe(box);
        return;
      }
      if (box.closest(".jp-Cell")) box.style.overflow = "visible";
      box = box.parentElement;
    }
    root.style.setProperty("--bw-view", `${innerHeight}px`);
  }

  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let resizing;
  const sizes = new ResizeObserver(() => {
    clearTimeout(resizing);
    resizing = setTimeout(() => {
      unclip();
      charts.fit();
    }, 150);
  });
  sizes.observe(root);

  // Don't observe elements that get replaced, because the observer would miss their replacements.
  const card = root.querySelector(".bw-card");
  const answer = card?.parentElement?.closest("[data-fragment]") ?? card ?? root.querySelector(".bw-answer > [data-fragment]");
  // An answer next to the controls scrolls away with the last of them, starting with the rule, which is on top.
  const rule = root.querySelector(".bw-answer > .bw-rule");
  let reached = false;
  let inSight = false;
  let ruleGone = false;
  /**
   * Whether readers see an answer in an element.
   * @param {IntersectionObserverEntry} entry
   */
  const shows = ({ target, isIntersecting, intersectionRect }) => {
    const headlines = [...target.querySelectorAll(".bw-rule-answer, .bw-verdict-name")].map((one) => one.getBoundingClientRect());
    const { top, bottom } = intersectionRect;
    return isIntersecting && (!headlines.length || headlines.some((one) => one.top >= top - 1 && one.bottom <= bottom + 1));
  };
  const steps = Array.from({ length: 41 }, (_, step) => step / 40);
  /** @param {string} margin */
  const createObserver = (margin) =>
    new IntersectionObserver(
      (seen) => {
        for (const one of seen) {
          if (one.target === root) reached = one.isIntersecting;
          else if (one.target === rule) ruleGone = !shows(one);
          else inSight = shows(one) || !one.target.checkVisibility();
        }
        const stays = rule?.parentElement && getComputedStyle(rule.parentElement).position === "sticky";
        root.toggleAttribute("data-away", reached && (!inSight || (!!stays && ruleGone)));
      },
      { rootMargin: margin, threshold: steps },
    );
  // Show the short answer only to readers who have reached the activity but can't see the full answer.
  const cards = createObserver("0px");
  const roots = createObserver("0px 0px -40% 0px");
  if (answer) {
    cards.observe(answer);
    roots.observe(root);
    if (rule) cards.observe(rule);
  }

  // JupyterLab first sets the new theme's name, then loads its colors.
  let ink = "";
  function redrawInNewInk() {
    const now = getComputedStyle(root).color;
    if (now !== ink) charts.drawAll();
    ink = now;
  }
  /** @type {ReturnType<typeof setTimeout>[]} */
  let redrawing = [];
  const themes = new MutationObserver(() => {
    redrawing.forEach(clearTimeout);
    redrawing = [100, 500, 1500, 4000].map((wait) => setTimeout(redrawInNewInk, wait));
  });
  themes.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light", "data-jp-theme-name"] });

  // JupyterLab scrolls to the last cell it ran, but readers want to start at the top. We only scroll a notebook that starts
  // with an activity: someone who runs a cell further down stays there, and so does someone who is already reading a chapter
  // that ran automatically.
  const cell = root.closest(".jp-CodeCell");
  const opens = !cell || cell === root.closest(".jp-Notebook")?.querySelector(".jp-CodeCell");
  const first = opens && (document.querySelector(".bw") === root || !document.querySelector(".bw"));
  const arriving = setTimeout(() => {
    if (!first || !root.isConnected || root.contains(document.activeElement) || root.closest("[data-run-by-itself]")) return;
    unclip();
    if (!root.matches("[data-arrive]")) {
      scroller?.scrollTo(0, 0); // readers start a chapter at its beginning
      return;
    }
    root.tabIndex = -1;
    root.focus({ preventScroll: true });
    root.scrollIntoView({ block: "start" });
  }, 2 * DEBOUNCE_MS);

  return {
    dispose: () => {
      sizes.disconnect();
      themes.disconnect();
      cards.disconnect();
      roots.disconnect();
      [resizing, arriving, ...redrawing].forEach(clearTimeout);
    },
  };
}
