// The weights of a last layer on a grid of few bits: how they lie, how far each is moved, and what
// the network says of 200 pictures then. data: {weights: 10 rows × 10⁴, bias, unit, levels: what
// arrives at the layer for each picture, as bytes in hex, labels, told: PyTorch's own results as
// [bits, part, kind, by row, largest scale, error, named rightly]}.
"use strict";
live.register("quantise", (root, data, ui) => {
  const W = data.weights.map((row) => row.map((w) => w / 1e4)), K = W.length, D = W[0].length;
  const all = W.flat(), levels = Uint8Array.from(data.levels.match(/../g), (byte) => parseInt(byte, 16));
  const even = (v) => { const r = Math.round(v); return Math.abs(v - Math.trunc(v)) === 0.5 ? 2 * Math.round(v / 2) : r; };
  const clip = (v, low, high) => Math.max(low, Math.min(high, v));

  // The grid of a row: q counts from `first` to `last`, and means s·(q − z).
  const gridOf = (row, { bits, part, kind }) => {
    const low = Math.min(...row), high = Math.max(...row);
    if (kind === "symmetric") {
      const last = 2 ** (bits - 1) - 1;
      return { s: part * Math.max(-low, high) / last, z: 0, first: -last, last };
    }
    const from = part * Math.min(low, 0), to = part * Math.max(high, 0), last = 2 ** bits - 1, s = (to - from) / last;
    return { s, z: even(-from / s), first: 0, last };
  };
  const placed = (w, { s, z, first, last }) => s * (clip(even(w / s) + z, first, last) - z);

  const squeeze = (how) => {
    const grids = W.map((row) => gridOf(how.byRow ? row : all, how));
    const stored = W.map((row, k) => row.map((w) => placed(w, grids[k])));
    let square = 0, most = 0, right = 0, lost = 0;
    W.forEach((row, k) => row.forEach((w, i) => {
      const off = Math.abs(w - stored[k][i]), { s, z, first, last } = grids[k];
      square += off * off;
      most = Math.max(most, off);
      if (w < s * (first - z) - s / 2 || w > s * (last - z) + s / 2) lost++;
    }));
    data.labels.forEach((label, n) => {
      const scores = stored.map((row, k) => {
        let sum = 0;
        for (let i = 0; i < D; i++) sum += levels[n * D + i] * row[i];
        return data.unit * sum + data.bias[k];
      });
      if (scores.indexOf(Math.max(...scores)) === label) right++;
    });
    return { grids, stored, error: Math.sqrt(square / all.length), most, right, lost, s: Math.max(...grids.map((g) => g.s)) };
  };

  // PyTorch has done this, too.
  let off = 0;
  for (const [bits, part, kind, byRow, s, error, right] of data.told) {
    const ours = squeeze({ bits, part, kind, byRow });
    off = Math.max(off, Math.abs(ours.s - s), Math.abs(ours.error - error));
    if (ours.right !== right) throw new Error(`${ours.right} pictures right, PyTorch says ${right}`);
  }
  if (!(off < 1e-9)) throw new Error(`off PyTorch's grid by ${off}`);
  root.dataset.off = off;

  const how = { bits: 4, part: 1, kind: "symmetric", byRow: false };
  const whole = squeeze({ bits: 16, part: 1, kind: "symmetric", byRow: true }).right;
  const change = (name) => (value) => { how[name] = value; draw(); };
  const row = ui.row(root);
  ui.slider(row, { label: "bits", min: 2, max: 8, step: 1, value: how.bits }, change("bits"));
  ui.slider(row, { label: "range covered", min: 20, max: 100, step: 1, value: 100, format: (v) => `${v} %` },
    (v) => { how.part = v / 100; draw(); });
  const second = ui.row(root);
  ui.choice(second, "grid", ["symmetric", "affine"], change("kind"));
  ui.choice(second, "scale", ["one for the matrix", "one for each row"], (v) => { how.byRow = v === "one for each row"; draw(); });

  const WIDE = 480, LEFT = 46, LANES = 108, LANE = 13, BOTTOM = LANES + K * LANE, OFF = BOTTOM + 112, TALL = OFF + 56;
  const view = ui.svg(root, WIDE, TALL, "The weights as a histogram, each row with its grid, and how far each weight is moved");
  const reach = Math.max(...all.map(Math.abs)) * 1.04;
  const across = (w) => LEFT + (w + reach) / (2 * reach) * (WIDE - LEFT - 8);
  const words = (x, y, text, more = {}) => ui.shape(view, "text", { x, y, class: "quiet", "font-size": 11, ...more }, text);
  const bins = 61, counts = new Array(bins).fill(0);
  for (const w of all) counts[Math.min(bins - 1, Math.floor((w + reach) / (2 * reach) * bins))]++;
  const step = (WIDE - LEFT - 8) / bins, tallest = Math.max(...counts);
  counts.forEach((n, i) => ui.shape(view, "rect", {
    x: LEFT + i * step, width: step - 1, y: LANES - 12 - n / tallest * 78, height: n / tallest * 78, class: "faint", fill: "currentColor" }));
  words(LEFT, 12, `${all.length} weights; lines: the grid of row 0`);
  const lines = ui.shape(view, "path", { class: "c2", stroke: "currentColor", "stroke-width": 1 });
  for (let k = 0; k < K; k++) words(LEFT - 6, LANES + k * LANE + 9, String(k), { "text-anchor": "end" });
  words(10, LANES + K * LANE / 2, "row", { transform: `rotate(-90 10 ${LANES + K * LANE / 2})`, "text-anchor": "middle" });
  const ticks = ui.shape(view, "path", { class: "c2", stroke: "currentColor", "stroke-width": 1.2 });
  const path = (points) => points.map(([x, y]) => `M${x.toFixed(1)} ${y.toFixed(1)}h0`).join("");
  ui.shape(view, "path", { class: "ink", stroke: "currentColor", "stroke-width": 2.4, "stroke-linecap": "round",
    d: path(W.flatMap((r, k) => r.map((w) => [across(w), LANES + k * LANE + 9]))) });

  const MID = OFF - 30, HIGH = 56;
  ui.shape(view, "line", { x1: LEFT, x2: WIDE - 8, y1: MID, y2: MID, class: "faint", stroke: "currentColor" });
  const bounds = [0, 1].map(() => ui.shape(view, "line", { x1: LEFT, x2: WIDE - 8, class: "c1", stroke: "currentColor", "stroke-dasharray": "5 4" }));
  const moved = ui.shape(view, "path", { class: "c4", stroke: "currentColor", "stroke-width": 3, "stroke-linecap": "round" });
  words(LEFT, MID - HIGH - 6, "w − ŵ; dashed: half a step");
  const scale = [0, 1].map((i) => words(LEFT - 6, MID + (i ? HIGH : -HIGH) + 4, "", { "text-anchor": "end", "font-size": 10 }));
  const tick = [0.5, 0.2, 0.1, 0.05].find((v) => v < reach) || 0.01;
  for (const w of [-tick, 0, tick])
    words(across(w), MID + HIGH + 20, String(w).replace("-", "−"), { "text-anchor": "middle" });
  words(WIDE - 8, MID + HIGH + 20, "weight w", { "text-anchor": "end" });
  const said = ui.says(root);

  function draw() {
    const now = squeeze(how), points = ({ s, z, first, last }) => {
      const list = [];
      for (let q = first; q <= last; q++) if (Math.abs(s * (q - z)) <= reach) list.push(s * (q - z));
      return list;
    };
    lines.setAttribute("d", points(now.grids[0]).map((v) => `M${across(v).toFixed(1)} 18V${LANES - 12}`).join(""));
    ticks.setAttribute("d", now.grids.flatMap((grid, k) =>
      points(grid).map((v) => `M${across(v).toFixed(1)} ${LANES + k * LANE}v6`)).join(""));
    const top = Math.max(now.s / 2, now.most), up = (v) => MID - v / top * HIGH;
    moved.setAttribute("d", path(W.flatMap((r, k) => r.map((w, i) => [across(w), up(w - now.stored[k][i])]))));
    bounds.forEach((line, i) => { for (const y of ["y1", "y2"]) line.setAttribute(y, up((i ? -1 : 1) * now.s / 2)); });
    scale.forEach((text, i) => { text.textContent = (i ? "−" : "") + top.toPrecision(2); });
    const three = (v) => String(Number(v.toPrecision(3)));
    said(`${how.byRow ? "Largest step" : "Step"} s = ${three(now.s)}, half of it ${three(now.s / 2)}; ${now.lost} of ${all.length} weights ` +
      `lie more than that beyond the grid. Typical error ${three(now.error)} (s/√12 = ${three(now.s / Math.sqrt(12))}), largest ${three(now.most)}. ` +
      `Named rightly: ${now.right} of ${data.labels.length} pictures, ${whole} with 16 bits.`);
  }
  draw();
});
