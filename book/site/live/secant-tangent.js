// A secant that turns into the tangent as its points meet, and away from it when rounding takes over;
// below, the error of its slope against the nudge. data: {curves: [{name, box, start, slopes: [places,
// PyTorch's slopes], trials: [[x, h, forward, centred]…] in float32 and then in float64}]}.
"use strict";
live.register("secant-tangent", (root, data, ui) => {
  const WIDTH = 480, TALL = 230, HIGH = 200, LEFT = 46, LEAST = 17;

  // Each step of f is rounded by `to`, as the dtype would; the slopes are for exact arithmetic.
  const known = {
    "x²": { f: (x, to) => to(x * x), slope: (x) => 2 * x },
    "x³ − 2x": { f: (x, to) => to(to(to(x * x) * x) - to(2 * x)), slope: (x) => 3 * x * x - 2 },
    "1/(1 + x²)": { f: (x, to) => to(1 / to(1 + to(x * x))), slope: (x) => -2 * x / (1 + x * x) ** 2 },
    "|x|": { f: (x, to) => to(Math.abs(x)), slope: Math.sign },
  };
  const dtypes = { float32: Math.fround, float64: (v) => v };
  const secant = (f, x, h, to, both) => {
    const right = f(to(x + h), to), left = both ? f(to(x - h), to) : f(x, to);
    return to(to(right - left) / (both ? to(2 * h) : h));
  };

  // PyTorch has computed these slopes, too: each must be the same number, to the last bit.
  let compared = 0;
  for (const { name, slopes: [places, theirs], trials } of data.curves) {
    const { f, slope } = known[name];
    places.forEach((x, k) => {
      if (!(Math.abs(slope(x) - theirs[k]) <= 1e-12 * Math.abs(theirs[k]))) throw new Error(`the slope of ${name} at ${x} is off PyTorch's`);
    });
    trials.forEach((rows, k) => rows.forEach(([x, h, ...slopes]) => slopes.forEach((wanted, both) => {
      if (secant(f, x, h, Object.values(dtypes)[k], both) !== wanted) throw new Error(`a quotient of ${name} is off PyTorch's`);
      compared += 1;
    })));
  }
  root.dataset.compared = compared;

  const sign = (text) => text.replace(/-/g, "−");
  const tidy = (v) => sign(String(Number(v.toFixed(2))));
  const small = (v) => (v === 0 ? "0" : Math.abs(v) < 1e-2 || Math.abs(v) >= 1e5 ? sign(v.toExponential(1)) : sign(String(Number(v.toPrecision(3)))));

  let curve = data.curves[0], place = 0, power = 0, both = false, dtype = "float64";
  const row = ui.row(root);
  ui.choice(row, "function", data.curves.map((c) => c.name), (name) => { choose(name); draw(); });
  ui.choice(row, "scheme", ["forward", "centred"], (v) => { both = v === "centred"; draw(); });
  ui.choice(row, "dtype", ["float64", "float32"], (v) => { dtype = v; draw(); });
  const sliders = ui.row(root);
  const at = () => dtypes[dtype](Number((curve.box[0] + (curve.box[1] - curve.box[0]) * place / 100).toFixed(3)));
  const where = ui.slider(sliders, { label: "point x", min: 0, max: 100, step: 1, value: 0, format: () => tidy(at()) },
    (v) => { place = v; draw(); });
  ui.slider(sliders, { label: "nudge h", min: -LEAST, max: 0, step: 0.25, value: power, format: (v) => small(10 ** v) },
    (v) => { power = v; draw(); });

  const stage = ui.svg(root, WIDTH, TALL, "The curve, its secant and its tangent");
  const said = ui.says(root);
  const chart = ui.svg(root, WIDTH, HIGH, "The error of the slope against the nudge, both on logarithmic axes");
  const line = (parent, colour, width, dash = "none") => ui.shape(parent, "polyline", { class: colour, fill: "none", stroke: "currentColor", "stroke-width": width, "stroke-dasharray": dash });
  const label = (parent, x, y, text, anchor = "middle") => ui.shape(parent, "text", { x, y, class: "quiet", fill: "currentColor", "font-size": 11, "text-anchor": anchor }, text);

  const graph = line(stage, "quiet", 3), touching = line(stage, "c1", 2, "6 4"), through = line(stage, "c2", 2);
  const dots = [0, 1].map(() => ui.shape(stage, "circle", { r: 5, class: "c2", fill: "currentColor" }));
  const names = [["c2", "secant", "none"], ["c1", "tangent", "6 4"]].map(([colour, text, dash], k) => {
    const y = 16 + 16 * k, stroke = ui.shape(stage, "line", { x1: 10, x2: 36, y1: y, y2: y, class: colour, stroke: "currentColor", "stroke-width": 2, "stroke-dasharray": dash });
    return [stroke, label(stage, 42, y + 4, text, "start")];
  });

  // Errors from 1e-17 to 100 upwards, nudges from 1e-17 to 1 to the right.
  const spot = (h, error) => [
    LEFT + (Math.log10(h) + LEAST) * (WIDTH - LEFT - 14) / LEAST,
    8 + (2 - Math.max(-LEAST, Math.min(2, Math.log10(error)))) * (HIGH - 44) / (LEAST + 2),
  ];
  for (const k of [0, -4, -8, -12, -16]) {
    const y = spot(1, 10 ** k)[1], x = spot(10 ** k, 1)[0], text = k ? `1e−${-k}` : "1";
    ui.shape(chart, "line", { x1: LEFT, x2: WIDTH - 14, y1: y, y2: y, class: "faint", stroke: "currentColor" });
    label(chart, LEFT - 5, y + 4, text, "end");
    label(chart, x, HIGH - 20, text);
  }
  label(chart, (LEFT + WIDTH) / 2, HIGH - 5, "nudge h");
  label(chart, WIDTH - 16, 18, "error of the slope", "end");
  const errors = line(chart, "c2", 1.5);
  const here = ui.shape(chart, "circle", { r: 6, class: "c2", fill: "currentColor" });

  function choose(name) {
    curve = data.curves.find((c) => c.name === name);
    place = 100 * (curve.start - curve.box[0]) / (curve.box[1] - curve.box[0]);
    where.value = Math.round(place);
    place = Number(where.value);
  }

  function draw() {
    const to = dtypes[dtype], { f, slope } = known[curve.name];
    const x = at(), h = to(10 ** power), exact = slope(x), y = f(x, to);
    const kink = curve.name === "|x|" && x === 0;
    const found = secant(f, x, h, to, both);
    const [first, last] = curve.box, exactly = dtypes.float64;
    const xs = Array.from({ length: 121 }, (_, k) => first + (last - first) * k / 120);
    const ys = xs.map((v) => f(v, exactly));
    const [low, high] = [Math.min(...ys), Math.max(...ys)], room = (high - low) * 0.12;
    const point = (a, b) => [
      12 + (a - first) * (WIDTH - 24) / (last - first),
      TALL - 10 - (Math.max(-1e4, Math.min(1e4, b)) - low + room) * (TALL - 20) / (high - low + 2 * room),
    ];
    const path = (list) => list.map(([a, b]) => point(a, b).map((v) => v.toFixed(1)).join(",")).join(" ");
    const straight = (m, a, b) => path([[first, b + m * (first - a)], [last, b + m * (last - a)]]);
    graph.setAttribute("points", path(xs.map((v, k) => [v, ys[k]])));
    touching.setAttribute("points", kink ? "" : straight(exact, x, y));
    const ends = [both ? to(x - h) : x, to(x + h)];
    through.setAttribute("points", straight(found, ends[0], f(ends[0], to)));
    dots.forEach((dot, k) => {
      const [cx, cy] = point(ends[k], f(ends[k], to));
      dot.setAttribute("cx", cx.toFixed(1));
      dot.setAttribute("cy", cy.toFixed(1));
    });
    const wrong = (nudge) => Math.abs(secant(f, x, nudge, to, both) - exact);
    const list = [];
    for (let k = -LEAST; k <= 0; k += 0.125) list.push(spot(10 ** k, wrong(to(10 ** k))));
    errors.setAttribute("points", kink ? "" : list.map((p) => p.map((v) => v.toFixed(1)).join(",")).join(" "));
    const [cx, cy] = spot(10 ** power, wrong(h));
    here.setAttribute("cx", cx.toFixed(1));
    here.setAttribute("cy", cy.toFixed(1));
    here.setAttribute("opacity", kink ? 0 : 1);
    names[1].forEach((mark) => mark.setAttribute("opacity", kink ? 0 : 1));
    where.parentNode.querySelector("output").textContent = tidy(x);
    const lost = to(x + h) === x ? " The nudge is lost: x + h is x." : "";
    const nudge = `At x = ${tidy(x)} with h = ${small(10 ** power)}`;
    said(kink ? `${nudge}, the secant has slope ${small(found)}; a kink has no tangent to compare it with.${lost}` :
      `${nudge}, the secant has slope ${sign(String(Number(found.toPrecision(9))))}; the tangent has ${sign(String(Number(exact.toPrecision(9))))}. Error ${small(wrong(h))}.${lost}`);
  }
  choose(curve.name);
  draw();
});
