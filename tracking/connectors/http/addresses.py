"""Where we may call: public https addresses, and by name the internal ones an operator listed."""

import ipaddress
import socket
from collections.abc import Callable
from urllib.parse import SplitResult, urlsplit

from tracking.connectors.http.messages import CallFailed

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
DEFAULT_PORTS = {"https": 443, "http": 80}

Resolver = Callable[[str, int], list[tuple[int, tuple[str, int]]]]


def host_and_port(url: SplitResult) -> tuple[str, int]:
    """Return (lower-case host, port) of a split URL. Raises CallFailed (refused) when there is none."""
    try:
        port = url.port or DEFAULT_PORTS.get(url.scheme, 0)
    except ValueError:
        port = 0
    host = (url.hostname or "").rstrip(".")
    if not host or not port:
        raise CallFailed("refused", "The address to call has no usable host and port.")
    return host, port


def check_url(url: str, allow_hosts: frozenset[str]) -> tuple[str, int]:
    """Refuse what no public https address is; return (host, port).

    `allow_hosts` holds lower-case "host:port" entries that may be internal and plain http. Raises CallFailed (refused).
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        raise CallFailed("refused", "The address to call is not a valid URL.") from None
    if parts.username or parts.password:
        raise CallFailed("refused", "The address to call must not carry a user name or password.")
    if parts.scheme not in DEFAULT_PORTS:
        raise CallFailed("refused", "Only https addresses are called.")
    host, port = host_and_port(parts)
    if parts.scheme != "https" and f"{host}:{port}" not in allow_hosts:
        raise CallFailed("refused", f"Only https addresses are called, and {host} is not.")
    return host, port


def is_public(address: str) -> bool:
    """Tell whether an IP address (text) is on the public internet, also when it hides an IPv4 address inside IPv6."""
    ip = ipaddress.ip_address(address.split("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    return ip.is_global and not ip.is_multicast


def is_never_called(address: str) -> bool:
    """Tell whether an address is refused even for a listed host: link-local (metadata), multicast, unspecified."""
    ip = ipaddress.ip_address(address.split("%")[0])
    mapped = ip.ipv4_mapped if isinstance(ip, ipaddress.IPv6Address) else None
    ip = mapped or ip
    return ip.is_link_local or ip.is_multicast or ip.is_unspecified


def resolve(host: str, port: int) -> list[tuple[int, tuple[str, int]]]:
    """Return [(address family, (address, port))] of a name. Raises CallFailed (temporary) when it has no address."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise CallFailed("temporary", f"The name {host} could not be resolved.") from None
    return [(int(family), (str(address[0]), int(address[1]))) for family, _, _, _, address in found]


def vetted_addresses(
    host: str, port: int, allow_hosts: frozenset[str], resolver: Resolver = resolve
) -> list[tuple[int, tuple[str, int]]]:
    """Resolve a host and refuse it when any of its addresses is internal; return what may be connected to.

    The caller connects to exactly these addresses, so that a second, different DNS answer changes nothing.
    Raises CallFailed (refused, or temporary when the name does not resolve).
    """
    addresses = resolver(host, port)
    listed = f"{host}:{port}" in allow_hosts
    for _, (address, _) in addresses:
        if is_never_called(address) or not (listed or is_public(address)):
            raise CallFailed("refused", f"{host} leads to an internal address, and such addresses are not called.")
    return addresses
