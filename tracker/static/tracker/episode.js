// Conveniences of the episode page: a link to a folded form opens it, and a refused form is where the page starts.

function open(id) {
  const target = id && document.getElementById(id);
  if (!target) return;
  const folded = target.matches("details") ? target : target.querySelector("details.more");
  if (folded && target.matches("details")) folded.open = true;
  target.scrollIntoView({ block: "start" });
}

document.addEventListener("click", (event) => {
  const link = event.target.closest('a[href^="#"]');
  if (link) open(link.hash.slice(1));
});

const errors = document.querySelector(".error-summary");
if (errors) {
  errors.focus();
  errors.scrollIntoView({ block: "center" });
} else if (location.hash) {
  open(location.hash.slice(1));
}
