// Keeps an open page true: live parts over one event stream, times that tick, ages that show when the stream is dead.
// Without this script every page is whole, as of its loading.
"use strict";

(() => {
  const body = document.body;
  const stream = body.dataset.stream;
  const trusted = window.trustedTypes?.createPolicy("countersign", { createHTML: (text) => text });
  const html = (text) => (trusted ? trusted.createHTML(text) : text);

  // The server's clock, carried on from the last word we had of it.
  const clock = { now: Number(body.dataset.now), speed: Number(body.dataset.speed), heard: performance.now() };
  const now = () => clock.now + (performance.now() - clock.heard) * clock.speed;
  // When what is shown was read, on our own count; the page itself was read as it came.
  let read = performance.now();
  let isAway = false;
  // The machine's own time, for what is shown for minutes only.
  const machine = { at: Number(body.dataset.read), heard: performance.now() };
  const machineNow = () => machine.at + (performance.now() - machine.heard) / 1000;
  let isLeaving = false;

  // ---- words, as the server says them
  const span = (seconds) => {
    const s = Math.max(0, Math.floor(seconds));
    if (s < 60) return `${s} s`;
    if (s < 3600) return `${Math.floor(s / 60)} min`;
    const many = s >= 48 * 3600;
    const [big, small] = many ? [86400, 3600] : [3600, 60];
    const [one, other] = many ? ["d", "h"] : ["h", "min"];
    const rest = Math.floor((s % big) / small);
    return rest ? `${Math.floor(s / big)} ${one} ${rest} ${other}` : `${Math.floor(s / big)} ${one}`;
  };
  const left = (due) => {
    const seconds = due - now() / 1000;
    return seconds > 0 ? span(seconds) : `late by ${span(-seconds)}`;
  };
  const say = (node, text) => {
    if (node && node.textContent !== text) node.textContent = text;
  };

  // ---- what was shown for a reason hides itself, also under the pointer and while no word comes from the server
  const mask = (node) => {
    node.closest("[data-live], .tile")?.replaceChildren();
    if (isLeaving) return;
    isLeaving = true;
    window.location.replace(stream.split("/stream")[0] || "/");
  };

  // ---- ticking
  const tick = () => {
    for (const node of document.querySelectorAll("[data-due]")) say(node, left(Number(node.dataset.due)));
    for (const node of document.querySelectorAll("[data-masks-at]")) {
      const seconds = Number(node.dataset.masksAt) - machineNow();
      say(node, span(seconds));
      if (seconds <= 0) mask(node);
    }
    const age = (performance.now() - read) / 1000;
    const isOld = age > 10;
    const isStale = age > 30;
    for (const node of document.querySelectorAll("[data-age-of]")) {
      const tile = node.closest("[data-tile]");
      if (isOld) node.dataset.age = "old";
      else delete node.dataset.age;
      say(node.lastElementChild, isStale ? `old by ${span(age)}` : tile ? span(age) : `live, ${span(age)} old`);
    }
    for (const tile of document.querySelectorAll("[data-tile]")) {
      if (isStale) tile.dataset.state = "stale";
      else if (tile.dataset.state === "stale") delete tile.dataset.state;
      const line = tile.querySelector("[data-stale]");
      if (!line) continue;
      line.hidden = !isStale;
      if (isStale) {
        const why = isAway ? "The database does not answer." : "Nothing was heard from the server.";
        say(line.querySelector("[data-stale-text]"), `${why} What stands here is old by ${span(age)}; the deadlines themselves still run.`);
      }
    }
    document.dispatchEvent(new CustomEvent("countersign:tick", { detail: { now: now() } }));
  };

  // ---- live parts: never under the pointer, never under the focus, never over what is typed or open
  const waiting = new Map();
  const isBusy = (part) =>
    part.matches(":hover") || part.contains(document.activeElement) || part.querySelector("details[open], dialog[open]") !== null;
  const put = (part, text) => {
    const made = new DOMParser().parseFromString(html(text), "text/html");
    part.replaceChildren(...made.body.childNodes);
  };
  const settle = () => {
    for (const [name, text] of waiting) {
      const part = document.querySelector(`[data-live="${CSS.escape(name)}"]`);
      if (!part) waiting.delete(name);
      else if (!isBusy(part)) {
        put(part, text);
        waiting.delete(name);
      }
    }
    const held = [...waiting.keys()].filter((name) => document.querySelector(`[data-live="${CSS.escape(name)}"]`));
    for (const part of document.querySelectorAll("[data-live]")) part.toggleAttribute("data-held", held.includes(part.dataset.live));
  };

  // ---- one polite word when something comes into danger, or out of it
  let said = null;
  const announce = () => {
    const counts = [...document.querySelectorAll(".watch .counts .word")].map((word) => word.textContent.trim()).join(", ");
    if (said !== null && counts !== said) say(document.querySelector("[data-announce]"), `Now ${counts}.`);
    said = counts;
  };

  const listen = () => {
    const source = new EventSource(stream);
    source.addEventListener("parts", (event) => {
      for (const [name, text] of Object.entries(JSON.parse(event.data))) waiting.set(name, text);
      settle();
      announce();
      body.dataset.live = "yes";
    });
    source.addEventListener("read", (event) => {
      const told = JSON.parse(event.data);
      Object.assign(machine, { at: told.sent / 1000, heard: performance.now() });
      Object.assign(clock, { now: told.now, speed: told.speed, heard: performance.now() });
      read = performance.now() - Math.max(0, told.sent - told.at);
      isAway = false;
      settle();
      tick();
    });
    source.addEventListener("away", () => {
      isAway = true;
    });
    source.addEventListener("over", () => {
      source.close();
      window.location.reload();
    });
  };

  tick();
  setInterval(tick, 1000);
  setInterval(settle, 500);
  if (stream && window.EventSource) listen();
})();
