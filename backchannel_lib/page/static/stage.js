// @ts-check
// The pages of the stage: one thing to do is on screen, the bar at the top and one letter each lead to the others.
//
// It knows neither rules nor texts: the bar comes from backchannel_lib/workshop/stage.py, and the panels from a notebook or a page.
(() => {
  const PATIENCE_MS = 60000; // until a page that does not come up says so
  const main = /** @type {HTMLElement} */ (document.getElementById("stage"));
  const buttons = /** @type {HTMLButtonElement[]} */ ([...document.querySelectorAll(".stage-pages button")]);
  const pages = buttons.filter((button) => button.dataset.part);
  const boards = () => [...main.querySelectorAll(".bw-lesson")];
  let at = pages.findIndex((page) => `#${page.dataset.part}` === location.hash);
  if (at < 0) at = pages.findIndex((page) => page.matches("[aria-current]"));

  for (const button of buttons) {
    const place = pages.indexOf(button);
    button.addEventListener("click", () => (place < 0 ? fill() : turn(place)));
    if (place < 0) button.hidden = !document.fullscreenEnabled; // phones may have none
  }

  function fill() {
    if (document.fullscreenElement) document.exitFullscreen();
    else document.documentElement.requestFullscreen().catch(() => {}); // a browser may refuse; F11 is its own way
  }

  /** @param {number} place */
  function turn(place) {
    at = place;
    history.replaceState(null, "", `#${pages[place].dataset.part}`);
    show();
    const heading = /** @type {HTMLElement | null | undefined} */ (boards()[place]?.querySelector("h2"));
    if (!heading) return;
    heading.tabIndex = -1;
    heading.focus({ preventScroll: true });
    scrollTo(0, 0);
  }

  function show() {
    if (boards().length) document.getElementById("loading")?.remove();
    boards().forEach((board, place) => board.closest("[cell-index], [data-activity]")?.toggleAttribute("data-on", place === at));
    pages.forEach((page, place) => {
      if (place === at) page.setAttribute("aria-current", "page");
      else page.removeAttribute("aria-current");
    });
  }

  show();
  // Through Voilà, panels come one by one, each a moment after its cell has run.
  new MutationObserver(show).observe(main, { childList: true, subtree: true });
  setTimeout(() => {
    const failed = document.getElementById("stage-failed");
    if (failed && !boards().length) failed.hidden = false;
  }, PATIENCE_MS);
})();
