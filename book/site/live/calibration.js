// A network's own scores on held-out pictures: a temperature turns them into shares, whose
// reliability diagram and scores are drawn; a level turns the shares into sets that hold the truth
// in so many cases, the limit set on the first half of the pictures and counted on the second.
// data: {scores: tenths, (N, K), labels, classes, best: the fitted temperature,
// reference: [[T, α, log score, ECE, coverage, mean size of a set, all by PyTorch]]}.
"use strict";
live.register("calibration", (root, data, ui) => {
  const WIDTH = 480, HIGH = 250, LOW = 150, BINS = 10;
  const z = data.scores.map((row) => row.map((v) => v / 10)), { labels } = data, N = z.length, half = N >> 1;
  const mean = (list) => list.reduce((sum, v) => sum + v, 0) / list.length;

  function judge(T) {
    const bins = Array.from({ length: BINS }, () => [0, 0, 0]); // how many, confidence, right
    const strange = [], shares = [];
    let log = 0, right = 0;
    z.forEach((row, n) => {
      const top = Math.max(...row), e = row.map((v) => Math.exp((v - top) / T));
      const total = e.reduce((sum, v) => sum + v, 0), p = e.map((v) => v / total);
      const c = 1 / total, hit = row.indexOf(top) === labels[n] ? 1 : 0;
      log += (Math.log(total) - (row[labels[n]] - top) / T) / N;
      const bin = bins[Math.min(BINS - 1, Math.max(0, Math.ceil(c * BINS) - 1))];
      bin[0] += 1; bin[1] += c; bin[2] += hit;
      right += hit / N;
      strange.push(1 - p[labels[n]]);
      shares.push(p);
    });
    const ece = bins.reduce((sum, [, c, r]) => sum + Math.abs(r - c), 0) / N;
    return { bins, log, right, ece, strange, shares };
  }
  function sets({ strange, shares }, alpha) {
    const first = strange.slice(0, half).sort((a, b) => a - b);
    const k = Math.ceil((half + 1) * (1 - alpha) - 1e-9), limit = k <= half ? first[k - 1] : Infinity;
    const sizes = shares.slice(half).map((p) => p.filter((v) => 1 - v <= limit + 1e-12).length);
    const held = mean(strange.slice(half).map((a) => (a <= limit + 1e-12 ? 1 : 0)));
    return { limit, sizes, held, size: mean(sizes) };
  }

  // PyTorch has computed a few of these, too.
  let worst = 0;
  for (const [T, alpha, log, ece, held, size] of data.reference) {
    const ours = judge(T), set = sets(ours, alpha);
    for (const [a, b] of [[ours.log, log], [ours.ece, ece], [set.held, held], [set.size, size]])
      worst = Math.max(worst, Math.abs(a - b));
  }
  if (!(worst < 1e-6)) throw new Error(`off PyTorch's numbers by ${worst}`);
  root.dataset.off = worst;

  const percent = (v, digits = 0) => `${(100 * v).toFixed(digits)}\u00a0%`;
  const heat = (v) => 10 ** v; // the slider holds the logarithm to base ten
  let T = 1, alpha = 0.1;
  const row = ui.row(root);
  const slider = ui.slider(row, { label: "temperature", min: -0.5, max: 1, step: 0.02, value: 0, format: (v) => heat(v).toFixed(2) },
    (v) => { T = heat(v); draw(); });
  ui.slider(row, { label: "sets shall hold", min: 0.5, max: 0.99, step: 0.01, value: 0.9, format: (v) => percent(v) },
    (v) => { alpha = 1 - v; draw(); });
  const shown = () => { slider.value = Math.log10(T); slider.parentNode.querySelector("output").textContent = T.toFixed(2); };
  ui.button(row, "fitted, or as trained", () => {
    T = T === data.best ? 1 : data.best;
    shown();
    draw();
  });

  const label = (svg, x, y, text, anchor = "middle") =>
    ui.shape(svg, "text", { x, y, class: "quiet", fill: "currentColor", "text-anchor": anchor, "font-size": 11 }, text);

  // The reliability diagram: a bar a bin, what it lacks or has too much, and how many are in it.
  const x = (v) => 44 + v * (WIDTH - 60), y = (v) => 12 + (1 - v) * (HIGH - 52);
  const view = ui.svg(root, WIDTH, HIGH, "Share of right answers against confidence, in ten bins");
  for (const v of [0, 0.5, 1]) {
    ui.shape(view, "line", { x1: x(0), x2: x(1), y1: y(v), y2: y(v), class: "faint", stroke: "currentColor" });
    label(view, x(0) - 5, y(v) + 4, percent(v), "end");
    label(view, x(v), HIGH - 24, percent(v), v === 1 ? "end" : "middle");
  }
  label(view, x(0.5), HIGH - 6, "confidence (black: as stated; numbers: pictures in the bin)");
  label(view, x(0) + 4, y(1) + 11, "right answers", "start");
  const bars = Array.from({ length: BINS }, (_, i) => ({
    bar: ui.shape(view, "rect", { x: x(i / BINS) + 4, width: (WIDTH - 60) / BINS - 8, class: "c1", fill: "currentColor", "fill-opacity": 0.75 }),
    gap: ui.shape(view, "line", { class: "c2", stroke: "currentColor", "stroke-width": 4 }),
    said: ui.shape(view, "line", { class: "ink", stroke: "currentColor", "stroke-width": 2 }),
    count: label(view, x((i + 0.5) / BINS), 0, ""),
  }));
  ui.shape(view, "line", { x1: x(0), y1: y(0), x2: x(1), y2: y(1), class: "ink", stroke: "currentColor", "stroke-dasharray": "5 4" });

  // How large the sets are.
  const chart = ui.svg(root, WIDTH, LOW, "How many pictures have a set of each size");
  const K = data.classes.length, wide = (WIDTH - 60) / (K + 1), low = LOW - 40;
  ui.shape(chart, "line", { x1: x(0), x2: x(1), y1: low, y2: low, class: "quiet", stroke: "currentColor" });
  const piles = Array.from({ length: K + 1 }, (_, i) => {
    label(chart, x(0) + (i + 0.5) * wide, LOW - 25, String(i));
    return {
      bar: ui.shape(chart, "rect", { x: x(0) + i * wide + 5, width: wide - 10, class: "c3", fill: "currentColor", "fill-opacity": 0.75 }),
      count: label(chart, x(0) + (i + 0.5) * wide, 0, ""),
    };
  });
  label(chart, x(0.5), LOW - 7, "classes in the set");
  label(chart, x(1), 14, `of ${N - half} pictures`, "end");

  const said = ui.says(root);
  const set = (shape, attributes) => { for (const [key, value] of Object.entries(attributes)) shape.setAttribute(key, value); };
  function draw() {
    const now = judge(T), chosen = sets(now, alpha);
    now.bins.forEach(([count, c, r], i) => {
      const { bar, gap, said: stated, count: text } = bars[i], middle = x((i + 0.5) / BINS);
      const right = count ? r / count : 0, sure = count ? c / count : 0, on = count ? "" : "none";
      set(bar, { y: y(right), height: y(0) - y(right), display: on });
      set(gap, { x1: middle, x2: middle, y1: y(right), y2: y(sure), display: on });
      set(stated, { x1: middle - 14, x2: middle + 14, y1: y(sure), y2: y(sure), display: on });
      text.setAttribute("y", Math.min(y(right), y(sure)) - 3);
      text.textContent = count || "";
    });
    const counts = piles.map((_, i) => chosen.sizes.filter((size) => size === i).length);
    piles.forEach(({ bar, count }, i) => {
      const tall = counts[i] / (N - half) * (low - 26);
      set(bar, { y: low - tall, height: tall });
      count.setAttribute("y", low - tall - 3);
      count.textContent = counts[i] || "";
    });
    said(`At temperature ${T.toFixed(2)}: ${percent(now.right, 1)} right, as at any other; log score ${now.log.toFixed(3)}, ECE ${now.ece.toFixed(3)}. ` +
      `Sets that shall hold ${percent(1 - alpha)} hold the truth in ${percent(chosen.held, 1)} of the pictures, with ${chosen.size.toFixed(2)} classes on average.`);
  }
  draw();
});
