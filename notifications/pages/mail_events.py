"""The door for mail providers: what became of messages after they left. django-anymail 15 reads the reports."""

from typing import Any

from anymail.signals import AnymailTrackingEvent, EventType
from anymail.signals import tracking as tracking_signal
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponseBase
from django.utils.module_loading import import_string
from django.views.decorators.csrf import csrf_exempt

from notifications.outbox.operations import take_mail_report
from notifications.vocabulary import MailNews
from tracking import clock
from tracking.models.parties import email_hash

VIEWS = {
    "resend": "anymail.webhooks.resend.ResendTrackingWebhookView",
    "postmark": "anymail.webhooks.postmark.PostmarkTrackingWebhookView",
    "sendgrid": "anymail.webhooks.sendgrid.SendGridTrackingWebhookView",
    "mailgun": "anymail.webhooks.mailgun.MailgunTrackingWebhookView",
    "brevo": "anymail.webhooks.brevo.BrevoTrackingWebhookView",
}
NEWS: dict[str, MailNews] = {
    EventType.DELIVERED: MailNews.DELIVERED,
    EventType.DEFERRED: MailNews.DEFERRED,
    EventType.BOUNCED: MailNews.BOUNCED,
    EventType.REJECTED: MailNews.BOUNCED,
    EventType.COMPLAINED: MailNews.COMPLAINED,
    EventType.UNSUBSCRIBED: MailNews.UNSUBSCRIBED,
}
SANDBOX_PLAYS = "resend"


@csrf_exempt  # providers prove themselves by signature or shared secret, which anymail checks
def mail_events(request: HttpRequest, provider: str) -> HttpResponseBase:
    """Hand a provider's report to its reader; any provider but the one in use is unknown here."""
    in_use = SANDBOX_PLAYS if settings.EMAIL_PROVIDER == "sandbox" else settings.EMAIL_PROVIDER
    if provider != in_use or provider not in VIEWS or not settings.EMAIL_WEBHOOK_SECRET:
        raise Http404
    return import_string(VIEWS[provider]).as_view()(request)


def take(sender: Any, event: AnymailTrackingEvent, esp_name: str, **options: Any) -> None:
    """Take one report down."""
    news = NEWS.get(event.event_type)
    if news is None:
        return
    name = event.event_id or f"{event.message_id}:{event.event_type}:{event.timestamp or ''}"
    take_mail_report(
        provider=esp_name.lower()[:32],
        event_id=str(name),
        message_id=str(event.message_id or ""),
        email_key=email_hash(event.recipient or ""),
        news=news,
        at=event.timestamp or clock.now(),
        detail=(event.reject_reason or event.mta_response or event.description or "")[:300],
    )


tracking_signal.connect(take, dispatch_uid="notifications.mail_events")
