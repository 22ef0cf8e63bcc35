// Optional keys: g and a letter goes to a page, / to the search, j and k along rows, Enter opens one, ? lists them all.
// Nothing that changes anything has a key, but for claiming a review.
"use strict";

(() => {
  const ways = { o: "/", c: "/cases", r: "/reviews", t: "/topics", p: "/parked", d: "/deliveries", b: "/rulebook", f: "/facilities" };
  let isGoing = false;
  const isOff = () => document.cookie.split("; ").includes("keys=off");
  const isTyping = (node) => node.closest("input:not([type=radio]), textarea, select, [contenteditable]") !== null;

  const rows = () => [...document.querySelectorAll("tr[data-href]")].filter((row) => row.getClientRects().length > 0);
  const move = (step) => {
    const all = rows();
    if (!all.length) return;
    const at = all.findIndex((row) => row.contains(document.activeElement));
    const next = all[Math.min(all.length - 1, Math.max(0, at + step))];
    next.querySelector("a")?.focus();
  };
  const choose = (place) => {
    const choice = document.querySelectorAll("input[name=outcome]")[place - 1];
    if (choice) {
      choice.checked = true;
      choice.focus();
    }
  };
  const acts = {
    "/": () => document.querySelector("[data-search]")?.focus(),
    j: () => move(1),
    k: () => move(-1),
    c: () => document.querySelector("[data-claim]")?.click(),
    "?": () => {
      window.location.href = "/account#keys";
    },
    1: () => choose(1),
    2: () => choose(2),
    3: () => choose(3),
  };

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && isTyping(event.target)) {
      event.target.blur();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || isOff()) return;
    if (isGoing && ways[event.key]) {
      event.preventDefault();
      window.location.href = ways[event.key];
    } else if (!isGoing && acts[event.key]) {
      event.preventDefault();
      acts[event.key]();
    }
    isGoing = event.key === "g" && !isGoing;
  });
})();
