// Three scores, a temperature, and the forecast they make as a point in a triangle.
"use strict";
live.register("softmax-simplex", (root, data, ui) => {
  const names = data.names;
  const CORNERS = [[40, 262], [300, 262], [170, 37]]; // of the triangle, in the drawing's units
  const LIMIT = 6; // sliders of scores run from -LIMIT to LIMIT
  let z = data.scores.slice();
  let temperature = 1;
  let truth = -1; // index of the true class, or -1 when none is chosen
  let bary = null; // while a drag lasts, the corner weights under the pointer

  const softmax = (scores, tau) => {
    const top = Math.max(...scores);
    const e = scores.map((s) => Math.exp((s - top) / tau));
    const total = e[0] + e[1] + e[2];
    return e.map((v) => v / total);
  };
  const place = (p) => [0, 1].map((k) => p[0] * CORNERS[0][k] + p[1] * CORNERS[1][k] + p[2] * CORNERS[2][k]);
  const points = (list) => list.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" ");

  const svg = ui.svg(root, 480, 300, "Three probabilities as a point in a triangle, and as three bars");
  const half = (i, j) => CORNERS[i].map((v, k) => (v + CORNERS[j][k]) / 2);
  const centre = place([1 / 3, 1 / 3, 1 / 3]);
  ui.shape(svg, "polygon", { points: points(CORNERS), class: "quiet", fill: "none", stroke: "currentColor", "stroke-width": 1.5 });
  for (const [i, j] of [[0, 1], [1, 2], [0, 2]]) {
    // Where two classes tie: from the middle of a side to the centre.
    ui.shape(svg, "polyline", { points: points([half(i, j), centre]), class: "faint", fill: "none", stroke: "currentColor" });
  }
  names.forEach((name, i) => {
    const [x, y] = CORNERS[i];
    ui.shape(svg, "text", { x: x + [-6, 6, 0][i], y: y + [18, 18, -10][i], class: "ink", fill: "currentColor", "font-size": 14, "text-anchor": "middle" }, `a ${name}`);
  });
  const path = ui.shape(svg, "polyline", { class: "c1", fill: "none", stroke: "currentColor", "stroke-width": 1.5, "stroke-dasharray": "4 3" });
  const arrow = ui.shape(svg, "line", { class: "c3", stroke: "currentColor", "stroke-width": 2.5 });
  const tip = ui.shape(svg, "path", { class: "c3", fill: "currentColor" });
  const dot = ui.shape(svg, "circle", { r: 7, class: "c2", fill: "currentColor" });
  const handle = ui.shape(svg, "circle", { r: 20, fill: "transparent", style: "cursor: grab; touch-action: none" });

  const bars = names.map((name, i) => {
    const x = 345 + 45 * i;
    ui.shape(svg, "line", { x1: x - 18, x2: x + 18, y1: 262, y2: 262, class: "quiet", stroke: "currentColor" });
    ui.shape(svg, "text", { x, y: 280, class: "ink", fill: "currentColor", "font-size": 14, "text-anchor": "middle" }, name);
    return {
      box: ui.shape(svg, "rect", { x: x - 14, width: 28, class: "c2", fill: "currentColor" }),
      text: ui.shape(svg, "text", { x, class: "ink", fill: "currentColor", "font-size": 13, "text-anchor": "middle" }),
    };
  });

  const set = (input, value) => {
    input.value = value;
    const shown = input.parentNode.querySelector("output");
    if (shown) shown.textContent = Number(value).toFixed(1);
  };
  const sliders = names.map((name, i) =>
    ui.slider(root, { label: `score of a ${name}`, min: -LIMIT, max: LIMIT, step: 0.1, value: z[i], format: (v) => v.toFixed(1) },
      (v) => { z[i] = v; draw(); }));
  // The slider holds the logarithm to base ten, so that 0.1 and 10 lie equally far from 1.
  const tau = (t) => 10 ** t;
  ui.slider(root, { label: "temperature", min: -1, max: 1, step: 0.02, value: 0, format: (t) => tau(t).toFixed(2) },
    (t) => { temperature = tau(t); draw(); });

  const row = ui.row(root);
  ui.button(row, "add 1 to every score", () => {
    // Back down when a slider would leave its range, but no further than the lowest can go.
    const by = Math.max(...z) + 1 <= LIMIT ? 1 : -Math.min(3, LIMIT + Math.min(...z));
    z = z.map((v) => v + by);
    draw(by > 0 ? "Added 1 to every score: " : `Took ${(-by).toFixed(1)} off every score: `);
  });
  ui.choice(row, "true digit", ["not chosen", ...names], (name) => { truth = names.indexOf(name); draw(); });
  const step = ui.button(row, "one gradient step", () => {
    const p = softmax(z, temperature);
    z = z.map((v, i) => v - (p[i] - (i === truth ? 1 : 0)) / temperature); // z - dL/dz, learning rate 1
    draw("One step: ");
  });
  const said = ui.says(root);

  function draw(prefix = "") {
    z = z.map((v) => Math.min(LIMIT, Math.max(-LIMIT, v)));
    sliders.forEach((slider, i) => set(slider, z[i]));
    const p = softmax(z, temperature);
    const [x, y] = place(p);
    const line = [];
    for (let k = 0; k <= 60; k++) line.push(place(softmax(z, 10 ** (-1.3 + k * (2.6 / 60)))));
    path.setAttribute("points", points(line));
    for (const circle of [dot, handle]) { circle.setAttribute("cx", x); circle.setAttribute("cy", y); }
    bars.forEach(({ box, text }, i) => {
      const height = 200 * p[i];
      box.setAttribute("y", 262 - height);
      box.setAttribute("height", height);
      text.setAttribute("y", 256 - height);
      text.textContent = p[i].toFixed(2);
    });
    step.disabled = truth < 0;
    let text = `p = (${p.map((v) => v.toFixed(3)).join(", ")}), `;
    text += `entropy ${(-p.reduce((sum, v) => sum + (v > 0 ? v * Math.log(v) : 0), 0)).toFixed(2)} nats`;
    const length = truth < 0 ? 0 : Math.hypot(CORNERS[truth][0] - x, CORNERS[truth][1] - y);
    for (const part of [arrow, tip]) part.setAttribute("visibility", length > 18 ? "visible" : "hidden");
    if (truth >= 0) {
      // y - p, the way downhill, is the arrow from the point to the true corner.
      const [cx, cy] = CORNERS[truth];
      const [ux, uy] = [(cx - x) / (length || 1), (cy - y) / (length || 1)];
      const ends = { x1: x + 8 * ux, y1: y + 8 * uy, x2: cx - 8 * ux, y2: cy - 8 * uy };
      for (const [key, value] of Object.entries(ends)) arrow.setAttribute(key, value);
      tip.setAttribute("d", `M${cx},${cy}L${cx - 10 * ux - 5 * uy},${cy - 10 * uy + 5 * ux}L${cx - 10 * ux + 5 * uy},${cy - 10 * uy - 5 * ux}Z`);
      const one = (i) => (i === truth ? 1 : 0);
      text += `; loss ${(-Math.log(p[truth])).toFixed(3)}, p − y = (${p.map((v, i) => (v - one(i)).toFixed(3).replace("-", "−")).join(", ")})`;
    }
    said(prefix + text);
  }

  const drag = (event) => {
    const frame = svg.getBoundingClientRect();
    const x = (event.clientX - frame.left) * 480 / frame.width;
    const y = (event.clientY - frame.top) * 300 / frame.height;
    // Invert `place`; then keep off the edges, where a score would be infinite.
    const top = (CORNERS[0][1] - y) / (CORNERS[0][1] - CORNERS[2][1]);
    const right = (x - CORNERS[0][0] - top * (CORNERS[2][0] - CORNERS[0][0])) / (CORNERS[1][0] - CORNERS[0][0]);
    bary = [1 - top - right, right, top].map((v) => Math.max(v, 0.002));
    const total = bary[0] + bary[1] + bary[2];
    const logs = bary.map((v) => temperature * Math.log(v / total));
    // Keep the mean score, unless that would push a slider past its end.
    const mean = (z[0] + z[1] + z[2] - logs[0] - logs[1] - logs[2]) / 3;
    const shift = Math.max(-LIMIT - Math.min(...logs), Math.min(LIMIT - Math.max(...logs), mean));
    z = logs.map((v) => v + shift);
    draw();
  };
  handle.addEventListener("pointerdown", (event) => { handle.setPointerCapture(event.pointerId); drag(event); });
  handle.addEventListener("pointermove", (event) => { if (handle.hasPointerCapture(event.pointerId)) drag(event); });
  draw();
});
