// The roof of a device, and where an operation stands under it. data: {roofs: [[name, bytes of a number,
// peak in operations a second, bandwidth in bytes a second]], points: [[operation, n, intensity,
// operations a second]] as measured in float32 under the first roof, cases: [[operation, n, bytes of a
// number, operations, bytes moved, attainable under the first roof]]: the chapter's own counts}.
"use strict";
live.register("roofline", (root, data, ui) => {
  const WIDTH = 460, HIGH = 320, LEFT = 62, RIGHT = 12, TOP = 12, LOW = 40;
  const HEAD = 64, TILE = 128;  // width of a head of attention, queries in a tile

  // Operations and bytes for numbers of s bytes, as the chapter counts them.
  const kinds = {
    "add": (n, s) => [n * n, 3 * s * n * n],
    "layer norm": (n, s) => [8 * n * n, 2 * s * n * n],
    "matrix × vector": (n, s) => [2 * n * n, s * (n * n + 2 * n)],
    "matrix × matrix": (n, s) => [2 * n ** 3, 3 * s * n * n],
    "attention, written out": (n, s) => [4 * n * n * HEAD, 4 * s * n * (n + HEAD)],
    "attention, in tiles": (n, s) => [4 * n * n * HEAD, 2 * s * n * HEAD * (1 + Math.max(Math.floor(n / TILE), 1))],
  };
  const roof = (intensity, peak, bandwidth) => Math.min(peak, bandwidth * intensity);

  let off = 0;
  for (const [kind, n, s, ops, moved, rate] of data.cases) {
    const [F, Q] = kinds[kind](n, s), [, , peak, bandwidth] = data.roofs[0];
    for (const [ours, theirs] of [[F, ops], [Q, moved], [roof(F / Q, peak, bandwidth), rate]])
      off = Math.max(off, Math.abs(ours / theirs - 1));
  }
  if (!(off < 1e-9)) throw new Error(`off the chapter's counts by ${off}`);
  root.dataset.off = off;

  const names = Object.keys(kinds);
  let kind = "matrix × matrix", power = 8, which = 0, more = 0, wider = 0;

  const top = ui.row(root);
  ui.choice(top, "operation", names, (name) => { kind = name; draw(); }).value = kind;
  if (data.roofs.length > 1)
    ui.choice(top, "format and device", data.roofs.map(([name]) => name), (name) => {
      which = data.roofs.findIndex((r) => r[0] === name);
      draw();
    });
  const row = ui.row(root), times = (v) => `× ${2 ** v}`;
  ui.slider(row, { label: "size n", min: 4, max: 14, step: 1, value: power, format: (v) => (2 ** v).toLocaleString("en") },
    (v) => { power = v; draw(); });
  ui.slider(row, { label: "arithmetic", min: 0, max: 6, step: 1, value: 0, format: times }, (v) => { more = v; draw(); });
  ui.slider(row, { label: "memory", min: 0, max: 6, step: 1, value: 0, format: times }, (v) => { wider = v; draw(); });

  // Axes, both in powers of ten. They hold every roof with all that can be bought.
  const svg = ui.svg(root, WIDTH, HIGH, "Speed against arithmetic intensity, both logarithmic: the roof, measured operations, and the chosen one");
  const said = ui.says(root);
  const xs = [-1.6, 4.2];
  const speeds = data.roofs.flatMap(([, , peak, bandwidth]) => [64 * peak, bandwidth * 0.04]);
  const ys = [Math.floor(Math.log10(Math.min(...speeds))), Math.log10(Math.max(...speeds)) + 0.2];
  const across = (I) => LEFT + (Math.log10(I) - xs[0]) * (WIDTH - LEFT - RIGHT) / (xs[1] - xs[0]);
  const up = (rate) => HIGH - LOW - (Math.log10(rate) - ys[0]) * (HIGH - LOW - TOP) / (ys[1] - ys[0]);
  const near = (v) => Math.max(-50, Math.min(2000, v)).toFixed(1);
  const word = (x, y, text, anchor, look = "quiet") =>
    ui.shape(svg, "text", { x, y, class: look, "text-anchor": anchor, "font-size": 12 }, text);
  const units = ["", "k", "M", "G", "T", "P", "E"];
  const short = (v) => {
    const step = Math.max(0, Math.min(6, Math.floor(Math.log10(v) / 3 + 1e-9)));
    return `${Number((v / 1000 ** step).toPrecision(3))} ${units[step]}`.trimEnd();
  };
  for (let k = Math.ceil(ys[0]); k <= ys[1]; k++) {
    const y = up(10 ** k);
    ui.shape(svg, "line", { x1: LEFT, x2: WIDTH - RIGHT, y1: y, y2: y, class: "faint", stroke: "currentColor" });
    word(LEFT - 6, y + 4, short(10 ** k), "end");
  }
  for (let k = -1; k <= 4; k++) {
    const x = across(10 ** k);
    ui.shape(svg, "line", { x1: x, x2: x, y1: TOP, y2: HIGH - LOW, class: "faint", stroke: "currentColor" });
    word(x, HIGH - LOW + 16, String(10 ** k), "middle");
  }
  word((LEFT + WIDTH - RIGHT) / 2, HIGH - 6, "operations per byte moved", "middle");
  word(LEFT + 6, TOP + 12, "operations per second", "start");

  const first = ui.shape(svg, "polyline", { class: "quiet", fill: "none", stroke: "currentColor", "stroke-width": 1.5, "stroke-dasharray": "5 4" });
  const line = ui.shape(svg, "polyline", { class: "c1", fill: "none", stroke: "currentColor", "stroke-width": 3 });
  const seen = data.points.map(([, , I, rate]) =>
    ui.shape(svg, "path", { d: `M${across(I) - 4} ${up(rate) - 4}l8 8m0 -8l-8 8`, class: "ink", stroke: "currentColor", "stroke-width": 1.5, fill: "none" }));
  const drop = ui.shape(svg, "line", { class: "c2", stroke: "currentColor", "stroke-width": 1.5, "stroke-dasharray": "2 3" });
  const spot = ui.shape(svg, "circle", { r: 7, class: "c2", fill: "currentColor" });
  const tag = word(0, 0, "", "start", "c2");

  const shape = (peak, bandwidth) => [10 ** xs[0], peak / bandwidth, 10 ** xs[1]].sort((a, b) => a - b)
    .map((I) => `${near(across(I))},${near(up(roof(I, peak, bandwidth)))}`).join(" ");
  const seconds = (t) => {
    const [scale, unit] = t < 1e-6 ? [1e9, "ns"] : t < 1e-3 ? [1e6, "µs"] : t < 1 ? [1e3, "ms"] : [1, "s"];
    return `${(t * scale).toLocaleString("en", { maximumSignificantDigits: 3 })} ${unit}`;
  };

  function draw() {
    const [name, s, peak, bandwidth] = data.roofs[which], n = 2 ** power;
    const P = peak * 2 ** more, beta = bandwidth * 2 ** wider;
    const [F, Q] = kinds[kind](n, s), I = F / Q, rate = roof(I, P, beta);
    first.setAttribute("points", shape(peak, bandwidth));
    line.setAttribute("points", shape(P, beta));
    seen.forEach((mark, i) => {
      const ours = data.points[i][0] === kind;
      mark.setAttribute("opacity", which ? 0 : ours ? 1 : 0.6);
      mark.setAttribute("stroke-width", ours ? 4 : 1.5);
    });
    const x = across(I), y = up(rate), high = up(P);
    spot.setAttribute("cx", x); spot.setAttribute("cy", y);
    for (const [key, v] of Object.entries({ x1: x, x2: x, y1: y, y2: HIGH - LOW })) drop.setAttribute(key, v);
    const left = x < LEFT + 140;  // below the slope there; else above the roof, where nothing else is
    tag.setAttribute("x", x + (left ? 12 : -4));
    tag.setAttribute("y", left ? Math.min(y + 20, HIGH - LOW - 4) : Math.max(y - 12, TOP + 26));
    tag.setAttribute("text-anchor", left ? "start" : "end");
    tag.textContent = kind;
    const bound = Q / beta > F / P ? "memory-bound" : "compute-bound";
    const bought = more || wider
      ? ` What was bought makes it ${Number((rate / roof(I, peak, bandwidth)).toPrecision(3))} times as fast.` : "";
    const clocked = which ? [] : data.points.filter((p) => p[0] === kind)
      .map(([, size, , speed]) => `${short(speed)} a second at n = ${size.toLocaleString("en")}`);
    const measured = clocked.length ? ` Measured: ${clocked.join(", ")}.` : "";
    said(`${name}. ${kind}, n = ${n.toLocaleString("en")}: ${short(F)} operations, ${short(Q)}B moved, ${Number(I.toPrecision(3))} per byte. ` +
      `Arithmetic takes ${seconds(F / P)} at least, memory ${seconds(Q / beta)}: ${bound}.${bought}${measured}`);
    root.dataset.state = `${kind} ${n} ${which} ${more} ${wider} ${high.toFixed(0)}`;
  }
  draw();
});
