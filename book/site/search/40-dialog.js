// What the reader sees: a box to type into and a list to choose from, in a dialog or on the search page.
const KINDS = { page: "Chapter", section: "", equation: "", figure: "Figure", exercise: "Exercise", pitfall: "Pitfall", error: "Error message", work: "Work cited" };
const EXCERPT = 150; // characters

const element = (tag, attributes, ...children) => {
  const made = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
};

// The words of a text that the search met, as [start, end].
const met = (text, wanted) => {
  const found = [];
  for (const match of text.matchAll(WORD)) {
    if (forms(match[0]).some((form) => wanted.has(form))) found.push([match.index, match.index + match[0].length]);
  }
  return found;
};

const marked = (text, wanted) => {
  const parts = [];
  let at = 0;
  for (const [start, end] of met(text, wanted)) {
    parts.push(text.slice(at, start), element("mark", {}, text.slice(start, end)));
    at = end;
  }
  return [...parts, text.slice(at)];
};

// The stretch of a text with the most of what was met.
const excerpt = (text, wanted) => {
  const places = met(text.slice(0, 5000), wanted).map(([start]) => start);
  let best = 0, most = 0;
  for (const place of places) {
    const count = places.filter((other) => other >= place && other < place + EXCERPT).length;
    if (count > most) [best, most] = [place, count];
  }
  let from = Math.max(0, best - 40);
  if (from) from = text.indexOf(" ", from) + 1;
  const cut = text.slice(from, from + EXCERPT);
  return (from ? "… " : "") + (from + EXCERPT < text.length ? cut.slice(0, cut.lastIndexOf(" ")) + " …" : cut);
};

const option = (result, i) => {
  const where = result.where.join(" › ") || (result.number ? `Chapter ${result.number}` : "");
  const kind = result.kind === "page" ? "" : KINDS[result.kind];
  const shown = result.kind === "page" && result.number ? `${result.number}\u2002${result.title}` : result.title;
  const made = element("a", { role: "option", id: `found-${i}`, href: result.href, tabindex: "-1", "aria-selected": "false", class: "found", "data-kind": result.kind },
    element("span", { class: "found-title" }, ...marked(shown, result.forms)));
  const facts = [kind, result.kind === "page" ? "" : where].filter(Boolean).join(" · ");
  if (facts) made.append(element("span", { class: "found-where" }, facts));
  if (result.text) made.append(element("span", { class: "found-text" }, ...marked(excerpt(result.text, result.forms), result.forms)));
  return made;
};

const mount = (root, leave) => {
  const input = element("input", {
    type: "search", class: "search-input", role: "combobox", "aria-label": "Search the book", "aria-controls": "search-list", "aria-expanded": "false",
    "aria-autocomplete": "list", autocomplete: "off", autocapitalize: "none", spellcheck: "false", enterkeyhint: "go",
    placeholder: "A topic, a function, an error message",
  });
  const list = element("div", { id: "search-list", class: "search-list", role: "listbox", "aria-label": "Results" });
  const says = element("p", { class: "search-says", role: "status" });
  root.append(input, says, list);
  let results = [], chosen = -1, moved = false, loading = true, missing = 0;

  const choose = (i) => {
    list.children[chosen]?.setAttribute("aria-selected", "false");
    chosen = i;
    const now = list.children[i];
    if (!now) return input.removeAttribute("aria-activedescendant");
    now.setAttribute("aria-selected", "true");
    now.scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", now.id);
  };
  const status = () => {
    const asked = input.value.trim();
    if (asked && results.length) return `${results.length} result${results.length > 1 ? "s" : ""}${loading ? " so far" : ""}`;
    if (loading) return "Loading the index …";
    const lost = missing ? ` ${missing} page${missing > 1 ? "s" : ""} of the index could not be loaded.` : "";
    return asked ? `Nothing found. Try fewer words, or others.${lost}` : lost;
  };
  let soon;
  const show = () => {
    results = find(input.value);
    moved = false;
    list.replaceChildren(...results.map(option));
    list.scrollTop = 0;
    input.setAttribute("aria-expanded", String(results.length > 0));
    choose(results.length ? 0 : -1);
    clearTimeout(soon);
    soon = setTimeout(() => { says.textContent = status(); }, 150); // not at every key: it is read aloud
  };
  const go = (result) => {
    remember(result);
    leave();
    if (new URL(result.href).href === location.href) document.getElementById(new URL(result.href).hash.slice(1))?.scrollIntoView();
    else location.assign(result.href);
  };
  input.addEventListener("input", show);
  input.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && results.length) {
      event.preventDefault();
      moved = true;
      choose((chosen + step + results.length) % results.length);
    } else if (event.key === "Enter" && results[chosen] && !event.isComposing) {
      event.preventDefault();
      if (event.ctrlKey || event.metaKey) window.open(results[chosen].href);
      else go(results[chosen]);
    }
  });
  list.addEventListener("click", (event) => {
    const at = [...list.children].indexOf(event.target.closest("a"));
    if (at < 0 || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    go(results[at]);
  });
  heard = () => { if (!moved && input.value.trim()) show(); };
  says.textContent = status();
  ready().then((lost) => { loading = false; missing = lost; heard(); says.textContent = status(); });
  return { input, show };
};

// After a result was chosen, the page that opens marks the words that led there.
const KEEP = "book-search-found";
const remember = (result) => {
  try {
    sessionStorage.setItem(KEEP, JSON.stringify({ href: result.href, forms: [...result.forms] }));
  } catch { /* storage may be forbidden; then nothing is marked */ }
  if (result.href.split("#")[0] === location.href.split("#")[0]) addEventListener("hashchange", mark, { once: true });
};
const mark = () => {
  const kept = JSON.parse(sessionStorage.getItem(KEEP) || "null");
  sessionStorage.removeItem(KEEP);
  const target = kept && kept.href === location.href && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target || !window.Highlight) return;
  const wanted = new Set(kept.forms), ranges = [];
  const texts = document.createTreeWalker(target.matches("p") ? target.parentElement : target, NodeFilter.SHOW_TEXT);
  while (texts.nextNode() && ranges.length < 500) {
    const node = texts.currentNode;
    if (node.parentElement.closest(".katex, script, .launch, .headerlink") || target.compareDocumentPosition(node) & Node.DOCUMENT_POSITION_PRECEDING) continue;
    for (const [start, end] of met(node.data, wanted)) {
      const range = new Range();
      range.setStart(node, start);
      range.setEnd(node, end);
      ranges.push(range);
    }
  }
  CSS.highlights.set("found", new Highlight(...ranges));
  addEventListener("keydown", (event) => { if (event.key === "Escape") CSS.highlights.delete("found"); });
};

let dialog, box;
const open = () => {
  const here = document.querySelector(".search-here input");
  if (here) return here.focus();
  if (!dialog) {
    dialog = element("dialog", { class: "search-dialog", "aria-label": "Search the book" });
    box = mount(dialog, () => dialog.close());
    const close = element("button", { type: "button", class: "search-close" }, "Close");
    close.addEventListener("click", () => dialog.close());
    box.input.after(close);
    dialog.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return; // else the box, being one for a search, would only be emptied
      event.preventDefault();
      dialog.close();
    });
    dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
    document.body.append(dialog);
  }
  if (!dialog.open) dialog.showModal();
  box.input.select();
  box.input.focus();
};

const here = document.querySelector(".search-here");
if (here) {
  box = mount(here, () => {});
  box.input.value = new URLSearchParams(location.search).get("q") || "";
  box.input.focus();
  if (box.input.value) box.show();
}
Object.assign(window.bookSearch, { open, mark });
