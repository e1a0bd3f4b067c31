// Recovery codes: on paper or in a file of one's own. Without this they can be written down.

const actions = document.querySelector("[data-codes-actions]");

if (actions) {
  const codes = [...document.querySelectorAll("[data-codes] code")].map((code) => code.textContent);
  const file = new Blob([`Recovery codes. Each opens your account once.\n\n${codes.join("\n")}\n`], { type: "text/plain" });
  actions.querySelector("[data-codes-download]").href = URL.createObjectURL(file);
  actions.querySelector("[data-codes-print]").addEventListener("click", () => print());
  actions.hidden = false;
}
