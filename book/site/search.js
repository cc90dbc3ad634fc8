// What Sphinx's search needs to know about this book's pages.
"use strict";
(() => {
  // Excerpts are fetched, and a browser fetches nothing from a folder.
  DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = location.protocol.startsWith("http");

  // In an excerpt a formula would stand three times: as MathML, as LaTeX, and as it is drawn.
  const plain = Search.htmlToText;
  Search.htmlToText = (html, anchor) => {
    const page = new DOMParser().parseFromString(html, "text/html");
    for (const extra of page.querySelectorAll(".katex-html, annotation, .launch, .badge")) extra.remove();
    return plain(page.documentElement.outerHTML, anchor);
  };
})();
