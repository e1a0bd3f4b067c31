"""Addresses under /accounts/: ours where allauth's own views lack something, else allauth's."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from tracker.web import accounts

urlpatterns: list[URLPattern | URLResolver] = [
    path("login/", accounts.SignIn.as_view(), name="account_login"),
    path("logout/", accounts.SignOut.as_view(), name="account_logout"),
    path("login/code/confirm/", accounts.TypeCode.as_view(), name="account_confirm_login_code"),
    path("reauthenticate/", accounts.Confirm.as_view(), name="account_reauthenticate"),
    path("", include("allauth.urls")),
]
