// One small card beside what the reader points at, focuses or taps, for all who have something to say about it.
//
//   card.add({ at: "[data-v]", fill(element) { return node or null; }, shown(element) {}, hidden() {} })
//
// `at` is a selector, `fill` gives what stands in the card; parts follow each other in the order in which they
// were added. `card.show(element)` and `card.hide()` are for those who let readers move by keyboard.
"use strict";
const card = (() => {
  const parts = [];
  const box = document.createElement("div");
  box.id = "_card";
  box.setAttribute("role", "tooltip");
  box.hidden = true;
  const frame = document.createElement("aside"); // a landmark, for those who go from one to the next
  frame.setAttribute("aria-label", "About what is pointed at");
  frame.append(box);
  document.body.append(frame);
  let shown, waiting;

  const target = (event) => parts.length && event.target instanceof Element && event.target.closest(parts.map((part) => part.at).join());
  const place = () => {
    const name = shown.getBoundingClientRect();
    const room = document.documentElement.clientWidth - box.offsetWidth - 8;
    const above = name.top - box.offsetHeight - 6;
    box.style.left = `${Math.max(8, Math.min(name.left, room)) + scrollX}px`;
    box.style.top = `${(above < 8 ? name.bottom + 6 : above) + scrollY}px`;
  };
  const hide = () => {
    clearTimeout(waiting);
    if (!shown) return;
    shown.removeAttribute("aria-describedby");
    shown = undefined;
    box.hidden = true;
    for (const part of parts) if (part.hidden) part.hidden();
  };
  const show = (element) => {
    clearTimeout(waiting);
    if (element === shown) return;
    hide();
    const own = parts.filter((part) => element.matches(part.at));
    box.replaceChildren(...own.map((part) => part.fill(element)).filter(Boolean));
    if (!box.childElementCount) return;
    shown = element;
    box.hidden = false;
    box.style.left = box.style.top = 0; // so that it is as wide as it likes
    for (const part of own) if (part.shown) part.shown(element);
    place();
    element.setAttribute("aria-describedby", box.id);
  };

  // A mouse that leaves has a moment to reach the card itself.
  document.addEventListener("pointerover", (event) => {
    if (event.pointerType !== "mouse") return;
    const element = target(event);
    if (element) show(element);
    else if (box.contains(event.target)) clearTimeout(waiting);
    else if (shown && shown !== document.activeElement) {
      clearTimeout(waiting);
      waiting = setTimeout(hide, 250);
    }
  });
  document.addEventListener("click", (event) => {
    const element = target(event);
    if (element) show(element);
    else if (!box.contains(event.target)) hide();
  });
  document.addEventListener("focusin", (event) => { if (target(event) === event.target) show(event.target); });
  document.addEventListener("focusout", hide);
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });
  document.addEventListener("scroll", () => { if (shown) place(); }, true);
  document.addEventListener("toggle", () => { if (shown) shown.getClientRects().length ? place() : hide(); }, true);
  addEventListener("resize", hide);

  return { add: (part) => parts.push(part), show, hide };
})();
