// What a name in code referred to, beside the name: pointed at, focused or tapped.
"use strict";
(() => {
  const said = JSON.parse(document.getElementById("shapes").textContent);
  const tip = document.createElement("div");
  tip.id = "shape";
  tip.setAttribute("role", "tooltip");
  tip.hidden = true;
  document.body.append(tip);
  let shown, waiting;

  const place = () => {
    const name = shown.getBoundingClientRect();
    const room = document.documentElement.clientWidth - tip.offsetWidth - 8;
    const above = name.top - tip.offsetHeight - 4;
    tip.style.left = `${Math.max(8, Math.min(name.left, room)) + scrollX}px`;
    tip.style.top = `${(above < 8 ? name.bottom + 4 : above) + scrollY}px`;
  };
  const hide = () => {
    clearTimeout(waiting);
    if (shown) shown.removeAttribute("aria-describedby");
    shown = undefined;
    tip.hidden = true;
  };
  const show = (name) => {
    clearTimeout(waiting);
    if (name === shown) return;
    hide();
    shown = name;
    tip.textContent = said[name.dataset.v];
    tip.hidden = false;
    tip.style.left = tip.style.top = 0; // so that it is as wide as it likes
    place();
    name.setAttribute("aria-describedby", tip.id);
  };
  const named = (event) => event.target instanceof Element && event.target.closest("[data-v]");

  // A mouse that leaves has a moment to reach the line itself.
  document.addEventListener("pointerover", (event) => {
    if (event.pointerType !== "mouse") return;
    const name = named(event);
    if (name) show(name);
    else if (tip.contains(event.target)) clearTimeout(waiting);
    else if (shown && shown !== document.activeElement) {
      clearTimeout(waiting);
      waiting = setTimeout(hide, 250);
    }
  });
  document.addEventListener("click", (event) => {
    const name = named(event);
    if (name) show(name);
    else if (!tip.contains(event.target)) hide();
  });
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });
  document.addEventListener("scroll", () => { if (shown) place(); }, true);
  document.addEventListener("toggle", () => { if (shown) shown.getClientRects().length ? place() : hide(); }, true);
  addEventListener("resize", hide);

  // One tab stop in a cell; from there the arrow keys go from name to name.
  const stop = (name, on) => {
    if (on) {
      name.tabIndex = 0;
      name.setAttribute("role", "button");
    } else {
      name.removeAttribute("tabindex");
      name.removeAttribute("role");
    }
  };
  const beside = (names, from, key) => {
    const at = names.indexOf(from);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: names.length - 1 }[key];
    if (to !== undefined) return names[to];
    const box = from.getBoundingClientRect();
    const down = key === "ArrowDown";
    const far = (name) => {
      const other = name.getBoundingClientRect();
      const lines = down ? other.top - box.bottom : box.top - other.bottom;
      return lines < -2 ? Infinity : 1e4 * Math.round(lines) + Math.abs(other.left - box.left);
    };
    const best = names.reduce((one, two) => (far(two) < far(one) ? two : one));
    return far(best) < Infinity ? best : undefined;
  };
  for (const code of document.querySelectorAll(".cell_input pre")) {
    const names = [...code.querySelectorAll("[data-v]")];
    if (!names.length) continue;
    let current = names[0];
    stop(current, true);
    code.addEventListener("focusin", (event) => { if (named(event)) show(named(event)); });
    code.addEventListener("focusout", hide);
    code.addEventListener("keydown", (event) => {
      if (event.target !== current || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === "Enter" || event.key === " ") show(current);
      else if (!/^(Arrow|Home$|End$)/.test(event.key)) return;
      else {
        const next = beside(names, current, event.key);
        if (next) {
          stop(current, false);
          current = next;
          stop(current, true);
          current.focus();
        }
      }
      event.preventDefault();
    });
  }
})();
