"""The doors of tracking that are not admin pages."""

from django.urls import include, path

from tracking.ingest.views import hook

urlpatterns = [
    path("hooks/<slug:slug>/", hook, name="hook"),
    path("", include("tracking.pages.urls")),
]
