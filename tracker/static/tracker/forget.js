// A signed-out person leaves no draft behind in this tab.
const { person } = document.body.dataset;
sessionStorage.clear();
if (person) sessionStorage.setItem("person", person);
// The sign-in page is shown to nobody who is signed in: other windows may still show somebody.
else new BroadcastChannel("recovery").postMessage(location.pathname);
document.getElementById("errors")?.focus();
