"""Addresses under /accounts/: ours where allauth's own views lack something, else allauth's."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

from tracker.web import accounts

urlpatterns: list[URLPattern | URLResolver] = [
    path("login/", accounts.SignIn.as_view(), name="account_login"),
    path("logout/", accounts.SignOut.as_view(), name="account_logout"),
    path("login/code/confirm/", accounts.TypeCode.as_view(), name="account_confirm_login_code"),
    path("reauthenticate/", accounts.Confirm.as_view(), name="account_reauthenticate"),
    # The page of one's own account lists the browsers, and ends them one by one.
    path("sessions/", login_required(RedirectView.as_view(pattern_name="account")), name="usersessions_list"),
    path("", include("allauth.urls")),
]
