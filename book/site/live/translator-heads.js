// Where each head of the chapter's translator looks, one word at a time, and what the model says
// without that head. data: {sentences: [{asked: English tokens, fed: French tokens that go in,
// chosen: those that come out, said, maps: [kind][layer][head][t][s] in percent,
// without: [kind][layer][head] = translation with the head struck out}]}.
"use strict";
live.register("translator-heads", (root, data, ui) => {
  const KINDS = ["English looks at English", "French looks at French", "French looks at English"];
  const WIDTH = 480, STEP = 30, TOP = 34, LEFT = 130, RIGHT = 340;

  // Rows of weights are shares of one whole, and who writes does not look ahead.
  for (const { maps, asked, fed } of data.sentences) maps.forEach((layers, kind) => layers.flat().forEach((rows) => {
    if (rows.length !== (kind ? fed : asked).length) throw new Error("a map has another number of rows than words");
    rows.forEach((row, t) => {
      if (Math.abs(row.reduce((a, b) => a + b, 0) - 100) > row.length / 2 + 0.01) throw new Error("a row of weights is no whole");
      if (kind === 1 && row.some((v, s) => s > t && v > 0)) throw new Error("a word looks ahead");
    });
  }));
  root.dataset.checked = data.sentences.length;

  let item = data.sentences[0], kind = 2, layer = 1, head = 0, word = 1;
  const title = ({ asked }) => asked.slice(0, -1).join(" ");
  const top = ui.row(root);
  ui.choice(top, "sentence", data.sentences.map(title), (name) => {
    item = data.sentences.find((one) => title(one) === name);
    fit();
  });
  const which = ui.choice(top, "attention", [...KINDS].reverse(), (name) => { kind = KINDS.indexOf(name); fit(); });
  which.value = KINDS[kind];
  const row = ui.row(root);
  const depth = item.maps[0].length, width = item.maps[0][0].length;
  ui.slider(row, { label: "layer", min: 1, max: depth, step: 1, value: layer + 1 }, (v) => { layer = v - 1; draw(); });
  ui.slider(row, { label: "head", min: 1, max: width, step: 1, value: head + 1 }, (v) => { head = v - 1; draw(); });
  // What asks and what is asked: the words that go in, except where a French word is being chosen.
  const sides = () => [[item.asked, item.asked], [item.fed, item.fed], [item.chosen, item.asked]][kind];
  const slider = ui.slider(row, { label: "word", min: 1, max: sides()[0].length, step: 1, value: word + 1, format: (v) => sides()[0][v - 1] },
    (v) => { word = v - 1; draw(); });

  const stage = ui.element(root, "div");
  const said = ui.says(root);
  let lines, shares, marks;

  function fit() {
    word = Math.min(word, sides()[0].length - 1);
    slider.max = sides()[0].length;
    slider.value = word + 1;
    draw();
  }

  const height = (k) => TOP + STEP * (k + 0.5);
  function words(view, list, x, anchor, act) {
    return list.map((text, k) => {
      const made = ui.shape(view, "text", { x, y: height(k) + 5, "text-anchor": anchor, "font-size": 15, fill: "currentColor", class: "ink" }, text);
      if (act) {
        const hit = ui.shape(view, "rect", { x: 0, y: height(k) - STEP / 2, width: LEFT, height: STEP, fill: "transparent", style: "cursor: pointer" });
        hit.addEventListener("click", () => { word = k; fit(); });
      }
      return made;
    });
  }

  function draw() {
    const [asks, asked] = sides(), rows = item.maps[kind][layer][head];
    stage.replaceChildren();
    const view = ui.svg(stage, WIDTH, TOP + STEP * Math.max(asks.length, asked.length) + 4, "Lines from each word to those at which it looks, as thick as the weight");
    ui.shape(view, "text", { x: LEFT - 8, y: 18, "text-anchor": "end", "font-size": 12, fill: "currentColor", class: "quiet" }, kind === 2 ? "comes out" : "looks");
    ui.shape(view, "text", { x: RIGHT + 8, y: 18, "font-size": 12, fill: "currentColor", class: "quiet" }, "is looked at");
    lines = ui.shape(view, "g");
    rows.forEach((weights, t) => weights.forEach((weight, s) => {
      if (weight < 3) return;
      const mine = t === word;
      ui.shape(lines, "line", {
        x1: LEFT, y1: height(t), x2: RIGHT, y2: height(s), stroke: "currentColor", class: mine ? "c2" : "quiet",
        "stroke-width": (mine ? 8 : 3) * weight / 100 + 0.3, opacity: mine ? 0.9 : 0.25,
      });
    }));
    marks = words(view, asks, LEFT - 8, "end", true);
    marks[word].setAttribute("font-weight", "bold");
    marks[word].setAttribute("class", "c2");
    words(view, asked, RIGHT + 8, "start");
    shares = rows[word].map((weight, s) => ui.shape(view, "text", {
      x: WIDTH - 4, y: height(s) + 5, "text-anchor": "end", "font-size": 13, fill: "currentColor", class: weight >= 3 ? "c2" : "quiet",
    }, `${weight} %`));
    slider.parentNode.querySelector("output").textContent = asks[word];
    const best = rows[word].indexOf(Math.max(...rows[word]));
    const other = item.without[kind][layer][head];
    said(`Layer ${layer + 1}, head ${head + 1}: “${asks[word]}” looks most at “${asked[best]}” (${rows[word][best]} %). ` +
      `The translation is “${item.said}”. Without this head it is ${other === item.said ? "the same" : `“${other}”`}.`);
  }
  draw();
});
