"""What goes out, what comes back, and how a call fails. Plain data."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

# auth: credentials refused; scope: credentials right, permission missing; quota: allowance used up;
# temporary: try later; permanent: asking again will not help; refused: we ourselves would not make the call.
FAILURE_KINDS = frozenset({"auth", "scope", "quota", "temporary", "permanent", "refused"})


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """One call as it leaves: absolute `url`, header names as written, `body` ready to send."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """One answer: header names lower-case, `body` decompressed."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def json(self) -> Any:
        """Return the decoded JSON body. Raises CallFailed (temporary) when it is not JSON: a proxy's error page."""
        try:
            return json.loads(self.body.decode("utf-8-sig"))
        except (ValueError, RecursionError):
            raise CallFailed(
                "temporary", "The vendor answered something that is not JSON.", status=self.status
            ) from None


class CallFailed(Exception):
    """A call to a vendor did not succeed; the text is a sentence for the administrator and holds no secrets.

    `kind` is one of FAILURE_KINDS, `retry_after` seconds to wait as the vendor asked (None: it did not say),
    `status` the HTTP status or None when there was no answer, `response` the answer itself when there was one;
    `never_left`: no connection was made, so the other side has certainly heard nothing.
    """

    def __init__(
        self,
        kind: str,
        message: str,
        retry_after: float | None = None,
        status: int | None = None,
        response: HttpResponse | None = None,
        *,
        never_left: bool = False,
    ) -> None:
        if kind not in FAILURE_KINDS:
            raise ValueError(f"unknown kind of failure: {kind}")
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.retry_after = retry_after
        self.status = status
        self.response = response
        self.never_left = never_left or kind == "refused"


class Transport(Protocol):
    """Carries one request; the demo puts the pretend vendor here, in-process."""

    def send(self, request: HttpRequest) -> HttpResponse:
        """Send and return whatever was answered, redirects included. Raises CallFailed when nothing was."""
        ...
