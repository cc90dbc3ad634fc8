// What a 2 × 2 matrix does to the unit circle: the ellipse, singular vectors, eigenvectors where they are
// real, the determinant. data: {tests: [{matrix: [a, b, c, d], det, sigma, v: first right singular vector,
// lam: [[re, im], [re, im]]}]}, PyTorch's answers, with which the arithmetic here is compared at the start.
"use strict";
live.register("linear-map", (root, data, ui) => {
  const SIZE = 300, REACH = 2.6, UNIT = SIZE / (2 * REACH);

  // A = turn(φ) · diag(p, q) · turn(θ), with p ≥ |q|; a negative q is a flip.
  const singular = ([a, b, c, d]) => {
    const e = (a + d) / 2, f = (a - d) / 2, g = (c + b) / 2, h = (c - b) / 2;
    const far = Math.hypot(e, h), near = Math.hypot(f, g);
    const sum = Math.atan2(h, e), gap = Math.atan2(g, f);
    const theta = (sum - gap) / 2, phi = (sum + gap) / 2, flip = far < near ? -1 : 1;
    return {
      sigma: [far + near, Math.abs(far - near)],
      v: [[Math.cos(theta), -Math.sin(theta)], [Math.sin(theta), Math.cos(theta)]],
      u: [[Math.cos(phi), Math.sin(phi)], [-flip * Math.sin(phi), flip * Math.cos(phi)]],
    };
  };
  const determinant = ([a, b, c, d]) => a * d - b * c;
  const eigen = ([a, b, c, d]) => {
    const middle = (a + d) / 2, inside = ((a - d) / 2) ** 2 + b * c, root = Math.sqrt(Math.abs(inside));
    return inside < 0 ? [[middle, root], [middle, -root]] : [[middle + root, 0], [middle - root, 0]];
  };
  // The line that λ keeps: a row of A − λI says which direction it sends to 0.
  const direction = ([a, b, c, d], lam) => {
    const [first, second] = [[b, lam - a], [lam - d, c]];
    const [x, y] = Math.hypot(...first) > Math.hypot(...second) ? first : second;
    const far = Math.hypot(x, y);
    return far < 1e-9 ? null : [x / far, y / far];
  };
  const apply = ([a, b, c, d], [x, y]) => [a * x + b * y, c * x + d * y];

  let worst = 0;
  for (const { matrix, det, sigma, v, lam } of data.tests) {
    const ours = singular(matrix), pairs = [
      [determinant(matrix), det], [ours.sigma[0], sigma[0]], [ours.sigma[1], sigma[1]],
      [Math.abs(ours.v[0][0] * v[0] + ours.v[0][1] * v[1]), 1],  // up to the sign, which is nobody's
      ...eigen(matrix).flatMap((z, i) => z.map((part, k) => [part, lam[i][k]])),
      ...[0, 1].flatMap((i) => apply(matrix, ours.v[i]).map((part, k) => [part, ours.sigma[i] * ours.u[i][k]])),
    ];
    for (const [mine, theirs] of pairs) worst = Math.max(worst, Math.abs(mine - theirs));
  }
  if (!(worst < 1e-9)) throw new Error(`off PyTorch's numbers by ${worst}`);
  root.dataset.off = worst;

  const presets = {
    "a stretch and a shear": [1.5, 0.8, 0.1, 0.9], "symmetric": [1.4, 0.6, 0.6, 0.6], "a rotation": [0.8, -0.6, 0.6, 0.8],
    "a shear": [1, 1, 0, 1], "a reflection": [0.6, 0.8, 0.8, -0.6], "rank 1": [1.2, 0.6, 0.6, 0.3],
  };
  let matrix = presets["a stretch and a shear"].slice();

  const top = ui.row(root);
  const list = ui.choice(top, "matrix", [...Object.keys(presets), "your own"], (name) => {
    if (presets[name]) matrix = presets[name].slice();
    else matrix = [1, -1, 1, 0.5];
    place();
  });
  const own = () => { list.value = "your own"; draw(); };
  const rows = [ui.row(root), ui.row(root)];
  const tidy = (v, digits = 2) => v.toFixed(digits).replace(/^-(?=[0.]*$)/, "").replace("-", "−");
  const sliders = ["a₁₁", "a₁₂", "a₂₁", "a₂₂"].map((label, i) => ui.slider(rows[i >> 1],
    { label, min: -2, max: 2, step: 0.1, value: matrix[i], format: (v) => tidy(Number(v), 1) },
    (v) => { matrix[i] = Number(v); own(); }));

  const stage = ui.row(root);
  const said = ui.says(root);
  const at = ([x, y]) => [SIZE / 2 + x * UNIT, SIZE / 2 - y * UNIT];
  const line = (view, name, style) => ui.shape(view, "line", { class: name, stroke: "currentColor", "stroke-width": 2.5, ...style });
  const board = (label) => {
    const box = ui.element(stage, "div");
    box.style.flex = "1 1 14rem";
    const view = ui.svg(box, SIZE, SIZE, label);
    for (let i = -2; i <= 2; i++) for (const [p, q] of [[[i, -REACH], [i, REACH]], [[-REACH, i], [REACH, i]]]) {
      const [[x1, y1], [x2, y2]] = [at(p), at(q)];
      ui.shape(view, "line", { x1, y1, x2, y2, class: "faint", stroke: "currentColor", "stroke-width": i ? 0.6 : 1.4 });
    }
    const eigenLines = [0, 1].map(() => line(view, "c3", { "stroke-dasharray": "2 5", "stroke-width": 1.8 }));
    const curve = ui.shape(view, "polygon", { class: "quiet", fill: "none", stroke: "currentColor", "stroke-width": 1.6 });
    const axes = [line(view, "c1", {}), line(view, "c2", { "stroke-dasharray": "7 4" })];
    const names = [0, 1].map((i) => ui.shape(view, "text", { class: `c${i + 1}`, fill: "currentColor", "text-anchor": "middle", "font-size": 14 }));
    return { view, eigenLines, curve, axes, names };
  };
  const before = board("The unit circle with the two right singular vectors");
  const after = board("Its image, an ellipse with its half-axes, and the images of the two unit vectors");
  ui.shape(before.view, "text", { x: 8, y: SIZE - 8, class: "quiet", "font-size": 12, fill: "currentColor" }, "before");
  ui.shape(after.view, "text", { x: 8, y: SIZE - 8, class: "quiet", "font-size": 12, fill: "currentColor" }, "after");

  // The columns of the matrix, where the unit vectors go: rings that may be dragged.
  const grips = [0, 1].map((k) => {
    const ring = ui.shape(after.view, "circle", { r: 6, class: "ink", fill: "none", stroke: "currentColor", "stroke-width": 2 });
    const name = ui.shape(after.view, "text", { class: "ink", fill: "currentColor", "font-size": 11 }, `column ${k + 1}`);
    const grip = ui.shape(after.view, "circle", { r: 18, fill: "transparent", style: "cursor: grab; touch-action: none" });
    const drag = (event) => {
      const frame = after.view.getBoundingClientRect(), scale = 2 * REACH / frame.width;
      const near = (v) => Math.round(10 * Math.max(-2, Math.min(2, v))) / 10;
      matrix[k] = near((event.clientX - frame.left) * scale - REACH);
      matrix[2 + k] = near(REACH - (event.clientY - frame.top) * scale);
      list.value = "your own";
      place();
    };
    grip.addEventListener("pointerdown", (event) => { grip.setPointerCapture(event.pointerId); drag(event); });
    grip.addEventListener("pointermove", (event) => { if (grip.hasPointerCapture(event.pointerId)) drag(event); });
    return { ring, name, grip };
  });

  function place() {
    sliders.forEach((slider, i) => {
      slider.value = matrix[i];
      const output = slider.parentNode.querySelector("output");
      if (output) output.textContent = tidy(matrix[i], 1);
    });
    draw();
  }

  const circle = Array.from({ length: 120 }, (_, i) => [Math.cos(i * Math.PI / 60), Math.sin(i * Math.PI / 60)]);
  const put = (shape, from, to) => {
    const [[x1, y1], [x2, y2]] = [at(from), at(to)];
    for (const [key, value] of Object.entries({ x1, y1, x2, y2 })) shape.setAttribute(key, value.toFixed(1));
  };
  const write = (text, words, [x, y]) => {
    const far = Math.hypot(x, y) || 1, [px, py] = at([x + 0.24 * x / far, y + 0.24 * y / far]);
    text.textContent = words;
    text.setAttribute("x", Math.min(SIZE - 14, Math.max(14, px)).toFixed(1));
    text.setAttribute("y", (Math.min(SIZE - 8, Math.max(12, py)) + 4).toFixed(1));
  };

  function draw() {
    const { sigma, u, v } = singular(matrix), det = determinant(matrix), lam = eigen(matrix);
    const real = lam[0][1] === 0, kept = lam.map(([value]) => (real ? direction(matrix, value) : null));
    const outline = (points) => points.map((p) => at(p).map((n) => n.toFixed(1)).join(",")).join(" ");
    before.curve.setAttribute("points", outline(circle));
    after.curve.setAttribute("points", outline(circle.map((p) => apply(matrix, p))));
    for (const i of [0, 1]) {
      put(before.axes[i], [0, 0], v[i]);
      write(before.names[i], `v${"₁₂"[i]}`, v[i]);
      const tip = u[i].map((part) => part * sigma[i]);
      put(after.axes[i], [0, 0], tip);
      write(after.names[i], `σ${"₁₂"[i]}`, tip);
      for (const side of [before, after]) {
        const along = kept[i] || [0, 0];
        put(side.eigenLines[i], along.map((part) => -4 * part), along.map((part) => 4 * part));
      }
      const column = [matrix[i], matrix[2 + i]], [x, y] = at(column);
      for (const shape of [grips[i].ring, grips[i].grip]) { shape.setAttribute("cx", x); shape.setAttribute("cy", y); }
      grips[i].name.setAttribute("x", Math.min(SIZE - 56, x + 9));
      grips[i].name.setAttribute("y", column[1] > 0.5 ? Math.max(12, y - 9) : Math.min(SIZE - 4, y + 19));
    }
    const twice = real && Math.abs(lam[0][0] - lam[1][0]) < 1e-9;
    const number = (z) => tidy(z[0]);
    let lines;
    if (!real) lines = `no line is kept: the eigenvalues are ${tidy(lam[0][0])} ± ${tidy(lam[0][1])}i`;
    else if (!kept[0]) lines = `every line is kept, stretched by ${number(lam[0])}`;
    else if (twice) lines = `one line is kept (dotted), stretched by ${number(lam[0])}`;
    else lines = `two lines are kept (dotted), stretched by ${number(lam[0])} and ${number(lam[1])}`;
    said(`Half-axes σ₁ = ${tidy(sigma[0])} and σ₂ = ${tidy(sigma[1])}; determinant ${tidy(det)}, ` +
      `${Math.abs(det) < 1e-9 ? "the plane falls onto a line" : det < 0 ? "the plane is flipped over" : "no flip"}; ${lines}.`);
  }
  list.value = "a stretch and a shear";
  draw();
});
