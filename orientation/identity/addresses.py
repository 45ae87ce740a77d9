"""Where a request comes from, behind proxies that are trusted by their address and no others."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

Address = IPv4Address | IPv6Address
UNKNOWN = "unknown"


class Proxies:
    """The networks whose word on who asks is taken."""

    def __init__(self, networks: Iterable[str] = ()) -> None:
        """Read the networks; ``ValueError`` for what is none."""
        self._networks = tuple(ip_network(each, strict=False) for each in networks)

    def trusts(self, peer: str | None) -> bool:
        """Say whether the address that the connection comes from is one of them."""
        address = _address(peer)
        return address is not None and any(address in network for network in self._networks)

    def origin(self, peer: str | None, forwarded_for: str | None) -> str:
        """Return the address of who asks: the nearest one in ``X-Forwarded-For`` that no trusted proxy has.

        What stands further away was written by whoever asks, and is not believed.
        """
        nearest = peer
        if self.trusts(peer) and forwarded_for:
            for said in reversed(forwarded_for.split(",")):
                if _address(said.strip()) is None:
                    break
                nearest = said.strip()
                if not self.trusts(nearest):
                    break
        return group(nearest)


def group(text: str | None) -> str:
    """Return what stands for an address in limits: a host of IPv6 has a whole /64 to choose from."""
    address = _address(text)
    if address is None:
        return UNKNOWN
    if isinstance(address, IPv6Address):
        return str(ip_network((address, 64), strict=False))
    return str(address)


def _address(text: str | None) -> Address | None:
    """Read an address; one of IPv4 written as IPv6 is one of IPv4."""
    try:
        found = ip_address(text or "")
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found
