"""A webhook of one's own: JSON, signed like the messages that warroom itself takes in."""

import hashlib
import hmac
import json
import time

from warroom.comms.channel import Channel, secret_of
from warroom.comms.wire import call
from warroom.core.codec import encode_time
from warroom.core.post import Parcel


def webhook(channel: Channel, parcel: Parcel) -> str:
    """Send `{incident, what, kind, subject, text, at}`; a retry has the same `Idempotency-Key`.

    `X-Warroom-Signature` is the hex HMAC-SHA256 of `<X-Warroom-Timestamp>.<body>`.
    """
    body = json.dumps(
        {
            "incident": parcel.incident,
            "what": parcel.what,
            "kind": parcel.kind,
            "subject": parcel.subject,
            "text": parcel.text,
            "at": encode_time(parcel.created_at),
        },
        ensure_ascii=False,
    ).encode()
    headers = {
        "Content-Type": "application/json",
        "Idempotency-Key": hashlib.sha256(parcel.key.encode()).hexdigest(),
    }
    if channel.secret:
        stamp = str(int(time.time()))
        signed = stamp.encode() + b"." + body
        mac = hmac.new(secret_of(channel).encode(), signed, hashlib.sha256).hexdigest()
        headers |= {"X-Warroom-Timestamp": stamp, "X-Warroom-Signature": f"sha256={mac}"}
    call("POST", channel.url, content=body, headers=headers)
    return ""
