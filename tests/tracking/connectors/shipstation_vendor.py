"""A pretend ShipStation for tests: its lists over a real HTTP server on loopback, and its signatures."""

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

SAMPLES = Path(__file__).parents[2] / "samples" / "shipstation"
KEY_ID = "kid-1"


def sample(name: str) -> dict[str, Any]:
    """Return a sample by its name."""
    found: dict[str, Any] = json.loads((SAMPLES / f"{name}.json").read_bytes())
    return found


@lru_cache
def private_key() -> rsa.RSAPrivateKey:
    """Return the key that signs, the same for all tests of a run."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _number(value: int) -> str:
    raw = value.to_bytes((value.bit_length() + 7) // 8, "big")
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def key_set(key_id: str = KEY_ID) -> dict[str, Any]:
    """Return the public key as a set of one."""
    numbers = private_key().public_key().public_numbers()
    key = {"kid": key_id, "kty": "RSA", "use": "sig", "n": _number(numbers.n), "e": _number(numbers.e)}
    return {"keys": [{"kty": "EC", "kid": "other"}, key]}


def signed(body: bytes, timestamp: str, key_id: str = KEY_ID) -> dict[str, str]:
    """Return the headers of a message that V2 signed."""
    signature = private_key().sign(timestamp.encode() + b"." + body, PKCS1v15(), SHA256())
    return {
        "x-shipengine-rsa-sha256-key-id": key_id,
        "x-shipengine-rsa-sha256-signature": base64.b64encode(signature).decode(),
        "x-shipengine-timestamp": timestamp,
    }


class Vendor:
    """What the server answers: `answers` by path; an answer may be (status, headers, value). Keeps what was asked."""

    def __init__(self) -> None:
        self.answers: dict[str, Any] = {}
        self.asked: list[tuple[str, dict[str, list[str]], dict[str, str]]] = []

    def paths(self) -> list[str]:
        """Return the paths asked for, in order."""
        return [path for path, _, _ in self.asked]

    def queries(self, path: str) -> list[dict[str, str]]:
        """Return the queries of a path, one value for each key."""
        return [{key: value[0] for key, value in query.items()} for asked, query, _ in self.asked if asked == path]

    def answer(self, path: str, query: dict[str, list[str]]) -> tuple[int, dict[str, str], Any]:
        """Return what a path answers; a list that is not prepared is empty."""
        found = self.answers.get(path, {path.rsplit("/", 1)[-1]: [], "total": 0, "page": 1, "pages": 1})
        if callable(found):
            found = found(query)
        return found if isinstance(found, tuple) else (200, {}, found)


@contextmanager
def serving(vendor: Vendor) -> Iterator[str]:
    """Serve a vendor on loopback; yields its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = parse_qs(parts.query)
            vendor.asked.append((parts.path, query, {name.lower(): text for name, text in self.headers.items()}))
            status, headers, value = vendor.answer(parts.path, query)
            body = value if isinstance(value, bytes) else json.dumps(value).encode()
            self.send_response(status)
            for name, text in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, text)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
