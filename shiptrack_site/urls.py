"""Every door of the site. The rooms bring their own lists; here they get their place."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from shiptrack_site.health import healthz, readyz
from shiptrack_site.landing import login

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/tracking/discipline/", include("tracking.admin.discipline")),
    path("admin/login/", login),
    path("admin/", admin.site.urls),
    path("healthz", healthz),
    path("readyz", readyz),
    path("", include("tracking.urls")),
    path("", include("notifications.urls")),
]
