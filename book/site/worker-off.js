// Takes the place of a worker that was published before: forgets what was kept, and itself.
"use strict";
const PREFIX = `book ${new URL("./", self.location).href} `;
self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil((async () => {
  for (const name of await caches.keys()) if (name.startsWith(PREFIX)) await caches.delete(name);
  await self.registration.unregister();
})()));
