"""Where the pages are. The paths are fixed: messages, tests and bookmarks rely on them."""

from __future__ import annotations

from django.urls import include, path

from tracker.web import (
    bounces,
    caregivers,
    checkins,
    consents,
    home,
    invites,
    mail,
    places,
    plan,
    progress,
    push,
    reminders,
    settings,
    short_links,
    today,
    unsubscribe,
)

urlpatterns = [
    path("", home.home, name="home"),
    path("accounts/where/", places.places, name="places"),
    path("today/", today.today, name="today"),
    path("restrictions/<uuid:public_id>/seen/", today.restriction_seen, name="restriction-seen"),
    path("check-in/", checkins.check_in, name="check-in"),
    path("check-in/<uuid:public_id>/", checkins.amend, name="check-in-amend"),
    path("check-in/done/<uuid:public_id>/", checkins.done, name="check-in-done"),
    path("progress/", progress.progress, name="progress"),
    path("plan/", plan.plan, name="plan"),
    path("reminders/", reminders.reminders, name="reminders"),
    path("reminders/test/", reminders.test, name="reminder-test"),
    path("reminders/list/<uuid:public_id>/read/", reminders.read, name="reminder-read"),
    path("demo/mail/", mail.mail, name="demo-mail"),
    path("settings/", settings.settings, name="settings"),
    path("settings/consent/", consents.consent, name="consent"),
    path("settings/caregivers/", caregivers.helpers, name="caregivers"),
    path("settings/caregivers/<uuid:public_id>/again/", caregivers.invite_again, name="caregiver-again"),
    path("settings/caregivers/<uuid:public_id>/end/", caregivers.end, name="caregiver-end"),
    path("invites/address/", invites.address, name="invite-address"),
    path("invites/consent/", invites.consent, name="invite-consent"),
    path("invites/confirm/", invites.confirm, name="invite-confirm"),
    path("invites/ways/", invites.ways, name="invite-ways"),
    path("invites/<str:token>/", invites.invite, name="invite"),
    path("unsubscribe/<str:token>/", unsubscribe.unsubscribe, name="unsubscribe"),
    path("l/<slug:code>/", short_links.short_link, name="short-link"),
    path("push/", push.subscribe, name="push"),
    path("push/<uuid:public_id>/forget/", push.forget, name="push-forget"),
    path("worker.js", push.worker, name="push-worker"),
    *bounces.patterns(),
    path("", include("tracker.web.account_urls")),
    path("", include("tracker.web.staff_urls")),
]
