// What every page of a signed-in person does, and the check-in's conveniences: one file, since a phone on a slow
// network pays for each request. Every page works without it.

// --- What a browser holds of a person -------------------------------------------------------------------------------
// It goes when they go: drafts, pages kept in memory, pages in other windows. The server keeps none of it from being
// shown again by itself, since that happens without asking it.
const { person } = document.body.dataset;
const OWNER = "person";

function forget() {
  sessionStorage.clear();
  if (person) sessionStorage.setItem(OWNER, person);
}

// Somebody else signed in here since the last page: what the one before had typed is not theirs to see. Nor does a
// check-in that is saved leave its draft behind.
if (sessionStorage.getItem(OWNER) !== person || document.querySelector("[data-saved]")) forget();

function blank() {
  document.documentElement.hidden = true;
}

document.addEventListener("submit", ({ target }) => target.matches("form[action$='/logout/']") && sessionStorage.clear());

// Windows of the same browser leave together, to wherever the sign-in page is that told them so.
new BroadcastChannel("recovery").addEventListener("message", ({ data }) => {
  blank();
  sessionStorage.clear();
  location.replace(data);
});

// A page of staff covers and uncovers itself: lock.js. Every other one is asked for anew, and the server decides.
if (!document.getElementById("lock")) {
  addEventListener("pagehide", ({ persisted }) => persisted && blank());
  addEventListener("pageshow", ({ persisted }) => persisted && location.reload());
}

// --- The check-in ---------------------------------------------------------------------------------------------------
// The server says the same things after it is sent.
function checkIn(form) {
  const alarm = document.getElementById("alarm");
  const ticked = (name) => form.querySelector(`[value="${name}"]`)?.checked ?? false;

  // The emergency number at the tick itself, before anything is sent.
  function warn(event) {
    const calls = [...form.querySelectorAll("[data-alarm]:checked")].some(
      ({ dataset }) => dataset.alarm === "now" || dataset.alarm.split(" ").some(ticked),
    );
    if (calls && alarm.hidden && event) {
      alarm.hidden = false;
      alarm.scrollIntoView({ block: "start" });
    }
    alarm.hidden = !calls;
  }

  // "None of these" and a symptom take each other back.
  function either({ target }) {
    if (target.name !== "symptoms" || !target.checked) return;
    for (const other of form.querySelectorAll("[name=symptoms]:checked")) {
      if (other !== target && ("none" in target.dataset || "none" in other.dataset)) other.checked = false;
    }
  }

  // What was entered outlives a lost connection or a reload, in this tab only, until it is saved or its owner goes.
  const key = form.dataset.draft;
  const kept = ["csrfmiddlewaretoken", "client_key"];
  function keep() {
    const draft = [...new FormData(form)].filter(([name, value]) => value && !kept.includes(name));
    sessionStorage.setItem(key, JSON.stringify(draft));
  }
  function restore() {
    if (!key || form.querySelector(":checked:not(option)")) return;
    for (const [name, value] of JSON.parse(sessionStorage.getItem(key) ?? "[]")) {
      const field = form.querySelector(`[name="${name}"][value="${CSS.escape(value)}"]`) ?? form.elements[name];
      if (field?.type === "radio" || field?.type === "checkbox") field.checked = field.value === value;
      else if (field && "value" in field) field.value = value;
    }
  }

  if (key) {
    restore();
    form.addEventListener("input", keep);
  }
  form.addEventListener("change", (event) => {
    either(event);
    warn(event);
    if (key) keep();
  });
  // A second press while the first is on its way.
  form.addEventListener("submit", () => {
    const button = form.querySelector("button");
    button.textContent = "Saving …";
    setTimeout(() => (button.disabled = true));
  });
  warn();
  document.getElementById("errors")?.focus();
}

const form = document.getElementById("check-in");
if (form) checkIn(form);
