// A line through animals on log axes: each residual as a square, and where the line lies in the bowl of
// its loss. data: {names, x, y, mammals: how many come before the dinosaurs, without, with: PyTorch's
// {line: [a, b], loss, step: one step of SGD at rate 0.1 from a = 0.3, b = 1}}.
"use strict";
live.register("line-by-hand", (root, data, ui) => {
  const SCALE = 60, LEFT = -2.7, TOP = 4.8, WIDTH = 492, HIGH = 390; // of the plot: units per decade, corner
  const RATE = 0.1, START = [0.3, 1], LIMITS = [[-0.5, 1.5], [-1, 3]];
  const mean = (list) => list.reduce((sum, v) => sum + v, 0) / list.length;
  const minus = (text) => text.replace(/^-(?=[0.]*$)/, "").replace("-", "−");

  // The arithmetic of the chapter, for the first n animals.
  const view = (n) => {
    const x = data.x.slice(0, n), y = data.y.slice(0, n);
    const means = { x: mean(x), y: mean(y), xx: mean(x.map((v) => v * v)), xy: mean(x.map((v, i) => v * y[i])) };
    const a = (means.xy - means.x * means.y) / (means.xx - means.x ** 2);
    const loss = ([a, b]) => mean(x.map((v, i) => (a * v + b - y[i]) ** 2));
    const step = ([a, b]) => {
      const r = x.map((v, i) => a * v + b - y[i]);
      return [a - RATE * 2 * mean(r.map((v, i) => v * x[i])), b - RATE * 2 * mean(r)];
    };
    return { n, x, y, means, loss, step, best: [a, means.y - a * means.x] };
  };
  const views = { without: view(data.mammals), with: view(data.x.length) };

  // PyTorch has been here: its line, its loss, its step.
  let worst = 0;
  for (const [name, { best, loss, step }] of Object.entries(views)) {
    const theirs = [...data[name].line, data[name].loss, ...data[name].step];
    [...best, loss(best), ...step(START)].forEach((v, k) => { worst = Math.max(worst, Math.abs(v - theirs[k])); });
  }
  if (!(worst < 1e-8)) throw new Error(`off PyTorch's line by ${worst}`);
  root.dataset.off = worst;

  let now = views.without, line = START.slice(), squares = true, asked = false; // asked: whether the best line is shown
  const NAMES = [`the ${data.mammals} mammals`, `all ${data.x.length}, with dinosaurs`];
  const row = ui.row(root);
  ui.choice(row, "animals", NAMES, (name) => { now = name === NAMES[0] ? views.without : views.with; bowl(); draw(); });
  ui.choice(row, "misses", ["as squares", "as lines"], (name) => { squares = name === "as squares"; draw(); });
  const sliders = ["slope", "intercept"].map((label, k) => ui.slider(root, {
    label, min: LIMITS[k][0], max: LIMITS[k][1], step: 0.01, value: line[k], format: () => minus(line[k].toFixed(2)),
  }, (v) => { line[k] = v; draw(); }));
  const buttons = ui.row(root);
  ui.button(buttons, "one step downhill", () => move(now.step(line), "One step of gradient descent: "));
  ui.button(buttons, "the best line", () => { asked = true; move(now.best, "The closed form: "); });
  ui.button(buttons, "start again", () => { asked = false; move(START, "From the start: "); });
  function move(to, prefix) { line = to.slice(); draw(prefix); }

  // The plot, with as many units per decade across as up, so that squares are squares.
  const svg = ui.svg(root, WIDTH, HIGH, "Brain against body weight on log axes, a line, and the misses");
  const px = (x) => (x - LEFT) * SCALE, py = (y) => (TOP - y) * SCALE;
  const bottom = py(-1.3), floor = (v) => Math.max(-3000, Math.min(3000, v));
  const text = (parent, x, y, words, anchor = "middle") =>
    ui.shape(parent, "text", { x, y, class: "quiet", fill: "currentColor", "text-anchor": anchor, "font-size": 12 }, words);
  [[-2, "10 g"], [-1, "100 g"], [0, "1 kg"], [1, "10 kg"], [2, "100 kg"], [3, "1 t"], [4, "10 t"], [5, "100 t"]].forEach(([x, words]) => {
    ui.shape(svg, "line", { x1: px(x), x2: px(x), y1: 0, y2: bottom, class: "faint", stroke: "currentColor" });
    if (x < 5) text(svg, px(x), bottom + 16, words);
  });
  text(svg, WIDTH - 4, bottom + 16, "body", "end");
  [[0, "1 g"], [1, "10 g"], [2, "100 g"], [3, "1 kg"], [4, "10 kg"]].forEach(([y, words]) => {
    ui.shape(svg, "line", { x1: px(-2.1), x2: WIDTH, y1: py(y), y2: py(y), class: "faint", stroke: "currentColor" });
    text(svg, px(-2.15), py(y) + 4, words, "end");
  });
  text(svg, px(-2.15), py(4.55), "brain", "end");
  const costs = data.x.map(() => ui.shape(svg, "path", { class: "c2", fill: "currentColor", "fill-opacity": 0.22, stroke: "currentColor", "stroke-width": 1 }));
  const best = ui.shape(svg, "line", { class: "c3", stroke: "currentColor", "stroke-width": 2, "stroke-dasharray": "5 4" });
  const ruler = ui.shape(svg, "line", { class: "c1", stroke: "currentColor", "stroke-width": 2.5 });
  data.x.forEach((x, i) => {
    const [u, v] = [px(x), py(data.y[i])], old = i >= data.mammals;
    const mark = ui.shape(svg, "path", {
      d: old ? `M${u - 6} ${v + 5}h12l-6 -11z` : `M${u - 3.5} ${v}a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0 -7 0`, class: "ink", fill: "currentColor",
    });
    ui.shape(mark, "title", {}, data.names[i]);
    costs[i].mark = mark;
  });

  // The bowl from above: level lines at multiples of the least loss.
  const DEEP = 196, chart = ui.svg(root, WIDTH, DEEP, "The loss over slope and intercept, as level lines, and where this line lies");
  const cx = (a) => 50 + (a - LIMITS[0][0]) * (WIDTH - 60) / 2, cy = (b) => 170 - (b - LIMITS[1][0]) * 162 / 4;
  for (const a of [-0.5, 0, 0.5, 1, 1.5]) text(chart, cx(a), 188, minus(String(a)), a === 1.5 ? "end" : "middle");
  for (const b of [-1, 0, 1, 2, 3]) text(chart, 42, cy(b) + (b === 3 ? 10 : 4), minus(String(b)), "end");
  text(chart, cx(0.25), 188, "slope");
  text(chart, 14, 89, "intercept").setAttribute("transform", "rotate(-90 14 89)");
  // A drawing inside the drawing, so that level lines end at its border.
  const frame = { x: 50, y: 8, width: WIDTH - 60, height: 162 };
  const map = ui.shape(chart, "svg", { ...frame, viewBox: `50 8 ${WIDTH - 60} 162` });
  ui.shape(map, "rect", { ...frame, class: "faint", fill: "none", stroke: "currentColor", "stroke-width": 2 });
  const levels = [1.5, 3, 6, 12, 24, 48, 96].map(() => ui.shape(map, "polyline", { class: "quiet", fill: "none", stroke: "currentColor", "stroke-width": 0.8 }));
  const goal = ui.shape(map, "path", { class: "c3", stroke: "currentColor", "stroke-width": 2.5 });
  const dot = ui.shape(map, "circle", { r: 6, class: "c1", fill: "currentColor" });
  const said = ui.says(root);

  function bowl() {
    const { means, best: [a, b], loss } = now, least = loss(now.best);
    // L − least = E[(da·x + db)²]: complete the square in db, then walk around the ellipse.
    const spread = Math.sqrt(means.xx - means.x ** 2);
    levels.forEach((level, k) => {
      const size = Math.sqrt(least * (1.5 * 2 ** k - 1)), points = [];
      for (let t = 0; t <= 72; t++) {
        const da = size * Math.cos(t * Math.PI / 36) / spread, db = size * Math.sin(t * Math.PI / 36) - da * means.x;
        points.push(`${cx(a + da).toFixed(1)},${cy(b + db).toFixed(1)}`);
      }
      level.setAttribute("points", points.join(" "));
    });
    goal.setAttribute("d", `M${cx(a) - 7} ${cy(b)}h14m-7 -7v14`);
    place(best, now.best);
  }
  function place(shape, [a, b]) {
    for (const [k, x] of [[1, -2.1], [2, 5.5]]) { shape.setAttribute(`x${k}`, px(x)); shape.setAttribute(`y${k}`, floor(py(a * x + b))); }
  }
  function draw(prefix = "") {
    const [a, b] = line, loss = now.loss(line), least = now.loss(now.best);
    place(ruler, line);
    best.setAttribute("visibility", asked ? "visible" : "hidden");
    let far = 0, big = 0;
    costs.forEach((cost, i) => {
      const shown = i < now.n, r = a * data.x[i] + b - data.y[i];
      for (const part of [cost, cost.mark]) part.setAttribute("visibility", shown ? "visible" : "hidden");
      if (shown && Math.abs(r) > big) [big, far] = [Math.abs(r), i];
      const side = floor(SCALE * r).toFixed(1), [u, v] = [px(data.x[i]).toFixed(1), py(data.y[i]).toFixed(1)];
      cost.setAttribute("d", squares ? `M${u} ${v}v${-side}h${-side}v${side}z` : `M${u} ${v}v${-side}`);
    });
    dot.setAttribute("cx", floor(cx(a)));
    dot.setAttribute("cy", floor(cy(b)));
    sliders.forEach((slider, k) => {
      slider.value = line[k];
      slider.parentNode.querySelector("output").textContent = minus(line[k].toFixed(2));
    });
    const apart = 10 ** big, times = apart < 10 ? apart.toFixed(1) : Math.round(apart).toLocaleString("en");
    said(`${prefix}slope ${minus(a.toFixed(3))}, intercept ${minus(b.toFixed(3))}: mean squared error ${loss.toFixed(4)}; the best line has ${least.toFixed(4)}. ` +
      `Farthest off: ${data.names[far]}, by a factor of ${times}.`);
  }
  bowl();
  draw();
});
