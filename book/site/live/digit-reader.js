// A trained network reads the digit that the reader draws; it is loaded when the reader asks for it.
"use strict";
live.register("digit-reader", (root, data, ui, still) => {
  const SIDE = 28, SCALE = 10, WIDE = SIDE * SCALE, PEN = 22; // the network's picture, and the paper ten times as wide
  const OWN = "your own drawing";
  const percent = (p) => `${(100 * p).toFixed(1)} %`;
  const list = (p) => p.map((value, digit) => ({ value, digit })).sort((a, b) => b.value - a.value);

  const said = ui.opening(root, still, { label: "Draw a digit", what: "network" }, async (files) => {
    const run = await (await ui.use("onnx"))(files, "network.onnx");
    const digits = JSON.parse(new TextDecoder().decode(files["digits.json"]));
    return () => begin(run, digits);
  });

  function begin(run, digits) {
    for (const digit of digits) digit.bytes = Uint8Array.from(atob(digit.pixels), (letter) => letter.charCodeAt(0));
    let exact = null; // the test digit that is shown, while nobody has drawn on it
    const start = { x: WIDE / 2, y: WIDE / 4 };
    let pen = start, down = false, busy = false, again = false, aloud = true;

    const controls = ui.row(root);
    const choice = ui.choice(controls, "show", [OWN, ...digits.map(({ name }) => name)], (name) => {
      clear();
      show(digits.find((digit) => digit.name === name) ?? null);
    });
    ui.button(controls, "Clear", () => { clear(); answer(true); });

    const panels = ui.row(root);
    panels.style.alignItems = "flex-start";
    const canvas = (parent, side, label, attributes) => {
      const made = ui.element(parent, "canvas", { width: side, height: side, "aria-label": label, ...attributes });
      Object.assign(made.style, { background: "#fdfcf8", border: "1px solid #888", boxSizing: "border-box" });
      return made;
    };
    const paper = canvas(panels, WIDE, "paper: draw with a finger, a mouse or the keys", {
      tabindex: 0, role: "application", "aria-describedby": "digit-reader-keys",
    });
    Object.assign(paper.style, { width: `${WIDE}px`, touchAction: "none", cursor: "crosshair" });
    const ink = document.createElement("canvas");
    ink.width = ink.height = WIDE;
    const hand = ink.getContext("2d", { willReadFrequently: true });
    Object.assign(hand, { lineWidth: PEN, lineCap: "round", lineJoin: "round" });

    const right = ui.element(panels, "div");
    Object.assign(right.style, { flex: "1 1 13rem", minWidth: "12rem" });
    const bars = Array.from({ length: 10 }, (_, digit) => {
      const row = ui.element(right, "div");
      Object.assign(row.style, { display: "grid", gridTemplateColumns: "1em 1fr 4em", gap: ".5rem", alignItems: "center" });
      ui.element(row, "span", {}, String(digit));
      const track = ui.element(row, "div", { role: "meter", "aria-label": `probability of ${digit}`, "aria-valuemin": 0, "aria-valuemax": 1 });
      Object.assign(track.style, { height: ".8rem", borderBottom: "1px solid var(--line)" });
      const fill = ui.element(track, "div", { class: "c1" });
      Object.assign(fill.style, { height: "100%", background: "currentColor" });
      const number = ui.element(row, "span");
      Object.assign(number.style, { textAlign: "right", fontVariantNumeric: "tabular-nums" });
      return { row, track, fill, number };
    });
    const seen = ui.element(panels, "figure");
    Object.assign(seen.style, { margin: 0 });
    const small = canvas(seen, SIDE, "the 28 by 28 pixels that the network reads", { role: "img" });
    Object.assign(small.style, { width: "84px", display: "block", imageRendering: "pixelated" });
    ui.element(seen, "figcaption", { class: "quiet" }, "what it reads");
    const note = ui.element(root, "p", { class: "quiet" }, "");
    ui.element(root, "p", { class: "quiet", id: "digit-reader-keys" },
      "Keys on the paper: arrows move the pen, space puts it down or lifts it, Delete clears.");

    function clear() {
      hand.clearRect(0, 0, WIDE, WIDE);
      exact = null;
      pen = start;
      down = false;
      choice.value = OWN;
    }

    function show(digit) {
      if (digit) {
        const picture = paint(document.createElement("canvas"), digit.bytes, SIDE);
        hand.imageSmoothingEnabled = false;
        hand.drawImage(picture, 0, 0, WIDE, WIDE);
        choice.value = digit.name;
      }
      exact = digit;
      answer(true);
    }

    function stroke(to) {
      hand.beginPath();
      hand.moveTo(pen.x, pen.y);
      hand.lineTo(to.x, to.y);
      hand.stroke();
      exact = null;
      choice.value = OWN;
    }

    function move(to) {
      const inside = (v) => Math.min(WIDE - SCALE / 2, Math.max(SCALE / 2, v));
      const place = { x: inside(to.x), y: inside(to.y) };
      if (down) stroke(place);
      pen = place;
      down ? answer(false) : draw();
    }

    const at = (event) => {
      const box = paper.getBoundingClientRect();
      return { x: (WIDE * (event.clientX - box.left)) / box.width, y: (WIDE * (event.clientY - box.top)) / box.height };
    };
    paper.addEventListener("pointerdown", (event) => {
      if (!event.isPrimary || event.button) return;
      paper.setPointerCapture(event.pointerId);
      down = false;
      move(at(event));
      down = true;
      move(pen);
    });
    paper.addEventListener("pointermove", (event) => {
      if (!paper.hasPointerCapture(event.pointerId)) return;
      for (const step of event.getCoalescedEvents?.() ?? [event]) move(at(step));
    });
    paper.addEventListener("lostpointercapture", () => { down = false; answer(true); });
    const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    paper.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (steps[event.key]) move({ x: pen.x + SCALE * steps[event.key][0], y: pen.y + SCALE * steps[event.key][1] });
      else if (event.key === " ") {
        down = !down;
        if (down) {
          said("The pen is down.");
          move(pen);
        } else answer(true);
      } else if (event.key === "Delete" || event.key === "Backspace") {
        clear();
        answer(true);
      } else return;
      event.preventDefault();
    });
    paper.addEventListener("focus", draw);
    paper.addEventListener("blur", draw);

    function draw() {
      const context = paper.getContext("2d");
      context.clearRect(0, 0, WIDE, WIDE);
      context.drawImage(ink, 0, 0);
      if (!paper.matches(":focus-visible")) return;
      Object.assign(context, { strokeStyle: "#d55e00", lineWidth: down ? 5 : 2 });
      context.beginPath();
      context.arc(pen.x, pen.y, PEN / 2, 0, 2 * Math.PI);
      context.stroke();
    }

    // One answer at a time; what came meanwhile is answered next, and said aloud when a stroke has ended.
    async function answer(say) {
      aloud ||= say;
      again = true;
      if (busy) return;
      busy = true;
      while (again) {
        again = false;
        draw();
        const digit = exact, bytes = digit ? digit.bytes : centred(hand, WIDE, SIDE, data.box);
        const began = performance.now();
        const { scores } = await run({ pixels: [Float32Array.from(bytes, (byte) => byte / 255), [1, 1, SIDE, SIDE]] });
        tell(softmax(scores), bytes, digit, performance.now() - began);
      }
      busy = false;
    }

    function tell(p, bytes, digit, milliseconds) {
      paint(small, bytes, SIDE);
      const [first, second] = list(p);
      bars.forEach(({ row, track, fill, number }, index) => {
        track.setAttribute("aria-valuenow", p[index].toFixed(7));
        fill.style.width = `${100 * p[index]}%`;
        number.textContent = percent(p[index]);
        row.style.fontWeight = index === first.digit ? "bold" : "normal";
      });
      const far = digit && Math.max(...p.map((value, index) => Math.abs(value - digit.p[index])));
      note.textContent = `Answered in ${milliseconds.toFixed(1)} ms.` +
        (digit ? ` Largest difference from what PyTorch said when the book was built: ${far.toExponential(0)}.` : "");
      if (!aloud) return;
      aloud = false;
      const empty = !bytes.some((byte) => byte);
      said(`${empty ? "Nothing is drawn, and it" : "It"} reads ${first.digit} (${percent(first.value)}), then ${second.digit} (${percent(second.value)}).`);
    }

    answer(true);
    paper.focus({ preventScroll: true });
  }

  function softmax(scores) {
    const z = Array.from(scores), most = Math.max(...z), e = z.map((value) => Math.exp(value - most));
    const total = e.reduce((sum, value) => sum + value, 0);
    return e.map((value) => value / total);
  }

  // Bytes of ink as black on nothing.
  function paint(canvas, bytes, side) {
    canvas.width = canvas.height = side;
    const image = new ImageData(side, side);
    bytes.forEach((byte, index) => { image.data[4 * index + 3] = byte; });
    canvas.getContext("2d").putImageData(image, 0, 0);
    return canvas;
  }

  // What MNIST's makers did: the drawing shrinks until it fits a box, and its centre of mass goes to the middle.
  function centred(context, wide, side, box) {
    const alpha = context.getImageData(0, 0, wide, wide).data, bytes = new Uint8Array(side * side);
    let left = wide, top = wide, right = 0, bottom = 0;
    for (let y = 0; y < wide; y++) for (let x = 0; x < wide; x++) {
      if (alpha[4 * (y * wide + x) + 3] < 16) continue;
      left = Math.min(left, x); right = Math.max(right, x + 1);
      top = Math.min(top, y); bottom = Math.max(bottom, y + 1);
    }
    if (right <= left) return bytes;
    const scale = Math.max(right - left, bottom - top) / box; // pixels of paper for one of the network's
    const across = Math.max(1, Math.round((right - left) / scale)), along = Math.max(1, Math.round((bottom - top) / scale));
    const shrunk = [];
    let mass = 0, x = 0, y = 0;
    for (let i = 0; i < along; i++) for (let j = 0; j < across; j++) {
      const [y0, y1] = span(top, bottom, i, scale), [x0, x1] = span(left, right, j, scale);
      let sum = 0;
      for (let v = y0; v < y1; v++) for (let u = x0; u < x1; u++) sum += alpha[4 * (v * wide + u) + 3];
      const mean = sum / Math.max(1, (y1 - y0) * (x1 - x0));
      shrunk.push(mean);
      mass += mean; x += mean * (j + 0.5); y += mean * (i + 0.5);
    }
    const place = (centre, length) => Math.min(side - length, Math.max(0, Math.round(side / 2 - centre)));
    const dx = place(x / mass, across), dy = place(y / mass, along);
    shrunk.forEach((value, index) => {
      bytes[(dy + Math.floor(index / across)) * side + dx + (index % across)] = Math.round(value);
    });
    return bytes;
  }

  function span(low, high, index, scale) {
    const from = Math.min(high - 1, low + Math.floor(index * scale));
    return [from, Math.max(from + 1, Math.min(high, low + Math.floor((index + 1) * scale)))];
  }
});
