// A picture is moved, mirrored, holed and mixed with another; the target changes with the mixture alone.
// data: {names, mean: [r, g, b], pixels: base64 of (3, 32, 32) bytes each, trials: [[one, other, down,
// right, flip, size, top, left, share, every fifth pixel of PyTorch's answer]]}.
"use strict";
live.register("augmentation-lab", (root, data, ui) => {
  const SIDE = 32, PAD = 4, PLANE = SIDE * SIDE;
  const pictures = data.pixels.map((text) => Float64Array.from(atob(text), (letter) => letter.charCodeAt(0) / 255));
  if (pictures.some((picture) => picture.length !== 3 * PLANE)) throw new Error("a picture is not 3 × 32 × 32");

  // As `shifted`, `holes` and mixup of the chapter: the frame repeats the picture, mirrored at its edge.
  const mirror = (v) => (v < 0 ? -v : v >= SIDE ? 2 * (SIDE - 1) - v : v);
  const made = new Float64Array(3 * PLANE);
  function change(s) {
    const one = pictures[s.one], other = pictures[s.other];
    for (let c = 0, at = 0; c < 3; c++) for (let i = 0; i < SIDE; i++) for (let j = 0; j < SIDE; j++, at++) {
      const row = mirror(i + s.down - PAD), column = mirror((s.flip ? SIDE - 1 - j : j) + s.right - PAD);
      const hole = i >= s.top && i < s.top + s.size && j >= s.left && j < s.left + s.size;
      const value = hole ? data.mean[c] : one[c * PLANE + row * SIDE + column];
      made[at] = s.share * value + (1 - s.share) * other[at];
    }
    return made;
  }

  // PyTorch has done these, too; the pictures here were rounded to bytes.
  let worst = 0;
  for (const [one, other, down, right, flip, size, top, left, share, theirs] of data.trials) {
    const ours = change({ one, other, down, right, flip, size, top, left, share });
    let at = 0;
    for (let c = 0; c < 3; c++) for (let i = 0; i < SIDE; i += 5) for (let j = 0; j < SIDE; j += 5)
      worst = Math.max(worst, Math.abs(theirs[at++] - ours[c * PLANE + i * SIDE + j]));
    if (at !== theirs.length) throw new Error("PyTorch's picture has another size");
  }
  if (!(worst < 0.005)) throw new Error(`off PyTorch's picture by ${worst}`);
  root.dataset.off = worst;

  // Shown sizes: how far it moved (to the right, down), not where the crop begins.
  const s = { one: 0, other: 1, down: PAD, right: PAD, flip: 0, size: 9, top: 18, left: 3, share: 0.75 };
  const labels = data.names.map((name, k) => (data.names.indexOf(name) === k ? name : `${name} (${k + 1})`));
  const top = ui.row(root);
  for (const [label, key] of [["picture", "one"], ["mixed with", "other"]]) {
    const list = ui.choice(top, label, labels, (name) => { s[key] = labels.indexOf(name); draw(); });
    list.value = labels[s[key]];
  }
  const mirrored = ui.choice(top, "mirrored", ["no", "yes"], (word) => { s.flip = Number(word === "yes"); draw(); });

  const panels = ui.row(root);
  Object.assign(panels.style, { display: "flex", flexWrap: "wrap", gap: "1rem", alignItems: "center" });
  const canvas = (label) => {
    const view = ui.element(panels, "canvas", { width: SIDE, height: SIDE, role: "img", "aria-label": label });
    Object.assign(view.style, { width: "176px", maxWidth: "46%", imageRendering: "pixelated" });
    return view;
  };
  const before = canvas("the picture as it is"), after = canvas("the picture that the network is shown");
  const bars = ui.svg(panels, 240, 110, "The target: a share for each class");
  Object.assign(bars.style, { width: "220px" });
  const rows = [0, 1].map((k) => ({
    name: ui.shape(bars, "text", { x: 0, y: 22 + 52 * k, class: "ink", "font-size": 14 }),
    bar: ui.shape(bars, "rect", { x: 0, y: 29 + 52 * k, height: 16, class: k ? "c2" : "c1", fill: "currentColor" }),
  }));

  const controls = ui.row(root);
  const sliders = {
    right: ui.slider(controls, { label: "moved right", min: -PAD, max: PAD, step: 1, value: 0 },
      (v) => { s.right = PAD - v; draw(); }),
    down: ui.slider(controls, { label: "moved down", min: -PAD, max: PAD, step: 1, value: 0 },
      (v) => { s.down = PAD - v; draw(); }),
    size: ui.slider(controls, { label: "hole", min: 0, max: 20, step: 1, value: s.size, format: (v) => `${v} pixels` },
      (v) => { s.size = v; draw(); }),
    top: ui.slider(controls, { label: "hole from row", min: 0, max: 31, step: 1, value: s.top }, (v) => { s.top = v; draw(); }),
    left: ui.slider(controls, { label: "hole from column", min: 0, max: 31, step: 1, value: s.left }, (v) => { s.left = v; draw(); }),
    share: ui.slider(controls, { label: "share of the first", min: 0, max: 1, step: 0.05, value: s.share, format: (v) => v.toFixed(2) },
      (v) => { s.share = v; draw(); }),
  };
  const buttons = ui.row(root);
  const set = (slider, value) => {
    slider.value = value;
    slider.dispatchEvent(new Event("input"));
  };
  const whole = (low, high) => low + Math.floor(Math.random() * (high - low + 1));
  let drawn = 0;
  ui.button(buttons, "Draw by chance", () => {
    drawn++;
    s.flip = whole(0, 1);
    mirrored.value = s.flip ? "yes" : "no";
    set(sliders.right, whole(-PAD, PAD));
    set(sliders.down, whole(-PAD, PAD));
    set(sliders.size, 12);
    set(sliders.top, whole(0, SIDE - 12));
    set(sliders.left, whole(0, SIDE - 12));
    set(sliders.share, whole(10, 20) / 20);
  });
  ui.button(buttons, "As it is", () => {
    drawn = 0;
    s.flip = 0;
    mirrored.value = "no";
    for (const [key, value] of Object.entries({ right: 0, down: 0, size: 0, share: 1 })) set(sliders[key], value);
  });
  const said = ui.says(root);

  function paint(view, values) {
    const context = view.getContext("2d"), image = context.createImageData(SIDE, SIDE);
    for (let at = 0; at < PLANE; at++) {
      for (let c = 0; c < 3; c++) image.data[4 * at + c] = 255 * values[c * PLANE + at];
      image.data[4 * at + 3] = 255;
    }
    context.putImageData(image, 0, 0);
  }

  // Before the mirror the crop runs the other way: what is seen to move right must do so either way.
  function draw() {
    const seen = s.flip ? { ...s, right: 2 * PAD - s.right } : s;
    paint(before, pictures[s.one]);
    paint(after, change(seen));
    const shares = new Map([[s.one, s.share]]);
    shares.set(s.other, (shares.get(s.other) ?? 0) + 1 - s.share);
    const parts = [...shares].map(([k, share]) => [labels[k], share]);
    rows.forEach(({ name, bar }, k) => {
      const [label, share] = parts[k] ?? ["", 0];
      name.textContent = label && `${label}: ${share.toFixed(2)}`;
      bar.setAttribute("width", 236 * share);
    });
    const move = (v, plus, minus) => (v ? `${Math.abs(v)} ${v > 0 ? plus : minus}` : "");
    const moved = [move(PAD - s.right, "right", "left"), move(PAD - s.down, "down", "up")].filter(Boolean).join(", ");
    const inside = Math.max(0, Math.min(s.size, SIDE - s.top)) * Math.max(0, Math.min(s.size, SIDE - s.left));
    said(`${moved ? `Moved ${moved}` : "Not moved"}, ${s.flip ? "mirrored" : "not mirrored"}, `
      + `${(100 * inside / PLANE).toFixed(0)} % under a hole at row ${s.top}, column ${s.left}. `
      + `Target: ${parts.map(([label, share]) => `${share.toFixed(2)} ${label}`).join(" + ")}.${drawn ? ` Draw ${drawn}.` : ""}`);
  }
  draw();
});
