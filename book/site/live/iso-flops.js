// Iso-FLOP curves: the loss against the size of the model at a fixed price C = 6ND, for a law
// L = E + A/N^alpha + B/D^beta whose exponents the reader may move.
// data: {laws: [[name, [E, A, B, alpha, beta]]], witness: [[name, C, N, D, L]]}, PyTorch's own bottoms.
"use strict";
live.register("iso-flops", (root, data, ui) => {
  const WIDTH = 480, HIGH = 270, LEFT = 46, RIGHT = 12, TOP = 12, FOOT = 40;
  const laws = new Map(data.laws);
  const loss = ([E, A, B, alpha, beta], N, D) => E + A * N ** -alpha + B * D ** -beta;

  // The bottom of a valley, by thirds on a logarithmic axis: no formula, so that the chapter's is tested.
  const bottom = (law, C) => {
    let low = 0, high = Math.log(C / 6);
    const at = (x) => loss(law, Math.exp(x), C / 6 / Math.exp(x));
    for (let i = 0; i < 120; i++) {
      const third = (high - low) / 3;
      if (at(low + third) < at(high - third)) high -= third; else low += third;
    }
    const N = Math.exp((low + high) / 2);
    return { N, D: C / 6 / N, L: loss(law, N, C / 6 / N) };
  };

  let worst = 0;
  for (const [name, C, N, D, L] of data.witness) {
    const ours = bottom(laws.get(name), C);
    for (const [a, b] of [[ours.N, N], [ours.D, D], [ours.L, L]]) worst = Math.max(worst, Math.abs(a / b - 1));
  }
  if (!(worst < 1e-3)) throw new Error(`off the chapter's bottoms by ${worst}`);
  root.dataset.off = worst;

  // Lowest, highest and first budget, and the first device, as powers of ten.
  const HOME = [[10, 15, 12.5, 10], [18, 27, 23.8, 17], [18, 27, 23.8, 17]];
  let which = 0, given = data.laws[0][1], law = given.slice(), power = HOME[0][2], speed = HOME[0][3];

  // When an exponent moves, its term keeps the value that it has at the bottom of the first budget.
  const bend = (k, value) => {
    const first = bottom(given, 10 ** HOME[which][2]);
    const place = k === 3 ? first.N : first.D, factor = k - 2;
    law[k] = value;
    law[factor] = given[factor] * place ** (value - given[k]);
  };

  const top = ui.row(root);
  ui.choice(top, "law", data.laws.map(([name]) => name), (name) => {
    which = data.laws.findIndex(([other]) => other === name);
    given = laws.get(name);
    law = given.slice();
    [budget.min, budget.max] = HOME[which];
    [, , power, speed] = HOME[which];
    show(alpha, given[3], (v) => v.toFixed(2));
    show(beta, given[4], (v) => v.toFixed(2));
    show(budget, power, written);
    show(pace, speed, written);
    draw();
  });
  const show = (slider, value, format) => {
    slider.value = value;
    slider.parentNode.querySelector("output").textContent = format(value);
  };
  const SUPER = "⁰¹²³⁴⁵⁶⁷⁸⁹";
  const tens = (n) => (n < 0 ? "⁻" : "") + String(Math.abs(n)).replace(/\d/g, (c) => SUPER[c]);
  const short = (v) => {
    if (v < 1e4 && v >= 0.01) return v >= 100 ? Math.round(v).toLocaleString("en") : String(Number(v.toPrecision(2)));
    for (const [unit, word] of [[1e12, "trillion"], [1e9, "billion"], [1e6, "million"]])
      if (v >= unit && v < 1000 * unit) return `${Number((v / unit).toPrecision(2))} ${word}`;
    if (v >= 1e4 && v < 1e6) return Math.round(Number(v.toPrecision(2))).toLocaleString("en");
    const n = Math.floor(Math.log10(v));
    return `${(v / 10 ** n).toFixed(1)}·10${tens(n)}`;
  };
  const written = (v) => { const n = Math.floor(v); return `${(10 ** (v - n)).toFixed(1)}·10${tens(n)}`; };
  const row = ui.row(root);
  const budget = ui.slider(row, { label: "budget, FLOPs", min: HOME[0][0], max: HOME[0][1], step: 0.1, value: power, format: written },
    (v) => { power = v; draw(); });
  const pace = ui.slider(row, { label: "FLOPs a second", min: 9, max: 18, step: 0.1, value: speed, format: written },
    (v) => { speed = v; draw(); });
  const second = ui.row(root);
  const alpha = ui.slider(second, { label: "α", min: 0.1, max: 1.5, step: 0.01, value: given[3], format: (v) => v.toFixed(2) },
    (v) => { bend(3, v); draw(); });
  const beta = ui.slider(second, { label: "β", min: 0.1, max: 1.5, step: 0.01, value: given[4], format: (v) => v.toFixed(2) },
    (v) => { bend(4, v); draw(); });

  const view = ui.svg(root, WIDTH, HIGH, "Loss against parameters for three budgets, with the bottom of each valley");
  const frame = ui.shape(view, "g", {});
  const said = ui.says(root);

  function draw() {
    frame.replaceChildren();
    const middle = bottom(law, 10 ** power);
    const from = Math.log10(middle.N) - 2.2, to = from + 4.4;
    const bottoms = [-1, 0, 1].map((step) => ({ step, C: 10 ** (power + step), ...bottom(law, 10 ** (power + step)) }));
    const low = Math.min(bottoms[2].L, law[0]) - 0.02 * bottoms[0].L;
    const high = Math.max(bottoms[0].L, middle.L) * 1.25 + 0.02;
    const x = (N) => LEFT + (Math.log10(N) - from) / (to - from) * (WIDTH - LEFT - RIGHT);
    const y = (L) => TOP + (high - L) / (high - low) * (HIGH - TOP - FOOT);
    const text = (left, top, words, more = {}) => ui.shape(frame, "text", { x: left, y: top, class: "quiet", "font-size": 11, "text-anchor": "middle", ...more }, words);
    for (let n = Math.ceil(from); n <= to; n++) {
      ui.shape(frame, "line", { x1: x(10 ** n), x2: x(10 ** n), y1: TOP, y2: HIGH - FOOT, class: "faint", stroke: "currentColor" });
      text(x(10 ** n), HIGH - FOOT + 14, `10${tens(n)}`);
    }
    text((LEFT + WIDTH - RIGHT) / 2, HIGH - 8, "parameters N");
    const gap = [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50].find((g) => (high - low) / g < 6) || 100;
    for (let v = Math.ceil(low / gap) * gap; v <= high; v += gap) text(LEFT - 6, y(v) + 4, v.toFixed(gap < 0.1 ? 2 : 1), { "text-anchor": "end" });
    text(LEFT + 4, TOP + 8, "loss in nats", { "text-anchor": "start" });
    const floor = y(law[0]);
    if (floor < HIGH - FOOT) {
      ui.shape(frame, "line", { x1: LEFT, x2: WIDTH - RIGHT, y1: floor, y2: floor, class: "c3", stroke: "currentColor", "stroke-dasharray": "2 4" });
      text(WIDTH - RIGHT - 4, floor - 4, "floor E", { "text-anchor": "end" });
    }
    for (const { step, C, N, L } of bottoms) {
      const points = [];
      for (let i = 0; i <= 160; i++) {
        const size = 10 ** (from + (to - from) * i / 160), height = loss(law, size, C / 6 / size);
        if (height <= high) points.push(`${x(size).toFixed(1)},${y(height).toFixed(1)}`);
      }
      const chosen = step === 0;
      ui.shape(frame, "polyline", { points: points.join(" "), class: chosen ? "c1" : "quiet", fill: "none", stroke: "currentColor", "stroke-width": chosen ? 2.5 : 1, "stroke-dasharray": chosen ? "none" : step < 0 ? "2 3" : "6 3" });
      if (x(N) < LEFT || x(N) > WIDTH - RIGHT) continue;
      ui.shape(frame, "circle", { cx: x(N), cy: y(L), r: chosen ? 5 : 3, class: "c2", fill: "currentColor" });
      if (!chosen) text(x(N), y(L) + (step > 0 ? 16 : -8), step > 0 ? "C × 10" : "C ÷ 10");
    }
    const { N, D, L } = middle, hours = 10 ** (power - speed) / 3600;
    const time = hours < 1 / 60 ? `${short(hours * 3600)} seconds` : hours < 1 ? `${short(hours * 60)} minutes` : hours < 72 ? `${short(hours)} hours` : hours < 24 * 730 ? `${short(hours / 24)} days` : `${short(hours / 24 / 365)} years`;
    const a = law[4] / (law[3] + law[4]);
    said(`Best: N = ${short(N)}, D = ${short(D)}, ${short(D / N)} tokens a parameter, loss ${L.toFixed(3)}. ` +
      `It takes ${time} on this device. Ten times the budget: N × ${short(10 ** a)}, D × ${short(10 ** (1 - a))}.`);
  }
  draw();
});
