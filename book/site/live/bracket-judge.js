// An LSTM that judges strings of brackets, run here, one step for each bracket: the depth, the verdict so
// far, one cell with its gates, and all cells at once. data: {W: (4H, 2), U: (4H, H), b: (4H), the gates
// in the order i, f, g, o; v: (H), a: score = v·h + a; order: cells, the best counter first; follows:
// correlation of each cell with the depth; witness: [{text, cells, verdicts}] as PyTorch computed them}.
"use strict";
live.register("bracket-judge", (root, data, ui) => {
  const WIDTH = 520, LEFT = 76, RIGHT = 8, MOST = 48, H = data.v.length;
  const sigmoid = (z) => 1 / (1 + Math.exp(-z));
  const dot = (row, vector) => row.reduce((sum, w, k) => sum + w * vector[k], 0);

  // The six lines of the chapter, for every bracket of the text.
  const read = (text) => {
    let h = new Array(H).fill(0), c = h;
    return [...text].map((bracket) => {
      const x = bracket === "(" ? [1, 0] : [0, 1];
      const z = data.b.map((b, k) => dot(data.W[k], x) + dot(data.U[k], h) + b);
      const quarter = (n, squash) => z.slice(n * H, (n + 1) * H).map(squash);
      const i = quarter(0, sigmoid), f = quarter(1, sigmoid), g = quarter(2, Math.tanh), o = quarter(3, sigmoid);
      c = c.map((old, k) => f[k] * old + i[k] * g[k]);
      h = c.map((v, k) => o[k] * Math.tanh(v));
      return { c, h, i, f, g, o, verdict: sigmoid(dot(data.v, h) + data.a) };
    });
  };
  const depths = (text) => {
    let depth = 0;
    return [...text].map((bracket) => (depth += bracket === "(" ? 1 : -1));
  };

  // PyTorch has read three strings, too.
  let worst = 0;
  for (const { text, cells, verdicts } of data.witness) {
    const steps = read(text);
    if (steps.length !== verdicts.length) throw new Error("another number of steps");
    verdicts.forEach((p, t) => { worst = Math.max(worst, Math.abs(p - steps[t].verdict)); });
    cells.forEach((v, k) => { worst = Math.max(worst, Math.abs(v - steps[steps.length - 1].c[k])); });
  }
  if (!(worst < 1e-6)) throw new Error(`off PyTorch's numbers by ${worst}`);
  root.dataset.off = worst;

  const WHAT = { "cell state": "c", "hidden state": "h", "forget gate": "f", "input gate": "i", proposal: "g", "output gate": "o" };
  let text = data.witness[0].text, what = "cell state", unit = data.order[0];
  const signed = (v, digits = 2) => v.toFixed(digits).replace("-", "−");
  const name = (k) => `cell ${k} (${signed(data.follows[k])})`;

  const top = ui.row(root);
  const field = ui.text(top, "string", text, (value) => {
    text = [...value].filter((k) => k === "(" || k === ")").slice(0, MOST).join("");
    draw();
  });
  field.setAttribute("maxlength", MOST);
  const set = (value) => { text = value.slice(0, MOST); field.value = text; draw(); };
  const buttons = ui.row(root);
  ui.button(buttons, "add (", () => set(text + "("));
  ui.button(buttons, "add )", () => set(text + ")"));
  ui.button(buttons, "delete last", () => set(text.slice(0, -1)));
  ui.button(buttons, "a deeper one", () => {
    const deep = Math.min(MOST / 2, Math.max(0, ...depths(text)) + 1);
    set("(".repeat(deep) + ")".repeat(deep));
  });
  const picks = ui.row(root);
  ui.choice(picks, "show", Object.keys(WHAT), (value) => { what = value; draw(); });
  ui.choice(picks, "of (correlation with the depth)", data.order.map(name), (value) => {
    unit = data.order.find((k) => name(k) === value);
    draw();
  });
  const stage = ui.element(root, "div");
  const said = ui.says(root);

  function draw() {
    const steps = read(text), depth = depths(text), T = Math.max(steps.length, 1);
    const wide = Math.min(24, (WIDTH - LEFT - RIGHT) / T), x = (t) => LEFT + t * wide;
    const ROW = 11, tops = { depth: 30, verdict: 100, one: 150, all: 236 }, tall = tops.all + H * ROW + 12;
    stage.replaceChildren();
    const view = ui.svg(stage, WIDTH, tall, "Depth, verdict and cells of the LSTM after each bracket");
    const word = (text, at, y, size = 11, look = "quiet") =>
      ui.shape(view, "text", { x: at, y, class: look, fill: "currentColor", "text-anchor": "end", "font-size": size }, text);
    const line = (points, look, width) => ui.shape(view, "polyline", {
      points: points.map((p) => p.map((n) => n.toFixed(1)).join(",")).join(" "),
      class: look, fill: "none", stroke: "currentColor", "stroke-width": width,
    });
    const bar = (t, from, to, look, opacity = 1) => ui.shape(view, "rect", {
      x: (x(t) + 1).toFixed(1), width: Math.max(1, wide - 2).toFixed(1), y: Math.min(from, to).toFixed(1),
      height: Math.max(0.6, Math.abs(to - from)).toFixed(1), class: look, fill: "currentColor", opacity,
    });
    [...text].forEach((bracket, t) => ui.shape(view, "text", {
      x: x(t) + wide / 2, y: 18, class: "ink", fill: "currentColor", "text-anchor": "middle",
      "font-size": Math.min(18, wide + 4), "font-family": "monospace",
    }, bracket));

    // The depth, as stairs, with the ground.
    const high = Math.max(3, ...depth), low = Math.min(0, ...depth), scale = 54 / (high - low);
    const ground = tops.depth + high * scale;
    word("depth", LEFT - 8, tops.depth + 12);
    word(signed(high, 0), LEFT - 8, tops.depth + 26, 10);
    line([[LEFT, ground], [WIDTH - RIGHT, ground]], "faint", 1);
    line(depth.flatMap((d, t) => [[x(t), ground - d * scale], [x(t + 1), ground - d * scale]]), "c1", 2);

    // The verdict so far; a ring where the rule says balanced.
    word("balanced?", LEFT - 8, tops.verdict + 16);
    line([[LEFT, tops.verdict + 34], [WIDTH - RIGHT, tops.verdict + 34]], "faint", 1);
    let lowest = 0, wrong = 0;
    steps.forEach(({ verdict }, t) => {
      bar(t, tops.verdict + 34, tops.verdict + 34 - 28 * verdict, "c2");
      lowest = Math.min(lowest, depth[t]);
      const right = depth[t] === 0 && lowest === 0;
      if (right !== verdict > 0.5) wrong += 1;
      if (right) ui.shape(view, "circle", { cx: x(t) + wide / 2, cy: tops.verdict, r: 3, class: "ink", fill: "none", stroke: "currentColor" });
    });

    // One cell.
    const row = steps.map((step) => step[WHAT[what]][unit]), most = Math.max(1, ...row.map(Math.abs));
    const middle = tops.one + 34, at = (v) => middle - 32 * v / most;
    word(what, LEFT - 8, tops.one + 30);
    word(`cell ${unit}`, LEFT - 8, tops.one + 44);
    word(`±${most.toFixed(1)}`, LEFT - 8, tops.one + 58, 10);
    line([[LEFT, middle], [WIDTH - RIGHT, middle]], "faint", 1);
    line(row.map((v, t) => [x(t) + wide / 2, at(v)]), "c3", 2);
    row.forEach((v, t) => ui.shape(view, "circle", { cx: (x(t) + wide / 2).toFixed(1), cy: at(v).toFixed(1), r: 2.5, class: "c3", fill: "currentColor" }));

    // All of them: up is positive, down is negative.
    const largest = Math.max(0.1, ...steps.flatMap((step) => step[WHAT[what]].map(Math.abs)));
    data.order.forEach((k, place) => {
      const base = tops.all + place * ROW + ROW / 2;
      word(k === unit ? `▸ ${k}` : String(k), LEFT - 8, base + 4, 10, k === unit ? "ink" : "quiet");
      steps.forEach((step, t) => {
        const v = step[WHAT[what]][k] / largest;
        bar(t, base, base - v * ROW / 2, v < 0 ? "c2" : "c1");
      });
    });

    const last = steps[steps.length - 1];
    if (!last) return said("Type ( and ), or press the buttons.");
    const rule = depth[depth.length - 1] === 0 && lowest === 0;
    said(`${steps.length} brackets, depth ${signed(depth[depth.length - 1], 0)}, deepest ${high > 3 ? high : Math.max(0, ...depth)}. ` +
      `The LSTM says ${last.verdict > 0.5 ? "balanced" : "not balanced"} (${(100 * last.verdict).toFixed(1)} %), the rule says ${rule ? "balanced" : "not balanced"}. ` +
      `On the way the LSTM was wrong ${wrong} time${wrong === 1 ? "" : "s"} of ${steps.length}. Cell ${unit}, ${what}: ${signed(row[row.length - 1])}.`);
  }
  draw();
});
