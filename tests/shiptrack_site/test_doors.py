"""The site's own addresses."""

import pytest
from django.contrib.auth.models import User
from django.test import Client


@pytest.mark.django_db
def test_the_root_leads_to_the_admin_and_its_login(client: Client) -> None:
    answer = client.get("/", follow=True)
    assert answer.redirect_chain == [("/admin/", 302), ("/admin/login/?next=/admin/", 302)]
    assert answer.status_code == 200


@pytest.mark.django_db
def test_an_administrator_sees_people_but_no_background_queue(client: Client) -> None:
    client.force_login(User.objects.create_superuser("boss"))
    page = client.get("/admin/").content.decode()
    assert "/admin/auth/user/" in page
    assert "django_q" not in page
    assert client.get("/admin/auth/user/").status_code == 200
