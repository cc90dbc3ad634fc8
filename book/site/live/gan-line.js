// A game on a line: real density, the generator's density and the discriminator's curve, step by step of the training; and how
// far apart the two densities are. data: {edges: [first, last], real: shares of 10,000 in each bin, frames:
// [[step, shares of 10,000 generated, 1,000 · D(x)]], jsd: the chapter's divergence of each frame}.
"use strict";
live.register("gan-line", (root, data, ui) => {
  const WIDTH = 480, TALL = 230, LEFT = 34, BASE = TALL - 34, HIGH = 90;
  const bins = data.real.length, [first, last] = data.edges, wide = (last - first) / bins;
  const sum = (list) => list.reduce((all, v) => all + v, 0);
  const shares = (list) => { const all = sum(list); return list.map((v) => v / all); };
  const real = shares(data.real);
  const frames = data.frames.map(([step, generated, discriminator]) => ({ step, generated: shares(generated), discriminator: discriminator.map((v) => v / 1000) }));
  const best = (generated) => real.map((p, k) => (p + generated[k] > 0 ? p / (p + generated[k]) : 0.5));
  const part = (p, m) => (p > 0 ? p * Math.log(p / m) : 0);
  const jsd = (generated) => sum(real.map((p, k) => part(p, (p + generated[k]) / 2) + part(generated[k], (p + generated[k]) / 2))) / 2;

  // The chapter has measured the same densities.
  const apart = frames.map(({ generated }) => jsd(generated));
  const worst = Math.max(...apart.map((v, k) => Math.abs(v - data.jsd[k])));
  if (!(worst < 1e-5)) throw new Error(`off the chapter's divergence by ${worst}`);
  root.dataset.off = worst;

  let at = frames.length - 1, shown = "as trained";
  const px = (x) => LEFT + (x - first) * (WIDTH - LEFT - 10) / (last - first);
  const py = (height) => BASE - Math.min(height, 1.3) * (BASE - 12) / 1.3;
  const middle = (k) => first + (k + 0.5) * wide;
  const points = (heights) => heights.map((h, k) => `${px(middle(k)).toFixed(1)},${py(h).toFixed(1)}`).join(" ");

  const svg = ui.svg(root, WIDTH, TALL, "Densities of real and generated points on a line, and the discriminator's curve");
  for (const y of [0, 0.5, 1]) {
    ui.shape(svg, "line", { x1: LEFT, x2: WIDTH - 10, y1: py(y), y2: py(y), class: "faint", stroke: "currentColor" });
    ui.shape(svg, "text", { x: LEFT - 6, y: py(y) + 4, class: "quiet", "text-anchor": "end", "font-size": 11, fill: "currentColor" }, String(y));
  }
  for (const x of [-4, -2, 0, 2, 4])
    ui.shape(svg, "text", { x: px(x), y: BASE + 16, class: "quiet", "text-anchor": "middle", "font-size": 11, fill: "currentColor" }, String(x).replace("-", "−"));
  ui.shape(svg, "text", { x: px(0), y: TALL - 4, class: "quiet", "text-anchor": "middle", "font-size": 11, fill: "currentColor" }, "x");
  const heap = ui.shape(svg, "polygon", { class: "c2", fill: "currentColor", "fill-opacity": 0.4 });
  ui.shape(svg, "polyline", { points: points(real.map((p) => p / wide)), class: "c1", fill: "none", stroke: "currentColor", "stroke-width": 2 });
  const curve = ui.shape(svg, "polyline", { class: "c3", fill: "none", stroke: "currentColor", "stroke-width": 2.5, "stroke-dasharray": "2 4", "stroke-linecap": "round" });
  [["c1", "real density"], ["c2", "generated density (filled)"], ["c3", "discriminator's D(x) (dotted)"]].forEach(([name, text], k) =>
    ui.shape(svg, "text", { x: WIDTH - 12, y: 22 + 15 * k, class: name, "text-anchor": "end", "font-size": 11, fill: "currentColor" }, text));

  const chart = ui.svg(root, WIDTH, HIGH, "Divergence of the two densities against the step, between 0 and ln 2");
  const steps = frames[frames.length - 1].step;
  const cx = (step) => LEFT + step * (WIDTH - LEFT - 10) / steps;
  const cy = (v) => 8 + (1 - v / Math.LN2) * (HIGH - 34);
  for (const [v, text] of [[0, "0"], [Math.LN2, "ln 2"]]) {
    ui.shape(chart, "line", { x1: LEFT, x2: WIDTH - 10, y1: cy(v), y2: cy(v), class: "faint", stroke: "currentColor" });
    ui.shape(chart, "text", { x: LEFT - 6, y: cy(v) + 4, class: "quiet", "text-anchor": "end", "font-size": 11, fill: "currentColor" }, text);
  }
  for (const step of [0, steps / 2, steps])
    ui.shape(chart, "text", { x: cx(step), y: HIGH - 8, class: "quiet", "text-anchor": step === steps ? "end" : "middle", "font-size": 11, fill: "currentColor" }, `step ${step}`);
  ui.shape(chart, "polyline", {
    points: frames.map(({ step }, k) => `${cx(step).toFixed(1)},${cy(apart[k]).toFixed(1)}`).join(" "),
    class: "c4", fill: "none", stroke: "currentColor", "stroke-width": 2,
  });
  ui.shape(chart, "text", { x: WIDTH - 12, y: 24, class: "c4", "text-anchor": "end", "font-size": 11, fill: "currentColor" }, "JSD");
  const dot = ui.shape(chart, "circle", { r: 5, class: "c4", fill: "currentColor" });

  const row = ui.row(root);
  ui.slider(row, { label: "step", min: 0, max: frames.length - 1, step: 1, value: at, format: (k) => String(frames[k].step) }, (k) => { at = k; draw(); });
  ui.choice(row, "discriminator", ["as trained", "best there is"], (name) => { shown = name; draw(); });
  const said = ui.says(root);

  function draw() {
    const { step, generated, discriminator } = frames[at], heights = generated.map((q) => q / wide);
    const D = shown === "as trained" ? discriminator : best(generated);
    heap.setAttribute("points", `${px(middle(0))},${py(0)} ${points(heights)} ${px(middle(bins - 1))},${py(0)}`);
    curve.setAttribute("points", points(D));
    dot.setAttribute("cx", cx(step));
    dot.setAttribute("cy", cy(apart[at]));
    const off = sum(real.map((p, k) => (p + generated[k]) / 2 * Math.abs(D[k] - 0.5)));
    said(`Step ${step}: the JSD is ${apart[at].toFixed(3)} of at most 0.693. The discriminator shown is ${off.toFixed(2)} away from one half on average${shown === "as trained" ? "" : "; it is p/(p + q), computed from the two densities"}.`);
  }
  draw();
});
