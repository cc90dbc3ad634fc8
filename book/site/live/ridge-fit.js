// A polynomial through noisy measurements under a price on its coefficients: the fit, the fits to
// the other training sets, both errors against the price, and the coefficients.
// data: {knots, samples: [[y]], sigma, reference: [[P, log10 λ, sample, w by PyTorch]]}.
"use strict";
live.register("ridge-fit", (root, data, ui) => {
  const WIDTH = 480, HIGH = 250, LOW = 150, { knots, samples, sigma } = data;
  const truth = (x) => Math.sin(3 * x);
  const powers = (x, P) => Array.from({ length: P }, (_, k) => x ** k);
  const value = (w, x) => w.reduceRight((sum, c) => sum * x + c, 0);

  // Least squares of the longer table [X; √λ I] by Householder reflections; the constant is free.
  function ridge(P, lam, y) {
    const A = knots.map((x, n) => [...powers(x, P), y[n]]);
    for (let k = 1; k < P; k++) A.push(Array.from({ length: P + 1 }, (_, j) => (j === k ? Math.sqrt(lam) : 0)));
    for (let k = 0; k < P; k++) {
      let norm = 0;
      for (let i = k; i < A.length; i++) norm += A[i][k] ** 2;
      norm = Math.sqrt(norm) * (A[k][k] > 0 ? -1 : 1);
      const u = A.map((row, i) => (i < k ? 0 : row[k] - (i === k ? norm : 0)));
      const size = u.reduce((sum, v) => sum + v * v, 0);
      if (size === 0) continue;
      for (let j = k; j <= P; j++) {
        let dot = 0;
        for (let i = k; i < A.length; i++) dot += u[i] * A[i][j];
        for (let i = k; i < A.length; i++) A[i][j] -= 2 * dot / size * u[i];
      }
    }
    const w = Array(P).fill(0);
    for (let k = P - 1; k >= 0; k--) {
      let rest = A[k][P];
      for (let j = k + 1; j < P; j++) rest -= A[k][j] * w[j];
      w[k] = rest / A[k][k];
    }
    return w;
  }

  // PyTorch has solved a few of these, too.
  let worst = 0;
  for (const [P, power, k, theirs] of data.reference)
    ridge(P, 10 ** power, samples[k]).forEach((v, j) => {
      worst = Math.max(worst, Math.abs(v - theirs[j]) / Math.max(1, Math.abs(theirs[j])));
    });
  if (!(worst < 1e-6)) throw new Error(`off PyTorch's coefficients by ${worst}`);
  root.dataset.off = worst;

  const line = Array.from({ length: 121 }, (_, k) => -1 + k / 60);
  const mean = (list) => list.reduce((sum, v) => sum + v, 0) / list.length;
  const errors = (w, y) => [
    mean(knots.map((x, n) => (value(w, x) - y[n]) ** 2)),
    mean(line.map((x) => (value(w, x) - truth(x)) ** 2)) + sigma ** 2,
  ];
  const tidy = (v) => (v === 0 ? "0" : Math.abs(v) < 0.001 || Math.abs(v) >= 1e4 ? v.toExponential(1) : String(Number(v.toPrecision(3)))).replace("-", "−");

  let P = 12, power = -4, sample = 0;
  const row = ui.row(root);
  ui.slider(row, { label: "price λ", min: -8, max: 2, step: 0.25, value: power, format: (v) => tidy(10 ** v) }, (v) => { power = v; draw(); });
  ui.slider(row, { label: "coefficients", min: 1, max: 12, step: 1, value: P }, (v) => { P = v; draw(true); });
  ui.slider(row, { label: "training set", min: 1, max: samples.length, step: 1, value: 1 }, (v) => { sample = v - 1; draw(true); });

  const label = (svg, x, y, text, anchor = "middle") =>
    ui.shape(svg, "text", { x, y, class: "quiet", "text-anchor": anchor, "font-size": 11 }, text);
  const curve = (svg, cls, width, dash) => ui.shape(svg, "polyline", {
    class: cls, fill: "none", stroke: "currentColor", "stroke-width": width, "stroke-dasharray": dash || "none",
  });

  // The fits.
  const spot = (x, y) => [30 + (x + 1) * (WIDTH - 45) / 2, Math.max(-40, Math.min(HIGH + 40, HIGH / 2 - 8 - y * 50))];
  const path = (f) => line.map((x) => spot(x, f(x)).map((v) => v.toFixed(1)).join(",")).join(" ");
  const view = ui.svg(root, WIDTH, HIGH, "Measurements, the curve behind them, and the fits");
  for (const y of [-2, -1, 0, 1, 2]) {
    ui.shape(view, "line", { x1: 30, x2: WIDTH - 15, y1: spot(0, y)[1], y2: spot(0, y)[1], class: "faint", stroke: "currentColor" });
    label(view, 24, spot(0, y)[1] + 4, String(y).replace("-", "−"), "end");
  }
  for (const x of [-1, 0, 1]) label(view, spot(x, 0)[0], HIGH - 4, String(x).replace("-", "−"));
  label(view, spot(0.5, 0)[0], HIGH - 4, "x");
  curve(view, "quiet", 1.5, "5 4").setAttribute("points", path(truth));
  const others = samples.map(() => curve(view, "c1", 0.8));
  const fit = curve(view, "c2", 2.5);
  const dots = knots.map(() => ui.shape(view, "circle", { r: 3.5, class: "ink", fill: "currentColor" }));

  // Both errors at every price.
  const scale = (p, e) => [40 + (p + 8) * (WIDTH / 2 - 55) / 10, 12 + (1 - Math.log10(Math.max(1e-4, Math.min(10, e)))) * (LOW - 42) / 5];
  const chart = ui.svg(root, WIDTH, LOW, "Training error and error on new measurements against the price, and the coefficients");
  for (const e of [1, -1, -3]) {
    const [x, y] = scale(-8, 10 ** e);
    ui.shape(chart, "line", { x1: x, x2: scale(2, 1)[0], y1: y, y2: y, class: "faint", stroke: "currentColor" });
    label(chart, x - 5, y + 4, tidy(10 ** e), "end");
  }
  for (const p of [-8, -3, 2]) label(chart, scale(p, 1)[0], LOW - 16, p === -8 ? "1e−8" : p === -3 ? "0.001" : "100");
  label(chart, scale(-3, 1)[0], LOW - 3, "price λ (error: solid new, dashed training)");
  const chosen = curve(chart, "quiet", 1), training = curve(chart, "c1", 2, "5 3"), fresh = curve(chart, "c2", 2);

  // The coefficients, on a scale that counts digits.
  const left = WIDTH / 2 + 20, step = (WIDTH / 2 - 35) / 12, zero = (LOW - 30) / 2 + 4;
  ui.shape(chart, "line", { x1: left, x2: WIDTH - 15, y1: zero, y2: zero, class: "quiet", stroke: "currentColor" });
  const bars = Array.from({ length: 12 }, (_, k) => ui.shape(chart, "rect", { x: left + k * step + 2, width: step - 4, class: "c3", fill: "currentColor" }));
  label(chart, left + 6 * step, LOW - 3, "coefficients of 1, x, x², … (root scale)");

  const prices = Array.from({ length: 41 }, (_, k) => -8 + k / 4);
  function draw(all) {
    const y = samples[sample], w = ridge(P, 10 ** power, y), [old, now] = errors(w, y);
    fit.setAttribute("points", path((x) => value(w, x)));
    others.forEach((other, k) => {
      const thin = ridge(P, 10 ** power, samples[k]);
      other.setAttribute("points", k === sample ? "" : path((x) => value(thin, x)));
    });
    if (all) {
      dots.forEach((dot, n) => { const [cx, cy] = spot(knots[n], y[n]); dot.setAttribute("cx", cx); dot.setAttribute("cy", cy); });
      const both = prices.map((p) => errors(ridge(P, 10 ** p, y), y));
      [training, fresh].forEach((chosenLine, k) => chosenLine.setAttribute("points",
        both.map((pair, n) => scale(prices[n], pair[k]).map((v) => v.toFixed(1)).join(",")).join(" ")));
    }
    const [x] = scale(power, 1);
    chosen.setAttribute("points", `${x},12 ${x},${LOW - 30}`);
    bars.forEach((bar, k) => {
      const c = k < P ? w[k] : 0, tall = Math.min((LOW - 34) / 2, 4 * Math.sqrt(Math.abs(c)));
      bar.setAttribute("y", c > 0 ? zero - tall : zero);
      bar.setAttribute("height", tall);
    });
    const largest = Math.max(...w.map(Math.abs));
    said(`Mean squared error ${tidy(old)} on this training set, ${tidy(now)} on new measurements (${tidy(sigma ** 2)} is noise). Largest coefficient ${tidy(largest)}.`);
  }
  const said = ui.says(root);
  draw(true);
});
