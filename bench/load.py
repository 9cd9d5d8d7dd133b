"""Posting to the web server: over connections that stay open, with as little work on this side as possible."""

import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator

from bench.vendors import Pushed

CONNECTIONS = 8  # as many requests as the web server takes at once


def request(pushed: Pushed) -> bytes:
    """Return the bytes of the HTTP request that carries a message to its hook."""
    headers = {"Host": "127.0.0.1", "Content-Type": "application/json", **pushed.headers}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    head = f"POST /hooks/{pushed.kind}/ HTTP/1.1\r\n{lines}Content-Length: {len(pushed.body)}\r\n\r\n"
    return head.encode() + pushed.body


class Poster:
    """One connection. Not for several threads."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket: socket.socket | None = None

    def post(self, data: bytes) -> int:
        """Send one request and read its answer; return the status. A connection the server closed is opened again."""
        try:
            return self._exchange(data)
        except OSError:
            self.close()
            return self._exchange(data)

    def _exchange(self, data: bytes) -> int:
        if self._socket is None:
            self._socket = socket.create_connection(("127.0.0.1", self._port), timeout=30)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.sendall(data)
        answer = b""
        while not _is_whole(answer):
            part = self._socket.recv(65536)
            if not part:
                raise ConnectionResetError
            answer += part
        return int(answer[9:12])

    def close(self) -> None:
        """Close the connection, if there is one."""
        if self._socket:
            self._socket.close()
            self._socket = None


def _is_whole(answer: bytes) -> bool:
    head, mark, body = answer.partition(b"\r\n\r\n")
    if not mark:
        return False
    length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
    return len(body) >= int(length.split(b":")[1])


def hammer(port: int, requests: Iterator[bytes], seconds: float) -> float:
    """Post as fast as the answers come, over several connections; return requests per second. Each must be stored."""
    taking, statuses = threading.Lock(), Counter[int]()
    end = time.perf_counter() + seconds

    def work() -> None:
        poster, mine = Poster(port), Counter[int]()
        while time.perf_counter() < end:
            with taking:
                data = next(requests)
            mine[poster.post(data)] += 1
        poster.close()
        with taking:
            statuses.update(mine)

    start = time.perf_counter()
    in_threads(CONNECTIONS, work)
    assert set(statuses) == {202}, f"not everything was taken: {dict(statuses)}"
    return statuses.total() / (time.perf_counter() - start)


def steadily(port: int, requests: list[bytes], per_second: float, sent: Callable[[int, float], None]) -> None:
    """Post request n at n / per_second after the start, whatever became of those before; `sent` is told n and the
    planned moment (`time.perf_counter`). So a server that falls behind is not waited for kindly."""
    taking, numbers = threading.Lock(), iter(range(len(requests)))
    start = time.perf_counter() + 0.05

    def work() -> None:
        poster = Poster(port)
        while True:
            with taking:
                number = next(numbers, None)
            if number is None:
                break
            planned = start + number / per_second
            time.sleep(max(planned - time.perf_counter(), 0))
            sent(number, planned)
            status = poster.post(requests[number])
            assert status == 202, f"the server answered {status}"
        poster.close()

    in_threads(CONNECTIONS, work)


def in_threads(count: int, work: Callable[[], None]) -> None:
    """Run `work` in several threads and wait for all; raises the first error of any of them."""
    errors: list[BaseException] = []

    def guarded() -> None:
        try:
            work()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=guarded) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
