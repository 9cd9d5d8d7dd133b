"""Real calls with requests: connect only to vetted addresses, bounded in time and size, no proxies, no redirects."""

import socket
import threading
import time
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError, NewConnectionError

from tracking.connectors.http.addresses import Resolver, resolve, vetted_addresses
from tracking.connectors.http.messages import CallFailed, HttpRequest, HttpResponse

CONNECT_SECONDS = 3.05
READ_SECONDS = 6.0
TOTAL_SECONDS = 9.0
MAX_BODY_BYTES = 8 * 1024 * 1024
MAX_ADDRESSES = 2  # two tries of 3.05 s leave room for the answer

_running = threading.local()  # .call: the call this thread works on, so that it can be cut off


class _Call:
    """One call in flight: its outcome, and the connection to cut when the time is up."""

    def __init__(self) -> None:
        self.connection: HTTPConnection | None = None
        self.response: HttpResponse | None = None
        self.error: BaseException | None = None

    def cut(self) -> None:
        """Shut the socket down, so that the thread that waits on it ends too."""
        sock = getattr(self.connection, "sock", None)
        if sock is not None:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                return  # closed by the other side in the meantime: what we wanted


def _pool_classes(allow_hosts: frozenset[str], resolver: Resolver) -> dict[str, Any]:
    """Return urllib3 pool classes whose connections go to vetted addresses only."""

    class Vetted:
        def request(self: Any, *args: Any, **kwargs: Any) -> None:
            _note(self)  # a kept connection comes here without being connected anew
            super().request(*args, **kwargs)  # type: ignore[misc]

        def _new_conn(self: Any) -> socket.socket:
            _note(self)
            return _connect(self, allow_hosts, resolver)

    class VettedHTTP(Vetted, HTTPConnection):
        pass

    class VettedHTTPS(Vetted, HTTPSConnection):
        pass

    plain = type("VettedHTTPPool", (HTTPConnectionPool,), {"ConnectionCls": VettedHTTP})
    secure = type("VettedHTTPSPool", (HTTPSConnectionPool,), {"ConnectionCls": VettedHTTPS})
    return {"http": plain, "https": secure}


def _note(connection: Any) -> None:
    """Remember the connection that this thread's call uses."""
    call = getattr(_running, "call", None)
    if call is not None:
        call.connection = connection


def _connect(connection: Any, allow_hosts: frozenset[str], resolver: Resolver) -> socket.socket:
    host = connection.host.strip("[]").rstrip(".").lower()
    failure: OSError | None = None
    for family, address in vetted_addresses(host, connection.port, allow_hosts, resolver)[:MAX_ADDRESSES]:
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            sock.settimeout(CONNECT_SECONDS)
            sock.connect(address)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return sock
        except OSError as error:
            sock.close()
            failure = error
    raise NewConnectionError(connection, f"no connection: {failure}")


class _VettedAdapter(HTTPAdapter):
    def __init__(self, allow_hosts: frozenset[str], resolver: Resolver) -> None:
        self._classes = _pool_classes(allow_hosts, resolver)
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = self._classes


class RequestsTransport:
    """The default transport. Keeps connections open between calls; safe to share between threads.

    `allow_hosts`: lower-case "host:port" entries that may be internal; `total_seconds` bounds one call in all,
    name look-up and a dripping answer included.
    """

    def __init__(
        self,
        allow_hosts: frozenset[str] = frozenset(),
        *,
        total_seconds: float = TOTAL_SECONDS,
        max_body: int = MAX_BODY_BYTES,
        resolver: Resolver = resolve,
    ) -> None:
        self._total = total_seconds
        self._max_body = max_body
        self._adapter = _VettedAdapter(allow_hosts, resolver)

    def send(self, request: HttpRequest) -> HttpResponse:
        """Send once. Raises CallFailed: refused by the address guard, temporary when no whole answer came in time."""
        call = _Call()
        thread = threading.Thread(target=self._work, args=(call, request), daemon=True)
        thread.start()
        thread.join(self._total)
        if thread.is_alive():
            call.cut()
            raise CallFailed("temporary", f"The vendor did not answer within {self._total:g} seconds.")
        if call.error is not None:
            raise call.error
        assert call.response is not None
        return call.response

    def _work(self, call: _Call, request: HttpRequest) -> None:
        _running.call = call
        try:
            call.response = self._exchange(request)
        except CallFailed as failure:
            call.error = failure
        except requests.ConnectTimeout:
            call.error = CallFailed("temporary", "The vendor does not answer.", never_left=True)
        except requests.Timeout:
            call.error = CallFailed("temporary", "The vendor did not answer in time.")
        except (requests.RequestException, HTTPError, OSError) as error:
            never_left = isinstance(getattr(next(iter(error.args), None), "reason", None), NewConnectionError)
            call.error = CallFailed("temporary", "The connection to the vendor failed.", never_left=never_left)
        except Exception as bug:  # handed to the caller's thread as it is
            call.error = bug

    def _exchange(self, request: HttpRequest) -> HttpResponse:
        session = requests.Session()  # not closed: that would close the kept connections; it holds nothing else
        session.trust_env = False  # a proxy or netrc from the environment would go round the address guard
        session.mount("https://", self._adapter)
        session.mount("http://", self._adapter)
        prepared = session.prepare_request(
            requests.Request(request.method, request.url, headers=dict(request.headers), data=request.body or None)
        )
        answer = session.send(
            prepared, timeout=(CONNECT_SECONDS, READ_SECONDS), stream=True, allow_redirects=False, proxies={}
        )
        with answer:
            body = self._read(answer)
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return HttpResponse(status=answer.status_code, headers=headers, body=body)

    def _read(self, answer: requests.Response) -> bytes:
        """Collect the decompressed body up to the limit."""
        until = time.monotonic() + self._total
        chunks, size = [], 0
        for chunk in answer.iter_content(64 * 1024):
            size += len(chunk)
            if size > self._max_body:
                raise CallFailed("permanent", f"The answer is larger than {self._max_body} bytes.")
            if time.monotonic() > until:
                raise CallFailed("temporary", "The vendor sent its answer too slowly.")
            chunks.append(chunk)
        return b"".join(chunks)
