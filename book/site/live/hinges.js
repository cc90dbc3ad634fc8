// A network with one hidden layer of hinges, drawn through a curve at knots that the reader places;
// below it, what is left between the two. data: {curves: [{name, start, even, balanced}]}, each of the
// three {knots, error, values}: PyTorch's largest error, and its network at 0, 0.1, …, 1.
"use strict";
live.register("hinges", (root, data, ui) => {
  const WIDTH = 480, HIGH = 250, LOW = 120, LEFT = 42, RIGHT = 12, POINTS = 2000;
  const curves = {
    wave: (x) => Math.sin(2 * Math.PI * x),
    step: (x) => Math.tanh(12 * (x - 0.4)),
    root: (x) => Math.sqrt(x),
  };

  // The chapter's formula: f(t₀) plus, at each knot, a hinge that adds the change of slope.
  const network = (f, t) => {
    const slopes = t.slice(1).map((right, m) => (f(right) - f(t[m])) / (right - t[m]));
    const change = slopes.map((slope, m) => slope - (m ? slopes[m - 1] : 0));
    return (x) => change.reduce((sum, c, m) => sum + c * Math.max(0, x - t[m]), f(t[0]));
  };
  const largest = (f, g) => {
    let worst = 0;
    for (let i = 0; i <= POINTS; i++) worst = Math.max(worst, Math.abs(g(i / POINTS) - f(i / POINTS)));
    return worst;
  };

  let off = 0;
  for (const curve of data.curves) for (const kind of ["start", "even", "balanced"]) {
    const f = curves[curve.name], { knots, error, values } = curve[kind], g = network(f, knots);
    off = Math.max(off, Math.abs(largest(f, g) - error));
    values.forEach((v, i) => { off = Math.max(off, Math.abs(v - g(i / (values.length - 1)))); });
  }
  if (!(off < 1e-9)) throw new Error(`off the chapter's networks by ${off}`);
  root.dataset.off = off;

  let curve = data.curves[0], places = curve.start.knots.slice(1, -1);
  const inner = (kind) => curve[kind].knots.slice(1, -1);

  const top = ui.row(root);
  ui.choice(top, "curve", data.curves.map((c) => c.name), (name) => {
    curve = data.curves.find((c) => c.name === name);
    draw();
  });
  ui.button(top, "even places", () => put(inner("even")));
  ui.button(top, "balanced places", () => put(inner("balanced")));
  const row = ui.row(root);
  const format = (v) => Number(v).toFixed(2);
  const sliders = places.map((place, m) => ui.slider(row,
    { label: `hinge ${m + 1}`, min: 0.01, max: 0.99, step: 0.01, value: place, format },
    (v) => { places[m] = v; draw(); }));

  const stage = ui.svg(root, WIDTH, HIGH, "The curve and the network that is drawn through it");
  const chart = ui.svg(root, WIDTH, LOW, "Network minus curve");
  const said = ui.says(root);

  const across = (x) => LEFT + x * (WIDTH - LEFT - RIGHT);
  let bottom, tall;
  const up = (y) => HIGH - 16 - (y - bottom) * (HIGH - 32) / tall;
  const line = (f, to) => Array.from({ length: 401 }, (_, i) => `${across(i / 400).toFixed(1)},${to(f(i / 400)).toFixed(1)}`).join(" ");
  const text = (svg, x, y, words, anchor = "end") =>
    ui.shape(svg, "text", { x, y, class: "quiet", "text-anchor": anchor, "font-size": 11 }, words);

  const curved = ui.shape(stage, "polyline", { class: "quiet", fill: "none", stroke: "currentColor", "stroke-width": 5, opacity: 0.45 });
  const straight = ui.shape(stage, "polyline", { class: "c2", fill: "none", stroke: "currentColor", "stroke-width": 2 });
  const heights = [text(stage, LEFT - 6, 20, ""), text(stage, LEFT - 6, HIGH - 12, "")];
  const knots = Array.from({ length: places.length + 2 }, () =>
    ui.shape(stage, "circle", { r: 5, class: "c2", fill: "currentColor" }));

  const middle = (LOW - 18) / 2;
  ui.shape(chart, "line", { x1: LEFT, x2: WIDTH - RIGHT, y1: middle, y2: middle, class: "faint", stroke: "currentColor" });
  const gap = ui.shape(chart, "polyline", { class: "c1", fill: "none", stroke: "currentColor", "stroke-width": 1.5 });
  const ends = [text(chart, LEFT - 6, 14, ""), text(chart, LEFT - 6, LOW - 20, "")];
  text(chart, LEFT - 6, middle + 4, "0");
  for (const x of [0, 0.5, 1]) text(chart, across(x), LOW - 4, String(x), "middle");
  text(chart, across(0.25), LOW - 4, "x", "middle");
  text(chart, across(0.75), LOW - 4, "network minus curve", "middle");

  // A knot can also be dragged: the nearest of the four follows the pointer.
  let held = -1;
  const where = (event) => {
    const frame = stage.getBoundingClientRect();
    const x = ((event.clientX - frame.left) * WIDTH / frame.width - LEFT) / (WIDTH - LEFT - RIGHT);
    return Math.max(0.01, Math.min(0.99, Math.round(x * 100) / 100));
  };
  const move = (x) => { places[held] = x; sliders[held].value = x; draw(); };
  stage.style.touchAction = "pan-y";
  stage.addEventListener("pointerdown", (event) => {
    const x = where(event);
    held = places.reduce((best, p, m) => (Math.abs(p - x) < Math.abs(places[best] - x) ? m : best), 0);
    stage.setPointerCapture(event.pointerId);
    move(x);
  });
  stage.addEventListener("pointermove", (event) => { if (held >= 0 && stage.hasPointerCapture(event.pointerId)) move(where(event)); });
  stage.addEventListener("pointerup", () => { held = -1; });

  function put(list) {
    places = [...list];
    sliders.forEach((slider, m) => { slider.value = places[m]; });
    draw();
  }

  function draw() {
    const f = curves[curve.name];
    const t = [0, ...places, 1].sort((a, b) => a - b).filter((x, i, all) => i === 0 || x - all[i - 1] > 1e-9);
    const g = network(f, t), error = largest(f, g);
    [bottom, tall] = curve.name === "root" ? [0, 1] : [-1.05, 2.1];
    heights[0].textContent = "1";
    heights[1].textContent = curve.name === "root" ? "0" : "−1";
    curved.setAttribute("points", line(f, up));
    straight.setAttribute("points", t.map((x) => `${across(x).toFixed(1)},${up(f(x)).toFixed(1)}`).join(" "));
    knots.forEach((dot, m) => {
      const x = t[Math.min(m, t.length - 1)];
      dot.setAttribute("cx", across(x)); dot.setAttribute("cy", up(f(x)));
    });
    gap.setAttribute("points", line((x) => g(x) - f(x), (y) => middle - y / Math.max(error, 1e-9) * (middle - 10)));
    ends[0].textContent = error.toFixed(3);
    ends[1].textContent = `−${error.toFixed(3)}`;
    sliders.forEach((slider, m) => { slider.parentNode.querySelector("output").textContent = format(places[m]); });
    const { even, balanced } = curve;
    const verdict = error < balanced.error * 0.998 ? "Better even than balanced." :
      error <= balanced.error * 1.005 ? "As good as balanced: little is left to gain." :
      error < even.error - 1e-9 ? "Better than even." : "Not better than even.";
    said(`Largest error ${error.toFixed(3)} with ${t.length - 1} pieces. Even places: ${even.error.toFixed(3)}; balanced places: ${balanced.error.toFixed(3)}. ${verdict}`);
  }
  draw();
});
