"""Where the pages are. The paths are fixed: messages, tests and bookmarks rely on them."""

from __future__ import annotations

from django.contrib.auth.views import LogoutView
from django.urls import include, path

from tracker.web import accounts, checkins, home, plan, progress, settings, today

urlpatterns = [
    path("", home.home, name="home"),
    path("accounts/login/", accounts.SignIn.as_view(), name="login"),
    path("accounts/logout/", LogoutView.as_view(), name="logout"),
    path("today/", today.today, name="today"),
    path("restrictions/<uuid:public_id>/seen/", today.restriction_seen, name="restriction-seen"),
    path("check-in/", checkins.check_in, name="check-in"),
    path("check-in/<uuid:public_id>/", checkins.amend, name="check-in-amend"),
    path("check-in/done/<uuid:public_id>/", checkins.done, name="check-in-done"),
    path("progress/", progress.progress, name="progress"),
    path("plan/", plan.plan, name="plan"),
    path("settings/", settings.settings, name="settings"),
    path("settings/tokens/", settings.make_token, name="token-make"),
    path("settings/tokens/<uuid:public_id>/revoke/", settings.revoke_token, name="token-revoke"),
    path("", include("tracker.web.staff_urls")),
]
