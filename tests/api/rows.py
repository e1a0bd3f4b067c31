"""How many rows there are of everything, to prove that a refusal stored nothing."""

from __future__ import annotations

from django.apps import apps

from tracker.models import ApiToken, AuditEvent, AuditHead, AuditSeal

BESIDE = {ApiToken, AuditEvent, AuditHead, AuditSeal}
"""The tokens, which a test makes to speak at all, and the trail, which grows by every refusal."""


def counted() -> dict[str, int]:
    """Rows of every table of the product but those that stand beside what is asked for."""
    models = (model for model in apps.get_app_config("tracker").get_models() if model not in BESIDE)
    return {model.__name__: model._default_manager.count() for model in models}
