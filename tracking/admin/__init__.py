"""The admin pages. A new page is one new file and one line here."""

from tracking.admin import (
    case,
    code,
    configuration,
    dispute,
    inbound,
    mapping,
    order,
    people,
    playbook,
    routing,
    shipment,
    source,
    team_load,
    ticket,
)

__all__ = [
    "case",
    "code",
    "configuration",
    "dispute",
    "inbound",
    "mapping",
    "order",
    "people",
    "playbook",
    "routing",
    "shipment",
    "source",
    "team_load",
    "ticket",
]
