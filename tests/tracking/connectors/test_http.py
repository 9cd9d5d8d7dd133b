"""Calls out: guarded addresses, bounds, failures told apart, quiet logs. Against a real server on loopback."""

import gzip
import logging
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tracking.connectors.http import CallFailed, HttpClient, HttpRequest, HttpResponse, RequestsTransport, transport
from tracking.connectors.http.addresses import check_url, is_never_called, is_public, vetted_addresses
from tracking.connectors.http.client import retry_after, safe_url

PUBLIC = "93.184.215.14"


class Vendor(BaseHTTPRequestHandler):
    """Plays a vendor: the path says how to behave."""

    protocol_version = "HTTP/1.1"
    seen: list[tuple[str, str, dict[str, str], bytes]]

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        self.seen.append((self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, body))
        getattr(self, "play_" + self.path.strip("/").split("/")[0].split("?")[0])()

    do_POST = do_GET  # noqa: N815 (the name http.server looks for)

    def answer(self, status: int, body: bytes = b"{}", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def play_ok(self) -> None:
        self.answer(200, b'{"a": 1}', X_Odd="Yes")

    def play_gzip(self) -> None:
        self.answer(200, gzip.compress(b'{"zipped": true}'), Content_Encoding="gzip")

    def play_bomb(self) -> None:
        self.answer(200, gzip.compress(b"0" * 3_000_000), Content_Encoding="gzip")

    def play_status(self) -> None:
        self.answer(int(self.path.split("/")[2]), b'{"why": "so"}', Retry_After="120")

    def play_here(self) -> None:
        self.answer(307, Location="/ok")

    def play_there(self) -> None:
        self.answer(302, Location="http://127.0.0.1:1/secrets")

    def play_round(self) -> None:
        self.answer(302, Location="/round?again")

    def play_drip(self) -> None:
        try:
            self.wfile.write(b"HTTP/1.1 200 OK\r\n")
            for _ in range(100):
                self.wfile.write(b"X-Drip: 1\r\n")
                time.sleep(0.05)
        except OSError:
            return  # cut off, as it should be

    def play_hangup(self) -> None:
        self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, format: str, *args: Any) -> None:
        return


@pytest.fixture(scope="module")
def server() -> Iterator[ThreadingHTTPServer]:
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Vendor)
    httpd.daemon_threads = True
    thread = threading.Thread(target=httpd.serve_forever, daemon=True)
    thread.start()
    yield httpd
    httpd.shutdown()
    httpd.server_close()


@pytest.fixture
def base(server: ThreadingHTTPServer) -> str:
    Vendor.seen = []
    return f"http://127.0.0.1:{server.server_port}"


@pytest.fixture
def client(base: str) -> HttpClient:
    return HttpClient(allow_hosts=frozenset({base.removeprefix("http://")}))


class Canned:
    """A transport that answers from a list, as the demo does in-process."""

    def __init__(self, *answers: HttpResponse) -> None:
        self.answers = list(answers)
        self.requests: list[HttpRequest] = []

    def send(self, request: HttpRequest) -> HttpResponse:
        self.requests.append(request)
        return self.answers.pop(0)


# --- Sending and reading ----------------------------------------------------------------------------------------


def test_json_and_forms_go_out_and_the_answer_comes_back(client: HttpClient, base: str) -> None:
    response = client.request("POST", f"{base}/ok", headers={"Authorization": "Bearer t"}, json={"é": [1]})
    client.request("POST", f"{base}/ok", data={"a": "b c", "d": "&"})
    client.request("GET", f"{base}/ok")
    assert (response.status, response.json(), response.headers["x-odd"]) == (200, {"a": 1}, "Yes")
    posted, form, got = Vendor.seen
    assert posted[2]["content-type"] == "application/json"
    assert posted[2]["authorization"] == "Bearer t"
    assert posted[3] == '{"é":[1]}'.encode()
    assert form[3] == b"a=b+c&d=%26"
    assert (got[0], got[3]) == ("GET", b"")


def test_compressed_answers_are_unpacked(client: HttpClient, base: str) -> None:
    assert client.request("GET", f"{base}/gzip").json() == {"zipped": True}


def test_an_answer_that_unpacks_too_large_is_stopped(base: str) -> None:
    allowed = frozenset({base.removeprefix("http://")})
    client = HttpClient(RequestsTransport(allowed, max_body=100_000), allowed)
    with pytest.raises(CallFailed, match="larger") as failure:
        client.request("GET", f"{base}/bomb")
    assert failure.value.kind == "permanent"


def test_what_is_not_json_is_a_temporary_failure() -> None:
    for body in (b"<html>", b"", b"\xff", b"[" * 100_000):
        with pytest.raises(CallFailed, match="not JSON"):
            HttpResponse(status=200, body=body).json()


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, "permanent"), (401, "auth"), (403, "scope"), (404, "permanent"), (408, "temporary"), (409, "permanent"),
     (425, "temporary"), (429, "quota"), (500, "temporary"), (503, "temporary"), (599, "temporary")],
)  # fmt: skip
def test_failures_are_told_apart_and_never_retried(client: HttpClient, base: str, status: int, kind: str) -> None:
    with pytest.raises(CallFailed) as failure:
        client.request("GET", f"{base}/status/{status}")
    assert (failure.value.kind, failure.value.status, failure.value.retry_after) == (kind, status, 120.0)
    assert failure.value.response is not None
    assert failure.value.response.json() == {"why": "so"}
    assert len(Vendor.seen) == 1


def test_a_caller_may_accept_a_status(client: HttpClient, base: str) -> None:
    assert client.request("GET", f"{base}/status/404", accept=frozenset({404})).status == 404


def test_no_answer_is_temporary(client: HttpClient, base: str) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    dead = HttpClient(allow_hosts=frozenset({f"127.0.0.1:{port}"}))
    for broken, url in ((client, f"{base}/hangup"), (dead, f"http://127.0.0.1:{port}/")):
        with pytest.raises(CallFailed) as failure:
            broken.request("GET", url)
        assert failure.value.kind == "temporary"


def test_a_dripping_answer_is_cut_off_in_time(base: str) -> None:
    allowed = frozenset({base.removeprefix("http://")})
    client = HttpClient(RequestsTransport(allowed, total_seconds=0.4), allowed)
    client.request("GET", f"{base}/ok")  # so that the dripping one comes over a kept connection
    started = time.monotonic()
    with pytest.raises(CallFailed, match=r"within 0\.4 seconds"):
        client.request("GET", f"{base}/drip")
    assert time.monotonic() - started < 2


def test_the_bounds_stay_below_ten_seconds() -> None:
    assert transport.TOTAL_SECONDS < 10
    assert transport.CONNECT_SECONDS * transport.MAX_ADDRESSES < transport.TOTAL_SECONDS


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "30"}, 30.0),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": "999999999"}, 86_400.0),
        ({"retry-after": "Sun, 22 Nov 2026 10:00:30 GMT", "date": "Sun, 22 Nov 2026 10:00:00 GMT"}, 30.0),
        ({"retry-after": "Sun, 22 Nov 2026 09:00:00 GMT", "date": "Sun, 22 Nov 2026 10:00:00 GMT"}, 0.0),
        ({"retry-after": "Sun, 22 Nov 2026 10:00:30 GMT"}, None),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "soon", "date": "Sun, 22 Nov 2026 10:00:00 GMT"}, None),
        ({}, None),
    ],
)
def test_retry_after(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers) == seconds


def test_a_line_break_in_a_setting_sends_nothing() -> None:
    vendor = Canned()
    with pytest.raises(CallFailed, match="line break"):
        HttpClient(vendor).request("GET", "https://api.example.com/", headers={"X-Key": "a\r\nX-Other: b"})
    assert vendor.requests == []


def test_an_unknown_kind_of_failure_is_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match="unknown kind"):
        CallFailed("odd", "x")


# --- Where we may call ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    ["http://api.example.com/", "ftp://api.example.com/", "file:///etc/passwd", "https://", "https:///x", "nonsense",
     "https://user:pass@api.example.com/", "https://api.example.com:99999/", "https://[::1", "//api.example.com/",
     "http://127.0.0.1:9/"],
)  # fmt: skip
def test_only_https_addresses_are_called(url: str) -> None:
    vendor = Canned()
    with pytest.raises(CallFailed) as failure:
        HttpClient(vendor, frozenset({"127.0.0.1:8001"})).request("GET", url)
    assert failure.value.kind == "refused"
    assert vendor.requests == []


def test_a_listed_host_may_be_plain_and_internal_but_only_at_its_port() -> None:
    assert check_url("http://127.0.0.1:8001/fedex", frozenset({"127.0.0.1:8001"})) == ("127.0.0.1", 8001)
    assert check_url("https://Api.Example.com./x", frozenset()) == ("api.example.com", 443)


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "127.9.9.9", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
     "224.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1", "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1",
     "fd00:ec2::254", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe",
     "2002:7f00:1::", "2002:a00:1::", "2001:db8::1"],
)  # fmt: skip
def test_internal_addresses_are_not_public(address: str) -> None:
    assert not is_public(address)

    def resolver(host: str, port: int) -> list[tuple[int, tuple[str, int]]]:
        return [(socket.AF_INET, (PUBLIC, port)), (socket.AF_INET, (address, port))]

    with pytest.raises(CallFailed, match="internal address"):
        vetted_addresses("vendor.example", 443, frozenset(), resolver)


@pytest.mark.parametrize("address", [PUBLIC, "8.8.8.8", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "64:ff9b::808:808"])
def test_public_addresses_are_called(address: str) -> None:
    assert is_public(address)


def test_metadata_is_never_called_even_if_listed() -> None:
    assert is_never_called("169.254.169.254")
    assert is_never_called("::ffff:169.254.169.254")
    with pytest.raises(CallFailed, match="internal"):
        vetted_addresses(
            "metadata.internal", 80, frozenset({"metadata.internal:80"}), lambda h, p: [(2, ("169.254.169.254", p))]
        )


def test_a_name_that_leads_inside_is_refused_before_anything_is_sent(server: ThreadingHTTPServer, base: str) -> None:
    port = server.server_port
    vendor = RequestsTransport(resolver=lambda host, p: [(socket.AF_INET, ("127.0.0.1", p))])
    with pytest.raises(CallFailed) as failure:
        HttpClient(vendor).request("GET", f"https://vendor.example:{port}/ok")
    assert failure.value.kind == "refused"
    assert Vendor.seen == []


def test_the_connection_goes_to_the_vetted_address_and_the_name_is_asked_once(
    server: ThreadingHTTPServer, base: str
) -> None:
    asked: list[str] = []

    def resolver(host: str, port: int) -> list[tuple[int, tuple[str, int]]]:
        asked.append(host)
        return [(socket.AF_INET, ("127.0.0.1" if len(asked) == 1 else "10.0.0.1", port))]

    name = f"vendor.example:{server.server_port}"
    client = HttpClient(RequestsTransport(frozenset({name}), resolver=resolver), frozenset({name}))
    assert client.request("GET", f"http://{name}/ok").status == 200
    assert client.request("GET", f"http://{name}/ok").status == 200, "the connection is kept, with its address"
    assert asked == ["vendor.example"]
    assert Vendor.seen[0][2]["host"] == name


def test_a_name_without_address_is_temporary(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*args: object, **kwargs: object) -> None:
        raise socket.gaierror("no such name")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(CallFailed) as failure:
        HttpClient().request("GET", "https://no-such-name.invalid/")
    assert failure.value.kind == "temporary"


def test_the_environment_cannot_lead_calls_through_a_proxy(
    client: HttpClient, base: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    assert client.request("GET", f"{base}/ok").status == 200


def test_redirects_inside_the_host_are_followed_and_others_refused(client: HttpClient, base: str) -> None:
    assert client.request("POST", f"{base}/here", json={}).json() == {"a": 1}
    assert [(seen[0], seen[3]) for seen in Vendor.seen] == [("POST", b"{}"), ("POST", b"{}")]
    for path in ("there", "round"):
        with pytest.raises(CallFailed, match="redirected") as failure:
            client.request("GET", f"{base}/{path}", headers={"Authorization": "Bearer t"})
        assert failure.value.kind == "refused"


def test_a_post_is_not_turned_into_something_else() -> None:
    vendor = Canned(HttpResponse(302, {"location": "/other"}))
    with pytest.raises(CallFailed, match="redirected"):
        HttpClient(vendor).request("POST", "https://api.example.com/x", json={})


# --- Logs -------------------------------------------------------------------------------------------------------


def test_logs_hold_no_secrets(caplog: pytest.LogCaptureFixture) -> None:
    vendor = Canned(HttpResponse(200, {"set-cookie": "c00kie"}, b'{"access_token": "t0ken"}'))
    secret = "s3cret" * 6
    with caplog.at_level(logging.DEBUG):
        HttpClient(vendor).request(
            "POST",
            f"https://api.example.com/v1/{secret}?key=s3cret",
            headers={"Authorization": "Bearer s3cret"},
            data={"client_secret": "s3cret"},
        )
    assert "POST https://api.example.com/v1/...?... -> 200" in caplog.text
    for word in ("s3cret", "t0ken", "c00kie"):
        assert word not in caplog.text


def test_a_safe_url_has_no_user_part() -> None:
    assert safe_url("https://user:pw@h.example/a?b=c") == "https://h.example/a?..."


def test_errors_hold_no_secrets() -> None:
    vendor = Canned(HttpResponse(401, {}, b"s3cret"))
    with pytest.raises(CallFailed) as failure:
        HttpClient(vendor).request("GET", "https://api.example.com/?key=s3cret", headers={"X-Key": "s3cret"})
    assert "s3cret" not in str(failure.value)
