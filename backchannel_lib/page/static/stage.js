// @ts-check
// The pages of the stage: one activity is on screen, and the bar at the top, or a letter key, switches to another.
//
// It contains no rules and no texts: the bar comes from backchannel_lib/workshop/stage.py, and the panels from their page. If
// a second window leads, this one shows only what the room should see and hides the presenter's controls.
(() => {
  const main = /** @type {HTMLElement} */ (document.getElementById("stage"));
  const buttons = /** @type {HTMLButtonElement[]} */ ([...document.querySelectorAll(".stage-pages button")]);
  const pages = buttons.filter((button) => button.dataset.part);
  const boards = () => [...main.querySelectorAll(".bw-lesson")];
  let at = pages.findIndex((page) => `#${page.dataset.part}` === location.hash);
  if (at < 0) at = pages.findIndex((page) => page.matches("[aria-current]"));

  for (const button of buttons) {
    const place = pages.indexOf(button);
    button.addEventListener("click", () => (place < 0 ? fill() : turn(place)));
    if (place < 0) button.hidden = !document.fullscreenEnabled; // phones may not support it
  }

  function fill() {
    if (document.fullscreenElement) document.exitFullscreen();
    else document.documentElement.requestFullscreen().catch(() => {}); // a browser can refuse; F11 still works
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
    if (!pages.length) return; // a window without a bar shows what the presenter chooses
    boards().forEach((board, place) => board.closest("[data-activity]")?.toggleAttribute("data-on", place === at));
    pages.forEach((page, place) => {
      if (place === at) page.setAttribute("aria-current", "page");
      else page.removeAttribute("aria-current");
    });
  }

  show();

  // ---- the room: another window can lead ----

  const role = document.body.dataset.role;
  let following = "";
  document.addEventListener("room", (event) => {
    /** @typedef {{ led: boolean, part: string, blank?: boolean, scroll?: number }} Room */
    const { led, part, blank, scroll } = /** @type {CustomEvent<Room>} */ (event).detail;
    document.body.toggleAttribute("data-led", led);
    if (blank !== undefined) darken(blank);
    if (role === "presenter") {
      if (part && part !== "run_plan") for (const board of boards()) {
        const place = board.closest("[data-activity]");
        const name = place instanceof HTMLElement ? place.dataset.activity : "";
        place?.toggleAttribute("data-on", name === "run_plan" || name === part);
      }
    } else if (led && part && part !== following) {
      const place = pages.findIndex((page) => page.dataset.part === part);
      if (place >= 0 && place !== at) turn(place);
    }
    following = led ? part : "";
    if (role === "projector" && led && scroll !== undefined) {
      if (scroll > 0) rows()[scroll]?.scrollIntoView({ block: "start" });
      else scrollTo(0, 0);
    }
  });

  // On a long page, such as the desk's results, the projector follows the presenter's scrolling. Their layouts differ, so this
  // goes by the rows, which are the same.
  const rows = () => [...main.querySelectorAll("[data-on]:not([data-activity=run_plan]) :is(h3, h4, p, tr, li)")];
  let sent = 0; // the row last sent to the projector
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let sending;
  if (role === "presenter") document.addEventListener("scroll", () => {
    clearTimeout(sending);
    sending = setTimeout(() => {
      const first = rows().findIndex((row) => row.checkVisibility() && row.getBoundingClientRect().top >= 0);
      const at = scrollY ? Math.max(first, 0) : 0;
      if (at === sent) return;
      sent = at;
      document.dispatchEvent(new CustomEvent("place", { detail: at }));
    }, 100);
  });

  // ---- the dark screen and the list of keys ----

  const dark = document.createElement("div");
  dark.className = "stage-dark";
  dark.hidden = true;
  document.body.append(dark);

  /** @param {boolean} on */
  function darken(on) {
    dark.hidden = !on;
    document.body.toggleAttribute("data-dark", on);
  }

  const keys = /** @type {HTMLDialogElement | null} */ (document.getElementById("stage-keys"));
  document.getElementById("stage-keys-close")?.addEventListener("click", () => keys?.close());
  document.addEventListener("keydown", (event) => {
    const target = /** @type {Element} */ (event.target);
    const typing = target.closest?.("input, select, textarea") && !target.matches(".bw-votes .bw-number"); // which takes only digits
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || typing) return;
    if (event.key === "?") keys?.open ? keys.close() : keys?.showModal();
    else if (event.key === "b" || event.key === "B" || event.key === "." || (event.key === "Escape" && !dark.hidden)) {
      darken(event.key === "Escape" ? false : dark.hidden);
      document.dispatchEvent(new CustomEvent("blank", { detail: !dark.hidden }));
    } else return;
    event.preventDefault();
  });
})();
