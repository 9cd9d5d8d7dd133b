"""Pausing channels and the switch for all customer messages, by those who may; opt-outs without names."""

import pytest
from django.test import Client

from notifications.models import ChannelState, MessagingSwitch, OptOut
from tests.notifications.mail import NOON
from tests.tracking.admin.world import person
from tracking.models import Store

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stage")]
PAGE = "/admin/notifications/channelstate/"


def test_the_switch_asks_first_and_shows_where_messages_are_read(client: Client) -> None:
    client.force_login(person("boss", "edit_policies"))
    client.post(PAGE, {"do": "off"})
    assert not MessagingSwitch.objects.exists()
    client.post(PAGE, {"do": "off", "sure": "1", "note": "Wrong words"})
    assert MessagingSwitch.objects.get().is_off
    for page in (PAGE, "/admin/notifications/outboxrow/"):
        assert "All customer messages are off" in client.get(page).content.decode()
    client.post(PAGE, {"do": "on"})
    assert not MessagingSwitch.objects.get().is_off


def test_a_channel_is_paused_and_resumed(client: Client) -> None:
    client.force_login(person("boss", "edit_policies"))
    client.post(PAGE, {"do": "pause:email", "note": "The provider is down"})
    assert ChannelState.objects.get(channel="email").paused_at
    assert "The provider is down" in client.get(PAGE).content.decode()
    client.post(PAGE, {"do": "resume:email"})
    assert ChannelState.objects.get(channel="email").paused_at is None


def test_an_agent_only_looks(client: Client) -> None:
    client.force_login(person("agent", "message_customer"))
    assert client.post(PAGE, {"do": "off", "sure": "1"}).status_code == 403
    assert "Switch all" not in client.get(PAGE).content.decode()


def test_opt_outs_name_nobody(client: Client) -> None:
    OptOut.objects.create(
        store_id=Store.objects.all()[0].pk, email_key="ab" * 32, purpose="progress", at=NOON, how="page"
    )
    client.force_login(person("agent"))
    html = client.get("/admin/notifications/optout/").content.decode()
    assert "Progress of a delivery" in html and "abab" not in html
