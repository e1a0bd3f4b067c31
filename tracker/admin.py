"""The admin site: for whoever runs the installation, in by our own sign-in with a second factor. No patient is on it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode

from tracker.models import Clinic, User


class Site(admin.AdminSite):
    """Shows what stands in this file and nothing that an installed app would add."""

    site_header = site_title = "Recovery"

    def has_permission(self, request: HttpRequest) -> bool:
        user = request.user
        shown = isinstance(user, User) and user.presence is not None and user.presence.second_factor
        return bool(shown and user.is_active and user.is_superuser)

    def __init__(self, name: str = "admin") -> None:
        super().__init__(name)
        for model, shown in SHOWN.items():
            super().register(model, shown)

    def register(self, *_: Any, **__: Any) -> None:
        """Installed apps bring their own tables, secrets of second factors among them: none of those is shown."""

    def get_urls(self) -> list[Any]:
        """Without the way to a row by the number of its table, which no table here has."""
        return [url for url in super().get_urls() if getattr(url, "name", "") != "view_on_site"]

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """To our own sign-in, or to setting up the second factor that is missing; a stranger hears that it is not theirs."""
        user = request.user
        if not isinstance(user, User):
            following = request.GET.get("next") or reverse("admin:index")
            return redirect(f"{reverse('account_login')}?{urlencode({'next': following})}")
        return redirect("mfa_index" if user.is_superuser else "home")

    def logout(self, request: HttpRequest, extra_context: Any = None) -> Any:
        return redirect("account_logout")

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> Any:
        return redirect("account_change_password")


class LookOnly(admin.ModelAdmin):
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ClinicAdmin(LookOnly):
    list_display = fields = ("name", "time_zone", "phone", "emergency_number")


class PeopleAdmin(LookOnly):
    """Who works in a clinic or runs the installation. Patients and their helpers are not on the list."""

    list_display = fields = ("name", "email", "is_active", "is_superuser", "last_login")

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        people: QuerySet[User] = super().get_queryset(request)
        return people.filter(Q(memberships__isnull=False) | Q(is_superuser=True)).distinct()


SHOWN: dict[type[Model], type[admin.ModelAdmin]] = {Clinic: ClinicAdmin, User: PeopleAdmin}
