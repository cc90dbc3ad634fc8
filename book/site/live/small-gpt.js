// The chapter's GPT writes in the page; it is loaded when the reader asks for it. page.json: {letters, T, begin, scores}.
"use strict";
live.register("small-gpt", (root, data, ui, still) => {
  const said = ui.opening(root, still, { label: "Let it write", what: "model" }, async (files) => {
    const run = await (await ui.use("onnx"))(files, "network.onnx");
    const page = JSON.parse(new TextDecoder().decode(files["page.json"]));
    const number = new Map(page.letters.map((letter, i) => [letter, i]));
    const ours = await scores(run, page, [...page.begin].map((letter) => number.get(letter)));
    const worst = Math.max(...page.scores.map((z, i) => Math.abs(z - ours[i])));
    if (!(worst < 1e-3)) throw new Error(`its scores are off PyTorch's by ${worst}`);
    root.dataset.off = worst;
    return () => begin(run, page);
  });

  // Scores of the next letter. A causal model gives one row for each letter; the last one counts.
  async function scores(run, page, tokens) {
    const x = tokens.slice(-page.T), V = page.letters.length;
    const { z } = await run({ x: [BigInt64Array.from(x, BigInt), [1, x.length]] });
    return z.slice((x.length - 1) * V, x.length * V);
  }

  function begin(run, page) {
    const { letters } = page, V = letters.length;
    const number = new Map(letters.map((letter, i) => [letter, i]));
    let prompt = page.begin, seed = 1, tau = 0.8, k = V, share = 0.9, length = 300, turn = 0;

    const first = ui.row(root);
    const field = ui.text(first, "beginning (/ is a new line)", prompt.replaceAll("\n", "/"), (v) => { prompt = v; changed(); });
    field.style.width = "16rem";
    field.style.maxWidth = "100%";
    ui.number(first, "seed", seed, (v) => { seed = v; changed(); });
    const second = ui.row(root);
    ui.slider(second, { label: "temperature", min: 0.1, max: 2, step: 0.05, value: tau, format: (v) => v.toFixed(2) }, (v) => { tau = v; changed(); });
    ui.slider(second, { label: "top-k", min: 1, max: V, step: 1, value: k }, (v) => { k = v; changed(); });
    ui.slider(second, { label: "top-p", min: 0.05, max: 1, step: 0.01, value: share, format: (v) => v.toFixed(2) }, (v) => { share = v; changed(); });
    ui.slider(second, { label: "letters", min: 50, max: 1000, step: 50, value: length }, (v) => { length = v; changed(); });
    const third = ui.row(root);
    ui.button(third, "Write", compose);
    ui.button(third, "Stop", () => { turn++; said("Stopped."); });
    const paper = ui.element(root, "pre", { "aria-label": "what the model writes", tabindex: 0 });
    Object.assign(paper.style, { whiteSpace: "pre-wrap", minHeight: "14em", maxHeight: "24em", overflowY: "auto", margin: ".5rem 0" });
    const given = ui.element(paper, "strong"), written = ui.element(paper, "span");
    const line = root.querySelector(".live-says");
    if (line) root.append(line);

    function changed() {
      said(`Set to temperature ${tau.toFixed(2)}, top-k ${k}, top-p ${share.toFixed(2)}, ${length} letters, seed ${seed}, after “${prompt}”. Press Write.`);
    }

    async function compose() {
      const mine = ++turn, dice = generator(seed);
      const text = [...prompt.replaceAll("/", "\n")], known = text.filter((letter) => number.has(letter));
      const tokens = (known.length ? known : ["\n"]).map((letter) => number.get(letter));
      given.textContent = known.join("");
      written.textContent = "";
      said("Writing.");
      const began = performance.now();
      for (let n = 0; n < length; n++) {
        const z = await scores(run, page, tokens);
        if (mine !== turn) return;
        const next = choose(Array.from(z), tau, k, share, dice());
        tokens.push(next);
        written.textContent += letters[next];
        paper.scrollTop = paper.scrollHeight;
        if (n % 4 === 3) await new Promise(requestAnimationFrame);
        if (mine !== turn) return;
      }
      const each = (performance.now() - began) / length, lost = text.length - known.length;
      said(`${length} letters, ${each.toFixed(1)} ms each.${lost ? ` It knows no letter for ${lost} of yours, which are left out.` : ""}`);
    }
    changed();
    compose();
  }

  // Heat, the k likeliest, the smallest set that holds the share; then one draw.
  function choose(scores, tau, k, share, chance) {
    const order = scores.map((_, i) => i).sort((a, b) => scores[b] - scores[a]).slice(0, k);
    const weights = order.map((i) => Math.exp((scores[i] - scores[order[0]]) / tau));
    const sum = weights.reduce((a, b) => a + b, 0);
    let held = 0, count = 0;
    while (count < order.length && held / sum < share) held += weights[count++];
    let left = chance * held;
    for (let n = 0; n < count; n++) {
      left -= weights[n];
      if (left <= 0) return order[n];
    }
    return order[0];
  }

  // Mulberry32: numbers in [0, 1) that a seed decides.
  function generator(seed) {
    let state = Math.trunc(seed) >>> 0;
    return () => {
      state = (state + 0x6d2b79f5) >>> 0;
      let t = Math.imul(state ^ (state >>> 15), 1 | state);
      t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
      return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    };
  }
});
