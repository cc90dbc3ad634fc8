// Reading without a network. The build writes VERSION, FILES (address → digest of the content) and SHELL in front.
// Online, everything comes from the network, as without this worker; what passes is kept if it is of this version. A new
// version takes over what was kept, unchanged files from here and changed ones anew, so that no page meets another's style.
"use strict";
const root = new URL("./", self.location).href;
const PREFIX = `book ${root} `;
const CACHE = PREFIX + VERSION;
const PATIENCE = 5000; // ms to wait for a slow network when there is a copy

const named = (url) => {
  const path = new URL(url, root).href.split(/[?#]/)[0];
  if (!path.startsWith(root)) return "";
  const name = decodeURI(path.slice(root.length));
  return name === "" || name.endsWith("/") ? name + "index.html" : name;
};
const ours = async () => (await caches.keys()).filter((name) => name.startsWith(PREFIX));
const digest = async (response) => {
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", await response.arrayBuffer()));
  return [...bytes.slice(0, 8)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
};

// Keep an answer, if it is the file of this version.
const keep = async (name, response) => {
  if (!response || response.status !== 200 || (await digest(response.clone())) !== FILES[name]) return false;
  await (await caches.open(CACHE)).put(root + name, response);
  return true;
};
const has = async (name) => Boolean(await (await caches.open(CACHE)).match(root + name));
const bring = async (name) => {
  if (await has(name)) return;
  for (const old of await ours()) {
    if (await keep(name, await (await caches.open(old)).match(root + name))) return;
  }
  if (!(await keep(name, await fetch(root + name, { cache: "no-cache" })))) throw new Error(`${name} is not of version ${VERSION}`);
};

const install = async () => {
  const before = new Set();
  for (const old of await ours()) {
    for (const request of await (await caches.open(old)).keys()) before.add(named(request.url));
  }
  await Promise.all(SHELL.map(bring));
  await Promise.allSettled([...before].filter((name) => name in FILES).map(bring));
  await self.skipWaiting();
};
const activate = async () => {
  for (const old of await ours()) if (old !== CACHE) await caches.delete(old);
  await self.clients.claim();
};

// Pages, styles and scripts must be of one version, so each is asked for anew: "not modified" is a short answer.
const TOGETHER = new Set(["document", "style", "script"]);
const late = (copy) => new Promise((resolve) => { if (copy) setTimeout(() => resolve(copy), PATIENCE); });
const answer = async (event, name) => {
  const copy = await (await caches.open(CACHE)).match(root + name);
  const request = event.request;
  const network = fetch(request, TOGETHER.has(request.destination) ? { cache: "no-cache" } : {}).then((response) => {
    if (!copy) event.waitUntil(keep(name, response.clone()));
    return response;
  });
  try {
    return await Promise.race([network, late(copy)]);
  } catch (error) {
    if (copy) return copy;
    if (request.mode === "navigate") return Response.redirect(root + "offline.html");
    throw error;
  }
};

// What a page asks to be kept, one file after the other, with word to it on how far that is: the whole book, or what the
// page had loaded before there was a worker.
const save = async (wanted, port) => {
  const names = wanted ? [...new Set(wanted.map(named))].filter((name) => name in FILES) : Object.keys(FILES).filter((name) => !HEAVY.includes(name));
  const failed = [];
  for (const [i, name] of names.entries()) {
    await bring(name).catch((error) => failed.push(error.message));
    port.postMessage({ done: i + 1, of: names.length, failed });
  }
};

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(activate()));
self.addEventListener("message", (event) => event.waitUntil(save(event.data, event.ports[0])));
self.addEventListener("fetch", (event) => {
  const name = event.request.method === "GET" ? named(event.request.url) : "";
  if (name in FILES) event.respondWith(answer(event, name));
});
