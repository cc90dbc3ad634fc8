// What a generator draws from the same eight noises, at several moments of its training.
// data: {moments: [{step, sheet: a WebP of 4 × 2 pictures in base64, d_loss, g_loss: the two losses then}]}.
"use strict";
live.register("generated-steps", (root, data, ui) => {
  const WIDTH = 480, TALL = 240, { moments } = data;
  const svg = ui.svg(root, WIDTH, TALL, "Eight generated heroes at one moment of the training");
  const sheets = moments.map(({ sheet }) => ui.shape(svg, "image", {
    href: `data:image/webp;base64,${sheet}`, width: WIDTH, height: TALL, preserveAspectRatio: "none",
    style: "image-rendering: pixelated", visibility: "hidden",
  }));
  const last = moments.length - 1;
  const slider = ui.slider(ui.row(root), {
    label: "moment of the training", min: 0, max: last, step: 1, value: last, format: (k) => `step ${moments[k].step.toLocaleString("en")}`,
  }, draw);
  const said = ui.says(root);

  function draw(k) {
    sheets.forEach((sheet, at) => sheet.setAttribute("visibility", at === k ? "visible" : "hidden"));
    const { step, d_loss, g_loss } = moments[k], begun = moments[k].step === 1;
    const losses = `The discriminator's loss is ${d_loss.toFixed(2)} (tossing a coin gives 1.39), the generator's ${g_loss.toFixed(2)}.`;
    const text = begun ? `After one step nothing is drawn yet. ${losses}` : `After ${step.toLocaleString("en")} steps. ${losses}`;
    svg.setAttribute("aria-label", `Eight generated heroes after ${step} steps`);
    said(text);
  }
  slider.setAttribute("aria-valuetext", `step ${moments[last].step}`);
  slider.addEventListener("input", () => slider.setAttribute("aria-valuetext", `step ${moments[Number(slider.value)].step}`));
  draw(last);
});
