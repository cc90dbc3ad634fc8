// A trained model's bets on the next letter, bent by temperature, top-k and top-p.
// data: {letters, beginnings, scores: [[V] for each beginning], rows: [beginning, τ, k, P, PyTorch's first 8 odds]}.
"use strict";
live.register("next-token", (root, data, ui) => {
  const { letters } = data, V = letters.length, SHOWN = 16;
  const shown = (letter) => ({ "\n": "↵", " ": "␣" })[letter] ?? letter;
  const line = (text) => text.replaceAll("\n", "↵");

  const softmax = (z) => {
    const most = Math.max(...z), e = z.map((v) => Math.exp(v - most)), sum = e.reduce((a, b) => a + b, 0);
    return e.map((v) => v / sum);
  };
  // As the chapter does it: heat, then the k likeliest, then the smallest set that holds the share.
  const bend = (scores, tau, k, share) => {
    const z = scores.map((v) => v / tau), falling = [...z].sort((a, b) => b - a);
    const kept = z.map((v) => (v < falling[k - 1] ? -Infinity : v));
    const order = kept.map((_, i) => i).sort((a, b) => kept[b] - kept[a]), p = softmax(kept);
    let before = 0;
    for (const i of order) {
      if (before >= share) kept[i] = -Infinity;
      before += p[i];
    }
    return softmax(kept);
  };

  let worst = 0;
  for (const [i, tau, k, share, theirs] of data.rows) {
    const ours = bend(data.scores[i], tau, k, share);
    theirs.forEach((v, j) => { worst = Math.max(worst, Math.abs(v - ours[j])); });
  }
  if (!(worst < 1e-5)) throw new Error(`off PyTorch's odds by ${worst}`);
  root.dataset.off = worst;

  let at = 0, tau = 1, k = V, share = 1;
  const top = ui.row(root);
  ui.choice(top, "after", data.beginnings.map(line), (name) => {
    at = data.beginnings.map(line).indexOf(name);
    draw();
  });
  const row = ui.row(root);
  ui.slider(row, { label: "temperature", min: 0.1, max: 2.5, step: 0.05, value: tau, format: (v) => v.toFixed(2) },
    (v) => { tau = v; draw(); });
  ui.slider(row, { label: "top-k", min: 1, max: V, step: 1, value: k }, (v) => { k = v; draw(); });
  ui.slider(row, { label: "top-p", min: 0.05, max: 1, step: 0.01, value: share, format: (v) => v.toFixed(2) },
    (v) => { share = v; draw(); });

  const WIDE = 520, HIGH = 200, LEFT = 34, FLOOR = HIGH - 26, STEP = (WIDE - LEFT - 6) / SHOWN;
  const view = ui.svg(root, WIDE, HIGH, "Bars: the probability of the sixteen likeliest next letters");
  for (const tick of [0, 0.5, 1]) {
    const y = FLOOR - tick * (FLOOR - 12);
    ui.shape(view, "line", { x1: LEFT, x2: WIDE - 4, y1: y, y2: y, class: "faint", stroke: "currentColor" });
    ui.shape(view, "text", { x: LEFT - 6, y: y + 4, class: "quiet", "text-anchor": "end", "font-size": 11 }, String(tick));
  }
  const bars = Array.from({ length: SHOWN }, (_, n) => {
    const x = LEFT + n * STEP;
    return {
      outline: ui.shape(view, "rect", { x: x + 3, width: STEP - 6, class: "quiet", fill: "none", stroke: "currentColor", "stroke-dasharray": "2 2" }),
      bar: ui.shape(view, "rect", { x: x + 5, width: STEP - 10, class: "c1", fill: "currentColor" }),
      name: ui.shape(view, "text", { x: x + STEP / 2, y: HIGH - 9, class: "ink", "text-anchor": "middle", "font-size": 14 }),
    };
  });
  ui.element(root, "p", { class: "quiet" }, "Dashed: as the model bets. Filled: what is drawn from. ↵ is a new line, ␣ a space.");
  const said = ui.says(root);

  function draw() {
    const plain = softmax(data.scores[at]), p = bend(data.scores[at], tau, k, share);
    const order = plain.map((_, i) => i).sort((a, b) => plain[b] - plain[a]);
    order.slice(0, SHOWN).forEach((i, n) => {
      for (const [shape, value] of [[bars[n].outline, plain[i]], [bars[n].bar, p[i]]]) {
        const high = value * (FLOOR - 12);
        shape.setAttribute("y", FLOOR - high);
        shape.setAttribute("height", high);
      }
      bars[n].name.textContent = shown(letters[i]);
      bars[n].name.setAttribute("class", p[i] > 0 ? "ink" : "quiet");
    });
    const left = p.filter((v) => v > 0).length;
    const held = plain.reduce((sum, v, i) => sum + (p[i] > 0 ? v : 0), 0);
    const surprise = p.reduce((sum, v) => sum - (v > 0 ? v * Math.log(v) : 0), 0);
    said(`${left} of ${V} letters may be drawn, those to which the model itself gives ${(100 * held).toFixed(1)} %. ` +
      `The likeliest, ${shown(letters[order[0]])}, now has ${(100 * p[order[0]]).toFixed(1)} %. A draw is worth as many nats as one among ${Math.exp(surprise).toFixed(1)} equal letters.`);
  }
  draw();
});
