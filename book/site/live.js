// Figures that the reader can act on: loads live/<name>.js when its figure comes near the screen.
"use strict";
(() => {
  const makers = {}, shared = {}, scripts = {};
  const here = document.currentScript.src;
  const NS = "http://www.w3.org/2000/svg";
  let count = 0;

  const element = (parent, tag, attributes = {}, text) => {
    const made = document.createElement(tag);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (text !== undefined) made.textContent = text;
    parent.append(made);
    return made;
  };

  const labelled = (root, tag, label, attributes, on, read) => {
    const id = `live-${++count}`;
    const box = element(root, "div", { class: "live-control" });
    element(box, "label", { for: id }, label);
    const input = element(box, tag, { id, ...attributes });
    input.addEventListener(tag === "select" ? "change" : "input", () => on(read(input)));
    return input;
  };

  // Runs a script of the site once; a figure may ask again after a failure.
  const script = (path) => scripts[path] ??= new Promise((resolve, reject) => {
    const made = element(document.head, "script", { src: new URL(path, here).href });
    made.addEventListener("load", resolve);
    made.addEventListener("error", () => {
      delete scripts[path];
      reject(new Error(`${path} did not arrive`));
    });
  });

  const ui = {
    script,
    use: async (name) => (await script(`live/shared/${name}.js`), shared[name]),
    still: matchMedia("(prefers-reduced-motion: reduce)").matches,
    element,
    // A figure whose files come when the reader asks: the still, a button, what it costs, and another try after a failure.
    // `ready(files)` gives what begins the figure; it may throw. Gives the function that speaks, as `says` does.
    opening(root, still, { label, what }, ready) {
      root.append(still);
      const row = ui.row(root), said = ui.says(root);
      const button = ui.button(row, label, async () => {
        button.disabled = true;
        const bar = element(row, "progress", { max: 1, value: 0, "aria-label": `loading the ${what}` });
        said(`Loading the ${what}.`);
        let begin;
        try {
          begin = await ready(await (await ui.use("files")).load(root, ui, (share) => { bar.value = share; }));
        } catch (error) {
          bar.remove();
          button.disabled = false;
          said(`The ${what} could not be loaded: ${error.message}. Press the button to try again.`);
          throw error;
        }
        still.remove();
        row.remove();
        begin();
      });
      const price = element(row, "span", { class: "quiet" }, "");
      ui.use("files").then((files) => {
        price.textContent = `loads ${(files.size(root) / 1e6).toFixed(1)} MB from this site, once`;
      });
      return said;
    },
    row: (root) => element(root, "div", { class: "live-row" }),
    svg(root, width, height, label) {
      const svg = document.createElementNS(NS, "svg");
      svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
      svg.setAttribute("role", "img");
      svg.setAttribute("aria-label", label);
      svg.style.maxWidth = `${width}px`;
      root.append(svg);
      // On a telephone the drawing shrinks; its smaller words shrink less.
      new ResizeObserver(() => {
        svg.style.setProperty("--least", `${(9.8 * width / (svg.clientWidth || width)).toFixed(1)}px`);
      }).observe(svg);
      return svg;
    },
    shape(parent, tag, attributes = {}, text) {
      const made = document.createElementNS(NS, tag);
      for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
      const size = attributes["font-size"];
      if (size) made.style.fontSize = `max(${size}px, min(${1.25 * size}px, var(--least, 0px)))`;
      if (text !== undefined) made.textContent = text;
      parent.append(made);
      return made;
    },
    slider(root, { label, min, max, step, value, format = String }, on) {
      let output;
      const input = labelled(root, "input", label, { type: "range", min, max, step, value }, (v) => {
        output.textContent = format(v);
        on(v);
      }, (e) => Number(e.value));
      output = element(input.parentNode, "output", { for: input.id }, format(Number(value)));
      return input;
    },
    button(root, label, on) {
      const made = element(root, "button", { type: "button" }, label);
      made.addEventListener("click", on);
      return made;
    },
    choice(root, label, options, on) {
      const select = labelled(root, "select", label, {}, on, (e) => e.value);
      for (const option of options) element(select, "option", { value: option }, option);
      return select;
    },
    number: (root, label, value, on) =>
      labelled(root, "input", label, { type: "number", step: "any", value }, on, (e) => Number(e.value)),
    text: (root, label, value, on) =>
      labelled(root, "input", label, { type: "text", value, spellcheck: "false", autocomplete: "off" }, on, (e) => e.value),
    table(root, rows, label) {
      const table = element(root, "table", { class: "live-table", "aria-label": label });
      for (const row of rows) {
        const line = element(table, "tr");
        for (const cell of row) element(line, "td", {}, String(cell));
      }
      return table;
    },
    says(root) {
      const line = element(root, "p", { class: "live-says", "aria-live": "polite" });
      return (text) => { if (line.textContent !== text) line.textContent = text; };
    },
  };

  const start = (box, asked) => {
    const root = document.createElement("div");
    root.className = "live-root";
    root.setAttribute("role", "group");
    root.setAttribute("aria-label", box.dataset.alt);
    const data = JSON.parse(box.querySelector("script").textContent);
    const still = box.querySelector("img");
    still.replaceWith(root);
    try {
      makers[box.dataset.live](root, data, ui, still);
    } catch (error) {
      root.replaceWith(still);
      throw error;
    }
    box.dataset.ready = "";
    root.dispatchEvent(new Event("live", { bubbles: true }));
    if (asked) root.querySelector("input, select, button").focus();
  };

  const load = (box, asked) => script(`live/${box.dataset.live}.js`).then(() => start(box, asked));

  // The reader wants less motion: the still stays until they ask for this figure.
  const offer = (box) => {
    const button = ui.button(box, "Act on this figure", () => {
      button.remove();
      load(box, true);
    });
    button.className = "live-offer";
  };

  window.live = {
    register: (name, maker) => { makers[name] = maker; },
    share: (name, value) => { shared[name] = value; },
  };

  const near = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      near.unobserve(target);
      (ui.still ? offer : load)(target);
    }
  }, { rootMargin: "400px" });
  const find = () => document.querySelectorAll(".live[data-live]").forEach((box) => near.observe(box));
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", find); else find();
})();
