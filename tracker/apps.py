from __future__ import annotations

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules

from recovery import celery


class TrackerConfig(AppConfig):
    name = "tracker"
    label = "tracker"
    verbose_name = "Recovery"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        celery.app.set_default()
        autodiscover_modules("checks")  # which registers what `check` asks; it reads models, so not before now
