// The map: point at a chapter and what it builds on lights up; press a path and its chapters do.
"use strict";
(() => {
  const map = document.querySelector(".map");
  const stops = [...map.querySelectorAll(".stop")];
  const lines = [...map.querySelectorAll("path")];
  const words = (text) => text.split(" ").filter(Boolean);
  let shown = "";

  const light = (isOn) => {
    map.toggleAttribute("data-lit", Boolean(isOn));
    for (const part of [...stops, ...lines]) part.classList.toggle("on", Boolean(isOn) && isOn(part.dataset));
  };
  const path = () => light(shown && ((data) => words(data.paths).includes(shown)));
  const show = (key) => {
    shown = key;
    for (const button of map.querySelectorAll("[data-show]"))
      button.setAttribute("aria-pressed", String(button.dataset.show === key));
    path();
  };
  const chapter = ({ slug, needs }) => {
    const below = new Set([slug, ...words(needs)]);
    light((data) => (data.slug ? below.has(data.slug) : below.has(data.from) && words(data.to).some((to) => below.has(to))));
  };

  for (const stop of stops) {
    for (const event of ["mouseenter", "focus"]) stop.addEventListener(event, () => chapter(stop.dataset));
    for (const event of ["mouseleave", "blur"]) stop.addEventListener(event, path);
  }
  map.querySelector(".map-show").hidden = false;
  for (const button of map.querySelectorAll("[data-show]"))
    button.addEventListener("click", () => show(shown === button.dataset.show ? "" : button.dataset.show));
  document.addEventListener("book-path", (event) => show(event.detail));
  show(localStorage.getItem("book-path") || "");
})();
