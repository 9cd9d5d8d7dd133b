"""The doors of notifications."""

from django.urls import path

from notifications.pages.mail_events import mail_events
from notifications.pages.unsubscribe import unsubscribe

urlpatterns = [
    path("u/<str:token>", unsubscribe, name="unsubscribe"),
    path("mail/events/<slug:provider>/", mail_events, name="mail-events"),
]
