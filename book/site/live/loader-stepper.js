// A loader deals numbered images into batches, and two means are taken over the batches: the plain one
// and the one that counts each batch by its size. data: {labels, hits: 0 or 1 for each of 24 images,
// orders: for each N, the order of some epochs, cases: what torch's DataLoader dealt, and both means}.
"use strict";
live.register("loader-stepper", (root, data, ui) => {
  const WIDTH = 480, SIDE = 27, ROWS = 6;

  const deal = (order, size, drop) => {
    const batches = [];
    for (let k = 0; k < order.length; k += size) batches.push(order.slice(k, k + size));
    if (drop && batches.length && batches[batches.length - 1].length < size) batches.pop();
    return batches;
  };
  const mean = (values) => values.reduce((sum, v) => sum + v, 0) / values.length;
  const means = (batches) => {
    const each = batches.map((batch) => mean(batch.map((i) => data.hits[i])));
    const all = batches.reduce((sum, batch) => sum + batch.length, 0);
    return { each, plain: mean(each), weighted: each.reduce((sum, m, j) => sum + m * batches[j].length, 0) / all };
  };

  // The chapter has dealt, too, with torch's DataLoader.
  let worst = 0;
  for (const c of data.cases) {
    const ours = deal(data.orders[c.N][c.epoch], c.B, c.drop), both = means(ours);
    if (JSON.stringify(ours) !== JSON.stringify(c.batches)) throw new Error(`DataLoader deals otherwise for N = ${c.N}, B = ${c.B}`);
    worst = Math.max(worst, Math.abs(both.plain - c.plain), Math.abs(both.weighted - c.weighted));
  }
  if (!(worst < 1e-9)) throw new Error(`off the chapter's means by ${worst}`);
  root.dataset.off = worst;

  let N = 22, size = 5, epoch = 0, shuffle = true, drop = false, shown = 0;
  const row = ui.row(root);
  ui.slider(row, { label: "images N", min: 6, max: 24, step: 1, value: N }, (v) => { N = v; restart(); });
  ui.slider(row, { label: "batch size B", min: 1, max: 12, step: 1, value: size }, (v) => { size = v; restart(); });
  const epochs = ui.slider(row, { label: "epoch", min: 1, max: 5, step: 1, value: 1 }, (v) => { epoch = v - 1; restart(); });
  const second = ui.row(root);
  ui.choice(second, "order", ["shuffled", "as stored"], (name) => { shuffle = name === "shuffled"; restart(); });
  ui.choice(second, "short last batch", ["kept", "dropped"], (name) => { drop = name === "dropped"; restart(); });
  ui.button(second, "next batch", next);
  const stage = ui.element(root, "div");
  const said = ui.says(root);

  const batches = () => deal(shuffle ? data.orders[N][epoch] : [...Array(N).keys()], size, drop);
  const percent = (v) => `${(100 * v).toFixed(1)} %`;

  function restart() { shown = 0; draw(); }
  function next() {
    if (shown + 1 < batches().length) shown += 1;
    else {
      shown = 0;
      epoch = (epoch + 1) % 5;
      epochs.value = epoch + 1;
      epochs.parentNode.querySelector("output").textContent = epoch + 1;
    }
    draw();
  }

  // Batches stand in columns of at most six lines, side by side when they are short and many.
  function draw() {
    const dealt = batches(), { each, plain, weighted } = means(dealt);
    const across = Math.max(1, Math.ceil(dealt.length / ROWS)), lines = Math.ceil(dealt.length / across);
    const wide = WIDTH / across, side = Math.min(SIDE, (wide - 84) / Math.max(size, 1));
    stage.replaceChildren();
    const view = ui.svg(stage, WIDTH, lines * (SIDE + 9) + 8, `${N} images in ${dealt.length} batches`);
    dealt.forEach((batch, j) => {
      const left = Math.floor(j / lines) * wide, top = 6 + (j % lines) * (SIDE + 9), now = j === shown;
      ui.shape(view, "text", { x: left + 24, y: top + 18, class: now ? "ink" : "quiet", "text-anchor": "end", "font-size": 12, "font-weight": now ? 700 : 400 }, now ? `▸ ${j}` : String(j));
      batch.forEach((i, r) => {
        const x = left + 30 + r * side, hit = data.hits[i] === 1;
        ui.shape(view, "rect", { x, y: top, width: side - 2, height: SIDE - 2, rx: 3, class: hit ? "c1" : "c2", fill: "currentColor", "fill-opacity": now ? 0.35 : 0.12, stroke: "currentColor", "stroke-dasharray": hit ? "none" : "3 2", "stroke-width": hit ? 1 : 2 });
        ui.shape(view, "text", { x: x + side / 2 - 1, y: top + 17, class: "ink", "text-anchor": "middle", "font-size": Math.min(13, side * 0.6), "text-decoration": hit ? "none" : "line-through" }, String(data.labels[i]));
      });
      ui.shape(view, "text", { x: left + 34 + batch.length * side, y: top + 18, class: "quiet", "font-size": 12 }, `${(100 * each[j]).toFixed(0)} %`);
    });
    if (!dealt.length) {
      ui.shape(view, "rect", { x: 0, y: 0, width: 1, height: 1, fill: "transparent" });
      said(`${N} images do not fill one batch of ${size}, and the rest is dropped: no batch, no step, no error.`);
      return;
    }
    const kept = dealt.reduce((sum, batch) => sum + batch.length, 0), first = shown * size;
    said(`N = ${N}, B = ${size}: ${dealt.length} batch${dealt.length === 1 ? "" : "es"}${kept < N ? `, ${N - kept} image${N - kept === 1 ? "" : "s"} left out` : ""}. ` +
      `Batch ${shown} holds ${dealt[shown].length === 1 ? `place ${first}` : `places ${first} to ${first + dealt[shown].length - 1}`} of epoch ${epoch + 1}, ${shuffle ? "shuffled" : "in the stored order, as always"}. ` +
      `Right: ${percent(weighted)} of the images; the plain mean over batches says ${percent(plain)}.`);
  }
  draw();
});
