// The vote on a phone: asks every two seconds what is asked, shows it, and sends one vote.
// It speaks with where it came from and with nobody else, and keeps nothing.
"use strict";
(() => {
  const main = document.getElementById("vote");
  const asked = document.getElementById("asked");
  const said = document.getElementById("said");
  const choices = document.getElementById("choices");
  const AT = main.dataset.at; // the page's own path, without a leading slash
  const title = document.title;
  const EVERY = 2000;
  const LONGEST = 20000;
  const PATIENCE = 8000;
  const TRIES = 12;

  let round; // what is on screen: undefined before the first answer, null while nothing is asked
  let number = 0; // the same, as a number that no other question ever has
  let shown = "";
  let failures = 0;
  let timer = 0;
  let asking = false;
  let sending = false;
  // The questions that were answered here, while this page is open: a server that was started anew after a crash no longer knows
  // this phone, and would take a second vote that nobody meant to give.
  const answered = new Set();
  let trouble = ""; // what was said of a vote that was refused, until the question changes

  // Phones that were opened together drift apart, and come back at different moments after a failure.
  const jitter = (ms) => ms * (0.75 + Math.random() / 2);
  const backOff = (ms, times) => jitter(Math.min(LONGEST, ms * 2 ** Math.min(times, 6)));
  // Older phones have no AbortSignal.timeout.
  const within = (ms) => {
    const control = new AbortController();
    setTimeout(() => control.abort(), ms);
    return control.signal;
  };
  const pause = (ms) => new Promise((done) => { setTimeout(done, ms); });

  function tell(text, kind) {
    if (said.textContent !== text) said.textContent = text; // the same text again would be read out again
    said.dataset.kind = kind;
  }

  function show(state) {
    const now = JSON.stringify(state);
    if (now === shown && !trouble && failures === 0) return;
    shown = now;
    if (state.number !== number || round === undefined) {
      round = state.round;
      number = state.number;
      trouble = "";
      asked.textContent = state.title || title;
      choices.replaceChildren(...state.choices.map(([choice, words]) => {
        const button = document.createElement("button");
        button.type = "button";
        button.dataset.choice = choice;
        button.textContent = words;
        return button;
      }));
    }
    const voted = state.voted || answered.has(number);
    const open = state.round !== null && state.open && !voted;
    const held = choices.contains(document.activeElement);
    choices.hidden = !open;
    if (!open && held) said.focus(); // the focus is not lost with the button it was on
    if (state.round === null) tell(main.dataset.waiting, "waiting");
    else if (voted) tell(main.dataset.counted, "counted");
    else if (!state.open) tell(main.dataset.closed, "closed");
    else tell(trouble || main.dataset.choose, trouble ? "trouble" : "choose");
  }

  function unreached() {
    tell(main.dataset.unreached, "trouble");
  }

  async function asks() {
    clearTimeout(timer);
    if (asking || sending || document.hidden) return;
    asking = true;
    let wait = EVERY;
    try {
      const answer = await fetch(AT + "state", { cache: "no-store", signal: within(PATIENCE) });
      if (answer.status === 429 || answer.status === 503) wait = 1000 * Number(answer.headers.get("Retry-After") || 1);
      if (!answer.ok) throw new Error("refused");
      const state = await answer.json();
      if (!sending) {
        show(state);
        failures = 0;
      }
    } catch {
      failures += 1;
      if (failures > 2 && !sending) {
        shown = "";
        unreached();
      }
    }
    asking = false;
    next(failures ? backOff(wait, failures - 1) : jitter(wait));
  }

  function next(ms) {
    clearTimeout(timer);
    timer = setTimeout(asks, ms);
  }

  // No honest vote is lost to a crowd: it is sent again, a little later each time, until it is counted or refused.
  async function send(button) {
    sending = true;
    trouble = "";
    for (const one of choices.children) one.setAttribute("aria-disabled", "true");
    button.setAttribute("aria-pressed", "true");
    tell(main.dataset.sending, "sending");
    const vote = JSON.stringify({ round, choice: button.dataset.choice });
    const at = number;
    const end = await sent(vote);
    sending = false;
    for (const one of choices.children) one.removeAttribute("aria-disabled");
    button.removeAttribute("aria-pressed");
    shown = "";
    if (end === null) {
      trouble = main.dataset.missed;
      tell(trouble, "trouble");
    } else if (end.ok) {
      answered.add(at);
      said.focus();
      choices.hidden = true;
      tell(main.dataset.counted, "counted");
    } else {
      trouble = end.sentence;
      tell(trouble, "trouble");
    }
    next(end && end.ok ? jitter(EVERY) : 300);
  }

  async function sent(vote) {
    for (let tried = 0; tried < TRIES; tried += 1) {
      let wait = 500;
      try {
        const answer = await fetch(AT + "vote", {
          method: "POST",
          headers: { "Content-Type": "application/json" },
          body: vote,
          cache: "no-store",
          signal: within(PATIENCE),
        });
        if (answer.status === 403 && tried === 0) {
          await fetch(AT + "state", { cache: "no-store", signal: within(PATIENCE) }); // brings a new ballot
        } else if (answer.status === 429 || answer.status === 503) {
          wait = 1000 * Number(answer.headers.get("Retry-After") || 1);
        } else {
          return { ok: answer.ok, sentence: (await answer.json()).sentence };
        }
      } catch {
        // not reached: the next try may be
      }
      tell(main.dataset.again, "sending");
      await pause(backOff(wait, Math.max(0, tried - 1)));
    }
    return null;
  }

  choices.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button && !sending) send(button);
  });
  document.addEventListener("visibilitychange", () => { if (!document.hidden) asks(); });
  window.addEventListener("online", () => asks());
  asks();
})();
