"""Issues for follow-ups in GitHub, GitLab and Jira: found by their mark, created, read back.

https://docs.github.com/rest/issues/issues · https://docs.gitlab.com/api/issues/ ·
https://developer.atlassian.com/cloud/jira/platform/rest/v2/api-group-issues/ · None of them has an
idempotency key. Each issue carries the name of its follow-up, which is looked for before creating.
"""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from warroom.comms.channel import Channel, Undelivered, secret_of
from warroom.comms.wire import call
from warroom.core.canonical import Json

KINDS = ("github", "gitlab", "jira")
_NEWEST = 100
"""Issues of a repository that are looked through: search there lags behind, a list does not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """An issue in a tracker."""

    link: str
    done: bool


def where(channel: Channel) -> str:
    """Return the address that a new issue is posted to."""
    match channel.kind:
        case "github":
            base = channel.url or "https://api.github.com"
            return f"{base}/repos/{quote(channel.to)}/issues"
        case "gitlab":
            base = channel.url or "https://gitlab.com"
            return f"{base}/api/v4/projects/{quote(channel.to, safe='')}/issues"
        case _:
            return f"{channel.url}/rest/api/2/issue"


def find(channel: Channel, key: str) -> Issue | None:
    """Return the issue that a follow-up already has, by the mark in it.

    Raises:
        Undelivered: The tracker did not answer; nobody knows.
    """
    mark = f"<!-- warroom:{key} -->"
    match channel.kind:
        case "github":
            place = f"{where(channel)}?state=all&sort=created&per_page={_NEWEST}"
            found = [one for one in _list(_get(channel, place)) if mark in str(one.get("body"))]
        case "gitlab":
            place = f"{where(channel)}?scope=all&in=description&search={quote(f'warroom:{key}')}"
            issues = _list(_get(channel, place))
            found = [one for one in issues if mark in str(one.get("description"))]
        case _:
            label = f"warroom-{key.replace('/', '-').lower()}"
            asked = quote(f'labels = "{label}"')
            place = f"{channel.url}/rest/api/3/search/jql?jql={asked}&fields=status"
            data = _get(channel, place)
            found = _list(data.get("issues") if isinstance(data, dict) else None)
    return _issue(channel, found[0]) if found else None


def create(channel: Channel, body: dict[str, Json]) -> Issue:
    """Create an issue; sent once, because nobody can tell whether an unanswered one was made.

    Raises:
        Undelivered: It was refused, or it is not known.
    """
    made = call("POST", where(channel), json_body=body, **_access(channel)).data
    if not isinstance(made, dict):
        raise Undelivered("the tracker answered something else than an issue", again=False)
    return _issue(channel, made)


def read(channel: Channel, link: str) -> Issue:
    """Return how the issue at a link stands.

    Raises:
        Undelivered: The tracker did not answer.
    """
    name = quote(link.rstrip("/").rpartition("/")[2], safe="")
    more = "?fields=status" if channel.kind == "jira" else ""
    found = _get(channel, f"{where(channel)}/{name}{more}")
    if not isinstance(found, dict):
        raise Undelivered("the tracker answered something else than an issue", again=False)
    return _issue(channel, found)


def _issue(channel: Channel, data: dict[str, Any]) -> Issue:
    match channel.kind:
        case "github":
            return Issue(link=str(data.get("html_url", "")), done=data.get("state") == "closed")
        case "gitlab":
            return Issue(link=str(data.get("web_url", "")), done=data.get("state") == "closed")
        case _:
            status = (data.get("fields") or {}).get("status") or {}
            done = (status.get("statusCategory") or {}).get("key") == "done"
            return Issue(link=f"{channel.url}/browse/{data.get('key', '')}", done=done)


def _get(channel: Channel, place: str) -> Any:
    return call("GET", place, **_access(channel)).data


def _list(data: object) -> list[dict[str, Any]]:
    return [one for one in data if isinstance(one, dict)] if isinstance(data, list) else []


def _access(channel: Channel) -> dict[str, Any]:
    secret = secret_of(channel)
    match channel.kind:
        case "github":
            accept = "application/vnd.github+json"
            return {"headers": {"Authorization": f"Bearer {secret}", "Accept": accept}}
        case "gitlab":
            return {"headers": {"PRIVATE-TOKEN": secret}}
        case _:
            return {"auth": (channel.user, secret)}
