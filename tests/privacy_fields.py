"""Every field of both apps that can hold words: what is personal in it, or why it is not. A new field must be added."""

from typing import Any

from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import models

# What is emptied or blotted out when a person is erased.
PERSONAL = {
    "notifications.DeliveryAttempt": "detail",
    "notifications.MailReport": "detail",
    "notifications.OutboxAction": "note",
    "notifications.OutboxRow": "subject_text body_text body_html",
    "notifications.SuppressedAddress": "detail",
    "tracking.CaseActivity": "before after note",
    "tracking.Customer": "email name phone locale",
    "tracking.CustomerPromise": "text ended_because",
    "tracking.CustomerReport": "said",
    "tracking.DomainEvent": "payload",
    "tracking.EvidenceSection": "content",
    "tracking.ExceptionCase": "evidence brief next_action waiting_on outcome_note",
    "tracking.InboundMessage": "headers body error notes result",
    "tracking.Observation": "signed_by delivered_postcode delivered_to proof_url",
    "tracking.Order": "ship_to_postcode",
    "tracking.Shipment": (
        "signed_by delivered_to delivered_postcode proof_url ship_to_postcode sentence_parameters care_reason"
    ),
    "tracking.Signal": "evidence brief",
    "tracking.StatusChange": "sentence_parameters",
    "tracking.SupportTicket": "subject said",
    "tracking.TrackingCode": "sample_text",
    "tracking.TrackingEvent": "own_text postcode signed_by",
}

# Hashes, ids and tokens of machines; towns, regions and countries, which many share; what a shop calls its goods and
# ways of shipping; words of colleagues about settings and about each other; codes without fixed choices.
HARMLESS = {
    "notifications.ChannelAccount": "channel name settings secrets",
    "notifications.ChannelState": "channel note",
    "notifications.Decision": "rule_key recipient channel topic facts",
    "notifications.MailReport": "provider event_id",
    "notifications.MessageDraft": "key content",
    "notifications.MessagingSwitch": "note",
    "notifications.OptOut": "email_key how",
    "notifications.OutboxRow": (
        "channel recipient topic reason rule_key true_while held_by template_key language address_key provider_id"
    ),
    "notifications.RuleSetVersion": "content note",
    "notifications.SlackPerson": "workspace slack_user",
    "notifications.SlackPress": "request_key workspace slack_user place message_ts action choice answer",
    "notifications.SuppressedAddress": "email_key",
    "notifications.TemplateVersion": "key language subject body note",
    "tracking.Absence": "note",
    "tracking.CarePolicy": "name currency tag country",
    "tracking.Carrier": "code name country time_zone tracking_url",
    "tracking.ClaimPolicy": "note",
    "tracking.ConfigurationApplication": "record",
    "tracking.ConfigurationDraft": "kind content",
    "tracking.ConfigurationVersion": "kind content note",
    "tracking.Customer": "email_key",
    "tracking.CustomerKnowledge": "topic reason",
    "tracking.CustomerReport": "language",
    "tracking.DomainEvent": "kind",
    "tracking.EvidenceSection": "name sha256",
    "tracking.ExceptionCase": "cost_currency",
    "tracking.FeedGap": "external_id label",
    "tracking.FetchBack": "url",
    "tracking.Fulfilment": "external_id status carrier_name service_name lines",
    "tracking.InboundMessage": "topic about body_hash delivery_id",
    "tracking.Job": "kind cursor error",
    "tracking.KindPolicy": "next_action",
    "tracking.Macro": "name note next_action",
    "tracking.MappingVersion": "note",
    "tracking.Observation": (
        "told_before estimate_precision delay_flag delivered_city delivered_region delivered_country"
    ),
    "tracking.Order": (
        "public_token external_id number normalized_number currency ship_to_city ship_to_region ship_to_country "
        "shipping_method tags corrected_fields"
    ),
    "tracking.OrderAlias": "external_id",
    "tracking.OrderLine": "external_id sku title",
    "tracking.OwnReport": "fulfilment_id",
    "tracking.PollState": "number",
    "tracking.PrivacyTask": "kind customer_external_id email_key order_external_ids",
    "tracking.PromisePolicy": "shipping_method country",
    "tracking.PublicUse": "key",
    "tracking.RevealLog": "where",
    "tracking.RoutingRule": "name country currency tags",
    "tracking.SavedView": "name query",
    "tracking.Service": "name aliases",
    "tracking.Shipment": (
        "public_token number ship_to_city ship_to_region ship_to_country ship_from_country care_policy promise_origin "
        "estimate_precision delivered_city delivered_region delivered_country sentence_key"
    ),
    "tracking.Signal": "fingerprint",
    "tracking.Source": "slug name settings secrets token cursor last_failure",
    "tracking.StatusChange": "from_status reason evidence sentence_key",
    "tracking.StatusMapping": "row_key source_kind carrier field code subcode pattern description",
    "tracking.Store": "name brand brand_colour default_language time_zone currency country sender_email",
    "tracking.SupportTicket": "desk external_id url",
    "tracking.Team": "name slug time_zone country email slack_channel",
    "tracking.TrackingCode": "source_kind carrier keys raw_code raw_subcode text_shape decided_by",
    "tracking.TrackingEvent": "time_text carrier city region country corrected_status",
    "tracking.TrackingNumber": "number carrier_group",
    "tracking.WakeFlag": "lane",
    "tracking.Warehouse": "name country region city time_zone aliases",
    "tracking.WindowPolicy": "window",
    "tracking.WorkerHeartbeat": "cluster",
}
_WORDS = (models.CharField, models.TextField, models.JSONField, models.BinaryField)


def declared(table: dict[str, str]) -> set[str]:
    """Return "app.Model.field" for each field of a table."""
    return {f"{model}.{name}" for model, names in table.items() for name in names.split()}


def found() -> set[str]:
    """Return "app.Model.field" for each stored field of both apps that can hold any words."""
    rows = [model for name in ("tracking", "notifications") for model in apps.get_app_config(name).get_models()]
    return {
        f"{model._meta.label}.{field.name}"
        for model in rows
        for field in model._meta.local_concrete_fields
        if _holds_words(field)
    }


def _holds_words(field: Any) -> bool:
    inner = field.base_field if isinstance(field, ArrayField) else field
    return isinstance(inner, _WORDS) and not inner.choices
