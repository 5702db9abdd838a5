"""The hash chain: what ties each event to all before it and to this one journal."""

import hashlib

from warroom.core.canonical import canonical

_DOMAIN = b"warroom1\0"


def genesis(journal_id: str) -> bytes:
    """Return what stands before the first event; a journal's random name makes it its own."""
    return hashlib.sha256(_DOMAIN + journal_id.encode("ascii")).digest()


def link(prev: bytes, place: "Place", body: bytes) -> bytes:
    """Return the hash of an event: over the one before, its place and its body, byte for byte."""
    return hashlib.sha256(_DOMAIN + prev + canonical(list(place)) + b"\0" + body).digest()


Place = tuple[int, str, str, int, str, str, str, str]
"""seq, at, incident, version, kind, actor, device, command_id: hashed in this order."""
