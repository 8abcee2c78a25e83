// Elements with data-live="topic" are told when something changed: they get the event "live", for hx-trigger="live".
const RETRY = 5000;
let source = null;
let listened = "";
let timer = 0;

function elements() {
  return [...document.querySelectorAll("[data-live]")];
}

function wake(element) {
  const active = document.activeElement;
  if (active && active.matches("input, textarea, select") && element.contains(active)) return; // never under one's hands
  window.htmx.trigger(element, "live");
}

function connect(again) {
  const topics = [...new Set(elements().flatMap((one) => one.dataset.live.split(" ")))].sort();
  const query = topics.map((one) => `topic=${encodeURIComponent(one)}`).join("&");
  if (document.hidden || !query) return disconnect();
  if (source && listened === query) return;
  disconnect();
  listened = query;
  source = new EventSource(`/console/live?${query}`);
  let missed = again;
  source.addEventListener("open", () => {
    if (missed) elements().forEach(wake);
    missed = true;
  });
  source.addEventListener("changed", (event) => {
    const topic = JSON.parse(event.data).topic;
    for (const one of elements()) if (one.dataset.live.split(" ").includes(topic)) wake(one);
  });
  source.addEventListener("error", () => {
    if (source && source.readyState === EventSource.CLOSED) { // refused, not merely cut off
      disconnect();
      timer = setTimeout(connect, RETRY, true);
    }
  });
}

function disconnect() {
  clearTimeout(timer);
  source?.close();
  source = null;
  listened = "";
}

document.addEventListener("visibilitychange", () => connect(true));
window.addEventListener("pagehide", disconnect);
document.body.addEventListener("htmx:afterSettle", () => connect(false));
connect(false);
