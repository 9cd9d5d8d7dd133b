"""The sandbox over real loopback HTTP: answers, page, posting with retries, clean end."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Event, Thread

import pytest

from tests.tracking.sandbox.helpers import MONDAY, only
from tracking.management.commands.sandbox import wait_for_world
from tracking.sandbox import worldfile
from tracking.sandbox.accounts import SOURCES
from tracking.sandbox.arrivals import Arrival
from tracking.sandbox.engine import World
from tracking.sandbox.pusher import RETRIES, Pusher, poster
from tracking.sandbox.server import Sandbox
from tracking.sandbox.truth import truth
from tracking.sandbox.wire import Delivery

DAY = timedelta(days=1)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    server = Sandbox(0, lambda: MONDAY + DAY)
    server.start()
    yield server
    server.stop()


def _call(sandbox: Sandbox, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, bytes]:
    connection = HTTPConnection(sandbox.origin.removeprefix("http://"), timeout=5)
    connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, content


def test_vendors_answer_503_until_there_is_a_world(sandbox: Sandbox) -> None:
    assert _call(sandbox, "POST", "/fedex/oauth/token")[0] == 503
    assert _call(sandbox, "GET", "/")[0] == 200


def test_token_and_tracking_over_http(sandbox: Sandbox) -> None:
    sandbox.world = World.single("label_never_lodged", MONDAY)
    settings = SOURCES["fedex-main"].settings_at(sandbox.origin)
    form = f"grant_type=client_credentials&client_id={settings['client_id']}&client_secret={settings['client_secret']}"
    status, content = _call(sandbox, "POST", "/fedex/oauth/token", form.encode())
    assert status == 200
    bearer = json.loads(content)["access_token"]
    asked = {"trackingInfo": [{"trackingNumberInfo": {"trackingNumber": only(sandbox.world).vendor_numbers["a"]}}]}
    path = "/fedex/track/v1/trackingnumbers"
    status, content = _call(sandbox, "POST", path, json.dumps(asked).encode(), Authorization=f"Bearer {bearer}")
    assert status == 200
    assert b"Shipment information sent to FedEx" in content


def test_the_page_tells_what_is_played_and_never_the_truth(sandbox: Sandbox) -> None:
    sandbox.world = World.single("lost", MONDAY)
    _call(sandbox, "POST", "/fedex/oauth/token")
    page = _call(sandbox, "GET", "/")[1].decode()
    assert "calls: fedex token" in page
    assert "Lost" in page
    assert truth("lost").happened not in page


def test_the_page_shows_what_arrived_and_runs_nothing_of_it(sandbox: Sandbox) -> None:
    sandbox.world = World.single("lost", MONDAY)
    sandbox.world.arrivals.add(Arrival("slack", "message", MONDAY, "1.2", "#parcels", "Stalled <b>", "No scan <i>"))
    letter = {"from": "a@x.example", "to": ["b@x.example"], "subject": "Late & sorry", "html": "<p>Hi</p>", "text": ""}
    _call(sandbox, "POST", "/resend/emails", json.dumps(letter).encode(), Authorization="Bearer re_sandbox")
    page = _call(sandbox, "GET", "/")[1].decode()
    assert "Mailbox (1)" in page and "Slack (1)" in page
    assert "Late &amp; sorry" in page and "Stalled &lt;b&gt;" in page and "No scan &lt;i&gt;" in page
    assert '<iframe sandbox title="As HTML" loading="lazy" srcdoc="&lt;p&gt;Hi&lt;/p&gt;">' in page


def test_bodies_without_end_are_refused(sandbox: Sandbox) -> None:
    assert _call(sandbox, "POST", "/fedex/oauth/token", b"", Content_Length=str(1 << 30))[0] == 413
    assert _call(sandbox, "POST", "/fedex/oauth/token", b"", Content_Length="many")[0] == 413


class _Receiver(BaseHTTPRequestHandler):
    seen: list[tuple[str, str | None, bytes]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.seen.append((self.path, self.headers["X-Shopify-Topic"], body))
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


def test_who_hangs_up_is_no_error_and_a_fault_is(sandbox: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    for fault, is_told in ((ConnectionResetError(), False), (ArithmeticError(), True)):
        try:
            raise fault
        except (ConnectionResetError, ArithmeticError):
            sandbox._server.handle_error(None, ("127.0.0.1", 1))
        assert bool(capsys.readouterr().err) == is_told


def test_webhooks_are_posted_to_the_hook_of_their_source_byte_for_byte() -> None:
    receiver = HTTPServer(("127.0.0.1", 0), _Receiver)
    Thread(target=receiver.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    world = World.single("healthy_usps", MONDAY)
    until = MONDAY + 10 * DAY
    pusher = Pusher(world, poster(f"http://127.0.0.1:{receiver.server_address[1]}"), MONDAY)
    pusher.step(until)
    receiver.shutdown()
    receiver.server_close()
    expected = world.deliveries(MONDAY, until)
    assert _Receiver.seen == [(d.path, d.headers.get("X-Shopify-Topic"), d.body) for d in expected]
    assert pusher.outcomes == {"delivered": len(expected)}


def test_a_post_that_nobody_answers_counts_as_failed() -> None:
    receiver = HTTPServer(("127.0.0.1", 0), _Receiver)
    port = receiver.server_address[1]
    receiver.server_close()
    delivery = World.single("healthy_usps", MONDAY).deliveries(MONDAY, MONDAY + DAY)[0]
    assert poster(f"http://127.0.0.1:{port}")(delivery) == 0


@pytest.mark.parametrize(("slug", "kind"), [("northlight-shopify", "shopify"), ("usps-main", "usps")])
def test_failed_posts_are_tried_again_as_the_vendor_does_and_then_given_up(slug: str, kind: str) -> None:
    world = World.single("healthy_usps", MONDAY)
    posts: list[tuple[datetime, bytes]] = []
    now = next(d.at for d in world.deliveries(MONDAY, MONDAY + DAY) if d.source_slug == slug)

    def refuse(delivery: Delivery) -> int:
        if delivery.source_slug == slug:
            posts.append((now, delivery.body))
            return 503
        return 200

    pusher = Pusher(world, refuse, now - timedelta(seconds=1))
    for pause in (0, *RETRIES[kind]):
        now += timedelta(seconds=pause)
        pusher.step(now)
    first = posts[0][1]
    assert sum(body == first for _, body in posts) == len(RETRIES[kind]) + 1
    assert pusher.outcomes["given up"] >= 1


def test_fedex_counts_only_200_and_202_as_taken() -> None:
    world = World.single("healthy_fedex_ground", MONDAY)
    pusher = Pusher(world, lambda delivery: 204, MONDAY)
    pusher.step(MONDAY + 3 * DAY)
    fedex = [d for d in world.deliveries(MONDAY, MONDAY + 3 * DAY) if d.source_slug == "fedex-main"]
    assert pusher.outcomes["failed attempts"] == len(fedex)
    assert pusher.waiting == len(fedex)


def test_shopify_retries_fit_its_four_hours() -> None:
    assert len(RETRIES["shopify"]) == 8
    assert sum(RETRIES["shopify"]) <= 4 * 3600


def test_the_record_of_a_world_survives_the_file(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "sandbox.json"
    assert worldfile.read(path) is None
    record = worldfile.WorldRecord(5, MONDAY, days=10, orders=90)
    worldfile.write(path, record)
    assert worldfile.read(path) == record
    assert worldfile.read_mark(path) is None
    worldfile.write_mark(path, MONDAY + DAY)
    assert worldfile.read_mark(path) == MONDAY + DAY


def test_waiting_for_a_world_ends_when_stopped(tmp_path: Path) -> None:
    stop = Event()
    stop.set()
    assert wait_for_world(tmp_path / "sandbox.json", stop) is None


def test_sigterm_ends_the_command(tmp_path: Path) -> None:
    command = [sys.executable, "manage.py", "sandbox", "--port", "0", "--world", str(tmp_path / "none.json")]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"}
    ) as run:
        assert run.stdout
        assert "Sandbox at http://127.0.0.1:" in run.stdout.readline()
        run.send_signal(signal.SIGTERM)
        assert run.wait(30) == 0
