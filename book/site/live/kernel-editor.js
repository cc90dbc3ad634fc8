// Nine weights slide over a grey photograph; the reader edits them and sees what is left.
"use strict";
live.register("kernel-editor", (root, data, ui) => {
  const { size, kernels } = data;
  const bytes = Uint8Array.from(atob(data.pixels), (letter) => letter.charCodeAt(0));
  if (bytes.length !== size * size) throw new Error("the photograph is not square");
  const names = Object.keys(kernels);
  let w = kernels[names[0]].map((row) => [...row]);

  const controls = ui.row(root);
  const preset = ui.choice(controls, "start from", names, (name) => {
    w = kernels[name].map((row) => [...row]);
    inputs.forEach((input, at) => { input.value = w[Math.floor(at / 3)][at % 3]; });
    draw();
  });
  preset.setAttribute("aria-description", "fills the nine weights");

  const panels = ui.row(root);
  Object.assign(panels.style, { display: "flex", flexWrap: "wrap", gap: "1rem", alignItems: "flex-start" });
  const canvas = (label) => {
    const made = ui.element(panels, "canvas", { width: size, height: size, role: "img", "aria-label": label });
    Object.assign(made.style, { width: "216px", maxWidth: "100%", imageRendering: "pixelated" });
    return made;
  };
  const before = canvas("the photograph: a pagoda above a lake");
  const table = ui.element(panels, "div", { role: "group", "aria-label": "the nine weights of the kernel" });
  Object.assign(table.style, { display: "grid", gridTemplateColumns: "repeat(3, 4.4em)", gap: "2px" });
  const inputs = w.flatMap((row, u) => row.map((weight, v) => {
    const input = ui.element(table, "input", {
      type: "number", step: "any", value: weight, "aria-label": `weight, row ${u + 1}, column ${v + 1}`,
    });
    Object.assign(input.style, { width: "100%", padding: "0.1rem", textAlign: "center" });
    input.addEventListener("input", () => { w[u][v] = Number(input.value) || 0; draw(); });
    return input;
  }));
  const after = canvas("what the kernel makes of it");
  const said = ui.says(root);

  const paint = (target, values, count, low, high) => {
    const context = target.getContext("2d");
    const image = context.createImageData(count, count);
    const scale = high > low ? 255 / (high - low) : 0, shift = high > low ? -low * scale : 128;
    for (let at = 0, to = 0; at < count * count; at++, to += 4) {
      image.data[to] = image.data[to + 1] = image.data[to + 2] = scale * values[at] + shift;
      image.data[to + 3] = 255;
    }
    context.putImageData(image, 0, 0);
  };
  paint(before, bytes, size, 0, 255);

  const count = size - 2;
  after.width = after.height = count;
  const result = new Float32Array(count * count);
  function draw() {
    const total = w.flat().reduce((sum, weight) => sum + weight, 0);
    let low = Infinity, high = -Infinity;
    for (let i = 0; i < count; i++) for (let j = 0; j < count; j++) {
      let sum = 0;
      for (let u = 0; u < 3; u++) for (let v = 0; v < 3; v++) sum += w[u][v] * bytes[(i + u) * size + j + v];
      sum /= 255;
      result[i * count + j] = sum;
      if (sum < low) low = sum;
      if (sum > high) high = sum;
    }
    const zeroSum = Math.abs(total) < 0.01;
    const far = Math.max(Math.abs(low), Math.abs(high));
    // A kernel that sums to 0 answers with signs: keep 0 at mid-grey. Others answer in brightness.
    const [black, white] = zeroSum ? [-far, far] : [Math.max(low, Math.min(0, total)), Math.min(high, Math.max(0, total))];
    paint(after, result, count, black, white);
    const tidy = (v) => v.toFixed(2).replace("-", "−").replace(/^−0\.00$/, "0.00");
    const meaning = zeroSum ? "constant areas give 0, mid-grey" : `constant areas are multiplied by ${tidy(total)}`;
    said(`The weights sum to ${tidy(total)}: ${meaning}. Black is ${tidy(black)}, white is ${tidy(white)}.`);
  }
  draw();
});
