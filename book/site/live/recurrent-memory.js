// Two messengers in a recurrent network: an impulse that travels forwards, and the gradient of the last state
// that travels back. data: {matrices: {name: W of radius 1}, push, slope, drive, cases: the chapter's own sizes
// at every tenth step, [{matrix, kind, radius, impulse, gradient}]}.
"use strict";
live.register("recurrent-memory", (root, data, ui) => {
  const WIDTH = 520, HIGH = 300, LEFT = 50, RIGHT = 12, TOP = 12, BOTTOM = 36, STEPS = data.drive.length, NUDGE = 0.01;
  const LOW = -10, TALL = 8;  // powers of ten

  const norm = (v) => Math.sqrt(v.reduce((sum, x) => sum + x * x, 0));
  const times = (W, v) => W.map((row) => row.reduce((sum, w, j) => sum + w * v[j], 0));
  const turned = (W) => W[0].map((_, j) => W.map((row) => row[j]));

  const walk = (W, kind, start) => {
    const states = [start];
    for (const x of data.drive) {
      const h = times(W, states[states.length - 1]).map((v, i) => v + x[i]);
      states.push(kind === "tanh" ? h.map(Math.tanh) : h);
    }
    return states;
  };

  // The chapter's function of the same name.
  const messengers = (W, kind) => {
    const plain = walk(W, kind, data.push.map(() => 0)), back = turned(W), gradient = [norm(data.slope)];
    const pushed = walk(W, kind, data.push.map((v) => NUDGE * v));
    const impulse = plain.map((h, t) => norm(h.map((v, i) => pushed[t][i] - v)) / NUDGE);
    let slope = data.slope;
    for (let t = STEPS; t > 0; t--) {
      slope = times(back, slope.map((v, i) => v * (kind === "tanh" ? 1 - plain[t][i] ** 2 : 1)));
      gradient.push(norm(slope));
    }
    return { impulse, gradient };
  };
  const scaled = (name, radius) => data.matrices[name].map((row) => row.map((v) => radius * v));

  let worst = 0;
  for (const { matrix, kind, radius, ...theirs } of data.cases) {
    const ours = messengers(scaled(matrix, radius), kind);
    for (const part of ["impulse", "gradient"]) theirs[part].forEach((v, k) => {
      // A tiny impulse is the difference of two states, and rounded off.
      worst = Math.max(worst, Math.abs(v - ours[part][10 * k]) / Math.max(Math.abs(v), 1e-6));
    });
  }
  if (!(worst < 1e-4)) throw new Error(`off the chapter's messengers by ${worst}`);
  root.dataset.off = worst;

  // The largest stretch of a matrix: repeated W and its transpose.
  const stretch = (W) => {
    const back = turned(W);
    let v = W.map((_, i) => 1 + i / 10), size = 0;
    for (let k = 0; k < 200; k++) {
      const next = times(back, times(W, v));
      size = norm(next);
      v = next.map((x) => x / size);
    }
    return Math.sqrt(size);
  };
  const stretches = Object.fromEntries(Object.entries(data.matrices).map(([name, W]) => [name, stretch(W)]));

  let matrix = "random", kind = "linear", radius = 0.9;
  const top = ui.row(root);
  ui.choice(top, "matrix", Object.keys(data.matrices), (name) => { matrix = name; draw(); }).value = matrix;
  ui.choice(top, "unit", ["linear", "tanh"], (name) => { kind = name; draw(); }).value = kind;
  ui.slider(ui.row(root), { label: "spectral radius", min: 0.5, max: 1.5, step: 0.01, value: radius, format: (v) => v.toFixed(2) },
    (v) => { radius = v; draw(); });
  const said = ui.says(root);

  const chart = ui.svg(root, WIDTH, HIGH, "Size of impulse and gradient against steps, on a logarithmic axis");
  const across = (t) => LEFT + t * (WIDTH - LEFT - RIGHT) / STEPS;
  const down = (log) => TOP + (TALL - Math.max(LOW, Math.min(TALL, log))) * (HIGH - TOP - BOTTOM) / (TALL - LOW);
  const power = (p) => (p === 0 ? "1" : `1e${p}`.replace("-", "−"));
  for (let p = LOW + 2; p <= TALL; p += 4) {
    ui.shape(chart, "line", { x1: LEFT, x2: WIDTH - RIGHT, y1: down(p), y2: down(p), class: p === 0 ? "quiet" : "faint", stroke: "currentColor" });
    ui.shape(chart, "text", { x: LEFT - 6, y: down(p) + 4, class: "quiet", fill: "currentColor", "text-anchor": "end", "font-size": 11 }, power(p));
  }
  for (let t = 0; t <= STEPS; t += 10)
    ui.shape(chart, "text", { x: across(t), y: HIGH - 18, class: "quiet", fill: "currentColor", "text-anchor": "middle", "font-size": 11 }, String(t));
  ui.shape(chart, "text", { x: across(STEPS / 2), y: HIGH - 3, class: "quiet", fill: "currentColor", "text-anchor": "middle", "font-size": 11 }, "steps away");
  ui.shape(chart, "text", { x: LEFT + 4, y: TOP + 8, class: "quiet", fill: "currentColor", "font-size": 11 }, "size");

  const looks = [
    ["quiet", "radius to the power of the steps", "2 3", 1.5], ["c4", "bound: norm to the power", "8 3 2 3", 1.5],
    ["c1", "impulse, forwards", "none", 2.2], ["c2", "gradient, backwards", "7 4", 2.2],
  ];
  const curves = looks.map(([colour, , dash, width]) => ui.shape(chart, "polyline", {
    class: colour, fill: "none", stroke: "currentColor", "stroke-width": width, "stroke-dasharray": dash,
  }));
  looks.forEach(([colour, name, dash, width], k) => {
    const x = LEFT + 14 + 215 * (k % 2), y = HIGH - BOTTOM - 14 + 14 * Math.floor(k / 2);
    ui.shape(chart, "line", { x1: x, x2: x + 26, y1: y, y2: y, class: colour, stroke: "currentColor", "stroke-width": width, "stroke-dasharray": dash });
    ui.shape(chart, "text", { x: x + 32, y: y + 4, class: "ink", fill: "currentColor", "font-size": 11 }, name);
  });

  // A line leaves the chart where it crosses its border.
  const points = (logs) => {
    const inside = [];
    for (let t = 0; t < logs.length; t++) {
      inside.push(`${across(t).toFixed(1)},${down(logs[t]).toFixed(1)}`);
      if (!(logs[t] > LOW && logs[t] < TALL)) break;
    }
    return inside.join(" ");
  };
  const number = (v) => v < 1e-10 ? "below 1e−10" : (v > 0.01 && v < 1000 ? String(Number(v.toPrecision(2))) : v.toExponential(0).replace("-", "−").replace("+", ""));

  function draw() {
    const { impulse, gradient } = messengers(scaled(matrix, radius), kind), size = radius * stretches[matrix];
    const geometric = (factor) => impulse.map((_, t) => t * Math.log10(factor));
    [geometric(radius), geometric(size), impulse.map(Math.log10), gradient.map(Math.log10)]
      .forEach((logs, k) => curves[k].setAttribute("points", points(logs)));
    const fate = (v) => (v < 0.01 ? "has faded" : v > 100 ? "has exploded" : "is alive");
    const [far, deep] = [impulse[STEPS], gradient[STEPS]];
    said(`${matrix}, ${kind}, spectral radius ${radius.toFixed(2)}, norm ${size.toFixed(2)}. After ${STEPS} steps the size of the impulse is ${number(far)}: it ${fate(far)}. ` +
      `That of the gradient is ${number(deep)}: it ${fate(deep)}. The longest gradient on the way: ${number(Math.max(...gradient))}.`);
  }
  draw();
});
