"""Network addresses: which of them count as one, and which are a proxy's."""

import ipaddress
from functools import lru_cache

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@lru_cache(maxsize=4096)
def network_of(address: str) -> str:
    """Return what is counted as one address: an IPv4 address, or the /64 of an IPv6 one (a household has so many)."""
    parsed = _parsed(address)
    if parsed is None:
        return address[:64]
    if isinstance(parsed, ipaddress.IPv6Address) and not parsed.is_loopback:
        return str(ipaddress.ip_network((parsed, 64), strict=False).network_address)
    return str(parsed)


@lru_cache(maxsize=4096)
def is_loopback(address: str) -> bool:
    """Tell whether it is an address of this machine's own."""
    parsed = _parsed(address)
    return parsed is not None and parsed.is_loopback


@lru_cache(maxsize=4096)
def is_within(address: str, networks: tuple[str, ...]) -> bool:
    """Tell whether the address lies in one of the networks, written as `10.0.0.0/8` or as a single address."""
    parsed = _parsed(address)
    return parsed is not None and any(parsed in ipaddress.ip_network(network) for network in networks)


def without_port(hop: str) -> str:
    """Return the address of a hop of X-Forwarded-For: some proxies add a port."""
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    host, _, port = hop.partition(":")
    return host if port.isdigit() and "." in host else hop


def _parsed(address: str) -> Address | None:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return None
    # What an IPv4 caller looks like on a socket that takes both.
    return getattr(parsed, "ipv4_mapped", None) or parsed
