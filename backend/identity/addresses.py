"""Network addresses: which of them count as one, and which are a proxy's."""

import ipaddress
from collections.abc import Sequence
from functools import lru_cache

ELSEWHERE = "elsewhere"
"""Where everybody comes from whose address a header tells that nobody vouches for: they count as one."""

_MOST_HOPS = 20

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def caller_address(peer: str, forwarded_for: Sequence[str], trusted: tuple[str, ...]) -> str:
    """Return what is counted as the address of a caller.

    peer: the connection's other end, '' where it has none (a Unix socket). forwarded_for: the X-Forwarded-For lines.
    trusted: addresses and networks of the proxies that are believed (TRUSTED_PROXIES). Behind those it is whom the
    last of them names: each adds on the right whom it saw, and what stands before the first stranger is his own tale.

    A server such as uvicorn may have put one of the hops in the peer's place already, by rules of its own and without
    saying so: `--forwarded-allow-ips`, by which it believes everybody on this machine unless told otherwise. A peer
    that is among the hops and no trusted proxy is therefore nobody's, `ELSEWHERE`, whatever the header says.
    """
    hops = [without_port(hop.strip()) for hop in ",".join(forwarded_for).split(",") if hop.strip()]
    address = peer
    if not is_within(peer, trusted):
        if peer in hops:
            return ELSEWHERE
    else:
        for hop in reversed(hops[-_MOST_HOPS:]):
            address = hop
            if not is_within(address, trusted):
                break
    return network_of(address)


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
