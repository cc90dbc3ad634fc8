// Small things that HTML alone cannot do. Every page can be read without them.
"use strict";
(() => {
  const root = document.documentElement;
  const here = document.currentScript.src;

  // What the first screen did not need is laid out in quiet moments, a section at a time, from the first sign
  // that somebody is there: until then a slow telephone has better things to do.
  const sections = [...document.querySelectorAll("article > section > section")];
  const soon = self.requestIdleCallback || ((work) => setTimeout(work, 50));
  const patience = { timeout: 300 }; // a busy machine is never idle
  const rest = () => {
    const section = sections.shift();
    if (section) section.style.contentVisibility = "visible";
    if (section) soon(rest, patience);
    else delete root.dataset.rest;
  };
  const signs = ["pointermove", "pointerdown", "keydown", "wheel", "scroll"];
  const begin = () => {
    for (const sign of signs) removeEventListener(sign, begin);
    soon(rest, patience);
  };
  if (root.dataset.rest) for (const sign of signs) addEventListener(sign, begin, { passive: true });

  // The search loads when it is asked for: by its links, "/" or Ctrl-K, or to mark what it found.
  const file = (name) => new URL(name, here).href;
  let searching;
  const search = (act) => {
    searching ??= new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = file("search.js");
      script.addEventListener("load", resolve);
      script.addEventListener("error", reject);
      document.head.append(script);
    });
    searching.then(() => window.bookSearch[act](), () => { if (act === "open") location.assign(file("../search.html")); });
  };
  for (const link of document.querySelectorAll(".search-open")) {
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      close();
      search("open");
    });
  }
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select, [contenteditable]");
    const slash = event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey;
    const chord = event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey;
    if (event.key === "Escape") close();
    if (!slash && !chord) return;
    event.preventDefault();
    search("open");
  });
  try {
    if (sessionStorage.getItem("book-search-found")) search("mark");
  } catch { /* storage may be forbidden; then nothing is marked */ }

  // Reading without a network, where the site is published; see worker.js. The button saves what was not read yet.
  const worker = document.querySelector("meta[name=worker]");
  if (worker && location.protocol.startsWith("http") && navigator.serviceWorker && !navigator.connection?.saveData) {
    const keep = async (wanted, hear = () => {}) => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = (event) => hear(event.data);
      (await navigator.serviceWorker.ready).active.postMessage(wanted, [port2]);
    };
    const box = document.querySelector(".keep");
    const first = !navigator.serviceWorker.controller;
    addEventListener("load", () => {
      navigator.serviceWorker.register(worker.content, { updateViaCache: "none" })
        .catch((error) => console.info(`No reading without a network: ${error.message}`));
      navigator.serviceWorker.ready.then(() => {
        box.hidden = false;
        if (first) keep([location.href, ...performance.getEntriesByType("resource").map((entry) => entry.name)]);
      });
    });
    box.querySelector("button").addEventListener("click", ({ target: button }) => {
      const said = box.querySelector("[role=status]");
      button.disabled = true;
      keep(null, ({ done, of, failed }) => {
        const now = done < of ? `${Math.floor(100 * done / of)} %` : failed.length ? "Not everything could be saved; try again later." : "Saved.";
        button.disabled = done < of || !failed.length;
        if (done === of) failed.forEach((what) => console.info(what));
        if (now !== said.textContent) said.textContent = now;
      });
    });
  }

  // The drawers of narrow screens: real buttons, out of reach while closed.
  const set = (id, open) => {
    document.getElementById(id).checked = open;
    for (const button of document.querySelectorAll(`[data-drawer="${id}"]`))
      button.setAttribute("aria-expanded", String(open));
    settle();
  };
  const close = () => ["__navigation", "__toc"].forEach((id) => set(id, false));
  const drawers = { __navigation: document.querySelector(".sidebar-drawer"), __toc: document.querySelector(".toc-drawer") };
  const settle = () => {
    for (const [id, drawer] of Object.entries(drawers))
      if (drawer) drawer.inert = getComputedStyle(drawer).position === "fixed" && !document.getElementById(id).checked;
  };
  for (const button of document.querySelectorAll(".drawer")) {
    button.addEventListener("click", () => {
      set(button.dataset.drawer, true);
      const first = drawers[button.dataset.drawer].querySelector("a, input");
      if (first) first.focus({ preventScroll: true });
    });
  }
  for (const label of document.querySelectorAll(".overlay")) label.addEventListener("click", close);
  for (const drawer of Object.values(drawers))
    if (drawer) drawer.addEventListener("click", (event) => { if (event.target.closest("a")) close(); });

  // What scrolls sideways must be reachable by keyboard; what does not should not stop the tab key.
  // Asked only of what is on or near the screen: the rest of a long page has no layout yet.
  const reach = (box) => {
    if (box.scrollWidth > box.clientWidth + 1) {
      box.tabIndex = 0;
      box.dataset.wide = "yes";
      box.setAttribute("role", "group");
      if (!box.hasAttribute("aria-label")) box.setAttribute("aria-label", "scrolls sideways");
    } else if (box.dataset.wide && !box.dataset.stop) {
      box.removeAttribute("tabindex");
      box.removeAttribute("role");
    }
  };
  const seen = new Set();
  const sizes = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      const box = target.closest("[data-may-scroll]");
      if (!box) continue; // a figure has taken this child out of its box
      seen.add(box);
      reach(box);
    }
  });
  const watch = (box) => {
    box.dataset.mayScroll = "";
    sizes.observe(box);
    if (box.firstElementChild) sizes.observe(box.firstElementChild);
  };
  document.querySelectorAll(".formula, .table-wrapper, .cell_output pre, .highlight pre, .output.text_html").forEach(watch);
  document.addEventListener("live", (event) => watch(event.target));
  document.fonts.addEventListener("loadingdone", () => seen.forEach(reach));

  // A link into something folded unfolds it.
  const unfold = () => {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    const folded = target.closest("details:not([open])");
    for (let box = folded; box; box = box.parentElement.closest("details")) box.open = true;
    for (const box of target.querySelectorAll(":scope > details.hide")) box.open = true;
    if (folded) target.scrollIntoView();
  };
  addEventListener("hashchange", unfold);

  // The links in a cell's code are one stop of the tab key; from it, the arrows go on.
  document.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const from = step && event.target.closest(".highlight pre a");
    const links = from ? [...from.closest("pre").querySelectorAll("a")] : [];
    const to = links[links.indexOf(from) + step];
    if (!to) return;
    event.preventDefault();
    from.tabIndex = -1;
    to.tabIndex = 0;
    to.focus();
  });

  let waiting;
  addEventListener("resize", () => {
    clearTimeout(waiting);
    waiting = setTimeout(settle, 150);
  });
  settle();
  addEventListener("load", () => { if (location.hash) unfold(); });
  root.classList.add("js");
})();
