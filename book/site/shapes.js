// What a name in code referred to, beside the name: pointed at, focused or tapped.
"use strict";
(() => {
  const said = JSON.parse(document.getElementById("_shapes").textContent);
  const line = document.createElement("p");
  line.id = "_shape";
  const fill = (name) => {
    line.textContent = said[name.dataset.v];
    return line;
  };
  card.add({ at: "[data-v]", fill });

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
    code.addEventListener("keydown", (event) => {
      if (event.target !== current || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === "Enter" || event.key === " ") card.show(current);
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
