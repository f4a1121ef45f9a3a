// The pages of the stage: one thing to do is on screen, the bar at the top and one letter each lead to the others.
//
// It knows neither rules nor texts: what it shows comes from jupyter/voila.py, and the panels come from the notebook.
(() => {
  const PATIENCE = 60000; // ms until a page that does not come up says so
  const { pages } = window.stageTexts;
  const main = document.getElementById("stage");
  const nav = document.querySelector(".stage-pages");
  const boards = () => [...main.querySelectorAll(".bw-lesson")];
  let at = Math.max(0, pages.findIndex((page) => `#${page.part}` === location.hash));

  const buttons = pages.map((page, place) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(page.title, Object.assign(document.createElement("kbd"), { textContent: page.key }));
    button.lastChild.setAttribute("aria-hidden", "true");
    button.setAttribute("aria-keyshortcuts", page.key);
    button.dataset.key = page.key; // the panels press it, as they press their own: backchannel_lib/page/static/js/events.js
    button.addEventListener("click", () => (page.part ? turn(place) : fill()));
    nav.append(button);
    return button;
  });

  function fill() {
    if (document.fullscreenElement) document.exitFullscreen();
    else document.documentElement.requestFullscreen?.().catch(() => {}); // a browser may refuse; F11 is its own way
  }

  function turn(place) {
    at = place;
    history.replaceState(null, "", `#${pages[place].part}`);
    show();
    const heading = boards()[place]?.querySelector("h2");
    if (!heading) return;
    heading.tabIndex = -1;
    heading.focus({ preventScroll: true });
    scrollTo(0, 0);
  }

  function show() {
    if (boards().length) document.getElementById("loading")?.remove();
    boards().forEach((board, place) => board.closest("[cell-index]").toggleAttribute("data-on", place === at));
    pages.forEach((page, place) => {
      if (!page.part) return;
      if (place === at) buttons[place].setAttribute("aria-current", "page");
      else buttons[place].removeAttribute("aria-current");
    });
  }

  // Panels come one by one, each a moment after its cell has run.
  new MutationObserver(show).observe(main, { childList: true, subtree: true });
  setTimeout(() => {
    if (!boards().length) document.getElementById("stage-failed").hidden = false;
  }, PATIENCE);
})();
