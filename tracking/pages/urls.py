"""Addresses of the customer's page."""

from django.urls import path

from tracking.pages.track import look_up, problem, track

urlpatterns = [
    path("track/", look_up, name="track_look_up"),
    path("track/<str:token>/", track, name="track"),
    path("track/<str:token>/problem/", problem, name="track_problem"),
]
