// The vote on a phone: polls the question every two seconds, shows it, and sends one vote.
// It connects only to its own server and stores nothing.
"use strict";
(() => {
  const [main, asked, question, said, before, choices, send] = ["vote", "asked", "question", "said", "before", "choices", "send"]
    .map((id) => document.getElementById(id));
  const words = main.dataset;
  const AT = words.at; // the page's own path, without a leading slash
  const title = document.title;
  const POLL_MS = 2000;
  const MAX_WAIT_MS = 20000;
  const TIMEOUT_MS = 8000;
  const MAX_TRIES = 12;

  // The server's last state; null before the first one. Each question has a unique number.
  let state = null;
  let chosen = ""; // the selected choice, not sent yet
  let sending = ""; // the message while a vote is being sent
  let trouble = ""; // the message about a vote that failed, while its question is still open
  // A vote that came too late: the number and title of its question, its message, and the later question above which the
  // message appears.
  let late = null;
  const answered = new Map(); // the message for each question answered here
  const refused = new Map(); // the message for each question that can't count this phone's vote at all
  let unrecognized = 0; // how many times in a row the server didn't recognize this phone right after giving it a ballot
  let failures = 0;
  let timer = 0;
  let polling = false;
  let turn = 0; // incremented by each vote, so that states requested before it count as outdated

  // Spread out phones that open the page together, and make them retry at different times after a failure.
  const jitter = (ms) => ms * (0.75 + Math.random() / 2);
  const backOff = (ms, times) => jitter(Math.min(MAX_WAIT_MS, ms * 2 ** Math.min(times, 6)));
  // Older phones have no AbortSignal.timeout.
  const abortAfter = (ms) => {
    const control = new AbortController();
    setTimeout(() => control.abort(), ms);
    return control.signal;
  };
  const pause = (ms) => new Promise((done) => { setTimeout(done, ms); });

  const hasVoted = () => state !== null && (state.voted || answered.has(state.number));
  const cannotVote = () => unrecognized > 1 || (state !== null && refused.has(state.number));
  const tooLate = (text) => { late = { number: state.number, title: state.title, text, above: null }; chosen = ""; };

  function write(place, text) {
    if (place.textContent !== text) place.textContent = text; // setting the same text again would make screen readers repeat it
    place.hidden = !text;
  }

  function show(latest) {
    if (!state || latest.number !== state.number) {
      if (chosen && !hasVoted()) tooLate(words.late); // it was selected but never sent
      chosen = "";
      trouble = "";
      choices.replaceChildren(...latest.choices.map(([choice, name], place) => {
        const button = document.createElement("button");
        button.type = "button";
        button.dataset.choice = choice;
        button.textContent = words.numbered.replace("{number}", place + 1).replace("{name}", () => name);
        return button;
      }));
    }
    state = latest;
    unrecognized = latest.known ? 0 : unrecognized + 1;
    if (cannotVote()) chosen = "";
    if (chosen && !state.open && !hasVoted()) tooLate(words.late);
    if (late && late.number === state.number) {
      if (state.open || hasVoted()) late = null; // open again: anyone who was too late can choose again
    } else if (late && late.above === null) {
      late.above = state.number;
    } else if (late && late.above !== state.number) {
      late = null;
    }
    render();
  }

  function render() {
    const voted = hasVoted();
    const here = late !== null && late.number === state.number;
    const open = state !== null && state.round !== null && state.open && !voted && !here && !cannotVote();
    const hadFocus = choices.contains(document.activeElement) || document.activeElement === send;
    write(asked, (state && state.title) || title);
    question.hidden = choices.hidden = send.hidden = !open;
    for (const button of choices.children) {
      button.setAttribute("aria-pressed", String(button.dataset.choice === chosen));
      button.setAttribute("aria-disabled", String(Boolean(sending)));
    }
    send.setAttribute("aria-disabled", String(!chosen || Boolean(sending)));
    write(before, late && !here && !voted ? words.before.replace("{title}", () => late.title) : "");
    const [text, kind] = what(voted, here, open, failures > 2);
    write(said, text);
    said.dataset.kind = kind;
    if (!open && hadFocus) said.focus(); // keep the focus when its button disappears
  }

  // Never ask people to raise a hand if their vote counted or came too late, or while a vote is still being sent.
  function what(voted, here, open, unreached) {
    if (sending) return [sending, "sending"];
    if (voted && unreached) return [words.safe, "counted"];
    if (voted) return [answered.get(state.number) || words.counted, "counted"];
    if (state !== null && state.round !== null && state.open && cannotVote()) {
      return [refused.get(state.number) || words.noCookies, "trouble"];
    }
    if (here) return [late.text, "trouble"];
    if (open && trouble) return [trouble, "trouble"];
    if (open && chosen) return [words.chosen.replace("{choice}", () => pressed().textContent), "chosen"];
    if (unreached) return [open ? words.unreached : words.apart, "trouble"];
    if (open) return [words.choose, "choose"];
    return state.round === null ? [words.waiting, "waiting"] : [words.closed, "closed"];
  }

  const pressed = () => [...choices.children].find((button) => button.dataset.choice === chosen);

  async function poll() {
    clearTimeout(timer);
    if (polling || sending || document.hidden) return;
    polling = true;
    const now = turn;
    let wait = POLL_MS;
    try {
      const answer = await fetch(AT + "state", { cache: "no-store", signal: abortAfter(TIMEOUT_MS) });
      if (answer.status === 429 || answer.status === 503) wait = 1000 * Number(answer.headers.get("Retry-After") || 1);
      if (answer.status === 404) return over();
      if (!answer.ok) throw new Error("refused");
      const latest = await answer.json();
      if (now === turn) {
        failures = 0;
        show(latest);
      }
    } catch {
      if (now === turn) failures += 1;
      if (failures > 2) render();
    }
    polling = false;
    next(failures ? backOff(wait, failures - 1) : jitter(wait));
  }

  // Another session has started at this address, with its own code.
  function over() {
    state = late = null;
    render();
    write(said, words.over);
    said.dataset.kind = "closed";
  }

  function next(ms) {
    clearTimeout(timer);
    timer = setTimeout(poll, ms);
  }

  // Votes must not get lost in a crowd, so resend, waiting a little longer each time, until it is counted or rejected.
  async function sendVote() {
    const { round, number } = state;
    turn += 1;
    trouble = "";
    sending = words.sending;
    render();
    const end = await postVote(JSON.stringify({ round, choice: chosen }));
    turn += 1;
    sending = "";
    if (end === null) {
      trouble = words.missed; // the choice stays selected
    } else {
      failures = 0;
      if (end.status === 200 || end.status === 409) {
        answered.set(number, end.sentence);
        late = null;
        chosen = "";
      } else if (end.status === 403 || end.status === 507) {
        refused.set(number, end.sentence);
        chosen = "";
      } else if (end.status === 410) {
        tooLate(end.sentence);
      } else {
        trouble = end.sentence;
        chosen = "";
      }
    }
    render();
    if (hasVoted()) said.focus();
    next(hasVoted() ? jitter(POLL_MS) : 300);
  }

  async function postVote(vote) {
    let renewed = false; // whether this phone was just given a new ballot; without cookies it still has none
    for (let tried = 0; tried < MAX_TRIES; tried += 1) {
      let wait = 500;
      try {
        const answer = await fetch(AT + "vote", {
          method: "POST",
          headers: { "Content-Type": "application/json" },
          body: vote,
          cache: "no-store",
          signal: abortAfter(TIMEOUT_MS),
        });
        if (answer.status === 403 && !renewed) {
          renewed = (await fetch(AT + "state", { cache: "no-store", signal: abortAfter(TIMEOUT_MS) })).ok;
        } else if (answer.status === 429 || answer.status === 503) {
          wait = 1000 * Number(answer.headers.get("Retry-After") || 1);
        } else {
          return { status: answer.status, sentence: (await answer.json()).sentence };
        }
      } catch {
        // the server wasn't reachable; the next try may work
      }
      if (tried + 1 === MAX_TRIES) break;
      sending = words.again;
      render();
      await pause(backOff(wait, Math.max(0, tried - 1)));
    }
    return null;
  }

  choices.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button || sending) return;
    chosen = button.dataset.choice;
    trouble = "";
    render();
  });
  send.addEventListener("click", () => { if (chosen && !sending) sendVote(); });
  document.addEventListener("visibilitychange", () => { if (!document.hidden) poll(); });
  window.addEventListener("online", () => poll());
  poll();
})();
