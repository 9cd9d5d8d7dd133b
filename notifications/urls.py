"""The doors of notifications."""

from django.urls import path

from notifications.pages.desk import desk
from notifications.pages.mail_events import mail_events
from notifications.pages.slack_actions import slack_actions
from notifications.pages.unsubscribe import unsubscribe

urlpatterns = [
    path("u/<str:token>", unsubscribe, name="unsubscribe"),
    path("desk/<slug:channel>/", desk, name="desk"),
    path("slack/actions/", slack_actions, name="slack-actions"),
    path("mail/events/<slug:provider>/", mail_events, name="mail-events"),
]
