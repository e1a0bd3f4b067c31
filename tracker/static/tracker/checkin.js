// Conveniences of the check-in. The page works without them: the server says the same things after it is sent.
const form = document.getElementById("check-in");
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

// What was entered outlives a lost connection or a reload, in this tab only, until it is saved or its owner goes: session.js.
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
