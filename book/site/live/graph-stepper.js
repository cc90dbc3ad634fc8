// Step through a circuit: forward, each value appears; backward, each gradient, as local derivative
// times upstream gradient. data: {graphs: [{title, nodes: [[label, value, gradient, level, position]],
// messages: [[to, from, local, upstream]]}]}, nodes in forward and messages in backward order.
"use strict";
live.register("graph-stepper", (root, data, ui) => {
  const WIDTH = 360, BOX = 104, TALL = 60, LEVEL = 96, GAP = 120;

  const number = (v) => String(Number(v.toPrecision(3))).replace("-", "−");
  const factor = (v) => (v < 0 ? `(${number(v)})` : number(v));
  const name = (node) => node.label.split(" = ")[0];
  const formula = (node) => node.label.split(" = ")[1];

  const pick = ui.row(root);
  const choice = ui.choice(pick, "circuit", data.graphs.map((g) => g.title), open);
  const row = ui.row(root);
  const ahead = ui.button(row, "forward: next value", forward);
  const back = ui.button(row, "backward: next gradient", backward);
  const undo = ui.button(row, "undo", stepBack);
  ui.button(row, "start again", () => open(choice.value));
  const stage = ui.element(root, "div");
  const said = ui.says(root);

  let nodes, messages, inputs, shown, sent; // shown: values on view; sent: gradient steps taken

  function open(title) {
    const graph = data.graphs.find((g) => g.title === title);
    nodes = graph.nodes.map(([label, value, gradient, level, position]) =>
      ({ label, value, gradient, level, position }));
    messages = graph.messages.map(([to, from, local, upstream]) => ({ to, from, local, upstream }));
    inputs = nodes.filter((node) => !formula(node)).length;
    shown = 0;
    sent = 0;
    said("The inputs are known. Step forward.");
    draw();
  }

  const gates = () => nodes.filter(formula);
  const complete = () => shown === nodes.length - inputs;
  const finished = () => sent === messages.length + 1;
  const known = (node) => !formula(node) || gates().indexOf(node) < shown;

  function forward() {
    if (complete()) return said("All values are known. Step backward.");
    shown += 1;
    const node = gates()[shown - 1];
    const filled = formula(node).replace(/[a-zA-Z]\w*/g, (word) => {
      const input = nodes.find((other) => name(other) === word);
      return input ? factor(input.value) : word;
    });
    said(`${node.label} = ${filled} = ${number(node.value)}.${complete() ? " Now backward." : ""}`);
    draw();
  }

  function backward() {
    if (!complete()) return said("First the values: step forward.");
    if (finished()) return said("All gradients are known.");
    sent += 1;
    const output = name(nodes[nodes.length - 1]);
    if (sent === 1) {
      said(`The gradient of ${output} with respect to itself is 1.`);
    } else {
      const { to, from, local, upstream } = messages[sent - 2];
      const product = local * upstream;
      const before = gradient(to, sent - 2);
      const sum = before === null ? "" :
        `. A fork: ${number(before)} + ${factor(product)} = ${number(before + product)}`;
      said(`${name(nodes[from])} to ${name(nodes[to])}: local ${factor(local)} × upstream ` +
        `${factor(upstream)} = ${number(product)}${sum}.${finished() ? " Done." : ""}`);
    }
    draw();
  }

  function stepBack() {
    if (sent) sent -= 1;
    else if (shown) shown -= 1;
    said(sent || shown ? "One step back." : "The inputs are known. Step forward.");
    draw();
  }

  // The gradient that node i has collected after `count` messages, or null.
  function gradient(i, count) {
    if (i === nodes.length - 1) return 1;
    const heard = messages.slice(0, count).filter((message) => message.to === i);
    if (!heard.length) return null;
    if (heard.length === messages.filter((message) => message.to === i).length) return nodes[i].gradient;
    return heard.reduce((sum, { local, upstream }) => sum + local * upstream, 0);
  }

  function draw() {
    for (const [button, idle] of [[ahead, complete()], [back, !complete() || finished()],
      [undo, !shown && !sent]]) {
      button.style.opacity = idle ? 0.6 : 1; // not disabled: a click says what to do first
    }
    stage.replaceChildren();
    const height = LEVEL * Math.max(...nodes.map((node) => node.level)) + TALL + 12;
    const svg = ui.svg(stage, WIDTH, height, "The circuit, inputs at the top, output at the bottom");
    svg.style.width = "100%";
    const text = (x, y, words, options) =>
      ui.shape(svg, "text", { x, y, "font-size": 13, fill: "currentColor", ...options }, words);
    const at = nodes.map((node) => ({ x: BOX / 2 + 5 + GAP * node.position, y: 6 + LEVEL * node.level }));
    const newest = complete() && sent > 1 ? sent - 2 : -1;

    messages.forEach((message, k) => {
      const twins = messages.filter((other) => other.to === message.to && other.from === message.from);
      const shift = twins.length > 1 ? 38 * (2 * twins.indexOf(message) - 1) : 0;
      const lean = Math.max(-30, Math.min(30, (at[message.to].x - at[message.from].x) / 3));
      const from = { x: at[message.to].x + shift, y: at[message.to].y + TALL };
      const to = { x: at[message.from].x + shift + lean, y: at[message.from].y };
      const active = k === newest;
      ui.shape(svg, "line", { x1: from.x, y1: from.y, x2: to.x, y2: to.y, stroke: "currentColor",
        class: active ? "c2" : "quiet", "stroke-width": active ? 3 : 1.2 });
      if (k >= sent - 1) return;
      const x = (from.x + to.x) / 2, y = (from.y + to.y) / 2;
      const label = `×${number(message.local)}`;
      ui.shape(svg, "rect", { x: x - 4 * label.length - 1, y: y - 9, width: 8 * label.length + 2,
        height: 18, class: "fill-page" });
      text(x, y + 4.5, label, { class: "c2", "text-anchor": "middle",
        "font-weight": active ? "bold" : "normal" });
    });

    nodes.forEach((node, i) => {
      const { x, y } = at[i];
      const fresh = newest >= 0 ? messages[newest].to === i :
        sent === 1 ? i === nodes.length - 1 : sent === 0 && shown > 0 && gates()[shown - 1] === node;
      const arrived = sent ? gradient(i, sent - 1) : null;
      ui.shape(svg, "rect", { x: x - BOX / 2, y, width: BOX, height: TALL, rx: 7, class: "fill-page" });
      ui.shape(svg, "rect", { x: x - BOX / 2, y, width: BOX, height: TALL, rx: 7, fill: "none",
        stroke: "currentColor", class: fresh ? (sent ? "c2" : "c1") : "quiet",
        "stroke-width": fresh ? 3 : 1.2 });
      text(x, y + 17, node.label, { class: "ink", "text-anchor": "middle" });
      if (known(node)) {
        text(x, y + 35, number(node.value), { class: "c1", "font-weight": "bold", "text-anchor": "middle" });
      }
      if (arrived !== null) text(x, y + 52, `grad ${number(arrived)}`, { class: "c2", "text-anchor": "middle" });
    });
  }

  open(data.graphs[0].title);
});
