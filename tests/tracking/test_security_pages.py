"""What browsers are told on every page, who may do what there, and how an installation guards its cookies."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client
from django.urls import NoReverseMatch, URLPattern, reverse

from tests.tracking.admin.world import NOW, World
from tracking import clock
from tracking.models import ExceptionCase, Shipment
from tracking.presets import defaults

pytestmark = pytest.mark.django_db
DATA = ("application/json", "text/template", "text/html")  # no browser runs these
OURS = ("tracking_", "notifications_", "auth_")
PASSING = {"tracking_viewing", "tracking_wakeflag"}
ROOT = Path(__file__).parent.parent.parent
LEFT_OUT = ("admin:logout", "admin:password_change")  # they change one's own session and nothing else
PRODUCTION = {
    "MODE": "production", "ALLOWED_HOSTS": "track.example.com", "SECRET_KEY": "x" * 60, "FIELD_KEYS": "A" * 43 + "=",
    "DATABASE_URL": "postgresql://a@localhost/b",
}  # fmt: skip
GUARDS = {
    "DEBUG": False,
    "SESSION_COOKIE_SECURE": True,
    "SESSION_COOKIE_HTTPONLY": True,
    "SESSION_COOKIE_SAMESITE": "Lax",
    "CSRF_COOKIE_SECURE": True,
    "CSRF_COOKIE_SAMESITE": "Lax",
    "SECURE_SSL_REDIRECT": True,
    "SECURE_HSTS_SECONDS": 365 * 24 * 3600,
    "SECURE_CONTENT_TYPE_NOSNIFF": True,
    "X_FRAME_OPTIONS": "DENY",
    "CSRF_TRUSTED_ORIGINS": ["https://track.example.com"],
}
PRINT = "import json; from django.conf import settings; print(json.dumps({n: getattr(settings, n) for n in %r}))"


@pytest.fixture(autouse=True)
def _now() -> Iterator[None]:
    with clock.at(NOW):
        yield


@pytest.fixture
def case() -> ExceptionCase:
    """A small world with every preset."""
    world = World.make()
    defaults.load()
    return world.case(events=1)


def member(group: str) -> User:
    """A person of one group."""
    user = User.objects.create_user(f"in {group}", is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    return user


class Scripts(HTMLParser):
    """Collects what a strict policy would not run: scripts in the page, handlers in attributes, script addresses."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        if tag == "script" and "src" not in given and given.get("type") not in DATA:
            self.found.append("<script>")
        self.found += [f"{tag} {name}" for name in given if name.startswith("on")]
        self.found += [f"{tag} {name}" for name, value in given.items() if value.strip().startswith("javascript:")]
        if tag == "script" and given.get("src", "/").startswith(("http:", "https:", "//")):
            self.found.append(f"foreign script {given['src']}")


def all_pages() -> Iterator[str]:
    """Every page of the admin that can be named with the id of a row that exists, and the public ones."""
    token = Shipment.objects.values_list("public_token", flat=True)[0]
    yield from ("/", "/admin/", "/admin/login/", "/healthz", f"/track/{token}/", "/track/", "/track/none/")
    yield from admin_addresses()


def admin_addresses() -> Iterator[str]:
    """Every address of the admin, with the first row of its model or the number 1 where it takes one."""
    for pattern in admin.site.get_urls():
        yield from _reversed(pattern, "admin:")


def _reversed(pattern: object, prefix: str) -> Iterator[str]:
    if not isinstance(pattern, URLPattern):
        for inner in getattr(pattern, "url_patterns", ()):
            yield from _reversed(inner, prefix)
        return
    name = prefix + (pattern.name or "")
    if not pattern.name or name.startswith(LEFT_OUT):
        return
    count = len(pattern.pattern.converters) or pattern.pattern.regex.groups
    try:
        yield reverse(name, args=[_row_of(name)] * count)
    except NoReverseMatch:
        yield from ()


def _row_of(name: str) -> object:
    for model in admin.site._registry:
        if name.startswith(f"admin:{model._meta.app_label}_{model._meta.model_name}_"):
            row = model._default_manager.order_by("pk").first()
            return row.pk if row else 1
    first = ExceptionCase.objects.values_list("pk", flat=True).first()
    return first or 1


def test_no_page_has_a_script_or_handler_of_its_own(client: Client, case: ExceptionCase) -> None:
    client.force_login(User.objects.create_superuser("root"))
    looked_at = 0
    for address in all_pages():
        answer = client.get(address, follow=True)
        policy = answer.headers["Content-Security-Policy"]
        path = answer.request["PATH_INFO"]
        assert "'unsafe-inline'" not in policy.partition("script-src")[2].partition(";")[0], address
        assert ("'unsafe-eval'" in policy) <= path.startswith("/admin/"), address
        assert "default-src 'none'" in policy
        if answer.status_code != 200 or "html" not in answer.headers["Content-Type"]:
            continue
        scripts = Scripts()
        scripts.feed(answer.content.decode())
        assert scripts.found == [], address
        looked_at += 1
    assert looked_at > 60


def test_strangers_are_sent_to_the_login_from_everywhere(client: Client, case: ExceptionCase) -> None:
    addresses = list(admin_addresses())
    assert len(addresses) > 100
    for address in addresses:
        answer = client.get(address)
        if answer.status_code == 200:
            assert address in ("/admin/login/", "/admin/jsi18n/"), address
        else:
            assert answer.status_code in (302, 403, 404, 405), address


def everything() -> dict[str, str]:
    """Return a digest of every table of both apps and of people; who looks at what at the moment is left out."""
    with connection.cursor() as cursor:
        names = [name for name in connection.introspection.table_names(cursor) if name.startswith(OURS)]
        digests = {}
        for name in sorted(set(names) - PASSING):
            cursor.execute(f"SELECT md5(string_agg(told::text, '|' ORDER BY told::text)) FROM {name} AS told")
            digests[name] = str(cursor.fetchone()[0])
    return digests


def test_auditors_can_post_everywhere_and_change_nothing(client: Client, case: ExceptionCase) -> None:
    client.force_login(member("Auditors"))
    before, posted = everything(), 0
    for address in admin_addresses():
        answer = client.post(address, {"post": "yes", "note": "x", "_save": "1"})
        assert answer.status_code < 500, address
        posted += 1
    assert everything() == before
    assert posted > 100


@pytest.mark.parametrize("group", ["Support agents", "Operations managers"])
@pytest.mark.parametrize("model", ["source", "statusmapping", "store"])
def test_what_administrators_own_is_closed_to_others(
    client: Client, case: ExceptionCase, group: str, model: str
) -> None:
    client.force_login(member(group))
    before = everything()
    row = _row_of(f"admin:tracking_{model}_change")
    added = client.post(reverse(f"admin:tracking_{model}_add"), {"name": "x", "slug": "x"})
    changed = client.post(reverse(f"admin:tracking_{model}_change", args=[row]), {"name": "changed"})
    assert added.status_code in (403, 404)
    assert changed.status_code != 500
    assert everything() == before


def test_a_form_without_its_token_is_refused(case: ExceptionCase) -> None:
    strict = Client(enforce_csrf_checks=True)
    assert strict.post("/admin/login/", {"username": "agent", "password": "agent"}).status_code == 403
    strict.force_login(User.objects.create_superuser("root"))
    assert strict.post(reverse("admin:tracking_store_add"), {"name": "x"}).status_code == 403


def test_production_guards_its_cookies() -> None:
    clean = {key: value for key, value in os.environ.items() if key in ("PATH", "HOME", "LANG")}
    environment = {**clean, **PRODUCTION, "DJANGO_SETTINGS_MODULE": "shiptrack_site.settings"}
    words = [sys.executable, "-c", PRINT % list(GUARDS)]
    done = subprocess.run(words, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == GUARDS
