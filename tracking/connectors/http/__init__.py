"""The way out to vendors: bounded, guarded calls. Used by polling only; reading a message never calls out."""

from tracking.connectors.http.client import HttpClient
from tracking.connectors.http.messages import CallFailed, HttpRequest, HttpResponse, Transport
from tracking.connectors.http.transport import RequestsTransport

__all__ = ["CallFailed", "HttpClient", "HttpRequest", "HttpResponse", "RequestsTransport", "Transport"]
