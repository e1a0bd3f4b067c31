from __future__ import annotations

from django.apps import AppConfig

from recovery import celery
from tracker import checks


class TrackerConfig(AppConfig):
    name = "tracker"
    label = "tracker"
    verbose_name = "Recovery"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        celery.app.set_default()
        checks.register()
