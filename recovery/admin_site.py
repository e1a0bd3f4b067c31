from __future__ import annotations

from django.contrib.admin.apps import AdminConfig


class OurAdmin(AdminConfig):
    """The admin site is our own class of it."""

    default = False
    default_site = "tracker.admin.Site"
