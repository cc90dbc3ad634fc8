// Runs a network in the page with ONNX Runtime, from the files of a figure that has `runtime="onnxruntime"`.
"use strict";
(() => {
  let runtime;
  const start = async (files) => {
    const program = new Blob([files["ort.wasm.bundle.min.mjs"]], { type: "text/javascript" });
    const address = URL.createObjectURL(program);
    const ort = await import(address);
    URL.revokeObjectURL(address);
    ort.env.wasm.numThreads = 1; // more need headers that a plain file server does not send
    ort.env.wasm.wasmBinary = files["ort-wasm-simd-threaded.wasm"];
    return ort;
  };

  // A function from inputs to outputs, by name: { pixels: [numbers, shape] } → { scores: numbers }.
  live.share("onnx", async (files, name) => {
    const ort = await (runtime ??= start(files));
    const session = await ort.InferenceSession.create(files[name]);
    return async (inputs) => {
      const feeds = Object.entries(inputs).map(([key, value]) => [key, new ort.Tensor(...value)]);
      const outputs = await session.run(Object.fromEntries(feeds));
      return Object.fromEntries(Object.entries(outputs).map(([key, tensor]) => [key, tensor.data]));
    };
  });
})();
