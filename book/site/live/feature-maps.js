// What the channels of a trained network answer to a few pictures: choose a picture, a layer and a channel, and a
// place in its map; a frame in the picture shows what that place sees. data: {channel, pictures: [{name, image}], layers:
// [{number, channels, side, columns, r, g, o, top, sheets}]}, images as base64 WebP; `top` is the strongest answer of each
// channel, picture by picture; channel: the one to open with.
"use strict";
live.register("feature-maps", (root, data, ui) => {
  const { pictures, layers } = data, PIXELS = 32, WIDTH = 480, BIG = 150, GAP = 15;
  if (layers.some(({ channels, sheets, top }) => sheets.length !== pictures.length || top.length !== channels * pictures.length))
    throw new Error("a sheet or an answer is missing");
  let shown = 0, depth = 0, channel = data.channel, row = 16, column = 16;

  const source = (bytes) => `data:image/webp;base64,${bytes}`;
  const top = ui.row(root), bottom = ui.row(root);
  const label = ({ name }, k) => `${name}${pictures.findIndex((p) => p.name === name) < k ? ` ${k + 1}` : ""}`;
  const named = pictures.map(label), storeys = layers.map(({ number, channels, side }) => `${number}: ${channels} maps of ${side} × ${side}`);
  ui.choice(top, "picture", named, (name) => { shown = named.indexOf(name); draw(); });
  ui.choice(top, "layer", storeys, (name) => {
    const before = layers[depth].side;
    depth = storeys.indexOf(name);
    const { side, channels } = layers[depth];  // the same spot of the picture, seen from the new layer
    row = Math.min(side - 1, Math.floor(row * side / before));
    column = Math.min(side - 1, Math.floor(column * side / before));
    channel = Math.min(channel, channels - 1);
    draw();
  });
  const whole = (slider, most, value) => {
    slider.max = most;
    slider.value = value;
    slider.parentNode.querySelector("output").textContent = value;
  };
  const dials = [
    ui.slider(bottom, { label: "channel", min: 0, max: layers[0].channels - 1, step: 1, value: channel }, (c) => { channel = c; draw(); }),
    ui.slider(bottom, { label: "row", min: 0, max: layers[0].side - 1, step: 1, value: row }, (i) => { row = i; draw(); }),
    ui.slider(bottom, { label: "column", min: 0, max: layers[0].side - 1, step: 1, value: column }, (j) => { column = j; draw(); }),
  ];

  const svg = ui.svg(root, WIDTH, BIG + 32, "A picture, one of its feature maps, and all maps of the layer");
  svg.style.touchAction = "manipulation";
  const said = ui.says(root);
  const panel = (n, name) => {  // a part of the drawing with its own coordinates, cut at its edge
    const x = n * (BIG + GAP), box = ui.shape(svg, "svg", { x, y: 18, width: BIG, height: BIG });
    ui.shape(svg, "text", { x: x + BIG / 2, y: 11, "text-anchor": "middle", "font-size": 11, class: "quiet", fill: "currentColor" }, name);
    const image = ui.shape(box, "image", { preserveAspectRatio: "none", style: "image-rendering: pixelated" });
    return { box, image, x };
  };
  const photo = panel(0, "what the place sees"), large = panel(1, "map of the channel"), all = panel(2, "all channels");
  const frame = (parent, colour) => ui.shape(parent, "rect", { fill: "none", stroke: "currentColor", "stroke-width": 2.5, class: colour });
  const view = frame(photo.box, "c2"), place = frame(large.box, "c2"), chosen = frame(all.box, "c2");
  const set = (shape, values) => Object.entries(values).forEach(([name, value]) => shape.setAttribute(name, value));
  const show = (image, href, values) => {
    if (image.getAttribute("href") !== href) image.setAttribute("href", href);
    set(image, values);
  };

  function draw() {
    const { number, channels, side, columns, r, g, o, top: most, sheets } = layers[depth], cell = BIG / side;
    const rows = channels / columns, tile = BIG / Math.max(columns, rows), left = channel % columns, above = Math.floor(channel / columns);
    dials.forEach((dial, k) => whole(dial, (k ? side : channels) - 1, [channel, row, column][k]));
    show(photo.image, source(pictures[shown].image), { x: 0, y: 0, width: BIG, height: BIG });
    show(large.image, source(sheets[shown]), { x: -left * BIG, y: -above * BIG, width: columns * BIG, height: rows * BIG });
    show(all.image, source(sheets[shown]), { x: 0, y: 0, width: columns * tile, height: rows * tile });
    const scale = BIG / PIXELS, y = row * g - o, x = column * g - o;
    set(view, { x: x * scale, y: y * scale, width: r * scale, height: r * scale });
    set(place, { x: column * cell, y: row * cell, width: cell, height: cell });
    set(chosen, { x: left * tile, y: above * tile, width: tile, height: tile });
    const edge = (from) => `${Math.max(0, from)} to ${Math.min(PIXELS - 1, from + r - 1)}`;
    const over = y < 0 || x < 0 || y + r > PIXELS || x + r > PIXELS ? ", and over the border into padding" : "";
    const answer = most[shown * channels + channel];
    said(`${named[shown]}, layer ${number}, channel ${channel}: strongest answer ${answer}${answer === 0 ? ", silent everywhere" : ""}. ` +
      `Row ${row}, column ${column} of the map sees ${r} × ${r} pixels: rows ${edge(y)} and columns ${edge(x)} of the picture${over}.`);
  }

  // A pointer may also point at a place of the map or at a channel.
  const spot = (event) => {
    const box = svg.getBoundingClientRect(), scale = WIDTH / box.width;
    return [(event.clientX - box.left) * scale, (event.clientY - box.top) * scale - 18];
  };
  for (const kind of ["pointerdown", "pointermove"]) svg.addEventListener(kind, (event) => {
    const [x, y] = spot(event), { side, channels, columns } = layers[depth];
    if (y < 0 || y >= BIG) return;
    const inside = (part) => x >= part.x && x < part.x + BIG;
    if (inside(large)) {
      row = Math.floor(y / BIG * side);
      column = Math.floor((x - large.x) / BIG * side);
    } else if (inside(all) && kind === "pointerdown") {
      const tile = BIG / Math.max(columns, channels / columns);
      const found = Math.floor(y / tile) * columns + Math.floor((x - all.x) / tile);
      if ((x - all.x) / tile >= columns || found >= channels) return;
      channel = found;
    } else return;
    draw();
  });
  draw();
});
