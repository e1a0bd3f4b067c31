// Covers a page of staff when nobody has done anything for a while, and uncovers it in place, with what was typed.
// The server decides: this page only asks how long is left, says when somebody is there, and hides what it shows.

const frame = document.getElementById("lock");
const { awake, unlock, start, json, passkeys } = frame.dataset;
const WARNING_MS = Number(frame.dataset.warning) * 1000;
const TELL_EVERY_MS = 60_000;
const title = document.title;

let ends = Date.now() + Number(frame.dataset.left) * 1000;
let told = Date.now();
let cover = null;
let warning = null;
let asking = false;
let focused = null;

const part = (selector) => document.importNode(frame.content.querySelector(selector), true);
const headers = { Accept: "application/json" };

function live(seconds) {
  ends = Date.now() + seconds * 1000;
  warning?.remove();
  warning = null;
  uncover();
}

async function ask(method = "GET") {
  const body = method === "POST" ? new FormData(frame.content.querySelector("form")) : undefined;
  const answer = await fetch(awake, { method, body, headers, redirect: "manual" }).catch(() => null);
  if (answer?.ok) return live((await answer.json()).left);
  // Signed out elsewhere, or for too long: there is nothing here to unlock.
  if (answer && (answer.type === "opaqueredirect" || answer.status === 401)) return leave();
  return cover_up();
}

function leave() {
  hide();
  location.replace(start);
}

// --- Somebody is there

function act(event) {
  if (cover || !event.isTrusted || Date.now() - told < (warning ? 1000 : TELL_EVERY_MS)) return;
  told = Date.now();
  ask("POST");
}

function warn(seconds) {
  if (!warning) {
    warning = part(".lock-warning");
    document.body.append(warning);
  }
  warning.querySelector("[data-seconds]").textContent = String(seconds);
}

function tick() {
  if (cover || asking) return;
  const left = ends - Date.now();
  if (left > WARNING_MS) return;
  if (left > 0) return warn(Math.ceil(left / 1000));
  asking = true; // another window may have kept it awake
  ask().finally(() => (asking = false));
}

// --- Covered

function hide() {
  document.documentElement.classList.add("locked");
}

function cover_up() {
  warning?.remove();
  warning = null;
  if (cover) return;
  focused = document.activeElement;
  hide();
  document.title = "Locked · Recovery";
  cover = part(".locked-cover");
  cover.addEventListener("submit", open);
  document.body.append(cover);
  cover.querySelector("h1").focus();
  offer();
}

function uncover() {
  document.documentElement.classList.remove("locked");
  if (!cover) return;
  cover.remove();
  cover = null;
  document.title = title;
  focused?.focus?.({ preventScroll: true });
}

function say(text) {
  const said = cover?.querySelector("[data-said]");
  if (!said) return;
  said.textContent = text;
  said.hidden = !text;
}

let options = null;
let sentence = null;

async function offer() {
  const answer = await fetch(unlock, { headers, redirect: "manual" }).catch(() => null);
  if (!answer) return say("There is no connection. Try again when you are online.");
  if (!answer.ok) return leave();
  const found = await answer.json();
  options = found.request_options;
  if (options) [{ sentence }] = await Promise.all([import(passkeys), import(json)]); // only now: pages stay light
  for (const form of cover?.querySelectorAll("[data-way]") ?? []) form.hidden = !found.ways.includes(form.dataset.way);
}

async function open(event) {
  const form = event.target;
  if (!form.dataset.way) return;
  event.preventDefault();
  try {
    if (form.dataset.way === "passkey") form.elements.credential.value = JSON.stringify(await window.webauthnJSON.get(options));
  } catch (failure) {
    return say(sentence(failure));
  }
  await send(form);
}

async function send(form) {
  const answer = await fetch(unlock, { method: "POST", body: new FormData(form), headers, redirect: "manual" }).catch(() => null);
  if (!answer) return say("There is no connection. Try again when you are online.");
  if (answer.type === "opaqueredirect") return leave();
  const said = await answer.json().catch(() => ({}));
  if (answer.ok) return live(said.left);
  say(said.sentence ?? said.detail ?? "That did not work. Try again.");
  form.reset();
  if (form.dataset.way === "passkey") offer();
}

for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, act, { capture: true, passive: true });
document.addEventListener("visibilitychange", () => document.hidden || tick());
// What the browser keeps in its memory is kept covered, and shown again only once the server has said so.
addEventListener("pagehide", (event) => event.persisted && hide());
addEventListener("pageshow", (event) => event.persisted && ask());
setInterval(tick, 1000);
