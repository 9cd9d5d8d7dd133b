"""Vendors that post webhooks and repeat what was not answered as taken, and their record of what was."""

import hashlib
import queue
import threading
import time
from collections import Counter
from collections.abc import Iterable
from http.client import HTTPConnection, HTTPException

from tracking.sandbox.wire import Delivery

CONNECTIONS = 6
TAKEN = (200, 202)
REFUSED = (400, 401, 404, 405, 413)
PAUSE = 0.25  # seconds before a repetition; real vendors wait for minutes
TIMEOUT = 15.0

Key = tuple[str, bytes]  # slug, SHA-256 of the body


class Sender:
    """Posts from threads of its own until `close`. `accepted`: what was answered 202, or 200 after a lost answer."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.accepted: set[Key] = set()
        self.statuses: Counter[int] = Counter()
        self.last_taken_at = 0.0  # time.monotonic
        self._guard = threading.Lock()
        self._queue: queue.Queue[Delivery | None] = queue.Queue()
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(CONNECTIONS)]
        for thread in self._threads:
            thread.start()

    def feed(self, deliveries: Iterable[Delivery]) -> int:
        """Let more be posted, in this order as far as several connections keep one; return how many."""
        count = 0
        for delivery in deliveries:
            self._queue.put(delivery)
            count += 1
        return count

    @property
    def left(self) -> int:
        """How many are not answered yet, except for those on their way."""
        return self._queue.qsize()

    def finish(self) -> None:
        """Return when everything was answered."""
        self._queue.join()

    def close(self) -> None:
        """End the threads."""
        for _ in self._threads:
            self._queue.put(None)
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT)
        while delivery := self._queue.get():
            while not self._is_answered(connection, delivery):
                time.sleep(PAUSE)
            self._queue.task_done()
        connection.close()

    def _is_answered(self, connection: HTTPConnection, delivery: Delivery) -> bool:
        status = _post(connection, delivery)
        with self._guard:
            self.statuses[status] += 1
            if status in TAKEN:
                self.last_taken_at = time.monotonic()
                self.accepted.add((delivery.source_slug, hashlib.sha256(delivery.body).digest()))
        return status in TAKEN or status in REFUSED


def _post(connection: HTTPConnection, delivery: Delivery) -> int:
    """Return the status, 0 when there was no answer."""
    try:
        connection.request("POST", delivery.path, delivery.body, {"Host": "127.0.0.1", **delivery.headers})
        answer = connection.getresponse()
        answer.read()
        return answer.status
    except (OSError, HTTPException):
        connection.close()
        return 0
