// A picture that the reader crops, blurs and turns, and the five words that the network then prefers. The
// chapter asked the network about every position of the controls. data: {parts, blurs, turns, field: the share
// of the square that the network reads, words, pictures: [{name, jpeg, top: [[word, ‰, word, ‰, …], …]}]}.
"use strict";
live.register("first-look", (root, data, ui) => {
  const SIDE = 208, LEFT = 228, BAR = 250, ROW = 41;
  const { parts, blurs, turns, words } = data;
  for (const { top } of data.pictures) {
    if (top.length !== parts.length * blurs.length * turns.length) throw new Error("an answer is missing");
    for (const row of top) {
      const shares = row.filter((_, k) => k % 2), sum = shares.reduce((a, b) => a + b, 0);
      const falls = shares.every((v, k) => k === 0 || v <= shares[k - 1]);
      if (!falls || sum > 1003 || !row.every((v, k) => k % 2 || words[v])) throw new Error("no five shares");
    }
  }

  let shown = data.pictures[0], part = 0, blur = 0, turn = 0;
  const names = ["upright", "on its side", "upside down"];
  const choices = ui.row(root);
  ui.choice(choices, "picture", data.pictures.map((p) => p.name), (name) => {
    shown = data.pictures.find((p) => p.name === name);
    draw();
  });
  ui.choice(choices, "turned", names, (name) => { turn = names.indexOf(name); draw(); });
  const sliders = ui.row(root);
  ui.slider(sliders, {
    label: "cut to", min: 0, max: parts.length - 1, step: 1, value: 0,
    format: (v) => `${Math.round(100 * parts[v])} % of its side`,
  }, (v) => { part = v; draw(); });
  ui.slider(sliders, {
    label: "blur", min: 0, max: blurs.length - 1, step: 1, value: 0, format: (v) => `${blurs[v]} pixels`,
  }, (v) => { blur = v; draw(); });

  const svg = ui.svg(root, 480, SIDE + 4, "The picture as the network gets it, and five bars");
  const soft = ui.shape(svg, "filter", { id: "first-look-blur", x: "-20%", y: "-20%", width: "140%", height: "140%" });
  const spread = ui.shape(soft, "feGaussianBlur", { stdDeviation: 0 });
  const lens = ui.shape(svg, "svg", { x: 2, y: 2, width: SIDE, height: SIDE, viewBox: "0 0 1 1" });
  const held = ui.shape(lens, "g");
  // The sharp copy below fills the rim, where the blurred one fades out.
  const copies = ["", "url(#first-look-blur)"].map((filter) =>
    ui.shape(held, "image", { x: 0, y: 0, width: 256, height: 256, ...(filter && { filter }) }));
  const bars = [0, 1, 2, 3, 4].map((k) => {
    const y = 4 + k * ROW;
    const label = ui.shape(svg, "text", { x: LEFT, y: y + 13, class: "ink", "font-size": 16 });
    const share = ui.shape(svg, "text", { x: LEFT + BAR, y: y + 13, class: "ink", "text-anchor": "end", "font-size": 16 });
    ui.shape(svg, "rect", { x: LEFT, y: y + 19, width: BAR, height: 10, class: "faint", fill: "currentColor" });
    const bar = ui.shape(svg, "rect", { x: LEFT, y: y + 19, height: 10, class: k ? "c6" : "c2", fill: "currentColor" });
    return { label, share, bar };
  });
  const said = ui.says(root);

  function draw() {
    const row = shown.top[(turn * parts.length + part) * blurs.length + blur];
    const side = 256 * parts[part] * data.field, from = (256 - side) / 2;
    lens.setAttribute("viewBox", `${from} ${from} ${side} ${side}`);
    spread.setAttribute("stdDeviation", blurs[blur] * parts[part]);
    held.setAttribute("transform", `rotate(${-turns[turn]} 128 128)`);
    for (const copy of copies) {
      const href = `data:image/jpeg;base64,${shown.jpeg}`;
      if (copy.getAttribute("href") !== href) copy.setAttribute("href", href);
    }
    bars.forEach(({ label, share, bar }, k) => {
      const permille = row[2 * k + 1];
      label.textContent = words[row[2 * k]];
      share.textContent = permille ? `${(permille / 10).toFixed(1)} %` : "< 0.1 %";
      bar.setAttribute("width", Math.max(1, permille * BAR / 1000));
    });
    const [word, permille] = row, before = shown.top[0][0];
    said(`The picture called ${shown.name}, ${names[turn]}: ${words[word]}, ${(permille / 10).toFixed(1)} %` +
      (word === before ? "." : `; unchanged it was ${words[before]}.`));
  }
  draw();
});
