// Passkeys. A form with data-passkey ("create" or "get") asks the browser for a credential first, then goes as any form
// goes. What to ask stands in the JSON that data-options names, or is fetched from the address in data-fetch.

const SAID = {
  NotAllowedError: "That was not finished. Try again when you are ready, or choose another way.",
  InvalidStateError: "This phone or computer already has a passkey for you here.",
  SecurityError: "A passkey does not work at this address. Open the page at its usual name.",
};
const UNKNOWN = "The passkey could not be used. Try again, or choose another way.";

async function optionsOf(form) {
  if (!form.dataset.fetch) return JSON.parse(document.getElementById(form.dataset.options).textContent);
  const answer = await fetch(form.dataset.fetch, { headers: { Accept: "application/json", "X-Requested-With": "XMLHttpRequest" } });
  if (!answer.ok) throw new Error("no options");
  return answer.json();
}

function create({ creation_options: options }) {
  Object.assign(options.publicKey.authenticatorSelection, {
    residentKey: "required",
    requireResidentKey: true,
    userVerification: "required",
  });
  return window.webauthnJSON.create(options);
}

const get = ({ request_options: options }) => window.webauthnJSON.get(options);

export const credentialOf = async (form) =>
  JSON.stringify(await (form.dataset.passkey === "create" ? create : get)(await optionsOf(form)));

export const sentence = (error) => SAID[error.name] ?? UNKNOWN;

async function ask(event) {
  const form = event.target.closest("form[data-passkey]");
  if (!form || form.elements.credential.value) return;
  event.preventDefault();
  const error = document.querySelector("[data-passkey-error]");
  if (error) error.hidden = true;
  try {
    form.elements.credential.value = await credentialOf(form);
    form.submit();
  } catch (failure) {
    if (!error) return;
    error.textContent = sentence(failure);
    error.hidden = false;
  }
}

document.addEventListener("submit", ask);
// A page that comes back from the browser's memory asks anew: a credential opens once.
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-passkey]")) form.elements.credential.value = "";
});
