// An all-reduce at work: each rank has a vector in p chunks, and all want the sum. The ring of the chapter, or all
// to rank 0 and back. data: {cases: [{x: (p, n) numbers, steps, after: (p, n) as the chapter's ring leaves them, sent}]}.
"use strict";
live.register("ring-all-reduce", (root, data, ui) => {
  const WIDTH = 480, TALL = 400, MIDDLE = [240, 196], ACROSS = 190, DOWN = 150, HIGH = 150;
  const mod = (a, p) => ((a % p) + p) % p;
  const sizes = (n, p) => Array.from({ length: p }, (_, c) => Math.floor(n / p) + (c < n % p ? 1 : 0)); // as tensor_split

  // Who sends which chunks to whom at step s, and whether they are added.
  const mail = {
    ring: (s, p) => ({
      add: s < p - 1,
      letters: Array.from({ length: p }, (_, r) => ({ from: r, to: (r + 1) % p, chunks: [mod(r - s, p)] })),
    }),
    "all to rank 0": (s, p) => {
      const [a, b] = s < p - 1 ? [s + 1, 0] : [0, s - p + 2];
      return { add: s < p - 1, letters: [{ from: a, to: b, chunks: [...Array(p).keys()] }] };
    },
  };

  // The first `steps` steps on whatever the cells hold. cells[r][c]; join(mine, came) adds.
  function run(way, cells, n, steps, join) {
    const p = cells.length, size = sizes(n, p), sent = Array(p).fill(0), got = Array(p).fill(0);
    let held = cells.map((row) => [...row]);
    for (let s = 0; s < steps; s++) {
      const { add, letters } = mail[way](s, p), before = held.map((row) => [...row]);
      for (const { from, to, chunks } of letters) for (const c of chunks) {
        held[to][c] = add ? join(before[to][c], before[from][c]) : before[from][c];
        sent[from] += size[c];
        got[to] += size[c];
      }
    }
    return { held, sent, got };
  }

  // The chapter's ring has done the same sums.
  let worst = 0;
  for (const { x, steps, after, sent } of data.cases) {
    const p = x.length, n = x[0].length, size = sizes(n, p);
    const cut = (row) => { let at = 0; return size.map((k) => row.slice(at, at += k)); };
    const ours = run("ring", x.map(cut), n, steps, (a, b) => a.map((v, k) => v + b[k]));
    ours.held.forEach((row, r) => row.flat().forEach((v, k) => { worst = Math.max(worst, Math.abs(v - after[r][k])); }));
    ours.sent.forEach((v, r) => { worst = Math.max(worst, Math.abs(v - sent[r])); });
  }
  if (worst !== 0) throw new Error(`off the chapter's ring by ${worst}`);
  root.dataset.off = worst;

  let p = 4, n = 24, step = 0, way = "ring";
  const row = ui.row(root);
  ui.slider(row, { label: "ranks", min: 2, max: 8, step: 1, value: p }, (v) => { p = v; restart(); });
  ui.slider(row, { label: "numbers in a vector", min: 8, max: 64, step: 1, value: n }, (v) => { n = v; draw(); });
  ui.choice(row, "way", Object.keys(mail), (name) => { way = name; restart(); });
  const second = ui.row(root);
  const walk = ui.slider(second, { label: "steps taken", min: 0, max: 2 * (p - 1), step: 1, value: 0, format: (v) => `${v} of ${2 * (p - 1)}` }, (v) => { step = v; draw(); });
  ui.button(second, "next step", () => { place(step < 2 * (p - 1) ? step + 1 : 0); draw(); });
  const view = ui.svg(root, WIDTH, TALL, "Ranks in a circle, each with its chunks, and what is sent next");
  const chart = ui.svg(root, WIDTH, HIGH, "Numbers that each rank has sent and received so far");
  const said = ui.says(root);

  function place(s) {
    step = s;
    walk.max = 2 * (p - 1);
    walk.value = s;
    walk.parentNode.querySelector("output").textContent = `${s} of ${2 * (p - 1)}`;
  }
  function restart() { place(0); draw(); }

  const text = (parent, x, y, words, more = {}) =>
    ui.shape(parent, "text", { x, y, class: "ink", "text-anchor": "middle", "font-size": 13, ...more }, words);

  function arrow([x1, y1], [x2, y2], label, wide) { // from box to box
    const d = Math.hypot(x2 - x1, y2 - y1), [ux, uy] = [(x2 - x1) / d, (y2 - y1) / d];
    const gap = 4 + Math.min((wide / 2 + 5) / Math.abs(ux), 33 / Math.abs(uy));
    const [a, b] = [[x1 + ux * gap, y1 + uy * gap], [x2 - ux * gap, y2 - uy * gap]];
    ui.shape(view, "path", {
      d: `M${a}L${b}M${b[0] - 9 * ux + 5 * uy},${b[1] - 9 * uy - 5 * ux}L${b}L${b[0] - 9 * ux - 5 * uy},${b[1] - 9 * uy + 5 * ux}`,
      class: "c2", stroke: "currentColor", fill: "none", "stroke-width": 2,
    });
    const [mx, my] = [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
    ui.shape(view, "circle", { cx: mx, cy: my, r: 10, class: "fill-page" });
    ui.shape(view, "circle", { cx: mx, cy: my, r: 10, class: "c2", fill: "none", stroke: "currentColor" });
    text(view, mx, my + 4.5, label, { "font-size": 12 });
  }

  function draw() {
    const last = 2 * (p - 1), now = step < last ? mail[way](step, p) : null;
    const masks = Array.from({ length: p }, (_, r) => Array(p).fill(1 << r));
    const { held, sent, got } = run(way, masks, n, step, (a, b) => a | b);
    const count = (mask) => mask.toString(2).replaceAll("0", "").length;
    const side = p > 6 ? 10 : p > 4 ? 13 : 17, wide = p * side, frame = Math.max(wide + 10, 52);
    const spot = (r) => [MIDDLE[0] + ACROSS * Math.sin(2 * Math.PI * r / p), MIDDLE[1] - DOWN * Math.cos(2 * Math.PI * r / p)];
    view.replaceChildren();
    if (now) for (const { from, to, chunks } of now.letters) {
      const aside = p === 2 ? 14 * (from ? 1 : -1) : 0; // two ranks: two arrows side by side
      const [a, b] = [spot(from), spot(to)].map(([x, y]) => [x + aside, y]);
      arrow(a, b, chunks.length > 1 ? "all" : String(chunks[0]), frame - 10);
    }
    for (let r = 0; r < p; r++) {
      const [x, y] = spot(r), left = x - wide / 2;
      ui.shape(view, "rect", { x: x - frame / 2, y: y - 33, width: frame, height: 60, rx: 5, class: "fill-page" });
      ui.shape(view, "rect", { x: x - frame / 2, y: y - 33, width: frame, height: 60, rx: 5, class: "quiet", fill: "none", stroke: "currentColor" });
      text(view, x, y - 19, `rank ${r}`, { "font-size": 12 });
      held[r].forEach((mask, c) => {
        const share = count(mask) / p, full = share === 1, top = y - 13;
        ui.shape(view, "rect", { x: left + c * side + 1, y: top + 24 * (1 - share), width: side - 2, height: 24 * share, class: full ? "c3" : "c1", fill: "currentColor", "fill-opacity": full ? 0.75 : 0.45 });
        ui.shape(view, "rect", { x: left + c * side + 1, y: top, width: side - 2, height: 24, class: "quiet", fill: "none", stroke: "currentColor", "stroke-width": 0.8 });
        if (full) ui.shape(view, "circle", { cx: left + (c + 0.5) * side, cy: top + 12, r: 2.5, class: "fill-page" });
        text(view, left + (c + 0.5) * side, y + 23, String(c), { "font-size": p > 6 ? 10 : 11, class: "quiet" });
      });
    }
    chart.replaceChildren();
    const most = (p - 1) * n, each = (WIDTH - 70) / p, up = (v) => 108 * v / most;
    text(chart, 4, 14, `numbers sent (filled) and received (dashed); the line is at ${most}`, { "text-anchor": "start", "font-size": 12, class: "quiet" });
    ui.shape(chart, "line", { x1: 20, x2: WIDTH - 20, y1: 20, y2: 20, class: "faint", stroke: "currentColor" });
    ui.shape(chart, "line", { x1: 20, x2: WIDTH - 20, y1: 128, y2: 128, class: "quiet", stroke: "currentColor" });
    for (let r = 0; r < p; r++) {
      const x = 35 + each * r;
      ui.shape(chart, "rect", { x: x + each * 0.14, y: 128 - up(sent[r]), width: each * 0.34, height: up(sent[r]), class: "c2", fill: "currentColor" });
      ui.shape(chart, "rect", { x: x + each * 0.52, y: 128 - up(got[r]), width: each * 0.34, height: up(got[r]), class: "c1", fill: "none", stroke: "currentColor", "stroke-width": 2, "stroke-dasharray": "4 2" });
      text(chart, x + each / 2, 144, `rank ${r}`, { "font-size": 12 });
    }
    const done = held.flat().filter((mask) => count(mask) === p).length;
    const busiest = Math.max(...sent), ring = run("ring", masks, n, last, (a, b) => a | b);
    let words = `${p} ranks, ${n} numbers each, ${way === "ring" ? "ring" : "all to rank 0 and back"}: after ${step} of ${last} steps ${done} of ${p * p} chunks are finished, and the busiest rank has sent ${busiest} numbers. `;
    if (now) {
      const { from, to, chunks } = now.letters[0];
      words += way === "ring" ? `Next, rank 0 sends chunk ${chunks[0]} to rank 1, which ${now.add ? "adds it" : "replaces its own by it"}; so do all others.`
        : `Next, rank ${from} sends all of its chunks to rank ${to}; the others wait.`;
    } else words += `All have the sum. In a ring no rank sends more than ${Math.max(...ring.sent)} numbers; the naive way rank 0 sends ${most} and receives ${most}.`;
    said(words);
  }
  draw();
});
