// Snow becomes a pinwheel: particles carried from noise to data by the exact score of a mixture of
// round blobs, with DDPM, DDIM or flow matching. data: {centers: [[x, y]], arm: [label], width,
// betas: [first, last], count: T, walks: [{method, w, n, y, start, noise: [[x, y]], path: flat}]}.
"use strict";
live.register("particles", (root, data, ui) => {
  const SIZE = 460, REACH = 3, MANY = 180, TAILS = 9, K = data.centers.length;
  const METHODS = ["DDPM", "DDIM", "flow matching"];

  // The schedule of the chapter: β grows in a straight line, ᾱ is the product of all 1 − β.
  const abar = [1];
  for (let t = 1; t <= data.count; t++)
    abar.push(abar[t - 1] * (1 - data.betas[0] - (data.betas[1] - data.betas[0]) * (t - 1) / (data.count - 1)));

  // The mean of the data that may have led to (x, y), when they were scaled by `keep` and blurred by
  // `blur`: of all blobs, and of those of one arm; guidance w goes from the first to the second and beyond.
  const cx = Float64Array.from(data.centers, (c) => c[0]), cy = Float64Array.from(data.centers, (c) => c[1]);
  const arm = Uint8Array.from(data.arm), logs = new Float64Array(K), guess = [0, 0];
  function meanData(x, y, keep, blur, label, w) {
    const cloud = keep * keep * data.width * data.width + blur * blur, pull = keep * data.width * data.width / cloud;
    let top = -Infinity, topOwn = -Infinity;
    for (let k = 0; k < K; k++) {
      const gapX = x - keep * cx[k], gapY = y - keep * cy[k], log = -(gapX * gapX + gapY * gapY) / (2 * cloud);
      logs[k] = log;
      if (log > top) top = log;
      if (arm[k] === label && log > topOwn) topOwn = log;
    }
    let all = 0, allX = 0, allY = 0, own = 0, ownX = 0, ownY = 0;
    for (let k = 0; k < K; k++) {
      const guessX = cx[k] + pull * (x - keep * cx[k]), guessY = cy[k] + pull * (y - keep * cy[k]);
      const r = Math.exp(logs[k] - top);
      all += r; allX += r * guessX; allY += r * guessY;
      if (arm[k] === label) {
        const s = Math.exp(logs[k] - topOwn);
        own += s; ownX += s * guessX; ownY += s * guessY;
      }
    }
    guess[0] = allX / all + w * (ownX / own - allX / all);
    guess[1] = allY / all + w * (ownY / own - allY / all);
  }

  // One particle from noise to data in n steps; dice() gives a number from N(0, 1).
  function walk(method, start, label, w, n, dice) {
    const path = [start];
    let [x, y] = start;
    for (let i = n; i > 0; i--) {
      if (method === "flow matching") {
        const tau = i / n;
        meanData(x, y, 1 - tau, tau, label, w);
        x -= (x - guess[0]) / tau / n;
        y -= (y - guess[1]) / tau / n;
      } else {
        const a = abar[stop(i, n)], b = abar[stop(i - 1, n)], rootA = Math.sqrt(a), rootB = Math.sqrt(b);
        meanData(x, y, rootA, Math.sqrt(1 - a), label, w);
        const sigma = method === "DDPM" ? Math.sqrt((1 - b) / (1 - a) * (1 - a / b)) : 0;
        const along = Math.sqrt(Math.max(0, 1 - b - sigma * sigma) / (1 - a));
        x = rootB * guess[0] + along * (x - rootA * guess[0]) + (sigma ? sigma * dice() : 0);
        y = rootB * guess[1] + along * (y - rootA * guess[1]) + (sigma ? sigma * dice() : 0);
      }
      path.push([x, y]);
    }
    return path;
  }
  // As torch.linspace(T, 0, n + 1).round(), which rounds halves to even.
  function stop(i, n) {
    const exact = data.count * i / n, low = Math.floor(exact);
    return exact - low === 0.5 ? low + (low % 2) : Math.round(exact);
  }

  // The chapter has walked here, too.
  let worst = 0;
  for (const { method, w, n, y, start, noise, path } of data.walks) {
    const stock = noise.flat();
    const ours = walk(method, start, y, w, n, () => stock.shift()).flat();
    if (ours.length !== path.length) throw new Error("the chapter took another number of steps");
    path.forEach((v, k) => { worst = Math.max(worst, Math.abs(v - ours[k]) / Math.max(1, Math.abs(v))); });
  }
  if (!(worst < 1e-6)) throw new Error(`off the chapter's walks by ${worst}`);
  root.dataset.off = worst;

  // Reproducible dice: mulberry32, and two uniform numbers for a Gaussian.
  const dice = (seed) => {
    let state = seed * 7919 + 17;
    const uniform = () => {
      state = (state + 0x6d2b79f5) | 0;
      let v = Math.imul(state ^ (state >>> 15), 1 | state);
      v = (v + Math.imul(v ^ (v >>> 7), 61 | v)) ^ v;
      return ((v ^ (v >>> 14)) >>> 0) / 4294967296;
    };
    return () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  };

  let method = "DDIM", n = 40, w = 1, now = 1, snow = 1, rolls = 1, paths = [], outcome = "", playing = 0;
  const top = ui.row(root);
  const list = ui.choice(top, "walk", METHODS, (name) => { method = name; compute(); });
  list.value = method;
  ui.button(top, "new snow", () => { snow++; compute(); });
  ui.button(top, "new dice", () => { rolls++; compute(); });
  if (!ui.still) ui.button(top, "Play", play);
  const row = ui.row(root);
  const clock = ui.slider(row, { label: "time", min: 0, max: 100, step: 1, value: 100, format: (v) => `${v} %` },
    (v) => { playing = 0; now = v / 100; draw(); });
  ui.slider(row, { label: "steps", min: 1, max: 50, step: 1, value: n }, (v) => { n = v; compute(); });
  ui.slider(row, { label: "guidance w", min: 0, max: 6, step: 0.25, value: w, format: (v) => v.toFixed(2) },
    (v) => { w = v; compute(); });

  const svg = ui.svg(root, SIZE, SIZE, "Particles of three kinds on their way from noise to the three arms of a pinwheel");
  const place = ([x, y]) => [(x + REACH) * SIZE / (2 * REACH), (REACH - y) * SIZE / (2 * REACH)]
    .map((v) => Math.max(-99, Math.min(SIZE + 99, v)).toFixed(1));
  const colors = ["c1", "c2", "c3"];
  const blobs = data.centers.map((_, k) => ui.shape(svg, "circle", {
    class: colors[data.arm[k]], fill: "none", stroke: "currentColor", "stroke-width": 0.8, opacity: 0.55 }));
  const tails = ui.shape(svg, "path", { class: "quiet", fill: "none", stroke: "currentColor", "stroke-width": 0.8, opacity: 0.7 });
  const crowd = colors.map((name, label) => ui.shape(svg, "path", {
    class: name, fill: "none", stroke: "currentColor", "stroke-width": label === 2 ? 1.5 : 4.5,
    "stroke-linecap": label === 0 ? "round" : "square" }));
  const said = ui.says(root);

  function compute() {
    const fall = dice(snow), roll = dice(1000 * rolls + snow);
    paths = Array.from({ length: MANY }, (_, i) => walk(method, [fall(), fall()], i % 3, w, n, roll));
    const held = new Array(K).fill(0), fair = MANY / K;
    let home = 0;
    paths.forEach((path, i) => {
      const [x, y] = path[n], far = cx.map((_, k) => Math.hypot(x - cx[k], y - cy[k]));
      const k = far.indexOf(Math.min(...far));
      if (!(far[k] <= 2.5 * data.width)) return;
      held[k]++;
      if (arm[k] === i % 3) home++;
    });
    outcome = `In the end ${Math.round(100 * home / MANY)} % sit on a blob of their own arm, and ` +
      `${held.filter((count) => count > fair / 2).length} of ${K} blobs hold more than half of their fair share.`;
    draw();
  }

  function draw() {
    const spot = now * n, step = Math.min(n - 1, Math.floor(spot)), part = spot - step;
    const at = (path) => path[step].map((v, d) => v + part * (path[step + 1][d] - v));
    const here = paths.map(at);
    let keep, blur, where;
    if (method === "flow matching") {
      keep = now; blur = 1 - now; where = `τ = ${(1 - now).toFixed(2)}`;
    } else {
      const t = Math.round(data.count * (1 - now));
      keep = Math.sqrt(abar[t]); blur = Math.sqrt(1 - abar[t]); where = `t = ${t}`;
    }
    const radius = Math.hypot(keep * data.width, blur) * SIZE / (2 * REACH);
    blobs.forEach((blob, k) => {
      const [x, y] = place(data.centers[k].map((v) => keep * v));
      blob.setAttribute("cx", x); blob.setAttribute("cy", y); blob.setAttribute("r", radius.toFixed(1));
    });
    tails.setAttribute("d", paths.slice(0, TAILS).map((path, i) =>
      "M" + [...path.slice(0, step + 1), here[i]].map((p) => place(p).join(" ")).join("L")).join(""));
    crowd.forEach((shape, label) => shape.setAttribute("d", here.filter((_, i) => i % 3 === label).map((p) => {
      const [x, y] = place(p);
      return label === 2 ? `M${x} ${y}m-3 0h6m-3 -3v6` : `M${x} ${y}h0.01`;
    }).join("")));
    said(`${method}, snow ${snow}, dice ${rolls}${method === "DDPM" ? "" : " (this walk throws none)"}: ${where}, after ` +
      `${Number(spot.toFixed(1))} of ${n} steps. ${outcome}`);
  }

  function play() {
    const mine = playing = performance.now();
    const frame = (moment) => {
      if (playing !== mine || !root.isConnected) return;
      now = Math.max(0, Math.min(1, (moment - mine) / 4000));
      clock.value = Math.round(100 * now);
      clock.parentNode.querySelector("output").textContent = `${clock.value} %`;
      draw();
      if (now < 1) requestAnimationFrame(frame);
    };
    frame(mine);
  }
  compute();
});
