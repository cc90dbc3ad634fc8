// One buffer, any view: shape, strides and offset typed in, one element followed to its cell.
"use strict";
live.register("stride-explorer", (root, data, ui) => {
  const WIDTH = 480, WIDE = WIDTH / data.cells, SIDE = 34, TOP = 92;
  const integers = (text) => (text.match(/\d+/g) || []).map(Number);

  const controls = ui.row(root);
  const names = data.views.map(([name]) => name);
  const list = ui.choice(controls, "view", [...names, "my own"], (name) => {
    const found = data.views.find(([other]) => other === name);
    if (!found) return shapeBox.focus();
    [shapeBox.value, strideBox.value, offsetBox.value] = [found[1].join(", "), found[2].join(", "), found[3]];
    draw();
  });
  const mine = () => { list.value = "my own"; draw(); };
  const [, shape0, stride0, offset0] = data.views[0];
  const shapeBox = ui.text(controls, "shape", shape0.join(", "), mine);
  const strideBox = ui.text(controls, "strides", stride0.join(", "), mine);
  const offsetBox = ui.number(controls, "offset", offset0, mine);
  offsetBox.min = 0;
  offsetBox.max = data.cells - 1;
  offsetBox.step = 1;
  const pointer = ui.row(root);
  const row = ui.slider(pointer, { label: "i", min: 0, max: 2, step: 1, value: 2 }, draw);
  const column = ui.slider(pointer, { label: "j", min: 0, max: 3, step: 1, value: 1 }, draw);
  const svg = ui.svg(root, WIDTH, TOP + 4 * SIDE, "The buffer above, the view of it below");
  const said = ui.says(root);

  const problem = (shape, stride, offset) => {
    if (shape.length < 1 || shape.length > 2) return "One or two dimensions can be drawn here.";
    if (stride.length !== shape.length) return "There must be one stride for each dimension.";
    if (!Number.isInteger(offset) || offset < 0) return "The offset is a whole number, 0 or more.";
    if (shape.some((n) => n < 1) || shape[0] > 12 || shape[1] > 14) return "Up to 12 rows and 14 columns can be drawn.";
    const last = offset + shape.reduce((sum, n, k) => sum + (n - 1) * stride[k], 0);
    if (last >= data.cells) return `The last element would lie in cell ${last}, and the buffer ends at ${data.cells - 1}.`;
    return "";
  };

  const limit = (slider, n) => {
    slider.max = n - 1;
    slider.parentNode.querySelector("output").textContent = slider.value;
    return Number(slider.value);
  };

  const box = (x, y, w, h, text, { used, chosen }) => {
    ui.shape(svg, "rect", { x: x + 1, y, width: w - 2, height: h, class: "fill-page" });
    ui.shape(svg, "rect", {
      x: x + 1, y, width: w - 2, height: h, fill: used ? "currentColor" : "none", "fill-opacity": 0.18,
      stroke: "currentColor", class: chosen ? "c2" : used ? "c1" : "faint",
      "stroke-width": chosen ? 3 : 1, "stroke-dasharray": used ? "none" : "2 3",
    });
    ui.shape(svg, "text", {
      x: x + w / 2, y: y + h / 2 + 5, "text-anchor": "middle", fill: "currentColor", "font-size": 15,
      class: used ? "ink" : "quiet", "font-weight": chosen ? "bold" : "normal",
    }, text);
  };

  function draw() {
    svg.replaceChildren();
    const [shape, stride] = [integers(shapeBox.value), integers(strideBox.value)];
    const offset = offsetBox.value === "" ? 0 : Number(offsetBox.value);
    const negative = /[-−]/.test(shapeBox.value + strideBox.value);
    const wrong = negative ? "PyTorch knows no negative sizes or strides." : problem(shape, stride, offset);
    if (wrong) return said(wrong);
    const [n, m] = shape.length === 2 ? shape : [1, shape[0]];
    const [s, t] = stride.length === 2 ? stride : [0, stride[0]];
    const flat = shape.length === 1;
    row.parentNode.style.display = flat ? "none" : "";
    const [i, j] = [flat ? 0 : limit(row, n), limit(column, m)];
    const cellOf = (p, q) => offset + p * s + q * t;
    const cells = Array.from({ length: n * m }, (_, r) => cellOf(Math.floor(r / m), r % m));
    const used = new Set(cells), chosen = cellOf(i, j);
    const side = Math.min(SIDE, WIDTH / m), left = (WIDTH - m * side) / 2;
    svg.setAttribute("viewBox", `0 0 ${WIDTH} ${TOP + n * side + 6}`);
    ui.shape(svg, "line", {
      x1: (chosen + 0.5) * WIDE, y1: 42, x2: left + (j + 0.5) * side, y2: TOP + i * side,
      stroke: "currentColor", class: "c2", "stroke-width": 1.5, "stroke-dasharray": "4 3",
    });
    for (let c = 0; c < data.cells; c++) {
      box(c * WIDE, 8, WIDE, 34, String(c), { used: used.has(c), chosen: c === chosen });
    }
    cells.forEach((c, r) => {
      const [p, q] = [Math.floor(r / m), r % m];
      box(left + q * side, TOP + p * side + 1, side, side - 2, String(c), { used: true, chosen: p === i && q === j });
    });
    const plain = (n === 1 || flat || s === m) && (m === 1 || t === 1);
    const kind = used.size < cells.length ? "several elements share a cell" : plain ? "contiguous" : "not contiguous";
    const where = flat ? `v[${j}] is cell ${offset} + ${j}·${t} = ${chosen}` : `v[${i}, ${j}] is cell ${offset} + ${i}·${s} + ${j}·${t} = ${chosen}`;
    said(`${where}. The view reads ${used.size} of ${data.cells} cells for ${cells.length} elements: ${kind}.`);
  }
  draw();
});
