// A symbol in a formula and its name in code light up together, and a card shows their row of the notation table.
// Numbers come from the build: data-s of a letter or a name, data-a of an accent, class symbol-N of a row.
"use strict";
(() => {
  const brought = document.getElementById("_symbols");
  const row = (number) => document.querySelector(`tr.symbol-${number}`) || brought?.content.querySelector(`tr.symbol-${number}`);
  const numbers = (element) => [element.dataset.a, ...element.dataset.s.split(" ")].filter(Boolean);
  const rows = (element) => [...new Set(numbers(element).map(row))].filter(Boolean);

  const fill = (element) => {
    const list = document.createElement("dl");
    for (const line of rows(element)) {
      const [symbol, code, shape, meaning] = [...line.cells].map((cell) => [...cell.cloneNode(true).childNodes]);
      const term = document.createElement("dt"), text = document.createElement("dd");
      [symbol, code, shape].forEach((part) => { const box = document.createElement("span"); box.append(...part); term.append(box); });
      text.append(...meaning);
      list.append(term, text);
    }
    return list.children.length ? list : null;
  };

  const lit = () => document.querySelectorAll(".lit");
  const hidden = () => lit().forEach((element) => element.classList.remove("lit"));
  const shown = (element) => {
    for (const number of element.dataset.s.split(" "))
      for (const other of document.querySelectorAll(`[data-s~="${number}"], [data-a="${number}"]`)) other.classList.add("lit");
  };
  card.add({ at: "[data-s]", fill, shown, hidden });

  // By keyboard a labelled equation is one stop; arrows go from symbol to symbol, and each is said aloud.
  const voice = document.createElement("p");
  voice.className = "unseen";
  voice.setAttribute("aria-live", "polite");
  const said = (cell) => {
    const copy = cell.cloneNode(true);
    for (const unread of copy.querySelectorAll(".katex-html, annotation")) unread.remove();
    return copy.textContent.replace(/\s+/g, " ").trim();
  };
  const sentence = (line) => [...line.cells].map(said).filter((text) => text && text !== "—").join(", ");

  const letters = (formula) => [...formula.querySelectorAll("[data-s]")].filter((a) => !a.parentElement.closest("[data-s]"))
    .map((element) => ({ element, x: element.getBoundingClientRect().left, y: element.getBoundingClientRect().top }))
    .sort((a, b) => a.x - b.x || a.y - b.y).map(({ element }) => element);
  const step = { ArrowRight: (i, n) => Math.min(i + 1, n - 1), ArrowLeft: (i) => Math.max(i - 1, 0), Home: () => 0, End: (_, n) => n - 1 };

  const walk = (formula) => {
    let at = -1;
    formula.tabIndex = 0;
    formula.dataset.stop = "yes";
    formula.setAttribute("role", "group");
    formula.setAttribute("aria-label", `Equation ${formula.closest("div.math").querySelector(".eqno").firstChild.textContent.trim()}, arrow keys name its symbols`);
    formula.addEventListener("keydown", (event) => {
      if (!step[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      const all = letters(formula);
      at = step[event.key](at, all.length);
      all[at].scrollIntoView({ block: "nearest", inline: "nearest" });
      card.show(all[at]);
      voice.textContent = rows(all[at]).map(sentence).join("; ");
    });
    formula.addEventListener("blur", () => {
      at = -1;
      voice.textContent = "";
    });
  };
  document.body.append(voice);
  for (const formula of document.querySelectorAll("div.math:has(.eqno) .formula:has([data-s])")) walk(formula);
})();
