// A surgery: an unnamed training script, its curves, tests to order, a diagnosis. All numbers are the chapter's runs.
// data: {patients: [{name, why, passes: [bool], curves: [training, new, accuracy]}], tests: [[name, what it asks]]}.
"use strict";
live.register("diagnosis", (root, data, ui) => {
  const WIDTH = 480, HIGH = 190, LEFT = 44, RIGHT = 470, LOW = 154, TOP = 12, WAIT = "choose …";
  const { patients, tests } = data;

  // What the game promises: one patient passes all tests, each other fails one, and no two of the sick fail the same.
  const sick = patients.filter((p) => p.passes.includes(false));
  if (patients.length - sick.length !== 1) throw new Error("there should be one healthy script");
  if (patients.some((p) => p.passes.length !== tests.length || p.curves.some((c) => c.length !== p.curves[0].length)))
    throw new Error("a patient lacks a result");
  const loneliest = Math.min(...sick.map((p) => p.passes.filter((ok) => !ok).length));
  root.dataset.off = loneliest < 1 ? 1 : 0;

  let patient = patients[0], ordered = new Set(), verdict = "", latest = -1, solved = new Set();

  const top = ui.row(root);
  const numbers = patients.map((_, k) => `${k + 1}`);
  const who = ui.choice(top, "patient", numbers, (name) => visit(Number(name) - 1));
  ui.button(top, "next patient", () => {
    const next = (patients.indexOf(patient) + 1) % patients.length;
    who.value = numbers[next];
    visit(next);
  });

  const chart = ui.svg(root, WIDTH, HIGH, "Loss of the patient on training and on new images for each epoch");
  const spot = (t, v) => [LEFT + t * (RIGHT - LEFT) / (patients[0].curves[0].length - 1), LOW - Math.min(v, 3) * (LOW - TOP) / 3];
  for (const v of [0, 1, 2, 3]) {
    const y = spot(0, v)[1];
    ui.shape(chart, "line", { x1: LEFT, x2: RIGHT, y1: y, y2: y, class: "faint", stroke: "currentColor" });
    ui.shape(chart, "text", { x: LEFT - 8, y: y + 4, class: "quiet", "text-anchor": "end", "font-size": 11 }, v === 3 ? "≥ 3" : String(v));
  }
  const chance = spot(0, Math.log(10))[1];
  ui.shape(chart, "line", { x1: LEFT, x2: RIGHT, y1: chance, y2: chance, class: "c3", stroke: "currentColor", "stroke-dasharray": "2 4" });
  ui.shape(chart, "text", { x: RIGHT, y: chance - 4, class: "quiet", "text-anchor": "end", "font-size": 11 }, "ln 10");
  patients[0].curves[0].forEach((_, t) => ui.shape(chart, "text", { x: spot(t, 0)[0], y: LOW + 16, class: "quiet", "text-anchor": "middle", "font-size": 11 }, String(t + 1)));
  ui.shape(chart, "text", { x: (LEFT + RIGHT) / 2, y: LOW + 32, class: "quiet", "text-anchor": "middle", "font-size": 11 }, "epoch; solid: training loss, dashed: loss on new images");
  const lines = ["c1", "c2"].map((color, k) => ui.shape(chart, "polyline",
    { class: color, fill: "none", stroke: "currentColor", "stroke-width": 2, "stroke-dasharray": k ? "6 4" : "none" }));

  const desk = ui.row(root);
  const labels = tests.map(([name, what]) => `${name}: ${what}`);
  const order = ui.choice(desk, "order a test", [WAIT, ...labels], (label) => {
    latest = labels.indexOf(label);
    if (latest >= 0) ordered.add(latest);
    draw();
  });
  ui.button(desk, "order all", () => { tests.forEach((_, k) => ordered.add(k)); draw(); });
  const names = patients.map((p) => p.name).sort();
  const guess = ui.choice(ui.row(root), "your diagnosis", [WAIT, ...names], (name) => { verdict = name === WAIT ? "" : name; draw(); });

  const report = ui.element(root, "ul");
  const said = ui.says(root);

  function visit(k) {
    patient = patients[k];
    ordered = new Set();
    verdict = "";
    latest = -1;
    order.value = guess.value = WAIT;
    draw();
  }

  function draw() {
    lines.forEach((line, k) => line.setAttribute("points", patient.curves[k].map((v, t) => spot(t, v).map((n) => n.toFixed(1)).join(",")).join(" ")));
    report.replaceChildren();
    for (const k of ordered) {
      const item = ui.element(report, "li");
      item.textContent = `${patient.passes[k] ? "✓" : "✗"} ${labels[k]}${patient.passes[k] ? "" : " (fails)"}`;
    }
    const last = patient.curves.map((c) => c[c.length - 1]);
    const size = (v) => (v >= 100 ? v.toFixed(0) : v.toFixed(2));
    let text = `Patient ${patients.indexOf(patient) + 1}: training loss ${size(last[0])}, on new images ${size(last[1])}, ${(100 * last[2]).toFixed(1)} % right. `;
    text += ordered.size === 0 ? "No test ordered." : `${ordered.size} of ${tests.length} tests ordered.`;
    if (latest >= 0) text += ` ${tests[latest][0]} ${patient.passes[latest] ? "passes" : "fails"}.`;
    if (verdict) {
      const right = verdict === patient.name;
      if (right) solved.add(patient);
      const against = [...ordered].filter((k) => {
        const claimed = patients.find((p) => p.name === verdict);
        return claimed.passes[k] !== patient.passes[k];
      });
      text += right ? ` Right: ${patient.why}.` :
        against.length ? ` Not ${verdict}: ${tests[against[0]][0]} would have said otherwise.` :
          ordered.size ? ` Not ${verdict}, though no test so far speaks against it.` : ` Not ${verdict}.`;
      const telling = tests.filter((_, k) => !patient.passes[k]).map(([name]) => name);
      if (right && telling.length) text += ` Found by ${telling.join(", ")}.`;
      text += ` Solved so far: ${solved.size} of ${patients.length}.`;
    }
    said(text);
  }
  draw();
});
