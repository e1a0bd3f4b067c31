// Asks the browser's leave to show messages, and tells the server where to send them. Without it the button stays hidden.
const form = document.querySelector("form[data-push]");
const able = "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;
const says = form?.querySelector("[data-says]");

// The one place where an address becomes a program, and the one address that may. The content policy names this policy.
const only = (address) => {
  if (address !== "/worker.js") throw new TypeError("no other worker");
  return address;
};
const workers = window.trustedTypes?.createPolicy("recovery-worker", { createScriptURL: only }) ?? { createScriptURL: only };

function octets(key) {
  const text = atob(key.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

function text(buffer) {
  const characters = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(characters).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

// A browser that agreed while the clinic had another key must agree anew, or nothing would arrive.
async function agreed(manager) {
  const key = octets(form.dataset.push);
  const before = await manager.getSubscription();
  const known = before?.options.applicationServerKey;
  if (before && !(known && text(known) === text(key))) await before.unsubscribe();
  return manager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
}

async function agree(event) {
  event.preventDefault();
  says.textContent = "";
  try {
    if ((await Notification.requestPermission()) !== "granted") {
      says.textContent = says.dataset.refused;
      return;
    }
    await navigator.serviceWorker.register(workers.createScriptURL(form.dataset.worker), { scope: "/" });
    const { pushManager } = await navigator.serviceWorker.ready;
    const subscription = await agreed(pushManager);
    form.elements.endpoint.value = subscription.endpoint;
    form.elements.p256dh.value = text(subscription.getKey("p256dh"));
    form.elements.auth.value = text(subscription.getKey("auth"));
    form.submit();
  } catch {
    says.textContent = says.dataset.failed;
  }
}

if (form && able) {
  form.hidden = false;
  form.addEventListener("submit", agree);
}
