from __future__ import annotations

from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView

from recovery import docs, health

urlpatterns = [
    path("health/live", health.live, name="health-live"),
    path("health/pages", health.pages, name="health-pages"),
    path("health/ready", health.ready, name="health-ready"),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", docs.Docs.as_view(url_name="schema"), name="docs"),
    path("api/v1/", include("tracker.api.urls")),
    path("admin/", admin.site.urls),
    path("accounts/", include("tracker.web.account_urls")),
    path("", include("tracker.web.urls")),
]

handler500 = "recovery.errors.fault"
handler429 = "tracker.web.accounts.too_many"
