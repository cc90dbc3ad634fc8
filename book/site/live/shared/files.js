// The files of a figure: each comes as scripts that hand over their part in base64, because a page that was opened
// from a folder may load scripts and nothing else. Written by book/sphinx/files.py.
"use strict";
(() => {
  const arrived = {}, kept = {};
  live.part = (name, text) => { arrived[name] = text; };

  const listed = (root) => [...root.closest(".live").querySelectorAll("script[data-file]")].map(({ dataset }) => (
    { name: dataset.file, at: dataset.at, parts: Number(dataset.parts), bytes: Number(dataset.bytes) }));

  const unpack = async ({ at, parts }, ui, done) => {
    const names = Array.from({ length: parts }, (_, index) => `${at}-${index}`);
    const bytes = await Promise.all(names.map(async (name) => {
      await ui.script(`files/${name}.js`);
      const part = Uint8Array.from(atob(arrived[name]), (letter) => letter.charCodeAt(0));
      done();
      return part;
    }));
    names.forEach((name) => { delete arrived[name]; });
    const plain = new Blob(bytes).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Uint8Array(await new Response(plain).arrayBuffer());
  };

  live.share("files", {
    // What all files of the figure weigh before the server compresses them.
    size: (root) => listed(root).reduce((sum, { bytes }) => sum + bytes, 0),
    // All files by name, as bytes; `on` hears which share of the parts is there.
    async load(root, ui, on) {
      const files = listed(root);
      const total = files.reduce((sum, { parts }) => sum + parts, 0);
      let count = 0;
      const done = () => on(++count / total);
      const read = async (file) => {
        kept[file.at] ??= unpack(file, ui, done);
        try {
          return [file.name, await kept[file.at]];
        } catch (error) {
          delete kept[file.at];
          throw error;
        }
      };
      return Object.fromEntries(await Promise.all(files.map(read)));
    },
  });
})();
