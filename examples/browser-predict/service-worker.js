/** Keeps the page itself, so that it opens without a network: what is new is taken from the network where there is one. */
const CACHE = 'browser-predict';

/** What the page consists of; vite.config.ts fills it in. */
const FILES = [];

self.addEventListener('install', (event) => {
  self.skipWaiting();
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(FILES)));
});
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  // The model's files are kept by bertune, under a name of their own.
  const isOwn = url.origin === location.origin && !/\.(?:onnx|safetensors|json)$/.test(url.pathname);
  if (request.method === 'GET' && isOwn) event.respondWith(answer(request));
});

async function answer(request) {
  const cache = await caches.open(CACHE);
  try {
    const response = await fetch(request);
    if (response.ok) await cache.put(request, response.clone());
    return response;
  } catch (error) {
    const kept = await cache.match(request, { ignoreSearch: true });
    if (kept) return kept;
    throw error;
  }
}
