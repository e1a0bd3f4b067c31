"""Addresses of one's own account, beside those of allauth under /accounts/."""

from __future__ import annotations

from django.urls import URLPattern, path

from tracker.web import account, confirm, lock, tokens

urlpatterns: list[URLPattern] = [
    path("account/", account.show, name="account"),
    path("account/confirm/", confirm.ConfirmByCode.as_view(), name="confirm-code"),
    path("account/awake/", lock.awake, name="awake"),
    path("account/unlock/", lock.unlock, name="unlock"),
    path("account/browsers/end/", account.end_browser, name="browser-end"),
    path("account/browsers/end-others/", account.end_others, name="browsers-end-others"),
    path("account/tokens/", tokens.make, name="account-token-make"),
    path("account/tokens/<uuid:public_id>/end/", tokens.end, name="account-token-end"),
    # Where a patient's programs were, before there was a page for everybody's.
    path("settings/tokens/", tokens.make, name="token-make"),
    path("settings/tokens/<uuid:public_id>/revoke/", tokens.end, name="token-revoke"),
]
