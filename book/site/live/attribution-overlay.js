// A small network explains its own answers in the page. data: {layers: [{shape: of the weights, scales: of weights and
// biases, bytes: the same as base64 of int8}], three convolutions and, after the mean over places, a linear layer; classes;
// pictures: base64 bytes of 28 × 28 greys; labels; scores: of each picture, cam: map of the fourth before it is enlarged,
// answers: [[picture, class, steps, shade of the baseline, middle row of integrated gradients]], all three by PyTorch}.
"use strict";
live.register("attribution-overlay", (root, data, ui) => {
  const SIDE = 28, PIXELS = SIDE * SIDE, BIG = 196, STRIDES = [2, 2, 1];
  const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const unpack = (text, scale) => Float64Array.from(bytes(text), (v) => ((v << 24) >> 24) * scale);
  const pictures = data.pictures.map((text) => Float64Array.from(bytes(text), (v) => v / 255));
  let side = SIDE;
  const layers = data.layers.map(({ shape, scales, bytes: [w, b] }, at) => {
    const [many, few, k] = shape, from = side, stride = STRIDES[at];
    if (k) side = Math.ceil(side / stride);
    return { many, few, k, from, to: side, stride, pad: k >> 1, W: unpack(w, scales[0]), b: unpack(b, scales[1]) };
  });
  const convolutions = layers.slice(0, 3), last = layers[3], places = side * side;

  // Both ways by rows, without a function call in them: integrated gradients take sixteen of each in a frame.
  function convolve({ many, few, k, from, to, stride, pad, W, b }, into) {
    const size = to * to, out = new Float64Array(many * size);
    for (let o = 0, at = 0; o < many; o++) {
      out.fill(b[o], o * size, (o + 1) * size);
      for (let c = 0; c < few; c++) for (let i = 0; i < k; i++) for (let j = 0; j < k; j++, at++) {
        const w = W[at], shift = j - pad, first = shift < 0 ? Math.ceil(-shift / stride) : 0, end = Math.min(to - 1, Math.floor((from - 1 - shift) / stride));
        for (let y = 0; y < to; y++) {
          const row = y * stride + i - pad;
          if (row < 0 || row >= from) continue;
          for (let n = first, z = o * size + y * to + first, a = (c * from + row) * from + shift + first * stride; n <= end; n++, z++, a += stride) out[z] += w * into[a];
        }
      }
    }
    for (let n = 0; n < out.length; n++) if (out[n] < 0) out[n] = 0;
    return out;
  }
  function carry({ many, few, k, from, to, stride, pad, W }, slope) {  // from what came out back to what went in
    const size = to * to, back = new Float64Array(few * from * from), busy = new Uint8Array(many * to);
    for (let n = 0; n < slope.length; n++) if (slope[n] !== 0) busy[Math.floor(n / to)] = 1;
    for (let o = 0, at = 0; o < many; o++) for (let c = 0; c < few; c++) for (let i = 0; i < k; i++) for (let j = 0; j < k; j++, at++) {
      const w = W[at], shift = j - pad, first = shift < 0 ? Math.ceil(-shift / stride) : 0, end = Math.min(to - 1, Math.floor((from - 1 - shift) / stride));
      for (let y = 0; y < to; y++) {
        const row = y * stride + i - pad;
        if (row < 0 || row >= from || !busy[o * to + y]) continue;
        for (let n = first, z = o * size + y * to + first, a = (c * from + row) * from + shift + first * stride; n <= end; n++, z++, a += stride) back[a] += w * slope[z];
      }
    }
    return back;
  }
  function forward(x) {
    const maps = [x];
    for (const layer of convolutions) maps.push(convolve(layer, maps[maps.length - 1]));
    const scores = Array.from(last.b, (b, k) => {
      let sum = 0;
      for (let c = 0; c < last.few; c++) for (let n = 0; n < places; n++) sum += last.W[k * last.few + c] * maps[3][c * places + n];
      return b + sum / places;
    });
    return { maps, scores };
  }
  // Slope for the picture of Σ seed[k] · score[k].
  function backward({ maps }, seed) {
    let slope = new Float64Array(last.few * places);
    for (let c = 0; c < last.few; c++) {
      let sum = 0;
      for (let k = 0; k < seed.length; k++) sum += seed[k] * last.W[k * last.few + c];
      slope.fill(sum / places, c * places, (c + 1) * places);
    }
    for (let at = 2; at >= 0; at--) {
      for (let n = 0; n < slope.length; n++) if (maps[at + 1][n] <= 0) slope[n] = 0;
      slope = carry(convolutions[at], slope);
    }
    return slope;
  }
  const only = (k) => data.classes.map((_, j) => (j === k ? 1 : 0));
  const slopes = (x, k) => backward(forward(x), only(k));
  function integrated(x, shade, k, steps) {
    const total = new Float64Array(PIXELS);
    for (let n = 0; n < steps; n++) {
      const t = (n + 0.5) / steps;
      slopes(x.map((v) => shade + t * (v - shade)), k).forEach((v, i) => { total[i] += v; });
    }
    return total.map((v, i) => v * (x[i] - shade) / steps);
  }
  function gradCam({ maps }, k) {  // (7, 7)
    return Float64Array.from({ length: places }, (_, n) => {
      let sum = 0;
      for (let c = 0; c < last.few; c++) sum += last.W[k * last.few + c] / places * maps[3][c * places + n];
      return Math.max(0, sum);
    });
  }
  const shares = (z) => {
    const most = Math.max(...z), e = z.map((v) => Math.exp(v - most)), sum = e.reduce((a, b) => a + b);
    return e.map((v) => v / sum);
  };

  // PyTorch has computed some of this, too.
  let worst = 0;
  const compare = (ours, theirs) => theirs.forEach((v, n) => { worst = Math.max(worst, Math.abs(v - ours[n]) / Math.max(1, Math.abs(v))); });
  pictures.forEach((x, i) => compare(forward(x).scores, data.scores[i]));
  compare(gradCam(forward(pictures[3]), data.labels[3]), data.cam);
  for (const [i, k, steps, shade, row] of data.answers)
    compare(integrated(pictures[i], shade, k, steps).slice(14 * SIDE, 15 * SIDE), row);
  if (!(worst < 1e-6)) throw new Error(`off PyTorch's maps by ${worst}`);
  root.dataset.off = worst;

  const METHODS = ["slope", "slope × input", "integrated gradients", "Grad-CAM"], SHADES = { black: 0, grey: 0.5, white: 1 };
  let shown = 0, method = METHODS[2], asked = "its answer", shade = 0, steps = 6, eps = 0;
  const names = data.classes.map((name, i) => `${i + 1}: ${name}`);
  const top = ui.row(root), middle = ui.row(root), bottom = ui.row(root);
  ui.choice(top, "picture", names, (name) => { shown = names.indexOf(name); attack(); draw(); });
  const answer = ui.choice(top, "explain", ["its answer", ...data.classes], (name) => { asked = name; draw(); });
  answer.value = asked;
  ui.choice(middle, "method", METHODS, (name) => { method = name; draw(); }).value = method;
  ui.choice(middle, "compared with", Object.keys(SHADES), (name) => { shade = SHADES[name]; draw(); });
  ui.slider(bottom, { label: "steps of the path", min: 1, max: 16, step: 1, value: steps }, (v) => { steps = v; draw(); });
  ui.slider(bottom, { label: "attack, in steps of grey", min: 0, max: 64, step: 2, value: eps }, (v) => { eps = v; draw(); });

  const WIDTH = 2 * BIG + 190;
  const svg = ui.svg(root, WIDTH, BIG + 22, "The picture, the pixels that speak for and against, and the probability of each kind");
  const said = ui.says(root);
  const caption = (x, text, anchor = "middle") => ui.shape(svg, "text", { x, y: BIG + 16, "text-anchor": anchor, "font-size": 11, class: "quiet", fill: "currentColor" }, text);
  const image = ui.shape(svg, "image", { x: 0, y: 0, width: BIG, height: BIG, preserveAspectRatio: "none", style: "image-rendering: pixelated" });
  caption(BIG / 2, "picture");
  ui.shape(svg, "rect", { x: BIG + 8, y: 0.5, width: BIG, height: BIG - 1, fill: "none", stroke: "currentColor", class: "faint" });
  const title = caption(1.5 * BIG + 8, "");
  const outline = ui.shape(svg, "path", { class: "faint", fill: "currentColor" });
  const plus = ui.shape(svg, "path", { class: "c2", fill: "currentColor" }), minus = ui.shape(svg, "path", { class: "c1", fill: "currentColor" });
  const bars = data.classes.map((name, k) => {
    const y = 4 + k * (BIG - 6) / data.classes.length, left = 2 * BIG + 100;
    const label = ui.shape(svg, "text", { x: left - 6, y: y + 12, "text-anchor": "end", "font-size": 10, fill: "currentColor", class: "quiet" }, name);
    return { label, bar: ui.shape(svg, "rect", { x: left, y: y + 2, height: 12, class: "c3", fill: "currentColor" }) };
  });
  caption(2 * BIG + 100, "probability", "start");
  const canvas = document.createElement("canvas"), pen = canvas.getContext("2d");
  canvas.width = canvas.height = SIDE;

  let direction, greys;
  function attack() {  // the sign of the slope of −ln p[true kind]
    const pass = forward(pictures[shown]), p = shares(pass.scores);
    direction = backward(pass, p.map((v, k) => v - (k === data.labels[shown] ? 1 : 0))).map(Math.sign);
  }
  const tidy = (v) => (Math.abs(v) < 0.005 ? "0.00" : v.toFixed(2).replace("-", "−"));

  function draw() {
    const x = pictures[shown].map((v, i) => Math.min(1, Math.max(0, v + eps / 255 * direction[i])));
    const pass = forward(x), p = shares(pass.scores), best = p.indexOf(Math.max(...p));
    const k = asked === "its answer" ? best : data.classes.indexOf(asked);
    let a;
    if (method === METHODS[2]) a = integrated(x, shade, k, steps);
    else if (method === METHODS[3]) {
      const M = gradCam(pass, k);
      a = x.map((_, i) => M[Math.floor(Math.floor(i / SIDE) * side / SIDE) * side + Math.floor((i % SIDE) * side / SIDE)]);
    } else {
      const slope = backward(pass, only(k));
      a = method === METHODS[0] ? slope : slope.map((v, i) => v * (x[i] - shade));
    }

    greys = pen.createImageData(SIDE, SIDE);
    x.forEach((v, i) => greys.data.set([255 * v, 255 * v, 255 * v, 255], 4 * i));
    pen.putImageData(greys, 0, 0);
    image.setAttribute("href", canvas.toDataURL());

    // Squares by size: those that speak for the answer are full, those against it hollow.
    const cell = BIG / SIDE, most = a.reduce((big, v) => Math.max(big, Math.abs(v)), 1e-12), parts = [[], []], ink = [];
    a.forEach((v, i) => {
      const cx = BIG + 8 + (i % SIDE + 0.5) * cell, cy = (Math.floor(i / SIDE) + 0.5) * cell, r = cell / 2 * Math.sqrt(Math.abs(v) / most);
      if (pictures[shown][i] > 0.3) ink.push(`M${(cx - 0.7).toFixed(1)} ${(cy - 0.7).toFixed(1)}h1.4v1.4h-1.4z`);
      if (r < 0.4) return;
      const square = (s, turn) => `M${(cx - s).toFixed(1)} ${(cy - s).toFixed(1)}${turn ? `v${(2 * s).toFixed(1)}h${(2 * s).toFixed(1)}v${(-2 * s).toFixed(1)}z` : `h${(2 * s).toFixed(1)}v${(2 * s).toFixed(1)}h${(-2 * s).toFixed(1)}z`}`;
      parts[v > 0 ? 0 : 1].push(square(r, false) + (v < 0 ? square(0.55 * r, true) : ""));
    });
    outline.setAttribute("d", ink.join(""));
    plus.setAttribute("d", parts[0].join(""));
    minus.setAttribute("d", parts[1].join(""));
    title.textContent = `${method}: ■ for, □ against`;
    bars.forEach(({ bar, label }, j) => {
      bar.setAttribute("width", (84 * p[j]).toFixed(1));
      label.setAttribute("class", j === best ? "ink" : "quiet");
    });

    const start = forward(new Float64Array(PIXELS).fill(shade)).scores[k], score = pass.scores[k], sum = a.reduce((s, v) => s + v, 0);
    const where = Object.keys(SHADES).find((name) => SHADES[name] === shade);
    let text = `It says ${data.classes[best]}, with probability ${(100 * p[best]).toFixed(1)} %; the label is ${data.classes[data.labels[shown]]}. `;
    text += `Score of ${data.classes[k]}: ${tidy(score)}, and ${tidy(start)} for a picture all ${where}. `;
    if (method === METHODS[0]) text += "Slopes need not add up to anything.";
    else if (method === METHODS[3]) text += `${places} places, ${a.filter((v) => v > 0).length * places / PIXELS} of them above 0; the steps and the baseline play no part.`;
    else text += `The map adds up to ${tidy(sum)}, the scores differ by ${tidy(score - start)}: a gap of ${tidy(sum - score + start)}.`;
    said(text);
  }
  attack();
  draw();
});
