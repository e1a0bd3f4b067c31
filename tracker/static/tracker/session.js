// What a browser still holds of a person goes when they go: drafts, pages kept in memory, pages in other windows.
// The server keeps none of it from being shown again by itself, since that happens without asking it.
const { person } = document.body.dataset;
const OWNER = "person";

function forget() {
  sessionStorage.clear();
  if (person) sessionStorage.setItem(OWNER, person);
}

// Somebody else signed in here since the last page: what the one before had typed is not theirs to see.
if (sessionStorage.getItem(OWNER) !== person) forget();

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
