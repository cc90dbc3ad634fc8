// A window of 3 × 3 weights visits a small picture; the reader steps, plays, and edits the weights.
"use strict";
live.register("convolution-stepper", (root, data, ui) => {
  const CELL = 30;
  const { x } = data;
  const w = data.w.map((row) => [...row]);
  const n = x.length, k = w.length;
  let padding = 0, stride = 1, dilation = 1, place = 0, timer = 0;

  const reach = () => dilation * (k - 1) + 1;
  const size = () => Math.floor((n + 2 * padding - reach()) / stride) + 1;
  const pixel = (i, j) => x[i - padding]?.[j - padding] ?? 0;
  const tidy = (v) => String(Math.round(v * 100) / 100).replace("-", "−");
  const terms = (i, j) => w.flatMap((row, u) =>
    row.map((weight, v) => [weight, pixel(i * stride + u * dilation, j * stride + v * dilation)]));
  const output = (i, j) => terms(i, j).reduce((sum, [weight, value]) => sum + weight * value, 0);

  for (let i = 0; i < size(); i++) for (let j = 0; j < size(); j++)
    if (Math.abs(output(i, j) - data.y[i][j]) > 1e-4) throw new Error("the chapter computed something else");

  // Controls: three choices, nine weights, four buttons.
  const choices = ui.row(root);
  const pick = (label, options, set) => ui.choice(choices, label, options, (value) => {
    set(Number(value));
    place = 0;
    draw();
  });
  pick("padding", ["0", "1", "2"], (v) => { padding = v; });
  pick("stride", ["1", "2", "3"], (v) => { stride = v; });
  pick("dilation", ["1", "2", "3"], (v) => { dilation = v; });

  const panels = ui.row(root);
  Object.assign(panels.style, { display: "flex", flexWrap: "wrap", gap: "1rem", alignItems: "flex-start" });
  const panel = (title) => {
    const box = ui.element(panels, "div", {});
    box.style.maxWidth = "100%";
    ui.element(box, "div", { class: "ink" }, title);
    return box;
  };
  const left = panel("picture"), middle = panel("kernel"), right = panel("result");
  const table = ui.element(middle, "div", { role: "group", "aria-label": "the nine weights of the kernel" });
  Object.assign(table.style, { display: "grid", gridTemplateColumns: "repeat(3, 3.2em)", gap: "2px" });
  w.forEach((row, u) => row.forEach((weight, v) => {
    const input = ui.element(table, "input", {
      type: "number", step: "any", value: weight, "aria-label": `weight, row ${u + 1}, column ${v + 1}`,
    });
    Object.assign(input.style, { width: "100%", padding: "0.1rem", textAlign: "center" });
    input.addEventListener("input", () => { w[u][v] = Number(input.value) || 0; draw(); });
  }));

  const buttons = ui.row(root);
  ui.button(buttons, "Back", () => { stop(); move(-1); });
  ui.button(buttons, "Step", () => { stop(); move(1); });
  const play = ui.still ? null : ui.button(buttons, "Play", () => {
    if (timer) { stop(); draw(); } else start();
  });
  ui.button(buttons, "First", () => { stop(); place = 0; draw(); });
  const sum = ui.element(root, "p", { class: "ink" });
  Object.assign(sum.style, { fontVariantNumeric: "tabular-nums", overflowWrap: "anywhere", minHeight: "3em" });
  const said = ui.says(root);

  const total = () => size() ** 2;
  function move(by) { place = (place + by + total()) % total(); draw(); }
  function stop() { clearInterval(timer); timer = 0; if (play) play.textContent = "Play"; }
  function start() {
    if (place === total() - 1) place = 0;
    play.textContent = "Pause";
    timer = setInterval(() => {
      if (!root.isConnected || place >= total() - 1) return stop();
      move(1);
    }, 700);
    draw();
  }

  const grid = (box, count, label, cell) => {
    box.querySelector("svg")?.remove();
    const svg = ui.svg(box, count * CELL + 2, count * CELL + 2, label);
    box.style.width = `${count * CELL + 2}px`;
    Object.assign(svg.style, { display: "block", width: "100%", height: "auto" });
    for (let i = 0; i < count; i++) for (let j = 0; j < count; j++) cell(svg, i, j, 1 + j * CELL, 1 + i * CELL);
  };
  const square = (svg, left, top, tint, strong) => {
    if (tint) ui.shape(svg, "rect", {
      x: left, y: top, width: CELL, height: CELL, class: tint, fill: "currentColor", "fill-opacity": strong ? 0.3 : 0.12,
    });
    ui.shape(svg, "rect", {
      x: left, y: top, width: CELL, height: CELL, fill: "none", class: strong ? "ink" : "faint",
      stroke: "currentColor", "stroke-width": strong ? 1.6 : 0.8,
    });
  };
  const number = (svg, left, top, text, shade, small) => ui.shape(svg, "text", {
    x: left + CELL / 2, y: top + CELL / 2 + (small ? -3 : 4), "text-anchor": "middle", class: shade,
    fill: "currentColor", "font-size": text.length > 3 ? 9 : 12,
  }, text);

  function draw() {
    const m = size(), row = Math.floor(place / m), column = place % m;
    grid(left, n + 2 * padding, `the picture, ${n + 2 * padding} by ${n + 2 * padding} with its padding`, (svg, i, j, a, b) => {
      const u = (i - row * stride) / dilation, v = (j - column * stride) / dilation;
      const inside = w[u]?.[v] !== undefined;
      const border = x[i - padding]?.[j - padding] === undefined;
      square(svg, a, b, inside ? "c1" : "", inside);
      number(svg, a, b, tidy(pixel(i, j)), border ? "quiet" : "ink", inside);
      if (inside) ui.shape(svg, "text", {
        x: a + CELL - 2, y: b + CELL - 3, "text-anchor": "end", class: "c2", fill: "currentColor", "font-size": 9,
      }, `×${tidy(w[u][v])}`);
    });
    grid(right, m, `the result, ${m} by ${m}`, (svg, i, j, a, b) => {
      const at = i * m + j, now = at === place;
      square(svg, a, b, now ? "c2" : "", now);
      if (at <= place) number(svg, a, b, tidy(output(i, j)), "ink");
      const target = ui.shape(svg, "rect", { x: a, y: b, width: CELL, height: CELL, fill: "transparent" });
      target.addEventListener("click", () => { stop(); place = at; draw(); });
    });
    const y = tidy(output(row, column));
    const bracket = (v) => (v < 0 ? `(${tidy(v)})` : tidy(v));
    sum.textContent = `${terms(row, column).map(([weight, value]) => `${bracket(weight)}·${bracket(value)}`).join(" + ")} = ${y}`;
    const shape = `⌊(${n} + 2·${padding} − ${dilation}·(${k} − 1) − 1) / ${stride}⌋ + 1 = ${m}`;
    said(timer ? "" : `Row ${row + 1}, column ${column + 1} of the result is ${y}. Size: ${shape}.`);
  }
  draw();
});
