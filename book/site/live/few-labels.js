// Twenty photographs, and what three strategies take them for when they learn from few labels. The chapter trained
// every classifier. data: {counts, kinds, truth: [20], strategies, guesses: [strategy][count][draw][20],
// right: [strategy][count][draw] in ‰ of the whole test set, sheet: JPEG of 10 × 2 photographs of 48 pixels}.
"use strict";
live.register("few-labels", (root, data, ui) => {
  const { counts, kinds, truth, strategies, guesses, right } = data;
  const CELL = 96, ROW = 76, PHOTO = 52, BARS = 4 * ROW + 12, LEFT = 104, LONG = 300;
  const draws = right[0][0].length;
  const whole = (list, n) => Array.isArray(list) && list.length === n;
  for (const [s, table] of guesses.entries()) {
    for (let k = 0; k < counts.length; k++) {
      for (let r = 0; r < draws; r++) {
        const permille = right[s][k][r];
        if (!whole(table[k][r], truth.length) || !(permille >= 0 && permille <= 1000)) throw new Error("a guess is missing");
        if (!table[k][r].every((g) => kinds[g])) throw new Error("no such flower");
      }
    }
  }

  let strategy = strategies.indexOf("linear probe"), count = counts.indexOf(10), draw = 0;
  const choices = ui.row(root);
  const picked = ui.choice(choices, "strategy", strategies, (name) => { strategy = strategies.indexOf(name); show(); });
  picked.value = strategies[strategy];
  const names = Array.from({ length: draws }, (_, r) => `${r + 1}`);
  ui.choice(choices, "draw", names, (name) => { draw = names.indexOf(name); show(); });
  ui.slider(ui.row(root), {
    label: "labels", min: 0, max: counts.length - 1, step: 1, value: count, format: (v) => `${counts[v]} of each kind`,
  }, (v) => { count = v; show(); });

  const svg = ui.svg(root, 480, BARS + 3 * 24 + 4, "Twenty photographs with guesses, and three bars of accuracy");
  const store = ui.shape(svg, "defs");
  ui.shape(store, "image", { id: "few-labels-sheet", width: 480, height: 96, href: `data:image/jpeg;base64,${data.sheet}` });
  const cells = truth.map((kind, n) => {
    const x = (n % 5) * CELL, y = Math.floor(n / 5) * ROW;
    const view = ui.shape(svg, "svg", {
      x: x + (CELL - PHOTO) / 2, y, width: PHOTO, height: PHOTO, viewBox: `${48 * (n % 10)} ${48 * Math.floor(n / 10)} 48 48`,
    });
    ui.shape(view, "use", { href: "#few-labels-sheet" });
    return ui.shape(svg, "text", { x: x + CELL / 2, y: y + PHOTO + 15, "text-anchor": "middle", "font-size": 13 });
  });
  const bars = strategies.map((name, s) => {
    const y = BARS + 24 * s;
    const label = ui.shape(svg, "text", { x: LEFT - 8, y: y + 13, class: "ink", "text-anchor": "end", "font-size": 13 }, name);
    ui.shape(svg, "rect", { x: LEFT, y: y + 2, width: LONG, height: 13, class: "faint", fill: "currentColor" });
    const bar = ui.shape(svg, "rect", { x: LEFT, y: y + 2, height: 13, class: "c1", fill: "currentColor" });
    const share = ui.shape(svg, "text", { x: LEFT + LONG + 8, y: y + 13, class: "ink", "font-size": 13 });
    return { label, bar, share };
  });
  const said = ui.says(root);

  function show() {
    const row = guesses[strategy][count][draw];
    let hits = 0;
    cells.forEach((text, n) => {
      const hit = row[n] === truth[n];
      hits += hit;
      text.textContent = `${hit ? "✓" : "✗"} ${kinds[row[n]]}`;
      text.setAttribute("class", hit ? "quiet" : "c2");
      text.setAttribute("fill", "currentColor");
      text.setAttribute("font-weight", hit ? 400 : 700);
    });
    bars.forEach(({ label, bar, share }, s) => {
      const permille = right[s][count][draw];
      label.setAttribute("font-weight", s === strategy ? 700 : 400);
      bar.setAttribute("class", s === strategy ? "c2" : "c6");
      bar.setAttribute("width", permille * LONG / 1000);
      share.textContent = `${(permille / 10).toFixed(1)} %`;
    });
    const labels = counts[count] === 1 ? "one label" : `${counts[count]} labels`;
    said(`${strategies[strategy]}, ${labels} of each kind, draw ${draw + 1}: ${hits} of these ${truth.length} are right, and ` +
      `${(right[strategy][count][draw] / 10).toFixed(1)} % of all test photographs.`);
  }
  show();
});
