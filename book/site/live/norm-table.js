// Who shares a mean? A table of examples × channels × places, before and after a norm of the
// reader's choice; one cell may be changed. data: {box, moved: the same with one cell changed, both
// [example][channel][place]; theirs: {norm: [PyTorch's result for box, for moved], flat}}.
"use strict";
live.register("norm-table", (root, data, ui) => {
  const EPS = 1e-5, LEFT = 76, SIDE = 50, TALL = 30, HEAD = 36;
  const B = data.box.length, C = data.box[0].length, L = data.box[0][0].length;
  const names = Object.keys(data.theirs);

  // The heap that a cell belongs to; cells with the same heap share mean and deviation.
  const heap = (name, b, c) => {
    if (name === "batch") return `${c}`;
    if (name === "instance") return `${b} ${c}`;
    const G = name === "layer" ? 1 : Number(name.split("= ")[1]);
    return `${b} ${Math.floor(c * G / C)}`;
  };
  const cells = [];
  for (let b = 0; b < B; b++) for (let c = 0; c < C; c++) for (let l = 0; l < L; l++) cells.push([b, c, l]);

  const normalise = (name, box) => {
    const heaps = new Map();
    for (const [b, c, l] of cells) {
      const key = heap(name, b, c);
      if (!heaps.has(key)) heaps.set(key, []);
      heaps.get(key).push(box[b][c][l]);
    }
    const measured = new Map();
    for (const [key, x] of heaps) {
      const mean = x.reduce((sum, v) => sum + v, 0) / x.length;
      const variance = x.reduce((sum, v) => sum + (v - mean) ** 2, 0) / x.length;
      measured.set(key, { mean, variance, n: x.length });
    }
    return cells.map(([b, c, l]) => {
      const { mean, variance, n } = measured.get(heap(name, b, c));
      return { y: (box[b][c][l] - mean) / Math.sqrt(variance + EPS), mean, deviation: Math.sqrt(variance), n };
    });
  };

  // PyTorch has normalised both boxes, too.
  let worst = 0;
  for (const name of names) [data.box, data.moved].forEach((box, which) => {
    const theirs = data.theirs[name][which];
    if (theirs.length !== cells.length) throw new Error("PyTorch saw another table");
    normalise(name, box).forEach(({ y }, k) => { worst = Math.max(worst, Math.abs(y - theirs[k])); });
  });
  if (!(worst < 1e-6)) throw new Error(`off PyTorch's norms by ${worst}`);
  root.dataset.off = worst;

  let name = "batch", box = structuredClone(data.moved), at = 2; // the cell that the chapter moved
  const tidy = (v, digits = 2) => v.toFixed(digits).replace(/^-(?=[0.]*$)/, "").replace("-", "−");
  const place = ([, c, l]) => `channel ${c + 1}, place ${l + 1}`;
  const old = () => data.box[cells[at][0]][cells[at][1]][cells[at][2]];

  const top = ui.row(root);
  ui.choice(top, "norm", names, (chosen) => { name = chosen; draw(); });
  const row = ui.row(root);
  const example = ui.slider(row, { label: "example", min: 1, max: B, step: 1, value: 1 }, (v) => {
    pick((v - 1) * C * L + at % (C * L));
  });
  const column = ui.slider(row, { label: "cell", min: 1, max: C * L, step: 1, value: at % (C * L) + 1, format: (v) => place(cells[v - 1]) },
    (v) => { pick(Math.floor(at / (C * L)) * C * L + v - 1); });
  const value = ui.slider(row, { label: "its number", min: -20, max: 40, step: 1, value: 20, format: (v) => tidy(v, 0) },
    (v) => { const [b, c, l] = cells[at]; box[b][c][l] = v; draw(); });
  ui.button(top, "undo all changes", () => { box = structuredClone(data.box); pick(at); });

  const wide = LEFT + C * L * SIDE + 8, high = HEAD + B * TALL + 4;
  const drawn = ["before", "after"].map((word) => {
    const view = ui.svg(root, wide, high, `The table ${word} normalising`);
    for (let c = 0; c < C; c++)
      ui.shape(view, "text", { x: LEFT + (c + 0.5) * L * SIDE, y: 14, class: "quiet", "text-anchor": "middle", "font-size": 12 }, `channel ${c + 1}`);
    ui.shape(view, "text", { x: 2, y: 14, class: "quiet", "font-size": 12 }, word);
    for (let b = 0; b < B; b++)
      ui.shape(view, "text", { x: LEFT - 8, y: HEAD - 12 + b * TALL + 20, class: "quiet", "text-anchor": "end", "font-size": 12 }, `example ${b + 1}`);
    return cells.map(([b, c, l], k) => {
      const x = LEFT + (c * L + l) * SIDE, y = HEAD - 12 + b * TALL;
      const group = ui.shape(view, "g", { style: "cursor: pointer" });
      const fill = ui.shape(group, "rect", { x: x + 1.5, y: y + 1.5, width: SIDE - 3, height: TALL - 3, class: "c2", fill: "currentColor", opacity: 0 });
      const edge = ui.shape(group, "rect", { x: x + 1.5, y: y + 1.5, width: SIDE - 3, height: TALL - 3, fill: "transparent", class: "faint", stroke: "currentColor" });
      const text = ui.shape(group, "text", { x: x + SIDE / 2, y: y + TALL / 2 + 5, "text-anchor": "middle", class: "ink", fill: "currentColor", "font-size": 14 });
      const mark = ui.shape(group, "circle", { cx: x + 8, cy: y + 8, r: 3, class: "ink", fill: "currentColor", opacity: 0 });
      group.addEventListener("click", () => pick(k));
      return { fill, edge, text, mark };
    });
  });
  ui.element(root, "p", { class: "quiet" }, "A dot marks your cell. Shaded: cells that share its mean. Thick frame: results that your changes have moved.");
  const said = ui.says(root);

  function pick(k) {
    at = k;
    const [b, c, l] = cells[k];
    example.value = b + 1;
    column.value = k % (C * L) + 1;
    value.value = box[b][c][l];
    example.parentNode.querySelector("output").textContent = b + 1;
    column.parentNode.querySelector("output").textContent = place(cells[k]);
    value.parentNode.querySelector("output").textContent = tidy(box[b][c][l], 0);
    draw();
  }

  function draw() {
    const now = normalise(name, box), once = normalise(name, data.box);
    const [b, c, l] = cells[at], mine = heap(name, b, c), touched = new Set(), moving = new Set();
    cells.forEach((cell, k) => {
      const moved = Math.abs(now[k].y - once[k].y) > 1e-9, changed = box[cell[0]][cell[1]][cell[2]] !== data.box[cell[0]][cell[1]][cell[2]];
      const shared = heap(name, cell[0], cell[1]) === mine;
      [changed, moved].forEach((thick, which) => {
        const { fill, edge, text, mark } = drawn[which][k];
        fill.setAttribute("opacity", shared ? 0.28 : 0);
        edge.setAttribute("class", thick ? "ink" : "faint");
        edge.setAttribute("stroke-width", thick ? 2.5 : 1);
        text.textContent = which ? tidy(now[k].y) : tidy(box[cell[0]][cell[1]][cell[2]], 0);
        mark.setAttribute("opacity", k === at ? 1 : 0);
      });
      if (changed) touched.add(cell[0] + 1);
      if (moved) moving.add(cell[0] + 1);
    });
    const { y, mean, deviation, n } = now[at];
    const list = (set) => `example${set.size > 1 ? "s" : ""} ${[...set].join(", ").replace(/, (\d+)$/, " and $1")}`;
    const news = touched.size ? `Numbers have changed in ${list(touched)}, and results in ${list(moving)}.` : "Nothing has changed.";
    said(`${name} norm: ${n} cells share the mean ${tidy(mean)} and the deviation ${tidy(deviation)}. ` +
      `Example ${b + 1}, ${place(cells[at])}: (${tidy(box[b][c][l], 0)} − ${tidy(mean)}) / ${tidy(deviation)} gives ${tidy(y)}` +
      (box[b][c][l] === old() ? ". " : `; its number was ${tidy(old(), 0)} at first. `) + news);
  }
  draw();
});
