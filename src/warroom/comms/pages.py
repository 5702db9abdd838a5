"""Statuspage: one incident on the page for each of ours, moved on by the kind of update.

https://developer.statuspage.io/ · The page's id is `to`. Creating has no idempotency key there: a
retry first looks for an incident of our name that is not resolved.
"""

from typing import Any

from warroom.comms.channel import Channel, secret_of
from warroom.comms.wire import call
from warroom.core.post import Parcel

STATUSPAGE = "https://api.statuspage.io/v1"
_STATUS = {"initial": "investigating", "resolution": "resolved", "documentation": "resolved",
           "prevention": "resolved"}  # fmt: skip


def statuspage(channel: Channel, parcel: Parcel) -> str:
    """Open or move on the incident of the page; returns its id."""
    base = f"{channel.url or STATUSPAGE}/pages/{channel.to}/incidents"
    headers = {"Authorization": f"OAuth {secret_of(channel)}"}
    status = _STATUS.get(parcel.kind, "identified")
    known = parcel.reference or (_unresolved(base, headers, parcel) if parcel.attempts > 1 else "")
    told: dict[str, Any] = {"status": status, "body": parcel.text}
    if known:
        call("PATCH", f"{base}/{known}", json_body={"incident": told}, headers=headers)
        return known
    told["name"] = parcel.subject
    answer = call("POST", base, json_body={"incident": told}, headers=headers)
    data = answer.data
    return str(data.get("id", "")) if isinstance(data, dict) else ""


def _unresolved(base: str, headers: dict[str, str], parcel: Parcel) -> str:
    found = call("GET", f"{base}/unresolved", headers=headers).data
    for one in found if isinstance(found, list) else []:
        if isinstance(one, dict) and one.get("name") == parcel.subject:
            return str(one.get("id", ""))
    return ""
