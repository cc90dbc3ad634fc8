// The reading path that one follows, and the code folded away. Both are remembered on this device only.
"use strict";
(() => {
  const root = document.documentElement;
  const keep = (key, value) => (value ? localStorage.setItem(key, value) : localStorage.removeItem(key));

  // Mathematics only: the style sheet hides the code; each cell gets a button that shows it again.
  const folds = [...document.querySelectorAll(".fold-code")];
  const fold = (on) => {
    keep("book-code", on ? "folded" : "");
    if (on) root.dataset.code = "folded";
    else delete root.dataset.code;
    for (const button of folds) button.setAttribute("aria-pressed", String(on));
    for (const cell of document.querySelectorAll("div.cell")) {
      delete cell.dataset.shown;
      const peek = cell.querySelector(":scope > .peek");
      if (!on && peek) peek.remove();
      if (on && !peek) cell.prepend(peeker(cell));
    }
    dispatchEvent(new Event("resize"));
  };
  const peeker = (cell) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "peek";
    const say = (open) => {
      button.textContent = open ? "Fold the code" : "Show the code";
      button.setAttribute("aria-expanded", String(open));
    };
    say(false);
    button.addEventListener("click", () => {
      const open = !("shown" in cell.dataset);
      if (open) cell.dataset.shown = "";
      else delete cell.dataset.shown;
      say(open);
      for (const part of open ? cell.querySelectorAll("details.hide") : []) part.open = true;
    });
    return button;
  };
  for (const button of folds) {
    button.hidden = false;
    button.addEventListener("click", () => fold(root.dataset.code !== "folded"));
  }
  if (root.dataset.code) fold(true);

  // The path: buttons on the page of paths, one line at the foot of each of its chapters.
  const follow = (key, folded) => {
    keep("book-path", key);
    for (const step of document.querySelectorAll(".step")) step.hidden = step.dataset.path !== key;
    for (const button of document.querySelectorAll("[data-follow]")) {
      const on = button.dataset.follow === key;
      button.setAttribute("aria-pressed", String(on));
      button.textContent = on ? "Leave this path" : "Follow this path";
    }
    if (folded !== undefined) fold(folded);
    document.dispatchEvent(new CustomEvent("book-path", { detail: key }));
  };
  for (const button of document.querySelectorAll("[data-follow]")) {
    button.closest("[hidden]").hidden = false;
    button.addEventListener("click", () => {
      const start = button.getAttribute("aria-pressed") === "false";
      follow(start ? button.dataset.follow : "", start && "folded" in button.dataset);
    });
  }
  for (const button of document.querySelectorAll(".step button")) button.addEventListener("click", () => follow(""));
  follow(localStorage.getItem("book-path") || "");
})();
