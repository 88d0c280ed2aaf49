"""IP addresses: which of them are of the open Internet."""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

_GLOBAL = IPv6Network("2000::/3")
"""All that was ever given out of IPv6; elsewhere lie site-local and translated addresses, which
`is_global` does not know of (https://www.iana.org/assignments/ipv6-address-space)."""
_NAT64 = IPv6Network("64:ff9b::/96")
"""IPv4 inside IPv6 (RFC 6052, 2.1)."""


def is_public(address: str) -> bool:
    """Whether an IP address is one of the open Internet, also when it wraps another one."""
    found = ip_address(address.partition("%")[0])
    if isinstance(found, IPv6Address) and not (found in _GLOBAL or found in _NAT64):
        return False
    return all(one.is_global and not one.is_multicast for one in (found, *_inside(found)))


def _inside(address: IPv4Address | IPv6Address) -> list[IPv4Address]:
    """The IPv4 addresses that an IPv6 one leads to in the end."""
    if isinstance(address, IPv4Address):
        return []
    wrapped = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if address in _NAT64:
        wrapped.append(IPv4Address(address.packed[-4:]))
    return [one for one in wrapped if one is not None]
