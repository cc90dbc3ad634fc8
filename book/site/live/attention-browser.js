// A network of two layers of attention reads the letters that the reader types; for a chosen letter and head,
// where that head looks, and what the network expects next. data: {letters, longest, heads, weights: {name:
// {shape, unit, bytes}} in whole numbers times a unit, cases: [{text, next, looks}], PyTorch's own results}.
"use strict";
live.register("attention-browser", (root, data, ui) => {
  const { letters, longest, heads } = data;
  const matrix = ({ shape: [rows, columns], unit, bytes }) => {
    const whole = Int8Array.from(atob(bytes), (c) => c.charCodeAt(0));
    return Array.from({ length: rows }, (_, i) =>
      Array.from(whole.subarray(i * columns, (i + 1) * columns), (v) => v * unit));
  };
  const W = Object.fromEntries(Object.entries(data.weights).map(([name, packed]) => [name, matrix(packed)]));
  const layers = Object.keys(W).filter((name) => /^Q\d/.test(name)).length, width = W.tokens[0].length / heads;

  const dot = (a, b, from = 0, to = a.length) => {
    let sum = 0;
    for (let k = from; k < to; k++) sum += a[k] * b[k];
    return sum;
  };
  const times = (X, M) => X.map((x) => {  // X @ M
    const y = new Array(M[0].length).fill(0);
    x.forEach((v, k) => M[k].forEach((m, j) => { y[j] += v * m; }));
    return y;
  });
  const softmax = (z) => {
    const most = Math.max(...z), e = z.map((v) => Math.exp(v - most)), sum = e.reduce((a, b) => a + b);
    return e.map((v) => v / sum);
  };

  // The chapter's Looker: X + attention(X), twice; each token sees itself and what came before.
  const read = (text) => {
    let X = [...text].map((c, t) => W.tokens[letters.indexOf(c)].map((v, k) => v + W.places[t][k]));
    const maps = [];
    for (let layer = 0; layer < layers; layer++) {
      const [Q, K, V] = ["Q", "K", "V"].map((name) => times(X, W[name + layer]));
      const O = X.map((x) => new Array(x.length));
      for (let head = 0; head < heads; head++) {
        const from = head * width, to = from + width;
        const map = Q.map((q, t) => softmax(K.slice(0, t + 1).map((k) => dot(q, k, from, to) / Math.sqrt(width))));
        map.forEach((p, t) => {
          for (let j = from; j < to; j++) O[t][j] = p.reduce((sum, w, s) => sum + w * V[s][j], 0);
        });
        maps.push({ layer, head, P: map });
      }
      const change = times(O, W[`O${layer}`]);
      X = X.map((x, t) => x.map((v, k) => v + change[t][k]));
    }
    return { maps, next: X.map((x) => softmax(W.out.map((row) => dot(row, x)))) };
  };

  // PyTorch has read these texts, too.
  let off = 0;
  for (const { text, next, looks } of data.cases) {
    const ours = read(text), last = text.length - 1;
    next.forEach((p, k) => { off = Math.max(off, Math.abs(p - ours.next[last][k])); });
    ours.maps.forEach(({ P }, k) => P[last].forEach((p, s) => {
      off = Math.max(off, Math.abs(p - looks[Math.floor(k / heads)][k % heads][s]));
    }));
  }
  if (!(off < 1e-4)) throw new Error(`off PyTorch's network by ${off}`);
  root.dataset.off = off;

  const WIDTH = 480, ARCS = 150, SIDE = 108;
  let text = data.cases[0].text, at = text.length - 1, chosen = heads, result = read(text);

  const top = ui.row(root);
  const box = ui.text(top, `letters ${letters[0]} to ${letters[letters.length - 1]}, at most ${longest}`, text, (typed) => {
    const known = [...typed.toLowerCase()].filter((c) => letters.includes(c)).slice(0, longest).join("");
    text = known || letters[0];
    at = text.length - 1;
    renew();
  });
  box.maxLength = longest;
  ui.choice(top, "or take", data.cases.map((c) => c.text), (value) => {
    box.value = text = value;
    at = text.length - 1;
    renew();
  });
  const row = ui.row(root);
  const slider = ui.slider(row, { label: "letter that looks", min: 1, max: longest, step: 1, value: at + 1, format: () => `${at + 1} (${text[at]})` },
    (v) => { at = Math.min(v, text.length) - 1; draw(); });
  const names = result.maps.map(({ layer, head }) => `layer ${layer + 1}, head ${head + 1}`);
  const list = ui.choice(row, "head", names, (name) => { chosen = names.indexOf(name); draw(); });
  list.value = names[chosen];

  const stage = ui.svg(root, WIDTH, ARCS, "The letters, and arcs from the chosen one to those it looks at");
  const small = ui.svg(root, WIDTH, SIDE + 22, "Weights of all heads, a row for each letter that looks");
  const guess = ui.svg(root, WIDTH, 74, "What the network expects after the chosen letter");
  const said = ui.says(root);
  stage.style.touchAction = small.style.touchAction = "manipulation";

  let arcs, marks, tokens, frames, rows, bars;
  const step = () => Math.min(34, (WIDTH - 16) / text.length);
  const place = (t) => WIDTH / 2 + (t - (text.length - 1) / 2) * step();
  const cell = () => SIDE / text.length;
  const corner = (k) => (k + 0.5) * WIDTH / names.length - SIDE / 2;

  // What depends on the text alone: letters and maps. The weights of a map are eight paths by strength.
  function renew() {
    result = read(text);
    slider.max = text.length;
    slider.value = at + 1;
    stage.replaceChildren(), small.replaceChildren();
    arcs = ui.shape(stage, "g", { class: "c2", fill: "none", stroke: "currentColor" });
    tokens = [...text].map((c, t) => ui.shape(stage, "text", {
      x: place(t), y: ARCS - 26, "text-anchor": "middle", "font-size": 17, "font-family": "monospace", class: "ink", fill: "currentColor",
    }, c));
    marks = [...text].map((_, t) => ui.shape(stage, "text", {
      x: place(t), y: ARCS - 8, "text-anchor": "middle", "font-size": Math.min(10, step() * 0.52), class: "quiet", fill: "currentColor",
    }));
    frames = [], rows = [];
    result.maps.forEach(({ P }, k) => {
      const left = corner(k), size = cell(), levels = Array.from({ length: 8 }, () => "");
      P.forEach((line, t) => line.forEach((p, s) => {
        const level = Math.min(7, Math.floor(p * 8));
        if (p > 0.04) levels[level] += `M${(left + s * size).toFixed(1)} ${(18 + t * size).toFixed(1)}h${size.toFixed(2)}v${size.toFixed(2)}h${-size.toFixed(2)}z`;
      }));
      ui.shape(small, "path", { d: `M${left} 18h${SIDE}v${SIDE}z`, class: "faint", fill: "currentColor", opacity: 0.35 });
      levels.forEach((d, level) => d && ui.shape(small, "path", { d, class: "c1", fill: "currentColor", opacity: (level + 1) / 8 }));
      frames.push(ui.shape(small, "rect", { x: left, y: 18, width: SIDE, height: SIDE, fill: "none", stroke: "currentColor" }));
      rows.push(ui.shape(small, "rect", { x: left, width: SIDE, height: size, class: "c2", fill: "none", stroke: "currentColor", "stroke-width": 1.5 }));
      ui.shape(small, "text", { x: left + SIDE / 2, y: 12, "text-anchor": "middle", "font-size": 11, class: "quiet", fill: "currentColor" }, names[k]);
    });
    draw();
  }

  function draw() {
    const p = result.maps[chosen].P[at], from = place(at), base = ARCS - 46;
    slider.parentNode.querySelector("output").textContent = `${at + 1} (${text[at]})`;
    arcs.replaceChildren();
    p.forEach((w, s) => {
      if (w < 0.02) return;
      const to = place(s), high = Math.min(base - 6, 14 + Math.abs(from - to) * 0.45);
      const d = s === at ? `M${from - 5} ${base}c-9 -26 19 -26 10 0` : `M${from} ${base}C${from} ${base - high * 1.3} ${to} ${base - high * 1.3} ${to} ${base}`;
      ui.shape(arcs, "path", { d, "stroke-width": (0.6 + 6 * w).toFixed(2), opacity: (0.3 + 0.7 * w).toFixed(2) });
    });
    tokens.forEach((token, t) => {
      token.setAttribute("class", t > at ? "faint" : t === at ? "c2" : "ink");
      token.setAttribute("font-weight", t === at ? 700 : 400);
      token.setAttribute("text-decoration", t === at ? "underline" : "none");
      marks[t].textContent = t <= at && p[t] >= 0.01 ? `${Math.round(100 * p[t])}` : "";
    });
    frames.forEach((frame, k) => {
      frame.setAttribute("class", k === chosen ? "ink" : "faint");
      frame.setAttribute("stroke-width", k === chosen ? 2.5 : 1);
    });
    rows.forEach((line) => line.setAttribute("y", 18 + at * cell()));
    const best = result.next[at].map((q, k) => [q, letters[k]]).sort((a, b) => b[0] - a[0]).slice(0, 3);
    guess.replaceChildren();
    best.forEach(([q, c], k) => {
      const y = 20 + 22 * k;
      ui.shape(guess, "text", { x: 150, y: y + 4, "text-anchor": "end", "font-size": 12, class: "quiet", fill: "currentColor" }, k ? "" : "expects next");
      ui.shape(guess, "text", { x: 168, y: y + 5, "text-anchor": "middle", "font-size": 16, "font-family": "monospace", class: "ink", fill: "currentColor" }, c);
      ui.shape(guess, "rect", { x: 182, y: y - 6, width: Math.max(1, 200 * q), height: 13, class: "c3", fill: "currentColor" });
      ui.shape(guess, "text", { x: 188 + 200 * q, y: y + 4, "font-size": 12, class: "quiet", fill: "currentColor" }, `${(100 * q).toFixed(q > 0.995 || q < 0.005 ? 1 : 0)} %`);
    });
    const looks = p.map((w, s) => [w, s]).sort((a, b) => b[0] - a[0]).slice(0, 2).filter(([w]) => w >= 0.05)
      .map(([w, s]) => `${s + 1} (${text[s]}) with ${Math.round(100 * w)} %`);
    said(`Letter ${at + 1} (${text[at]}), ${names[chosen]}: looks ${looks.length ? `at letter ${looks.join(" and ")}` : "everywhere alike"}. The network expects ${best[0][1]} next, with ${Math.round(100 * best[0][0])} %.`);
  }

  // A pointer may also point: at a letter, or at a row of a map.
  const spot = (svg, event) => {
    const frame = svg.getBoundingClientRect(), scale = WIDTH / frame.width;
    return [(event.clientX - frame.left) * scale, (event.clientY - frame.top) * scale];
  };
  const choose = (t, k = chosen) => {
    const next = Math.max(0, Math.min(text.length - 1, t));
    if (next === at && k === chosen) return;
    at = next, chosen = k;
    slider.value = at + 1;
    list.value = names[chosen];
    draw();
  };
  for (const kind of ["pointermove", "pointerdown"]) {
    stage.addEventListener(kind, (event) => choose(Math.round((spot(stage, event)[0] - place(0)) / step())));
    small.addEventListener(kind, (event) => {
      const [x, y] = spot(small, event), k = Math.min(names.length - 1, Math.floor(x * names.length / WIDTH));
      if (x >= corner(k) && x <= corner(k) + SIDE && y >= 18 && y <= 18 + SIDE) choose(Math.floor((y - 18) / cell()), k);
    });
  }
  renew();
});
