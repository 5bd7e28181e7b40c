"""Which IP addresses belong to the public internet."""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final

# All public unicast addresses are in it. Outside are loopback, link-local and private ones, and those that contain an
# IPv4 address: mapped, compatible, NAT64. (IANA, IPv6 address space)
_GLOBAL_UNICAST: Final = IPv6Network("2000::/3")
_NOT_PUBLIC: Final = (
    IPv6Network("2001::/23"),  # special purposes, Teredo among them
    IPv6Network("2001:db8::/32"),  # documentation
    IPv6Network("2002::/16"),  # 6to4 contains an IPv4 address
    IPv6Network("3fff::/20"),  # documentation
)


def is_public(text: str) -> bool:
    """Whether the IP address is one that anybody on the internet can reach. False for a text that is none."""
    try:
        address = ip_address(text)
    except ValueError:
        return False
    return _is_public_v4(address) if isinstance(address, IPv4Address) else _is_public_v6(address)


def is_loopback(text: str) -> bool:
    try:
        return ip_address(text).is_loopback
    except ValueError:
        return False


def _is_public_v4(address: IPv4Address) -> bool:
    """Python counts shared addresses (RFC 6598) as not global, and multicast as global."""
    return address.is_global and not address.is_multicast and not address.is_reserved


def _is_public_v6(address: IPv6Address) -> bool:
    if address.scope_id or address not in _GLOBAL_UNICAST:
        return False
    return address.is_global and not any(address in network for network in _NOT_PUBLIC)
