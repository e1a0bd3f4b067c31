// Keys for the worklist and a quiet refresh. Everything here can also be done by click and by Tab.

const EVERY_MS = 60_000;
const root = () => document.querySelector("[data-worklist]");
const opens = () => [...root().querySelectorAll("tr[id] a.button")];
const rowOf = (node) => node?.closest("tr[id]") ?? node?.closest("tr.answer")?.previousElementSibling;
const currentRow = () => rowOf(document.activeElement);

let keysOn = localStorage.getItem("worklist-keys") !== "off";

function move(by) {
  const links = opens();
  const at = links.findIndex((link) => rowOf(link) === currentRow());
  const link = links[Math.max(0, Math.min(links.length - 1, at + by))];
  link?.focus({ preventScroll: true });
  rowOf(link)?.scrollIntoView({ block: "nearest" });
}

function respond(first) {
  const link = currentRow()?.querySelector("a.link");
  if (!link) return;
  const address = new URL(link.href);
  address.hash = "";
  if (first) address.searchParams.set("do", first);
  location.assign(address);
}

const KEYS = {
  j: () => move(1),
  k: () => move(-1),
  o: () => currentRow()?.querySelector("a.button")?.click(),
  a: () => respond(""),
  n: () => respond("look"),
};

function pressed(event) {
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  if (!keysOn || typing || event.ctrlKey || event.metaKey || event.altKey) return;
  const act = KEYS[event.key];
  if (!act) return;
  event.preventDefault();
  act();
}

function showKeys() {
  const legend = root().querySelector("[data-keys]");
  const button = root().querySelector("[data-keys-switch]");
  legend.hidden = false;
  button.setAttribute("aria-pressed", String(keysOn));
  button.textContent = keysOn ? "Keys on" : "Keys off";
}

function switchKeys(event) {
  if (!event.target.closest("[data-keys-switch]")) return;
  keysOn = !keysOn;
  localStorage.setItem("worklist-keys", keysOn ? "on" : "off");
  showKeys();
}

const busy = () => document.hidden || root().querySelector(".answer") || document.activeElement?.matches("input, textarea");

// The page as the browser itself reads it: text is never made into markup here, which the content policy forbids.
function loaded(address) {
  return new Promise((resolve) => {
    const asked = new XMLHttpRequest();
    asked.responseType = "document";
    asked.addEventListener("loadend", () => resolve(asked.status === 200 ? asked.response : null));
    asked.open("GET", address);
    asked.setRequestHeader("Accept", "text/html");
    asked.send();
  });
}

async function refresh() {
  if (busy()) return;
  const fresh = (await loaded(location.href))?.querySelector("[data-worklist]");
  if (!fresh || busy()) return;
  const row = currentRow()?.id;
  root().replaceWith(document.adoptNode(fresh));
  showKeys();
  if (row) document.getElementById(row)?.querySelector("a.button")?.focus({ preventScroll: true });
}

function arrive() {
  const first = root().querySelector("[data-first]");
  const row = location.hash.startsWith("#e") ? document.getElementById(location.hash.slice(1)) : null;
  const target = first ?? row?.querySelector("a.button");
  target?.focus({ preventScroll: true });
  (first?.closest("tr") ?? row)?.scrollIntoView?.({ block: "center" });
}

document.addEventListener("keydown", pressed);
document.addEventListener("click", switchKeys);
document.addEventListener("visibilitychange", refresh);
setInterval(refresh, EVERY_MS);
showKeys();
// A browser that scrolls to the address's row takes the focus away from whatever has it, so ours comes after that.
if (document.readyState === "complete") arrive();
else addEventListener("load", () => setTimeout(arrive));
