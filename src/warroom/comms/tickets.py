"""Comments on the ticket that reported it: GitHub, GitLab and Jira.

https://docs.github.com/rest/issues/comments · https://docs.gitlab.com/api/notes/ ·
https://developer.atlassian.com/cloud/jira/platform/rest/v2/api-group-issue-comments/ · None of them
has an idempotency key: the comment carries an invisible or short mark, and a retry looks for it.
"""

import hashlib
from urllib.parse import quote

from warroom.comms.channel import Channel, Undelivered, secret_of
from warroom.comms.wire import call
from warroom.core.post import Parcel


def github(channel: Channel, parcel: Parcel) -> str:
    """Comment on `owner/name#number`."""
    repository, number = _ticket(parcel.to or channel.to)
    place = f"{channel.url or 'https://api.github.com'}/repos/{quote(repository)}/issues/{number}"
    headers = {
        "Authorization": f"Bearer {secret_of(channel)}",
        "Accept": "application/vnd.github+json",
    }
    return _comment(f"{place}/comments?per_page=100", headers, parcel)


def gitlab(channel: Channel, parcel: Parcel) -> str:
    """Write a note on `group/name#number`."""
    project, number = _ticket(parcel.to or channel.to)
    base = channel.url or "https://gitlab.com"
    place = f"{base}/api/v4/projects/{quote(project, safe='')}/issues/{number}"
    headers = {"PRIVATE-TOKEN": secret_of(channel)}
    return _comment(f"{place}/notes?per_page=100", headers, parcel)


def jira(channel: Channel, parcel: Parcel) -> str:
    """Comment on `OPS-12`."""
    key = parcel.to or channel.to
    auth = (channel.user, secret_of(channel))
    place = f"{channel.url}/rest/api/2/issue/{quote(key, safe='')}/comment"
    return _comment(place, {}, parcel, auth)


def _comment(
    place: str, headers: dict[str, str], parcel: Parcel, auth: tuple[str, str] | None = None
) -> str:
    mark = hashlib.sha256(parcel.key.encode()).hexdigest()[:16]
    if parcel.attempts > 1:
        found = call("GET", place, headers=headers, auth=auth).data
        comments = found.get("comments", []) if isinstance(found, dict) else found
        for one in comments if isinstance(comments, list) else []:
            if isinstance(one, dict) and mark in str(one.get("body", "")):
                return str(one.get("id", ""))
    body = f"**{parcel.subject}**\n\n{parcel.text}\n\n<!-- warroom:{mark} -->"
    if auth is not None:  # Jira shows what it does not know: the mark stands in plain words
        body = f"*{parcel.subject}*\n\n{parcel.text}\n\n(ref {mark})"
    where = place.partition("?")[0]
    made = call("POST", where, json_body={"body": body}, headers=headers, auth=auth).data
    return str(made.get("id", "")) if isinstance(made, dict) else ""


def _ticket(name: str) -> tuple[str, str]:
    project, _, number = name.rpartition("#")
    if not project or not number.isdigit():
        raise Undelivered(f"{name!r} is no ticket such as shop/checkout#12", again=False)
    return project, number
