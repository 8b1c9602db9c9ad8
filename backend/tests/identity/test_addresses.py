"""Whose address counts: the peer's, or what a trusted proxy saw, and never what a caller says."""

import pytest

from backend.identity.addresses import ELSEWHERE, caller_address

PROXIES = ("10.0.0.0/8", "127.0.0.1")


@pytest.mark.parametrize(
    ("peer", "told", "trusted", "counted"),
    [
        ("203.0.113.7", [], (), "203.0.113.7"),
        ("203.0.113.7", ["198.51.100.1"], (), "203.0.113.7"),
        ("203.0.113.7", ["198.51.100.1"], PROXIES, "203.0.113.7"),
        ("", ["198.51.100.1"], PROXIES, ""),
        ("10.1.2.3", [], PROXIES, "10.1.2.3"),
        ("10.1.2.3", ["198.51.100.1"], PROXIES, "198.51.100.1"),
        ("10.1.2.3", ["192.0.2.1, 198.51.100.1"], PROXIES, "198.51.100.1"),
        ("10.1.2.3", ["192.0.2.1", "198.51.100.1"], PROXIES, "198.51.100.1"),
        ("10.1.2.3", ["198.51.100.1:4711, 10.9.9.9"], PROXIES, "198.51.100.1"),
        ("10.1.2.3", ["198.51.100.1, 10.1.2.3"], PROXIES, "198.51.100.1"),
        ("10.1.2.3", ["10.9.9.9, 10.8.8.8"], PROXIES, "10.9.9.9"),
        ("10.1.2.3", ["[2001:db8:1:2:3::4]:99"], PROXIES, "2001:db8:1:2::"),
        ("::ffff:10.1.2.3", ["198.51.100.1"], PROXIES, "198.51.100.1"),
        ("10.1.2.3", [", ,"], PROXIES, "10.1.2.3"),
        ("10.1.2.3", ["not an address"], PROXIES, "not an address"),
        ("10.1.2.3", ["x" * 5000], PROXIES, "x" * 64),
        ("10.1.2.3", [", ".join(["198.51.100.1"] + ["10.0.0.1"] * 500)], PROXIES, "10.0.0.1"),
    ],
)
def test_an_address_is_the_peers_or_what_the_last_trusted_proxy_saw(
    peer: str, told: list[str], trusted: tuple[str, ...], counted: str
) -> None:
    assert caller_address(peer, told, trusted) == counted


@pytest.mark.parametrize("told", ["203.0.113.7", "192.0.2.1, 203.0.113.7:5000", "203.0.113.7, 127.0.0.1"])
@pytest.mark.parametrize("trusted", [(), PROXIES])
def test_a_peer_that_is_among_the_hops_may_be_one_and_counts_as_everybody_elsewhere(
    told: str, trusted: tuple[str, ...]
) -> None:
    assert caller_address("203.0.113.7", [told], trusted) == ELSEWHERE
