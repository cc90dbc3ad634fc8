// Two shapes typed in, aligned from the right: the shape of their sum, or PyTorch's error.
"use strict";
live.register("broadcasting-playground", (root, data, ui) => {
  const MOST = 6, WIDE = 58, LEFT = 84, HIGH = 36;
  const written = (shape) => `(${shape.join(", ")}${shape.length === 1 ? "," : ""})`;
  const count = (shape) => shape.reduce((a, b) => a * b, 1);

  const read = (text) => {
    if (/[^\d\s,()[\]x×]/i.test(text)) throw new Error("Type a shape such as 4, 1 or (3,).");
    const shape = (text.match(/\d+/g) || []).map(Number);
    if (shape.length > MOST) throw new Error(`At most ${MOST} dimensions fit here.`);
    return shape;
  };

  // One column for each dimension of the result: the two sizes, what they give, and how.
  const align = (a, b) => {
    const d = Math.max(a.length, b.length);
    return Array.from({ length: d }, (_, k) => {
      const [i, j] = [k - d + a.length, k - d + b.length];
      const [m, n] = [i < 0 ? 1 : a[i], j < 0 ? 1 : b[j]];
      const fits = m === n || m === 1 || n === 1;
      const how = !fits ? "clash" : m === n ? "equal" : m === 1 ? "stretch a" : "stretch b";
      return { m, n, addedA: i < 0, addedB: j < 0, how, size: m === 1 ? n : m };
    });
  };

  const verdict = (a, b, columns) => {
    const bad = columns.map((c) => c.how).lastIndexOf("clash");
    if (bad >= 0) {
      const { m, n } = columns[bad];
      return `RuntimeError: The size of tensor a (${m}) must match the size of tensor b (${n}) at non-singleton dimension ${bad}`;
    }
    const shape = columns.map((c) => c.size);
    const both = ["stretch a", "stretch b"].every((how) => columns.some((c) => c.how === how && c.size > 1));
    const says = `a + b has shape ${written(shape)}: ${count(shape)} number${count(shape) === 1 ? "" : "s"} from ${count(a)} and ${count(b)}.`;
    const all = count(shape) === count(a) * count(b) ? ": every a meets every b" : "";
    return both ? `${says} Both are stretched${all}. Was that meant?` : says;
  };

  const controls = ui.row(root);
  const names = data.pairs.map(([a, b]) => `${written(a)} + ${written(b)}`);
  const list = ui.choice(controls, "example", [...names, "my own"], (name) => {
    const at = names.indexOf(name);
    if (at < 0) return first.focus();
    first.value = written(data.pairs[at][0]);
    second.value = written(data.pairs[at][1]);
    draw();
  });
  const mine = () => { list.value = "my own"; draw(); };
  const first = ui.text(controls, "shape of a", written(data.pairs[0][0]), mine);
  const second = ui.text(controls, "shape of b", written(data.pairs[0][1]), mine);
  const svg = ui.svg(root, LEFT + MOST * WIDE, 3 * HIGH + 26, "The two shapes aligned from the right");
  const said = ui.says(root);

  const word = (x, y, text, style, anchor = "middle", size = 15) =>
    ui.shape(svg, "text", {
      x, y, class: style, fill: "currentColor", "text-anchor": anchor, "font-size": size,
      "font-family": size > 14 ? "monospace" : "inherit",
    }, text);

  const size = (column, line, n, style, added) => {
    const x = LEFT + column * WIDE, y = line * HIGH + 4;
    ui.shape(svg, "rect", {
      x: x + 3, y, width: WIDE - 6, height: HIGH - 8, rx: 4, fill: "none", stroke: "currentColor",
      class: style, "stroke-width": style === "ink" || added ? 1 : 2.5, "stroke-dasharray": added ? "3 3" : "none",
    });
    word(x + WIDE / 2, y + 19, String(n), added ? "quiet" : "ink");
  };

  function draw() {
    svg.replaceChildren();
    let a, b;
    try {
      [a, b] = [read(first.value), read(second.value)];
    } catch (error) {
      said(error.message);
      return;
    }
    const columns = align(a, b), from = MOST - columns.length;
    const clash = columns.some((c) => c.how === "clash");
    ["a", "b", "a + b"].forEach((name, line) => word(LEFT - 14, line * HIGH + 23, name, "ink", "end"));
    columns.forEach(({ m, n, addedA, addedB, how, size: result }, k) => {
      const style = { clash: "c2", equal: "ink", "stretch a": "c1", "stretch b": "c1" }[how];
      size(from + k, 0, m, how === "stretch a" || how === "clash" ? style : "ink", addedA);
      size(from + k, 1, n, how === "stretch b" || how === "clash" ? style : "ink", addedB);
      if (!clash) size(from + k, 2, result, "ink", false);
      else if (how === "clash") word(LEFT + (from + k + 0.5) * WIDE, 2 * HIGH + 23, "×", "c2", "middle", 20);
      word(LEFT + (from + k + 0.5) * WIDE, 3 * HIGH + 18, how, how === "equal" ? "quiet" : style, "middle", 12);
    });
    if (!columns.length) word(LEFT + (MOST - 0.5) * WIDE, 2 * HIGH + 23, "( )", "ink");
    said(verdict(a, b, columns));
  }
  draw();
});
