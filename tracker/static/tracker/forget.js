// A saved check-in and a signed-out person leave no draft behind in this tab.
sessionStorage.clear();
document.getElementById("errors")?.focus();
