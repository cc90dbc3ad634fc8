// A walk downhill, with and without momentum, on a surface seen from above; and the height it has
// left at each step. data: {surfaces: [{name, terms: [[c, i, j]] for Σ c xⁱ yʲ, box, start, bottoms,
// curvature: [smallest, largest] of a bowl or null, walks: PyTorch's own, lines: level lines}]}.
"use strict";
live.register("gradient-descent", (root, data, ui) => {
  const WIDTH = 480, HIGH = 150, MOST = 100, FAR = 1e6;

  const height = ({ terms }, [x, y]) => terms.reduce((sum, [c, i, j]) => sum + c * x ** i * y ** j, 0);
  const gradient = ({ terms }, [x, y]) => terms.reduce(([a, b], [c, i, j]) => [
    a + (i ? c * i * x ** (i - 1) * y ** j : 0),
    b + (j ? c * j * x ** i * y ** (j - 1) : 0),
  ], [0, 0]);

  // The rule of the chapter: m ← βm + ∇f(x), x ← x − ηm.
  const roll = (surface, start, rate, beta, steps) => {
    const path = [start];
    let [x, m] = [start, [0, 0]];
    for (let t = 0; t < steps && Math.hypot(...x) < FAR; t++) {
      const g = gradient(surface, x);
      m = m.map((v, k) => beta * v + g[k]);
      x = x.map((v, k) => v - rate * m[k]);
      path.push(x);
    }
    return path;
  };

  // PyTorch has walked here, too: every eighth of 40 steps.
  let worst = 0;
  for (const surface of data.surfaces) for (const [rate, beta, theirs] of surface.walks) {
    const ours = roll(surface, surface.start, rate, beta, 40).filter((_, t) => t % 8 === 0).flat();
    if (ours.length !== theirs.length) throw new Error("PyTorch took another number of steps");
    theirs.forEach((v, k) => { worst = Math.max(worst, Math.abs(v - ours[k]) / Math.max(1, Math.abs(v))); });
  }
  if (!(worst < 1e-6)) throw new Error(`off PyTorch's walk by ${worst}`);
  root.dataset.off = worst;

  let surface = data.surfaces[1], start = surface.start, rate = 0.8, beta = 0, steps = 30;
  const tidy = (v, digits = 2) => v.toFixed(digits).replace(/^-(?=[0.]*$)/, "").replace("-", "−");
  const small = (v) => (v === 0 ? "0" : Math.abs(v) < 1e-3 ? v.toExponential(1).replace("-", "−") : String(Number(v.toPrecision(2))));

  const top = ui.row(root);
  const list = ui.choice(top, "surface", data.surfaces.map((s) => s.name), (name) => {
    surface = data.surfaces.find((s) => s.name === name);
    place(surface.start);
    map();
  });
  list.value = surface.name;
  const row = ui.row(root);
  ui.slider(row, { label: "learning rate", min: 0.02, max: 4, step: 0.02, value: rate, format: (v) => v.toFixed(2) },
    (v) => { rate = v; draw(); });
  ui.slider(row, { label: "momentum", min: 0, max: 0.98, step: 0.01, value: beta, format: (v) => v.toFixed(2) },
    (v) => { beta = v; draw(); });
  ui.slider(row, { label: "steps", min: 0, max: MOST, step: 1, value: steps }, (v) => { steps = v; draw(); });

  // The map: level lines once a surface, the walk at each change.
  const stage = ui.element(root, "div");
  const sliders = ui.row(root);
  const said = ui.says(root);
  let view, path, dots, ring, grip;
  const point = ([x, y]) => {
    const [left, right, low, high] = surface.box;
    return [(x - left) * WIDTH / (right - left), (high - y) * WIDTH / (right - left)];
  };
  // What lies far outside is drawn at a distance that every browser can count with.
  const near = (v) => Math.max(-2000, Math.min(2000, v)).toFixed(1);
  const points = (list) => list.map((p) => point(p).map(near).join(",")).join(" ");

  function map() {
    const [left, right, low, high] = surface.box, tall = (high - low) * WIDTH / (right - left);
    stage.replaceChildren();
    view = ui.svg(stage, WIDTH, tall, `Level lines of the ${surface.name}, and the walk`);
    for (const flat of surface.lines) {
      const line = flat.flatMap((x, k) => (k % 2 ? [] : [[x, flat[k + 1]]]));
      ui.shape(view, "polyline", { points: points(line), class: "quiet", fill: "none", stroke: "currentColor", "stroke-width": 0.6 });
    }
    for (const [x, y] of surface.bottoms.map(point))
      ui.shape(view, "path", { d: `M${x - 6} ${y}h12m-6 -6v12`, class: "c3", stroke: "currentColor", "stroke-width": 2 });
    path = ui.shape(view, "polyline", { class: "c2", fill: "none", stroke: "currentColor", "stroke-width": 1.5 });
    dots = ui.shape(view, "path", { class: "c2", stroke: "currentColor", "stroke-width": 5, "stroke-linecap": "round" });
    ring = ui.shape(view, "circle", { r: 7, class: "c1", fill: "none", stroke: "currentColor", "stroke-width": 2.5 });
    grip = ui.shape(view, "circle", { r: 22, fill: "transparent", style: "cursor: grab; touch-action: none" });
    const drag = (event) => {
      const frame = view.getBoundingClientRect(), scale = (right - left) / frame.width;
      place([left + (event.clientX - frame.left) * scale, high - (event.clientY - frame.top) * scale]);
      draw();
    };
    grip.addEventListener("pointerdown", (event) => { grip.setPointerCapture(event.pointerId); drag(event); });
    grip.addEventListener("pointermove", (event) => { if (grip.hasPointerCapture(event.pointerId)) drag(event); });
    draw();
  }

  // Where the walk begins: two sliders, or a drag.
  const axis = (name, k) => ui.slider(sliders, {
    label: `start ${name}`, min: 0, max: 100, step: 1, value: 0, format: () => tidy(start[k]),
  }, (v) => {
    const [from, to] = surface.box.slice(2 * k, 2 * k + 2);
    start = start.map((old, i) => (i === k ? from + (to - from) * v / 100 : old));
    draw();
  });
  const axes = [axis("x", 0), axis("y", 1)];
  function place(where) {
    start = where.map((v, k) => Math.max(surface.box[2 * k], Math.min(surface.box[2 * k + 1], v)));
    axes.forEach((slider, k) => {
      const [from, to] = surface.box.slice(2 * k, 2 * k + 2);
      slider.value = 100 * (start[k] - from) / (to - from);
    });
  }

  // What is left of the height, on a logarithmic axis from 10 down to 10⁻¹².
  const chart = ui.svg(root, WIDTH, HIGH, "The height left above the bottom at each step, on a logarithmic axis");
  const spot = (t, left) => [40 + t * (WIDTH - 50) / MOST, 8 + (1 - Math.log10(Math.min(Math.max(left, 1e-12), 10))) * (HIGH - 34) / 13];
  for (const power of [0, -4, -8, -12]) {
    const [x, y] = spot(0, 10 ** power);
    ui.shape(chart, "line", { x1: x, x2: WIDTH - 10, y1: y, y2: y, class: "faint", stroke: "currentColor" });
    ui.shape(chart, "text", { x: x - 5, y: y + 4, class: "quiet", "text-anchor": "end", "font-size": 11 }, power ? `1e${power}`.replace("-", "−") : "1");
  }
  for (const t of [0, 50, 100])
    ui.shape(chart, "text", { x: spot(t, 1)[0], y: HIGH - 12, class: "quiet", "text-anchor": "middle", "font-size": 11 }, String(t));
  ui.shape(chart, "text", { x: spot(25, 1)[0], y: HIGH - 12, class: "quiet", "text-anchor": "middle", "font-size": 11 }, "step");
  ui.shape(chart, "text", { x: WIDTH - 12, y: 18, class: "quiet", "text-anchor": "end", "font-size": 11 }, "height left");
  const curve = ui.shape(chart, "polyline", { class: "c2", fill: "none", stroke: "currentColor", "stroke-width": 2 });

  function draw() {
    const walk = roll(surface, start, rate, beta, steps);
    const lowest = height(surface, surface.bottoms[0]);
    const left = walk.map((p) => height(surface, p) - lowest);
    const [x, y] = point(start);
    for (const circle of [ring, grip]) { circle.setAttribute("cx", x); circle.setAttribute("cy", y); }
    path.setAttribute("points", points(walk));
    dots.setAttribute("d", walk.slice(1).map((p) => `M${point(p).map(near).join(" ")}h0`).join(""));
    curve.setAttribute("points", left.map((v, t) => spot(t, v).map((n) => n.toFixed(1)).join(",")).join(" "));
    axes.forEach((slider, k) => { slider.parentNode.querySelector("output").textContent = tidy(start[k]); });
    const last = walk[walk.length - 1], lost = Math.hypot(...last) >= FAR;
    let text = lost ? `Lost: more than a million away after ${walk.length - 1} steps.` :
      `After ${steps} steps: x = ${tidy(last[0], 3)}, y = ${tidy(last[1], 3)}, height left ${small(left[left.length - 1])}, slope ${small(Math.hypot(...gradient(surface, last)))}.`;
    if (surface.curvature) {
      const [flattest, steepest] = surface.curvature;
      text += ` Curvatures ${tidy(flattest, 3)} and ${tidy(steepest, 3)}: with this momentum, rates below 2(1 + β)/λ = ${tidy(2 * (1 + beta) / steepest)} arrive.`;
    }
    said(text);
  }
  place(surface.start);
  map();
});
