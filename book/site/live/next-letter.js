// What a small network of four letters back, and the table of pairs, say about the next letter, at any
// temperature. data: {weights: {E, W1, b1, W2, b2} flat, pairs: 27 rows, cases: [[beginning, τ, p]]}.
"use strict";
live.register("next-letter", (root, data, ui) => {
  const LETTERS = ".abcdefghijklmnopqrstuvwxyz", BACK = 4, HIGH = 210;
  const WIDTH = Math.min(560, Math.max(330, root.clientWidth));
  const { E, W1, b1, W2, b2 } = data.weights, wide = E.length / 27;

  const layer = (W, b, x) => b.map((bias, row) => x.reduce((sum, v, k) => sum + W[row * x.length + k] * v, bias));
  const softmax = (z) => {
    const most = Math.max(...z), e = z.map((v) => Math.exp(v - most)), sum = e.reduce((a, b) => a + b);
    return e.map((v) => v / sum);
  };
  const network = (begin) => {
    const ids = [...("....".slice(0, BACK) + begin).slice(-BACK)].map((c) => LETTERS.indexOf(c));
    const seen = ids.flatMap((id) => E.slice(id * wide, (id + 1) * wide));
    return layer(W2, b2, layer(W1, b1, seen).map(Math.tanh));
  };
  const table = (begin) => data.pairs[LETTERS.indexOf(("." + begin).slice(-1))].map(Math.log);
  const models = { "network, four letters back": network, "counts of pairs": table };
  const heated = (z, tau) => softmax(z.map((v) => v / tau));

  let worst = 0;
  for (const [begin, tau, theirs] of data.cases)
    heated(network(begin), tau).forEach((p, k) => { worst = Math.max(worst, Math.abs(p - theirs[k])); });
  if (!(worst < 1e-6)) throw new Error(`off PyTorch's forecast by ${worst}`);
  root.dataset.off = worst;

  let begin = "chr", heat = 0, model = network, written = [], state = 1;
  const chance = () => { // a small generator of random numbers, the same for every reader (mulberry32)
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const tau = () => 2 ** heat;

  const top = ui.row(root);
  ui.choice(top, "model", Object.keys(models), (name) => { model = models[name]; draw(); });
  const field = ui.text(top, "the name begins", begin, (typed) => {
    begin = typed.toLowerCase().replace(/[^a-z]/g, "").slice(0, 15);
    draw();
  });
  const row = ui.row(root);
  ui.slider(row, { label: "temperature", min: -3, max: 3, step: 0.1, value: 0, format: (v) => (2 ** v).toFixed(2) },
    (v) => { heat = v; draw(); });
  const draws = () => {
    let dice = chance(), k = 0;
    const p = heated(model(begin), tau());
    while (k < 26 && dice >= p[k]) dice -= p[k++];
    return LETTERS[k];
  };
  ui.button(row, "draw a letter", () => {
    const letter = begin.length < 15 ? draws() : ".";
    if (letter === ".") { written = [begin || "(nothing)", ...written].slice(0, 8); begin = ""; } else begin += letter;
    field.value = begin;
    draw();
  });
  ui.button(row, "write a name", () => {
    const kept = begin;
    for (let letter = draws(); letter !== "." && begin.length < 15; letter = draws()) begin += letter;
    written = [begin || "(nothing)", ...written].slice(0, 8);
    begin = kept;
    draw();
  });

  const svg = ui.svg(root, WIDTH, HIGH, "The probability of each next letter");
  const base = HIGH - 40, step = (WIDTH - 40) / 27, at = (k) => 36 + k * step;
  for (const share of [0, 0.5, 1]) {
    const y = base - share * (base - 10);
    ui.shape(svg, "line", { x1: 34, x2: WIDTH - 2, y1: y, y2: y, class: "faint", stroke: "currentColor" });
    ui.shape(svg, "text", { x: 30, y: y + 4, class: "quiet", fill: "currentColor", "text-anchor": "end", "font-size": 11 }, String(share));
  }
  const bars = [...LETTERS].map((letter, k) => {
    ui.shape(svg, "text", { x: at(k) + step / 2, y: base + 15, class: "ink", fill: "currentColor", "text-anchor": "middle", "font-size": 12 }, letter);
    return ui.shape(svg, "rect", { x: at(k) + 2, width: step - 4, y: base, height: 0, class: k ? "c1" : "c2", fill: "currentColor" });
  });
  ui.shape(svg, "text", { x: WIDTH / 2, y: HIGH - 6, class: "quiet", fill: "currentColor", "text-anchor": "middle", "font-size": 11 }, "next letter (dot: the name ends)");
  const said = ui.says(root);

  function draw() {
    const p = heated(model(begin), tau());
    p.forEach((share, k) => {
      bars[k].setAttribute("height", (share * (base - 10)).toFixed(2));
      bars[k].setAttribute("y", (base - share * (base - 10)).toFixed(2));
    });
    const order = p.map((_, k) => k).sort((i, j) => p[j] - p[i]).slice(0, 3);
    const named = order.map((k) => `${k ? LETTERS[k] : "the dot"} ${(100 * p[k]).toFixed(0)} %`).join(", ");
    const nats = -p.reduce((sum, v) => sum + (v > 0 ? v * Math.log(v) : 0), 0);
    said(`After “${begin}”: ${named}. As puzzling as ${Math.exp(nats).toFixed(1)} equally likely letters.` +
      (written.length ? ` Written: ${written.join(", ")}.` : ""));
  }
  draw();
});
