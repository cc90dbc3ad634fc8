// A decoder of two numbers runs in the page; a point is moved over a map of codes. data: {layers: [{shape: [out, in],
// scales: of weights and biases, bytes: the same as base64 of int8}], codes: [[x, y, label]], side: pixels of an edge,
// answers: [[z, the middle row of what PyTorch draws there with the same rounded weights]]}.
"use strict";
live.register("latent-space", (root, data, ui) => {
  const { side } = data, SIZE = 280, FAR = 3;
  const unpack = (text, scale) => Float64Array.from(atob(text), (letter) => ((letter.charCodeAt(0) << 24) >> 24) * scale);
  const layers = data.layers.map(({ shape, scales, bytes }) => ({
    shape, W: unpack(bytes[0], scales[0]), b: unpack(bytes[1], scales[1]),
  }));

  // Linear, relu, linear, …; a sigmoid at the end makes shares of ink of the scores.
  function decode(z) {
    layers.forEach(({ shape: [many, few], W, b }, at) => {
      const next = new Float64Array(many);
      for (let i = 0; i < many; i++) {
        let sum = b[i];
        for (let j = 0; j < few; j++) sum += W[i * few + j] * z[j];
        next[i] = at < layers.length - 1 ? Math.max(sum, 0) : 1 / (1 + Math.exp(-sum));
      }
      z = next;
    });
    return z;
  }

  let worst = 0;
  const from = Math.floor(side / 2) * side;
  for (const [z, row] of data.answers) {
    const ours = decode(z);
    row.forEach((v, i) => { worst = Math.max(worst, Math.abs(v - ours[from + i])); });
  }
  if (!(worst < 1e-6)) throw new Error(`off PyTorch's drawing by ${worst}`);
  root.dataset.off = worst;

  let z = [0.3, -1.2];
  const tidy = (v) => v.toFixed(2).replace(/^-(?=[0.]*$)/, "").replace("-", "−");
  const shown = ui.row(root);
  Object.assign(shown.style, { gap: "1rem", alignItems: "center", flexWrap: "wrap" });
  const place = ([x, y]) => [(x + FAR) * SIZE / (2 * FAR), (FAR - y) * SIZE / (2 * FAR)];
  const left = ui.element(shown, "div"), right = ui.element(shown, "div");
  for (const box of [left, right]) Object.assign(box.style, { flex: "1 1 200px", maxWidth: `${SIZE}px` });

  // The map: rings of the prior, the codes of new digits, and the point.
  const map = ui.svg(left, SIZE, SIZE, "Codes of new digits, each shown by its digit, and the point that is decoded");
  map.style.touchAction = "none";
  map.style.cursor = "crosshair";
  map.style.userSelect = map.style.webkitUserSelect = "none";
  ui.shape(map, "rect", { width: SIZE, height: SIZE, fill: "transparent" });
  for (const r of [1, 2]) {
    const [x, y] = place([0, 0]);
    ui.shape(map, "circle", { cx: x, cy: y, r: r * SIZE / (2 * FAR), fill: "none", stroke: "currentColor", class: "faint" });
  }
  const inside = data.codes.filter(([x, y]) => Math.abs(x) < FAR && Math.abs(y) < FAR);
  for (const [x, y, label] of inside) {
    const [a, b] = place([x, y]);
    ui.shape(map, "text", { x: a, y: b + 3, "text-anchor": "middle", "font-size": 9, fill: "currentColor", class: `c${1 + label % 6}`, "pointer-events": "none" }, String(label));
  }
  const ring = ui.shape(map, "circle", { r: 9, fill: "none", stroke: "currentColor", "stroke-width": 3, class: "ink", "pointer-events": "none" });

  // The drawing: ink in the colour of the theme, thinner where the decoder is less sure.
  const canvas = ui.element(right, "canvas", { width: side, height: side, role: "img", class: "ink" });
  Object.assign(canvas.style, { width: "100%", aspectRatio: "1", imageRendering: "pixelated", border: "1px solid" });
  const pen = canvas.getContext("2d");

  const row = ui.row(root);
  const sliders = [0, 1].map((k) => ui.slider(row, {
    label: k ? "second number" : "first number", min: -FAR, max: FAR, step: 0.05, value: z[k], format: tidy,
  }, (v) => { z = z.map((old, at) => (at === k ? v : old)); draw(); }));
  const kinds = [...new Set(inside.map(([, , label]) => label))].sort((a, b) => a - b).map(String);
  const again = ui.row(root);
  let turn = 0;
  const first = z, start = `(${z.map(tidy).join(", ")})`;
  ui.choice(again, "go to", [start, ...kinds.map((k) => `the mean ${k}`)], (name) => {
    const rows = inside.filter(([, , label]) => name.endsWith(` ${label}`));
    move(name === start ? first : [0, 1].map((k) => rows.reduce((sum, code) => sum + code[k], 0) / rows.length));
  });
  ui.button(again, "Next new digit", () => { turn = (turn + 1) % inside.length; move(inside[turn].slice(0, 2)); });
  const said = ui.says(root);

  function move(where) {
    z = where.map((v) => Math.max(-FAR, Math.min(FAR, v)));
    sliders.forEach((slider, k) => {
      slider.value = z[k];
      slider.parentNode.querySelector("output").textContent = tidy(z[k]);
    });
    draw();
  }
  function drag(event) {
    const frame = map.getBoundingClientRect(), scale = 2 * FAR / frame.width;
    move([(event.clientX - frame.left) * scale - FAR, FAR - (event.clientY - frame.top) * scale]);
  }
  map.addEventListener("pointerdown", (event) => { map.setPointerCapture(event.pointerId); drag(event); });
  map.addEventListener("pointermove", (event) => { if (map.hasPointerCapture(event.pointerId)) drag(event); });

  function draw() {
    const ink = decode(z), picture = pen.createImageData(side, side);
    const colour = (getComputedStyle(canvas).color.match(/[\d.]+/g) || [0, 0, 0]).slice(0, 3).map(Number);
    let sum = 0, unsure = 0;
    ink.forEach((p, i) => {
      picture.data.set([...colour, 255 * p], 4 * i);
      sum += p;
      if (p > 0.2 && p < 0.8) unsure++;
    });
    pen.putImageData(picture, 0, 0);
    const [x, y] = place(z);
    ring.setAttribute("cx", x);
    ring.setAttribute("cy", y);
    const near = inside.map((code) => [Math.hypot(code[0] - z[0], code[1] - z[1]), code[2]]).sort((a, b) => a[0] - b[0]).slice(0, 5);
    const share = 100 * Math.exp(-(z[0] ** 2 + z[1] ** 2) / 2);
    const words = `z = (${tidy(z[0])}, ${tidy(z[1])}). The five nearest codes belong to ${near.map(([, label]) => label).join(", ")}.`;
    canvas.setAttribute("aria-label", `A drawing of ${sum.toFixed(0)} pixels of ink, among codes of ${near[0][1]}s`);
    said(`${words} Of all draws from the prior, ${share < 0.1 ? share.toFixed(2) : share.toFixed(1)} % lie farther out. ${unsure} of ${side * side} pixels are between 20 and 80 % ink.`);
  }
  draw();
});
