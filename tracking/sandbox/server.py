"""The sandbox as a real HTTP server on loopback: vendor endpoints, and a page of what arrived and what it plays."""

import sys
from collections.abc import Callable
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from tracking.sandbox.accounts import SOURCES
from tracking.sandbox.engine import World
from tracking.sandbox.mailbox import PATH as MAIL_PATH
from tracking.sandbox.mailbox import Mailbox
from tracking.sandbox.page import page
from tracking.sandbox.pusher import Pusher
from tracking.sandbox.slack_desk import HTML, SlackDesk
from tracking.sandbox.story import stories
from tracking.sandbox.wire import Answer, Request, answer

_LARGEST_BODY = 1 << 20


class Sandbox:
    """Serves whatever world it is given; before that, vendors answer 503. `now` tells the time (aware UTC)."""

    def __init__(self, port: int, now: Callable[[], datetime]) -> None:
        self.world: World | None = None
        self.pusher: Pusher | None = None
        self.mailbox = Mailbox()
        self.slack_desk = SlackDesk()
        self._now = now
        self._server = _Server(("127.0.0.1", port), self)

    @property
    def origin(self) -> str:
        """The address it listens on ("http://127.0.0.1:8001")."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def start(self) -> None:
        """Begin to answer, in a thread of its own."""
        Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()

    def stop(self) -> None:
        """Answer nobody any more and free the port."""
        self._server.shutdown()
        self._server.server_close()

    def respond(self, request: Request) -> Answer:
        """Answer one request at the present moment."""
        if request.path == "/" and request.method == "GET":
            return Answer(200, self._page().encode(), HTML)
        if request.path.startswith(MAIL_PATH):
            return self.mailbox.respond(request, self._now())
        if self.world is None:
            return answer(503, {"errors": "The pretend world is not made yet"}, retry_after="2")
        pressed = self.slack_desk.respond(request, self.world.slack, self._now())
        return pressed or self.world.respond(request, self._now())

    def _page(self) -> str:
        return page(
            mails=tuple(self.mailbox.mails),
            arrivals=self.world.arrivals.all() if self.world else (),
            slack=self.slack_desk.show(self.world.slack) if self.world else "",
            accounts={slug: self.origin + source.path for slug, source in SOURCES.items()},
            counts=self._counts(),
            stories=[story.title for story in stories().values()],
        )

    def _counts(self) -> dict[str, int]:
        counts = {f"calls: {name}": count for name, count in (self.world.calls if self.world else {}).items()}
        counts |= {f"mail: {name}": count for name, count in self.mailbox.calls.items()}
        if self.world:
            counts["orders"] = len(self.world.orders)
            counts |= {f"arrived: {name}": count for name, count in self.world.arrivals.counts.items()}
        if self.pusher:
            counts |= {f"webhooks {name}": count for name, count in self.pusher.outcomes.items()}
            counts["webhooks waiting to be tried again"] = self.pusher.waiting
        return counts


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, address: tuple[str, int], sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        super().__init__(address, _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Report what went wrong, except that the other side hung up: processes may be killed at any moment."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 10
    server: _Server

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def do_PUT(self) -> None:
        self._serve()

    def _serve(self) -> None:
        length = self.headers.get("Content-Length", "0")
        if not length.isdigit() or int(length) > _LARGEST_BODY:
            self.close_connection = True
            self._send(answer(413, {"errors": "Too large"}))
            return
        request = Request(self.command, self.path, dict(self.headers), self.rfile.read(int(length)))
        self._send(self.server.sandbox.respond(request))

    def _send(self, reply: Answer) -> None:
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body)

    def log_message(self, format: str, *args: object) -> None:
        """Stay silent: the page counts the calls."""
