// The panel in the page. It renders what the kernel sends and reports what the reader does; it holds no rule and no text.
//
// Contents come numbered and are kept, so a content is sent once. The control in hand asks ahead for the answers to its
// other positions and paints them at once; the kernel confirms, and what it says stands.

const REST = 300; // ms after the last move until speech and plotly's own state follow
const PATIENCE = 6000; // ms without an answer until the reader is told
const FADE = 12000; // ms until a notice goes away, so that it covers nothing for long
const TICK = 250; // ms between two looks at the clock
const BEAT = 5; // s between two words to the kernel on how far the clock is
const LOOK = 1000; // ms between two looks at votes that come from elsewhere
const STAGE_PATIENCE = 3000; // ms: before a room the sentence must come sooner

export default { render };

function render({ model, el }) {
  const id = `bw${Math.random().toString(36).slice(2)}-`; // of this view, among all pages that show the same panel
  el.innerHTML = model.get("html").replaceAll("§", id);
  const root = el.firstElementChild;
  const find = (selector) => root.querySelector(selector);
  const all = (selector) => [...root.querySelectorAll(selector)];
  const stage = document.body.matches("[data-stage]"); // the full-screen page, on which keys are pressed anywhere

  const bodies = new Map(); // number -> content
  const told = {}; // part -> number, as the kernel last said
  const painted = {}; // part -> number, as on screen
  let marks = {};
  let seq = 0; // of the last act that was sent
  let waiting = null; // the timer of the act that is under way
  const queue = new Map(); // field -> value, moved while an act was under way: the latest counts
  let ahead = null; // { field, at }
  let hand = null; // the field whose control is in use
  let epoch = 0; // raised when anything but the field in hand changes: answers ahead of an older one are void

  // ---- to the kernel ----

  function send(act) {
    try {
      model.send({ ...act, view: id });
    } catch {
      asleep();
    }
  }

  function act(message) {
    if (!sleeping) notice("");
    seq += 1;
    root.dataset.pending = seq; // whoever drives the page from outside can see that an answer is on its way
    clearTimeout(waiting);
    waiting = setTimeout(asleep, stage ? STAGE_PATIENCE : PATIENCE);
    send({ ...message, seq });
  }

  let sleeping = false;
  function asleep() {
    sleeping = true;
    waiting = null; // the next move tries again
    delete root.dataset.pending;
    paused = true; // what is left of the time is kept as it is
    showClock();
    notice(model.get("disconnected_text"));
    const again = find("[data-reload]");
    if (!again || !stage) return;
    again.hidden = false;
    again.focus();
  }

  // Kept here because to ask the page would make it lay itself out before it answers.
  const answer = find(".bw-answer");
  let scrolled = false;
  answer?.addEventListener("scroll", () => (scrolled = answer.scrollTop > 0));

  function set(field, value) {
    if (ahead && ahead.field === field) paintAhead(ahead.at[value]);
    else loseAhead();
    if (scrolled) answer.scrollTop = 0; // what answers this move must be in sight
    if (waiting) queue.set(field, value);
    else act({ type: "set", field, value });
  }

  function hold(field) {
    hand = field;
    if (!model.get("prefetch") || (ahead && ahead.field === field)) return;
    loseAhead();
    send({ type: "prefetch", field, prefetch_version: epoch });
  }

  function loseAhead() {
    ahead = null;
    epoch += 1;
  }

  // ---- from the kernel ----

  const handlers = { show, prefetched: keepAhead, plotly: gotPlotly };
  const onMessage = (message, buffers) => handlers[message.type]?.(message, buffers);
  model.on("msg:custom", onMessage);

  function keep(message) {
    if (message.forget) {
      bodies.clear();
      loseAhead(); // it speaks of contents by numbers that are forgotten
      for (const part of Object.keys(painted)) delete painted[part];
    }
    for (const [number, body] of Object.entries(message.contents ?? {})) bodies.set(+number, body);
  }

  function keepAhead(message) {
    keep(message);
    if (message.view === id && message.prefetch_version === epoch && message.field === hand) ahead = message;
  }

  function show(message) {
    keep(message);
    Object.assign(told, message.fragments);
    if (message.marks) marks = message.marks;
    if (message.shown) showFields(message.shown);
    if (message.open) for (const place of all("[data-open]")) place.hidden = !message.open.includes(place.dataset.open);
    if (message.errors) showErrors(message.errors);
    if (message.ends) setEnds(message.ends);
    if ("exam" in message) for (const box of all("[data-exam]")) box.checked = box.value === message.exam;
    const mine = message.view === id && message.seq === seq;
    if (mine) {
      clearTimeout(waiting);
      waiting = null;
      delete root.dataset.pending;
    }
    const changed = Object.keys(message.values ?? {});
    if (changed.some((field) => field !== hand)) loseAhead();
    if (message.hello) {
      root.dataset.ready = true;
      offerLast(message.values);
    } else remember(message.values);
    if (message.values) setValues(message.values, message.view === id && queue.has(hand) ? hand : null);
    if (message.notice || sleeping) notice(message.notice ?? "");
    sleeping = false;
    if (message.file) download(message.file);
    if (mine && queue.size) {
      const [field, value] = queue.entries().next().value;
      queue.delete(field);
      act({ type: "set", field, value });
    }
    // While a move is under way, what was painted ahead of it stays; its own answer is yet to come.
    const early = waiting && ahead ? new Set([...Object.keys(Object.values(ahead.at)[0][0])]) : new Set();
    for (const [part, number] of Object.entries(told)) if (!early.has(part)) paint(part, number);
    if (!early.size) for (const chart of Object.keys(plots)) placeMark(chart, marks[chart]);
    if (message.clock) startClock(message.clock);
    if (message.focus && mine) goTo(message.focus);
  }

  function paintAhead(answer) {
    if (!answer) return;
    const [parts, places] = answer;
    for (const [part, number] of Object.entries(parts)) paint(part, number);
    for (const [chart, place] of Object.entries(places)) placeMark(chart, place);
  }

  // ---- on screen ----

  function paint(part, number) {
    if (painted[part] === number) return;
    const body = bodies.get(number);
    if (body === undefined) return;
    painted[part] = number;
    const [kind, chart] = part.split(".");
    if (part === "live_text") speak(body);
    else if (kind === "alt_text") find(`[data-chart="${chart}"]`).setAttribute("aria-label", body);
    else if (kind === "base_figure") plots[chart].ground = body, draw(chart);
    else {
      const place = find(`[data-fragment="${part}"]`);
      if (place) fill(place, body); // a page need not have a place for every part
      // With :has() the style sheet could tell by itself, but every move would have to be looked at for it.
      if (place && "hides" in place.dataset) place.parentElement.toggleAttribute("data-blank", !body);
    }
  }

  function fill(place, body) {
    const open = new Set([...place.querySelectorAll("details[open]")].map((one) => one.dataset.details));
    const hold = place.contains(document.activeElement) ? nameOf(document.activeElement) : null;
    place.innerHTML = body.replaceAll("§", id);
    for (const one of place.querySelectorAll("details[data-details]")) one.open = open.has(one.dataset.details);
    if ("rows" in place.dataset) setValues(valuesIn(place)); // rows of a table came or went; what stands in them is told apart
    if (hold === null) return;
    // What had the focus is gone: go on from what came in its place, or else from the heading of its section, and not
    // from the top of the page.
    const again = hold && place.querySelector(hold);
    // A button that went dead, as at the end of a list, leaves the focus on its row, so that one more press does nothing.
    if (again) focusOn(again.disabled ? again.parentElement : again);
    else focusOn(place.closest("section")?.querySelector("h2") ?? place);
  }

  function valuesIn(place) {
    const fields = [...place.querySelectorAll("[data-field]")].map((one) => one.dataset.field);
    return Object.fromEntries(fields.filter((field) => field in record).map((field) => [field, record[field]]));
  }

  function nameOf(element) {
    const value = element.dataset.value ?? element.value;
    const one = value === undefined ? "" : `[${"value" in element.dataset ? "data-value" : "value"}="${CSS.escape(value)}"]`;
    if (element.dataset.action) return `[data-action="${element.dataset.action}"]${"value" in element.dataset ? one : ""}`;
    if (element.matches("summary")) return `details[data-details="${element.parentElement.dataset.details}"] > summary`;
    const field = fieldOf(element);
    if (!field) return "";
    return `[data-field="${field}"] ${element.localName}${/radio|checkbox/.test(element.type) ? one : ""}`;
  }

  function focusOn(place) {
    if (!place) return;
    if (!place.matches("button, input, select, textarea, summary")) place.tabIndex = -1;
    place.focus();
  }

  function goTo(part) {
    const place = find(`[data-fragment="${part}"]`) ?? find(`[data-field="${part}"] :is(input, select, textarea)`);
    focusOn(place);
    place?.scrollIntoView({ block: "nearest" });
  }

  let speech;
  function speak(text) {
    clearTimeout(speech);
    speech = setTimeout(() => (find("[data-live-text]").textContent = text), REST);
  }

  let fading;
  function notice(text) {
    clearTimeout(fading);
    find("[data-notice]").textContent = text;
    for (const one of all("[data-action=restore], [data-reload]")) one.hidden = true;
    root.toggleAttribute("data-noticed", !!text);
    if (text && !sleeping) fading = setTimeout(() => find("[data-action=restore]").hidden && notice(""), FADE);
  }

  // The case is kept in this tab, so that a kernel that was started anew, or a page loaded anew, does not lose it.
  const KEPT = model.get("storage_key");
  let record = {};

  function remember(values) {
    if (!values) return;
    Object.assign(record, values);
    sessionStorage.setItem(KEPT, JSON.stringify(record));
  }

  function offerLast(values) {
    const kept = sessionStorage.getItem(KEPT);
    record = { ...values };
    if (!kept || kept === JSON.stringify(record)) return;
    notice(model.get("restore_text"));
    const button = find("[data-action=restore]");
    button.hidden = false;
    button.dataset.value = kept;
  }

  const holder = (field) => find(`[data-field="${field}"]`);

  function showFields(fields) {
    const shown = new Set(fields);
    for (const place of all("[data-field]")) place.hidden = !shown.has(place.dataset.field);
  }

  function showErrors(errors) {
    for (const place of all("[data-field]")) {
      const sentence = errors[place.dataset.field];
      const slot = place.querySelector(".bw-error");
      slot.hidden = !sentence;
      slot.textContent = sentence ?? "";
      for (const input of place.querySelectorAll("input, select, textarea")) {
        if (sentence) input.setAttribute("aria-invalid", "true");
        else input.removeAttribute("aria-invalid");
      }
    }
  }

  function setEnds(ends) {
    for (const [field, [low, high]] of Object.entries(ends)) {
      const slider = holder(field).querySelector("[type=range]");
      slider.min = low;
      slider.max = high;
    }
  }

  function setValues(values, except) {
    for (const [field, value] of Object.entries(values)) {
      const place = holder(field);
      if (!place || field === except) continue;
      const many = place.matches(".bw-checks") ? new Set(String(value).split("|")) : null;
      for (const input of place.querySelectorAll("input, select, textarea")) {
        if (input.localName === "textarea" && input === document.activeElement) continue; // it is being written in
        if (many) input.checked = many.has(input.value);
        else if (input.type === "radio") input.checked = input.value === value;
        else if (input.type === "checkbox") input.checked = value;
        else input.value = value ?? "";
      }
    }
  }

  function download({ name, text }) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "application/octet-stream" }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  // ---- the controls ----

  const fieldOf = (input) => input.closest("[data-field]")?.dataset.field;

  function valueOf(input) {
    const place = input.closest("[data-field]");
    if (place.matches(".bw-checks")) return [...place.querySelectorAll(":checked")].map((one) => one.value).join("|");
    if (input.type === "checkbox") return input.checked;
    return input.value;
  }

  let writing;
  root.addEventListener("input", ({ target }) => {
    const field = fieldOf(target);
    if (!field || target.type === "text") return; // a typed number or name counts when it is complete
    if (target.localName === "textarea") {
      clearTimeout(writing);
      writing = setTimeout(() => set(field, target.value), REST);
      return;
    }
    if (target.type === "range") target.nextElementSibling.value = target.value;
    set(field, valueOf(target));
  });

  root.addEventListener("change", async ({ target }) => {
    if (target.matches("[data-load]")) {
      const file = target.files[0];
      if (file) act({ type: "load", value: await file.text() });
      target.value = "";
    } else if (target.matches("[data-exam]")) {
      act({ type: "exam", value: target.value });
    } else if (target.type === "text") {
      set(fieldOf(target), target.value);
    }
  });

  root.addEventListener("click", ({ target }) => {
    const button = target.closest("button[data-action], button[data-clock-action], button[data-reload]");
    if (!button) return;
    if ("reload" in button.dataset) return location.reload();
    if (button.dataset.clockAction) return setClock(button.dataset.clockAction);
    const { action: what, value } = button.dataset;
    if ("once" in button.dataset && waiting) return; // pressed twice by accident: what comes next has not been seen yet
    for (const [field, moved] of queue) act({ type: "set", field, value: moved }); // what was moved before comes before
    queue.clear();
    if (what === "restore") {
      act({ type: "load", value, restored: true });
      focusOn(find("h2")); // the button goes away
    } else act({ type: what, value });
  });

  root.addEventListener("focusin", ({ target }) => {
    const field = fieldOf(target);
    if (field) hold(field);
    if (target.closest(".bw-number-box")) target.select(); // a count is typed anew, not after the one that stands there
  });

  root.addEventListener("submit", (event) => event.preventDefault());

  // A key that stands on a button presses it, wherever the focus is, except in a control: there it is the control's own.
  function pressed(event) {
    const { key, target } = event;
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.defaultPrevented) return;
    if (target.closest?.("input, select, textarea")) {
      // The ways out of a control: Escape from any, and Enter from a box in which a number was typed.
      const out = key === "Escape" || (key === "Enter" && target.type === "text");
      if (out && root.contains(target) && find("[data-key]")) setTimeout(() => focusOn(find("h3, h2")));
      return;
    }
    const keys = (one) => one.dataset.key.toLowerCase().split(" ");
    const named = all("button[data-key]").find((one) => !one.disabled && keys(one).includes(key.toLowerCase()) && one.checkVisibility());
    if (!named) return;
    event.preventDefault();
    named.click();
  }

  const everywhere = (event) => root.checkVisibility() && pressed(event);
  if (stage) document.addEventListener("keydown", everywhere);
  // Lab takes arrow and letter keys for its own commands unless they end here:
  // https://github.com/jupyterlab/lumino/issues/497 is the reason for data-lm-suppress-shortcuts on the inputs as well.
  else root.addEventListener("keydown", (event) => {
    pressed(event);
    if (!event.ctrlKey && !event.metaKey) event.stopPropagation();
  });

  // Votes from phones come without anyone at this page doing anything, so it asks for them while they are wanted.
  const looking = find("[data-poll]") && setInterval(() => {
    if (!waiting && !sleeping && !document.hidden && find("[data-poll]").checkVisibility()) send({ type: "poll" });
  }, LOOK);

  // ---- the clock ----

  const dial = find("[data-clock]");
  let clock = null; // { id, left }
  let paused = true;

  function startClock({ id: name, seconds, left, run }) {
    if (clock?.id === name) {
      if (!run && !paused) setClock("pause", false); // the answer is on screen, or the file is closed: time stands still
      return;
    }
    clock = { id: name, seconds, left: left ?? seconds };
    paused = !run || dial.dataset.clock === "off";
    showClock();
  }

  // A session that is kept has to know how far the clock was.
  function tellClock() {
    if (clock && "savesClock" in dial.dataset) send({ type: "clock_left", value: clock.id, left: Math.ceil(clock.left) });
  }

  function setClock(what, focus = true) {
    if (what === "off" || what === "on") dial.dataset.clock = what;
    paused = what === "pause" || what === "off";
    showClock();
    tellClock();
    if (focus) find(`[data-clock-action="${{ pause: "go", go: "pause", off: "on", on: "off" }[what]}"]`)?.focus();
  }

  function showClock() {
    if (!dial || !clock) return;
    const off = dial.dataset.clock === "off";
    const left = Math.ceil(clock.left);
    const face = find("[data-clock-face]");
    const text = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    if (face.textContent !== text) face.textContent = text;
    face.hidden = off;
    dial.style.setProperty("--bw-left", clock.left / clock.seconds);
    for (const one of all("[data-clock-action]")) {
      one.hidden = { pause: off || paused, go: off || !paused, off, on: !off }[one.dataset.clockAction] || (!clock.left && !off);
    }
  }

  const ticking = dial && setInterval(() => {
    if (!clock || paused || document.hidden || !clock.left || (stage && !root.checkVisibility())) return; // nobody sees it
    const before = clock.left;
    clock.left = Math.max(0, before - TICK / 1000);
    showClock();
    if (Math.ceil(before / BEAT) !== Math.ceil(clock.left / BEAT)) tellClock();
    if (!clock.left) act({ type: "time_up", value: clock.id });
  }, TICK);

  // ---- the charts ----

  const plots = {}; // chart -> { box, ground, figure, mark }
  for (const box of all("[data-chart]")) plots[box.dataset.chart] = { box };
  let Plotly = globalThis.backchannelPlotly;

  async function gotPlotly(_, buffers) {
    const packed = new Blob([buffers[0]]).stream().pipeThrough(new DecompressionStream("gzip"));
    const text = await new Response(packed).text();
    if (!globalThis.backchannelPlotly) {
      // The names shadow any module loader of the page, which would otherwise take the library for itself.
      new Function("define", "module", "exports", text).call(globalThis);
      // The basic bundle leaves itself under the name that its build never replaced.
      globalThis.backchannelPlotly = globalThis.moduleName ?? globalThis.Plotly;
    }
    Plotly = globalThis.backchannelPlotly;
    drawInTurn();
  }

  async function drawInTurn() {
    for (const chart of Object.keys(plots)) {
      draw(chart);
      await new Promise((next) => setTimeout(next));
    }
  }

  function themed(layout) {
    const style = getComputedStyle(root);
    const [ink, line] = [style.color, style.getPropertyValue("--bw-grid")];
    const axis = (one) => ({ ...one, gridcolor: line, linecolor: line, tickcolor: line });
    return { ...layout, font: { ...layout.font, color: ink }, xaxis: axis(layout.xaxis), yaxis: axis(layout.yaxis) };
  }

  function draw(chart) {
    const plot = plots[chart];
    if (!Plotly || !plot.ground || !plot.box.clientWidth) return;
    const figure = JSON.parse(plot.ground);
    plot.mark = marks[chart];
    if (plot.mark) Object.assign(figure.data.at(-1), { x: [plot.mark[0]], y: [plot.mark[1]] });
    if (!plot.drawn) plot.box.textContent = "";
    const layout = { ...themed(figure.layout), width: plot.box.clientWidth };
    if (layout.width < 420) {
      layout.font.size = 11;
      layout.margin = { ...layout.margin, l: 2, r: 4 };
    }
    Plotly.react(plot.box, figure.data, layout, { displayModeBar: false, staticPlot: true });
    plot.drawn = true;
    plot.box.dataset.at = plot.mark?.join(" ") ?? "";
  }

  // A mark is moved on the drawing itself, which costs nothing, and told to plotly when the control has come to rest:
  // plotly's own way of moving one point draws the whole chart again.
  function placeMark(chart, place) {
    const plot = plots[chart];
    if (!place || !plot.drawn || String(plot.mark) === String(place)) return;
    plot.mark = place;
    plot.box.dataset.at = place.join(" ");
    shiftMark(plot);
    clearTimeout(plot.rest);
    plot.rest = setTimeout(() => settleMark(plot), REST);
  }

  const markOf = (plot) => [...plot.box.querySelectorAll(".scatterlayer .trace")].at(-1);

  function shiftMark({ box, mark }) {
    const { xaxis, yaxis } = box._fullLayout ?? {};
    const drawn = box.data?.at(-1);
    if (!xaxis || !drawn) return; // plotly is at work on it, and will be told
    const [dx, dy] = [xaxis.d2p(mark[0]) - xaxis.d2p(drawn.x[0]), yaxis.d2p(mark[1]) - yaxis.d2p(drawn.y[0])];
    markOf({ box })?.setAttribute("transform", `translate(${dx},${dy})`);
  }

  function settleMark(plot) {
    markOf(plot)?.removeAttribute("transform");
    Plotly.restyle(plot.box, { x: [[plot.mark[0]]], y: [[plot.mark[1]]] }, [plot.box.data.length - 1]);
  }

  // The verdict stays in view beside the controls. For that nothing between it and the notebook's own scroller may
  // scroll or clip; Lab's output areas do both by default.
  let scroller = null;
  function freeTheWay() {
    let box = root.parentElement;
    while (box && box !== document.body) {
      const scrolls = /auto|scroll/.test(getComputedStyle(box).overflowY) && box.scrollHeight > box.clientHeight + 1;
      if (scrolls && !box.closest(".jp-OutputArea, .jp-Cell-outputWrapper")) {
        scroller = box;
        root.style.setProperty("--bw-view", `${box.clientHeight}px`);
        watchSize.observe(box);
        return;
      }
      if (box.closest(".jp-Cell")) box.style.overflow = "visible";
      box = box.parentElement;
    }
    root.style.setProperty("--bw-view", `${innerHeight}px`);
  }

  let resized;
  const watchSize = new ResizeObserver(() => {
    clearTimeout(resized);
    resized = setTimeout(() => {
      freeTheWay();
      for (const [chart, plot] of Object.entries(plots)) {
        if (plot.drawn ? plot.box.clientWidth !== plot.box._fullLayout.width : true) draw(chart);
      }
    }, 150);
  });
  watchSize.observe(root);
  const watchCard = new IntersectionObserver(([card]) => root.toggleAttribute("data-away", !card.isIntersecting && card.target.checkVisibility()));
  const card = find(".bw-card");
  if (card) watchCard.observe(card);
  // Lab names the new theme first and loads its colors afterwards.
  let ink = "";
  function redrawInNewInk() {
    const now = getComputedStyle(root).color;
    if (now !== ink) Object.keys(plots).forEach(draw);
    ink = now;
  }
  const watchTheme = new MutationObserver(() => [100, 500, 1500, 4000].forEach((wait) => setTimeout(redrawInNewInk, wait)));
  watchTheme.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light", "data-jp-theme-name"] });

  // Lab goes to the end of what it ran; the reader wants to be at the beginning of it.
  const first = document.querySelector(".bw") === root || !document.querySelector(".bw");
  const arrive = setTimeout(() => {
    if (!first || !root.isConnected || root.contains(document.activeElement)) return;
    freeTheWay();
    if (!root.matches("[data-arrive]")) {
      scroller?.scrollTo(0, 0); // a chapter is read from its beginning
      return;
    }
    root.tabIndex = -1;
    root.focus({ preventScroll: true });
    root.scrollIntoView({ block: "start" });
  }, 2 * REST);

  send({ type: "hello" });
  if (!Plotly && Object.keys(plots).length) send({ type: "plotly" });

  return () => {
    model.off("msg:custom", onMessage);
    watchSize.disconnect();
    watchTheme.disconnect();
    watchCard.disconnect();
    clearTimeout(arrive);
    clearTimeout(waiting);
    clearTimeout(writing);
    clearTimeout(fading);
    clearInterval(ticking);
    clearInterval(looking);
    document.removeEventListener("keydown", everywhere);
    if (Plotly) for (const plot of Object.values(plots)) Plotly.purge(plot.box);
  };
}
