{% load static %}// Shows what the clinic's reminders say, and opens the page they lead to. Keeps nothing, and answers no request.
self.addEventListener("push", (event) => {
  let told = {};
  try {
    told = event.data.json();
  } catch {
    // A message that cannot be read still tells that there is one.
  }
  const shown = {
    body: told.body || "Something is waiting for you.",
    tag: told.tag || "",
    data: { link: told.link || "/" },
    icon: "{% static 'tracker/icon.svg' %}",
  };
  event.waitUntil(self.registration.showNotification(told.title || "Recovery", shown));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const link = new URL(event.notification.data.link, self.location.origin);
  if (link.origin === self.location.origin) event.waitUntil(self.clients.openWindow(link.href));
});
