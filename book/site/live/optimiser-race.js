// Four optimisers walk down the same ground, seen from above, with the same gusts of noise in their
// gradients; and the height that each has left. data: {surfaces: [{name, terms: [[c, i, j]] for Σ c xⁱ yʲ,
// box, start, bottom, rates: {optimiser: its best}, walks: {optimiser: PyTorch's own}, lines}], gusts}.
"use strict";
live.register("optimiser-race", (root, data, ui) => {
  const WIDE = 480, HIGH = 170, MOST = 100, FAR = 1e6;

  // The rules of the chapter, one number at a time. w remembers; what is not there yet counts as 0.
  const rules = {
    "SGD": (x, g, w, rate) => x - rate * g,
    "momentum": (x, g, w, rate) => x - rate * (w.m = 0.9 * (w.m || 0) + g),
    "RMSProp": (x, g, w, rate) => {
      w.s = 0.9 * (w.s || 0) + 0.1 * g * g;
      return x - rate * g / (Math.sqrt(w.s) + 1e-8);
    },
    "Adam": (x, g, w, rate) => {
      w.t = (w.t || 0) + 1;
      w.m = 0.9 * (w.m || 0) + 0.1 * g;
      w.s = 0.999 * (w.s || 0) + 0.001 * g * g;
      return x - rate * (w.m / (1 - 0.9 ** w.t)) / (Math.sqrt(w.s / (1 - 0.999 ** w.t)) + 1e-8);
    },
  };
  const names = Object.keys(rules), dashes = ["", "7 4", "2 4", "10 3 2 3"];

  const height = ({ terms }, [x, y]) => terms.reduce((sum, [c, i, j]) => sum + c * x ** i * y ** j, 0);
  const gradient = ({ terms }, [x, y]) => terms.reduce(([a, b], [c, i, j]) => [
    a + (i ? c * i * x ** (i - 1) * y ** j : 0),
    b + (j ? c * j * x ** i * y ** (j - 1) : 0),
  ], [0, 0]);
  const walk = (ground, name, times, noise, from, steps) => {
    const memory = [{}, {}], path = [ground.start];
    for (let t = 0, x = ground.start; t < steps && Math.hypot(...x) < FAR; t++) {
      const g = gradient(ground, x).map((v, k) => v + noise * data.gusts[2 * (from + t) + k]);
      x = x.map((v, k) => rules[name](v, g[k], memory[k], times * ground.rates[name]));
      path.push(x);
    }
    return path;
  };

  // PyTorch has walked here, too, in a wind of 0.3: every eighth of 40 steps.
  let worst = 0;
  for (const ground of data.surfaces) for (const name of names) {
    const ours = walk(ground, name, 1, 0.3, 0, 40).filter((_, t) => t % 8 === 0).flat(), theirs = ground.walks[name];
    if (ours.length !== theirs.length) throw new Error("PyTorch took another number of steps");
    theirs.forEach((v, k) => { worst = Math.max(worst, Math.abs(v - ours[k])); });
  }
  if (!(worst < 1e-6)) throw new Error(`off PyTorch's walk by ${worst}`);
  root.dataset.off = worst;

  let ground = data.surfaces[0], times = 1, noise = 0, from = 0, step = 30, timer = 0, paths;
  const short = (v) => (v < 1e-9 ? "0" : v < 1e-2 ? v.toExponential(0).replace("-", "−") : String(Number(v.toPrecision(2))));

  const top = ui.row(root);
  ui.choice(top, "ground", data.surfaces.map((s) => s.name), (name) => {
    ground = data.surfaces.find((s) => s.name === name);
    map();
  });
  const row = ui.row(root);
  ui.slider(row, { label: "rate, times each one's best", min: -4, max: 3, step: 0.25, value: 0, format: (v) => (2 ** v).toFixed(2) },
    (v) => { times = 2 ** v; go(); });
  const gale = ui.slider(row, { label: "noise", min: 0, max: 1.5, step: 0.05, value: noise, format: (v) => v.toFixed(2) },
    (v) => { noise = v; go(); });
  const clock = ui.slider(row, { label: "step", min: 0, max: MOST, step: 1, value: step }, (v) => { step = v; draw(); });
  const buttons = ui.row(root);
  const place = (t) => { clock.value = t; clock.dispatchEvent(new Event("input")); };
  ui.button(buttons, "Step", () => { stop(); place((step + 1) % (MOST + 1)); });
  const play = ui.still ? null : ui.button(buttons, "Play", () => (timer ? stop() : start()));
  ui.button(buttons, "Other noise", () => {
    from = (from + 100) % 300;
    if (!noise) { gale.value = 0.3; gale.dispatchEvent(new Event("input")); }
    go();
  });
  function stop() { clearInterval(timer); timer = 0; if (play) play.textContent = "Play"; }
  function start() {
    if (step >= MOST) place(0);
    play.textContent = "Pause";
    timer = setInterval(() => (root.isConnected && step < MOST ? place(step + 1) : stop()), 80);
  }

  const stage = ui.element(root, "div");
  const chart = ui.svg(root, WIDE, HIGH, "The height that each optimiser has left at each step, on a logarithmic axis");
  const said = ui.says(root);

  const point = ([x, y]) => {
    const [left, right, , high] = ground.box;
    return [(x - left) * WIDE / (right - left), (high - y) * WIDE / (right - left)].map((v) => Math.max(-999, Math.min(1999, v)));
  };
  const text = (points) => points.map((p) => p.map((v) => v.toFixed(1)).join(",")).join(" ");
  const trace = (parent, k) => ui.shape(parent, "polyline", {
    class: `c${k + 1}`, fill: "none", stroke: "currentColor", "stroke-width": 2, "stroke-dasharray": dashes[k],
  });
  let trails, heads;

  function map() {
    const [left, right, low, high] = ground.box;
    stage.replaceChildren();
    const view = ui.svg(stage, WIDE, (high - low) * WIDE / (right - left), `Level lines of the ${ground.name}, and four walks`);
    for (const flat of ground.lines) {
      const line = flat.flatMap((x, k) => (k % 2 ? [] : [[x, flat[k + 1]]]));
      ui.shape(view, "polyline", { points: text(line.map(point)), class: "quiet", fill: "none", stroke: "currentColor", "stroke-width": 0.4 });
    }
    const [x, y] = point(ground.bottom);
    ui.shape(view, "path", { d: `M${x - 7} ${y}h14m-7 -7v14`, class: "ink", stroke: "currentColor", "stroke-width": 2 });
    trails = names.map((_, k) => trace(view, k));
    heads = names.map((name, k) => {
      const head = ui.shape(view, "g");
      ui.shape(head, "circle", { r: 9, class: "fill-page" });
      ui.shape(head, "circle", { r: 9, class: `c${k + 1}`, fill: "none", stroke: "currentColor", "stroke-width": 2 });
      ui.shape(head, "text", { y: 4, class: "ink", fill: "currentColor", "text-anchor": "middle", "font-size": 11 }, name[0].toUpperCase());
      return head;
    });
    go();
  }

  // The chart: from 10 down to 10⁻⁸.
  const spot = (t, left) => [40 + t * (WIDE - 50) / MOST, 8 + (1 - Math.log10(Math.min(Math.max(left, 1e-8), 10))) * (HIGH - 52) / 9];
  for (const power of [0, -4, -8]) {
    const [x, y] = spot(0, 10 ** power);
    ui.shape(chart, "line", { x1: x, x2: WIDE - 10, y1: y, y2: y, class: "faint", stroke: "currentColor" });
    ui.shape(chart, "text", { x: x - 5, y: y + 4, class: "quiet", fill: "currentColor", "text-anchor": "end", "font-size": 11 }, power ? `1e−${-power}` : "1");
  }
  for (const t of [0, 50, 100])
    ui.shape(chart, "text", { x: spot(t, 1)[0], y: HIGH - 26, class: "quiet", fill: "currentColor", "text-anchor": "middle", "font-size": 11 }, t === 50 ? "step 50" : String(t));
  ui.shape(chart, "text", { x: WIDE - 12, y: 16, class: "quiet", fill: "currentColor", "text-anchor": "end", "font-size": 11 }, "height left");
  const curves = names.map((_, k) => trace(chart, k));
  const needle = ui.shape(chart, "line", { y1: 4, y2: HIGH - 40, class: "quiet", stroke: "currentColor" });
  names.forEach((name, k) => {
    const x = 40 + k * 112;
    ui.shape(chart, "line", { x1: x, x2: x + 26, y1: HIGH - 7, y2: HIGH - 7, class: `c${k + 1}`, stroke: "currentColor", "stroke-width": 2, "stroke-dasharray": dashes[k] });
    ui.shape(chart, "text", { x: x + 31, y: HIGH - 3, class: "ink", fill: "currentColor", "font-size": 12 }, name);
  });

  function go() {
    paths = names.map((name) => walk(ground, name, times, noise, from, MOST));
    curves.forEach((curve, k) => curve.setAttribute("points", text(paths[k].map((p, t) => spot(t, height(ground, p))))));
    draw();
  }
  function draw() {
    const now = paths.map((path) => path[Math.min(step, path.length - 1)]);
    paths.forEach((path, k) => {
      trails[k].setAttribute("points", text(path.slice(0, step + 1).map(point)));
      heads[k].setAttribute("transform", `translate(${point(now[k]).join(" ")})`);
    });
    const [x] = spot(step, 1);
    needle.setAttribute("x1", x);
    needle.setAttribute("x2", x);
    said(`After ${step} steps the height left is ` + names.map((name, k) =>
      `${Math.hypot(...now[k]) < FAR ? short(Math.max(0, height(ground, now[k]))) : "beyond all bounds"} for ${name} (rate ${short(times * ground.rates[name])})`).join(", ") + ".");
  }
  map();
});
