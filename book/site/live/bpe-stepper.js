// Byte-pair encoding of what the reader types, rule by rule. data: {rules: [[left, right]], where rule
// k makes token 256 + k; cases: [[text, number of rules, tokens]], Python's own}.
"use strict";
live.register("bpe-stepper", (root, data, ui) => {
  const SPLIT = / ?[\p{L}\p{N}_]+|[^\p{L}\p{N}_]/gu;
  const bytes = new TextEncoder(), reader = new TextDecoder();
  const spelt = [...Array(256).keys()].map((b) => [b]);
  for (const [left, right] of data.rules) spelt.push([...spelt[left], ...spelt[right]]);

  const merge = (ids, [left, right], made) => {
    const out = [];
    for (let i = 0; i < ids.length; i++) {
      const hit = ids[i] === left && ids[i + 1] === right;
      out.push(hit ? made : ids[i]);
      if (hit) i++;
    }
    return out;
  };
  // Chunks of tokens after the first `count` rules.
  const encode = (text, count) => (text.match(SPLIT) ?? []).map((chunk) => data.rules.slice(0, count)
    .reduce((ids, pair, k) => (ids.length > 1 && ids.includes(pair[0]) ? merge(ids, pair, 256 + k) : ids), [...bytes.encode(chunk)]));

  for (const [text, count, theirs] of data.cases)
    if (encode(text, count).flat().join() !== theirs.join()) throw new Error(`other tokens than Python's for ${text}`);

  const shown = (ids) => {
    const text = reader.decode(new Uint8Array(ids));
    if (text.includes("\ufffd")) return ids.map((b) => b.toString(16).padStart(2, "0")).join(" ");
    return text.replace(/ /g, "␣").replace(/\n/g, "⏎").replace(/\t/g, "⇥");
  };

  let text = "The king is not the queen, naïf 🙂 1,024", count = 0;
  const field = ui.text(root, "your text", text, (typed) => { text = typed.slice(0, 120); draw(); });
  field.size = 44;
  field.style.maxWidth = "100%";
  field.maxLength = 120;
  const row = ui.row(root);
  const slider = ui.slider(row, { label: "rules applied", min: 0, max: data.rules.length, step: 1, value: 0 },
    (value) => { count = value; draw(); });
  const move = (to) => {
    count = to;
    slider.value = to;
    slider.parentNode.querySelector("output").textContent = to;
    draw();
  };
  // The next rule that changes this text; from the last one, back to the start.
  ui.button(row, "next merge in this text", () => {
    const chunks = encode(text, count);
    const fires = ([left, right]) => chunks.some((ids) => ids.some((id, i) => id === left && ids[i + 1] === right));
    const next = data.rules.findIndex((pair, k) => k >= count && fires(pair));
    move(next < 0 ? 0 : next + 1);
  });

  const LINE = 34, SIZE = 15;
  const stage = ui.element(root, "div");
  const said = ui.says(root);

  function draw() {
    const chunks = encode(text, count), ids = chunks.flat();
    // Boxes flow like words; a letter is about 0.6 of its size wide in the fixed font.
    const WIDTH = Math.min(640, Math.max(300, root.clientWidth));
    let x = 0, y = 0, turn = 0;
    const boxes = chunks.flatMap((chunk) => {
      turn++;
      return chunk.map((id) => {
        const label = shown(spelt[id]), wide = Math.max(18, [...label].length * SIZE * 0.62 + 9);
        if (x + wide > WIDTH) { x = 0; y += LINE; }
        const box = { label, wide, x, y, id, kind: turn % 2 };
        x += wide + 2;
        return box;
      });
    });
    stage.replaceChildren();
    const svg = ui.svg(stage, WIDTH, y + LINE, "The tokens of your text, a box for each");
    for (const box of boxes) {
      const bold = count > 0 && box.id === 255 + count;
      ui.shape(svg, "rect", { x: box.x + 1, y: box.y + 2, width: box.wide - 2, height: LINE - 6, rx: 4,
        class: bold ? "c2" : box.kind ? "c1" : "quiet", fill: "none", stroke: "currentColor", "stroke-width": bold ? 3 : 1.5 });
      ui.shape(svg, "text", { x: box.x + box.wide / 2, y: box.y + LINE / 2 + 4, class: "ink", fill: "currentColor",
        "text-anchor": "middle", "font-size": SIZE, "font-family": "monospace" }, box.label);
    }
    const fresh = ids.filter((id) => id === 255 + count).length, size = bytes.encode(text).length, last = count && data.rules[count - 1];
    const rule = last ? ` Rule ${count} joins ${shown(spelt[last[0]])} and ${shown(spelt[last[1]])}; bold boxes here: ${fresh}.` : " No rules yet: each byte is a token.";
    said(`${[...text].length} characters, ${size} bytes, ${ids.length} tokens.${rule}`);
  }
  draw();
});
