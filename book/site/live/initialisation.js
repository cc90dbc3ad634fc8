// The size of a signal on its way up fifty random layers, and of the gradient on its way down: the
// chapter's map, iterated here, as lines; real networks of width 100, as marks.
// data: {gains, runs: [{phi, mode, keep, branch, dots: [signal, gradient] by gain, log10 at every tenth
// layer, lines: [[gain, signal, gradient]] that the chapter's map gave}]}.
"use strict";
live.register("initialisation", (root, data, ui) => {
  const WIDTH = 520, HIGH = 300, LEFT = 46, RIGHT = 12, TOP = 12, BOTTOM = 36, LAYERS = 50;

  const sigmoid = (z) => 1 / (1 + Math.exp(-z));
  const SCALE = 1.0507009873554805, MU = 1.6732632423543772;
  const units = {  // the activation and its slope
    linear: [(z) => z, () => 1],
    ReLU: [(z) => Math.max(z, 0), (z) => (z > 0 ? 1 : 0)],
    tanh: [Math.tanh, (z) => 1 - Math.tanh(z) ** 2],
    sigmoid: [sigmoid, (z) => sigmoid(z) * (1 - sigmoid(z))],
    SELU: [(z) => SCALE * (z > 0 ? z : MU * Math.expm1(z)), (z) => SCALE * (z > 0 ? 1 : MU * Math.exp(z))],
  };

  // E f(√q h)² for a standard Gaussian h: a sum over points that avoid 0, where hinges bend.
  const STEP = 0.01, bell = [];
  for (let k = 0; k < 1600; k++) bell.push([-8 + STEP * (k + 0.5), 0]);
  for (const point of bell) point[1] = STEP * Math.exp(-point[0] * point[0] / 2) / Math.sqrt(2 * Math.PI);
  const meanSquare = (f, q) => {
    const root = Math.sqrt(q);
    let sum = 0;
    for (const [x, p] of bell) sum += p * f(root * x) ** 2;
    return sum;
  };

  // eq-init-map and eq-init-backward, with what a shortcut adds; log10 of the sizes, layer 0 first.
  const predict = ({ phi, keep, branch }, gain) => {
    const [f, slope] = units[phi], square = (gain * branch) ** 2, q = [1], factors = [];
    for (let l = 0; l < LAYERS; l++) {
      factors.push(keep + square * meanSquare(slope, q[l]));
      q.push(keep * q[l] + square * meanSquare(f, q[l]));
    }
    const back = [0];
    for (const factor of factors.reverse()) back.unshift(back[0] + Math.log10(factor) / 2);
    return [q.map((v) => Math.log10(v) / 2), back];
  };

  // The chapter has walked here, too: two gains of every run.
  let worst = 0;
  for (const run of data.runs) for (const [gain, ...theirs] of run.lines)
    predict(run, gain).forEach((ours, part) => theirs[part].forEach((v, k) => {
      worst = Math.max(worst, Math.abs(v - ours[10 * k]));
    }));
  if (!(worst < 1e-5)) throw new Error(`off the chapter's map by ${worst}`);
  root.dataset.off = worst;

  let phi = "ReLU", mode = "none", at = data.gains.findIndex((g) => Math.abs(g - 1) < 1e-9);
  const names = (key) => [...new Set(data.runs.map((run) => run[key]))];
  const top = ui.row(root);
  const list = ui.choice(top, "activation", names("phi"), (name) => { phi = name; draw(); });
  list.value = phi;
  ui.choice(top, "shortcut", names("mode"), (name) => { mode = name; draw(); });
  ui.slider(ui.row(root), {
    label: "gain", min: 0, max: data.gains.length - 1, step: 1, value: at, format: (k) => data.gains[k].toFixed(1),
  }, (k) => { at = k; draw(); });

  const said = ui.says(root);
  const chart = ui.svg(root, WIDTH, HIGH, "Size of signal and gradient against the layer, on a logarithmic axis");
  const frame = ui.shape(chart, "g", {});
  const marks = [["c1", "signal, upwards"], ["c2", "gradient, downwards"]];
  const curves = marks.map(([colour], k) => ui.shape(chart, "polyline", {
    class: colour, fill: "none", stroke: "currentColor", "stroke-width": 2, "stroke-dasharray": k ? "7 4" : "none",
  }));
  const points = marks.map(([colour]) => ui.shape(chart, "g", { class: colour }));
  const across = (l) => LEFT + l * (WIDTH - LEFT - RIGHT) / LAYERS;

  // Each label beside its curve's name, above the chart's first line.
  const legend = ui.shape(chart, "g", {});
  marks.forEach(([colour, name], k) => {
    const x = LEFT + 14 + 150 * k, y = HIGH - BOTTOM - 12;
    ui.shape(legend, "line", { x1: x, x2: x + 26, y1: y, y2: y, class: colour, stroke: "currentColor", "stroke-width": 2, "stroke-dasharray": k ? "7 4" : "none" });
    mark(legend, k, x + 13, y, colour);
    ui.shape(legend, "text", { x: x + 32, y: y + 4, class: "ink", fill: "currentColor", "font-size": 12 }, name);
  });

  function mark(parent, kind, x, y, colour) {
    const look = { fill: "currentColor", ...(colour ? { class: colour } : {}) };
    if (kind === 0) ui.shape(parent, "circle", { cx: x.toFixed(1), cy: y.toFixed(1), r: 4, ...look });
    else ui.shape(parent, "rect", { x: (x - 3.5).toFixed(1), y: (y - 3.5).toFixed(1), width: 7, height: 7, ...look });
  }

  const power = (p) => (p === 0 ? "1" : `1e${p}`.replace("-", "−"));
  const number = (log) => (Math.abs(log) < 2.5 ? String(Number((10 ** log).toPrecision(2))) :
    power(Math.round(log)));

  function draw() {
    const run = data.runs.find((r) => r.phi === phi && r.mode === mode), gain = data.gains[at];
    const lines = predict(run, gain), dots = run.dots.map((part) => part[at]);
    const all = [...lines, ...dots].flat();
    const low = Math.min(-1.2, Math.floor(Math.min(...all))) - 0.6, high = Math.max(1.2, Math.max(...all)) + 0.3;
    const down = (log) => TOP + (high - log) * (HIGH - TOP - BOTTOM) / (high - low);

    frame.replaceChildren();
    const step = [1, 2, 5, 10, 20].find((s) => (high - low) / s <= 7) || 20;
    for (let p = Math.ceil(low / step) * step; p <= high; p += step) {
      ui.shape(frame, "line", { x1: LEFT, x2: WIDTH - RIGHT, y1: down(p), y2: down(p), class: p === 0 ? "quiet" : "faint", stroke: "currentColor" });
      ui.shape(frame, "text", { x: LEFT - 6, y: down(p) + 4, class: "quiet", fill: "currentColor", "text-anchor": "end", "font-size": 11 }, power(p));
    }
    for (let l = 0; l <= LAYERS; l += 10)
      ui.shape(frame, "text", { x: across(l), y: HIGH - 18, class: "quiet", fill: "currentColor", "text-anchor": "middle", "font-size": 11 }, String(l));
    ui.shape(frame, "text", { x: across(25), y: HIGH - 3, class: "quiet", fill: "currentColor", "text-anchor": "middle", "font-size": 11 }, "layer");
    ui.shape(frame, "text", { x: LEFT + 4, y: TOP + 8, class: "quiet", fill: "currentColor", "font-size": 11 }, "size");
    for (const [log, text] of [[Math.log10(65504), "float16 overflows"], [Math.log10(6e-8), "float16 is 0"]])
      if (log < high && log > low) {
        ui.shape(frame, "line", { x1: LEFT, x2: WIDTH - RIGHT, y1: down(log), y2: down(log), class: "c4", stroke: "currentColor", "stroke-dasharray": "2 4" });
        ui.shape(frame, "text", { x: across(25), y: down(log) - 4, class: "c4", fill: "currentColor", "text-anchor": "middle", "font-size": 11 }, text);
      }
    lines.forEach((line, k) => curves[k].setAttribute("points",
      line.map((log, l) => `${across(l).toFixed(1)},${down(log).toFixed(1)}`).join(" ")));
    dots.forEach((part, k) => {
      points[k].replaceChildren();
      part.forEach((log, i) => mark(points[k], k, across(10 * i), down(log)));
    });

    const fate = (log) => {
      if (Math.abs(log) < 0.2) return "keeps its size";
      return log < 0 ? (log < -1 ? "vanishes" : "shrinks") : log > 1 ? "explodes" : "grows";
    };
    const [signal, gradient] = [lines[0][LAYERS], lines[1][0]];
    said(`${phi}, gain ${gain.toFixed(1)}, shortcut: ${mode}. From 1, the signal comes to ${number(signal)} at layer 50 (the network: ${number(dots[0][5])}): it ${fate(signal)}. ` +
      `The gradient comes to ${number(gradient)} at layer 0 (the network: ${number(dots[1][0])}): it ${fate(gradient)}.`);
  }
  draw();
});
