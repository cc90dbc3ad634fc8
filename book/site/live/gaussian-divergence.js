// Two Gaussians and what it costs to take one for the other, in both directions, as signed areas.
// data: {values: [[mean and width of p, of q, KL(p‖q), KL(q‖p)]]}, the last two PyTorch's own.
"use strict";
live.register("gaussian-divergence", (root, data, ui) => {
  const WIDTH = 480, LEFT = -6, RIGHT = 6, BELL = 150, STRIP = 112, POINTS = 241;

  const log = (x, [mean, width]) => -((x - mean) ** 2) / (2 * width ** 2) - Math.log(width) - Math.log(2 * Math.PI) / 2;
  const density = (x, p) => Math.exp(log(x, p));
  const price = (x, p, q) => density(x, p) * (log(x, p) - log(x, q));
  const divergence = ([m, s], [n, r]) => Math.log(r / s) + (s ** 2 + (m - n) ** 2) / (2 * r ** 2) - 1 / 2;

  // PyTorch's divergences, by the formula and as an area; the tails that are left out are small.
  let worst = 0;
  for (const [m, s, n, r, there, back] of data.values) for (const [p, q, theirs] of [[[m, s], [n, r], there], [[n, r], [m, s], back]]) {
    let area = 0;
    for (let k = -6000; k <= 6000; k++) area += price(k / 200, p, q) / 200;
    for (const ours of [divergence(p, q), area]) worst = Math.max(worst, Math.abs(ours - theirs) / Math.max(1, theirs));
  }
  if (!(worst < 1e-6)) throw new Error(`off PyTorch's divergence by ${worst}`);
  root.dataset.off = worst;

  let [m, s, n, r] = data.values[0], p = [m, s], q = [n, r];
  const tidy = (v, digits = 2) => v.toFixed(digits).replace(/^-(?=[0.]*$)/, "").replace("-", "−");
  const spot = (x) => (x - LEFT) * WIDTH / (RIGHT - LEFT);
  const grid = Array.from({ length: POINTS }, (_, k) => LEFT + (RIGHT - LEFT) * k / (POINTS - 1));

  const rows = [ui.row(root), ui.row(root)];
  const slider = (row, label, which, k, min, max) => ui.slider(row, {
    label, min, max, step: 0.05, value: which()[k], format: (v) => tidy(v),
  }, (v) => { which()[k] = v; draw(); });
  const sliders = [
    slider(rows[0], "mean of p", () => p, 0, -3, 3), slider(rows[0], "width of p", () => p, 1, 0.3, 3),
    slider(rows[1], "mean of q", () => q, 0, -3, 3), slider(rows[1], "width of q", () => q, 1, 0.3, 3),
  ];
  const buttons = ui.row(root);
  ui.button(buttons, "swap p and q", () => { [p, q] = [q, p]; place(); draw("Swapped: "); });
  const place = () => [...p, ...q].forEach((v, k) => {
    sliders[k].value = v;
    sliders[k].parentNode.querySelector("output").textContent = tidy(v);
  });

  // The two bells.
  const bells = ui.svg(root, WIDTH, BELL, "The densities of p, a solid line, and q, a dashed one");
  const curve = (parent, kind, attributes) => ui.shape(parent, kind, { stroke: "currentColor", fill: "none", "stroke-width": 2, ...attributes });
  const base = BELL - 20;
  ui.shape(bells, "line", { x1: 0, x2: WIDTH, y1: base, y2: base, class: "faint", stroke: "currentColor" });
  for (const x of [-4, -2, 0, 2, 4])
    ui.shape(bells, "text", { x: spot(x), y: BELL - 5, class: "quiet", fill: "currentColor", "font-size": 11, "text-anchor": "middle" }, tidy(x, 0));
  const lines = [curve(bells, "polyline", { class: "c1" }), curve(bells, "polyline", { class: "c2", "stroke-dasharray": "6 4" })];
  const names = ["p", "q"].map((name, k) => ui.shape(bells, "text", { class: `c${k + 1}`, fill: "currentColor", "font-size": 15, "text-anchor": "middle" }, name));

  // What each point adds to either divergence: above the line it costs, below it saves.
  const strips = ["KL(p‖q) = area of p ln(p/q)", "KL(q‖p) = area of q ln(q/p)"].map((label, k) => {
    const view = ui.svg(root, WIDTH, STRIP, label);
    const area = ui.shape(view, "polygon", { class: `c${k + 1}`, fill: "currentColor", "fill-opacity": 0.35, stroke: "currentColor", "stroke-width": 1.2 });
    const zero = ui.shape(view, "line", { x1: 0, x2: WIDTH, class: "quiet", stroke: "currentColor" });
    ui.shape(view, "text", { x: 4, y: 14, class: "quiet", fill: "currentColor", "font-size": 12 }, label);
    const sum = ui.shape(view, "text", { x: WIDTH - 4, y: 16, class: "ink", fill: "currentColor", "font-size": 15, "text-anchor": "end" });
    const tall = ui.shape(view, "text", { x: WIDTH - 4, y: 32, class: "quiet", fill: "currentColor", "font-size": 11, "text-anchor": "end" });
    return { area, zero, sum, tall };
  });
  const said = ui.says(root);

  function draw(prefix = "") {
    const top = Math.max(density(p[0], p), density(q[0], q)), scale = (base - 22) / Math.max(top, 0.5);
    [p, q].forEach((bell, k) => {
      lines[k].setAttribute("points", grid.map((x) => `${spot(x).toFixed(1)},${(base - scale * density(x, bell)).toFixed(1)}`).join(" "));
      const aside = bell[0] + (k ? 1 : -1) * (p[0] > q[0] ? -1 : 1) * bell[1] * 0.35; // the names stand apart
      names[k].setAttribute("x", spot(aside).toFixed(1));
      names[k].setAttribute("y", (base - scale * density(bell[0], bell) - 7 + (k ? 0 : 1)).toFixed(1));
    });
    // One scale for both strips, so that their areas may be compared.
    const prices = [[p, q], [q, p]].map((pair) => grid.map((x) => price(x, ...pair)));
    const all = prices.flat(), most = Math.max(0.4, ...all), least = Math.min(-0.2, ...all);
    const height = (v) => 20 + (most - v) * (STRIP - 26) / (most - least);
    const values = [divergence(p, q), divergence(q, p)];
    strips.forEach((strip, k) => {
      const outline = grid.map((x, i) => `${spot(x).toFixed(1)},${height(prices[k][i]).toFixed(1)}`);
      strip.area.setAttribute("points", [`0,${height(0).toFixed(1)}`, ...outline, `${WIDTH},${height(0).toFixed(1)}`].join(" "));
      for (const end of ["y1", "y2"]) strip.zero.setAttribute(end, height(0).toFixed(1));
      strip.sum.textContent = tidy(values[k], 3);
      strip.tall.textContent = `highest point ${tidy(Math.max(...prices[k]))}`;
    });
    const [there, back] = values, close = Math.abs(there - back) < 0.0005;
    const verdict = close ? "Both directions cost the same." :
      `${there > back ? "Believing q where p is true" : "Believing p where q is true"} costs ${tidy(Math.max(there, back) / Math.max(Math.min(there, back), 1e-9), 1)} times as much as the reverse.`;
    said(`${prefix}KL(p‖q) = ${tidy(there, 3)} nats, KL(q‖p) = ${tidy(back, 3)} nats. ${verdict}`);
  }
  draw();
});
