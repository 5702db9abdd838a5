"""Where a mail server delivers reports: `lmtp://127.0.0.1:2424`, or `lmtp:/run/warroom/lmtp`."""

import ipaddress
import re
from dataclasses import dataclass

_NETWORK = re.compile(r"(lmtp|smtp)://(\[[0-9a-f:]+\]|[0-9.]+|localhost):(\d{1,5})")
_PATH = re.compile(r"(lmtp|smtp):(/[^/\0][^\0]*)")
HIGHEST_PORT = 65535


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """An address on this machine, and what is spoken there."""

    protocol: str
    """`lmtp` or `smtp`."""
    host: str = ""
    port: int = 0
    """0: one that is free."""
    path: str = ""
    """Of a Unix socket; empty: a port."""


def door_of(text: str) -> Door:
    """Return the door that a text names.

    Nobody proves who he is there, so only this machine may reach it: its own mail server delivers.

    Raises:
        ValueError: It names none, or one that can be reached from elsewhere.
    """
    found = _PATH.fullmatch(text)
    if found is not None:
        return Door(protocol=found[1], path=found[2])
    found = _NETWORK.fullmatch(text)
    if found is None or int(found[3]) > HIGHEST_PORT:
        raise ValueError(
            "write it as lmtp://127.0.0.1:2424, or lmtp:/run/warroom/lmtp for a socket"
        )
    host = found[2].strip("[]").replace("localhost", "127.0.0.1")
    if not ipaddress.ip_address(host).is_loopback:
        raise ValueError(
            f"{host} can be reached from elsewhere: let this machine's mail server deliver to it"
        )
    return Door(protocol=found[1], host=host, port=int(found[3]))
