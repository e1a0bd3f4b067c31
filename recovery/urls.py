from __future__ import annotations

from importlib.util import find_spec

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from recovery import health

urlpatterns: list[URLPattern | URLResolver] = [
    path("health/live", health.live, name="health-live"),
    path("health/ready", health.ready, name="health-ready"),
    path("admin/", admin.site.urls),
]
# until both rooms stand
if find_spec("tracker.api") and find_spec("tracker.api.urls"):
    from drf_spectacular.views import SpectacularAPIView

    from recovery import docs

    urlpatterns += [
        path("api/v1/", include("tracker.api.urls")),
        path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
        path("api/docs/", docs.Docs.as_view(url_name="schema"), name="docs"),
    ]
if find_spec("tracker.web") and find_spec("tracker.web.urls"):
    urlpatterns.append(path("", include("tracker.web.urls")))
