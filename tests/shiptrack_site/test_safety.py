"""What browsers are told, and whom we believe about addresses."""

import pytest
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from shiptrack_site.client_address import client_address
from shiptrack_site.content_security import ContentSecurityMiddleware


def policy(answer: object) -> dict[str, str]:
    header: str = answer.headers["Content-Security-Policy"]  # type: ignore[attr-defined]
    return dict(part.strip().split(" ", 1) for part in header.split(";") if part.strip())


def test_public_pages_run_no_foreign_and_no_inline_script(client: Client) -> None:
    rules = policy(client.get("/healthz"))
    assert rules["script-src"] == "'self'"
    assert rules["default-src"] == "'none'"
    assert "unsafe" not in str(rules)


def test_each_answer_has_a_nonce_of_its_own_which_the_page_knows(rf: RequestFactory) -> None:
    seen = []

    def page(request: HttpRequest) -> HttpResponse:
        seen.append(request.csp_nonce)  # type: ignore[attr-defined]
        return HttpResponse()

    middleware = ContentSecurityMiddleware(page)
    rules = [policy(middleware(rf.get("/track/x/")))["style-src"] for _ in range(2)]
    assert rules == [f"'self' 'nonce-{nonce}'" for nonce in seen]
    assert seen[0] != seen[1]


@pytest.mark.django_db
def test_only_the_admin_may_evaluate(client: Client) -> None:
    assert policy(client.get("/admin/login/"))["script-src"] == "'self' 'unsafe-eval'"


@pytest.mark.parametrize(
    ("proxies", "told", "expected"),
    [
        (0, "6.6.6.6", "10.0.0.1"),
        (1, "", "10.0.0.1"),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "6.6.6.6, 203.0.113.9", "203.0.113.9"),
        (2, "6.6.6.6, 203.0.113.9, 10.0.0.7", "203.0.113.9"),
    ],
)
def test_what_a_client_writes_about_itself_is_not_believed(
    rf: RequestFactory, monkeypatch: pytest.MonkeyPatch, proxies: int, told: str, expected: str
) -> None:
    monkeypatch.setattr(settings, "TRUSTED_PROXIES", proxies)
    request = rf.get("/", headers={"X-Forwarded-For": told} if told else None, REMOTE_ADDR="10.0.0.1")
    assert client_address(request) == expected


@pytest.mark.django_db
def test_ten_wrong_passwords_close_the_door_for_that_name_and_address(client: Client) -> None:
    for _ in range(settings.AXES_FAILURE_LIMIT):
        answer = client.post("/admin/login/", {"username": "agent", "password": "guess"})
    assert answer.status_code == 429
    other = client.post("/admin/login/", {"username": "manager", "password": "guess"})
    assert other.status_code == 200
