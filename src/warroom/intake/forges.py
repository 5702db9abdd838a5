"""GitHub, GitLab and Jira: tickets are reports, deployments and pipelines are changes.

https://docs.github.com/webhooks/webhook-events-and-payloads ·
https://docs.gitlab.com/user/project/integrations/webhook_events/ ·
https://developer.atlassian.com/server/jira/platform/webhooks/
"""

from datetime import datetime

from warroom.core.events import ChangeRecorded
from warroom.core.words import ChangeKind
from warroom.intake import fields as f
from warroom.intake.report import Message, Odd, Report, Signal, Status

TICKET_WORDS = frozenset(("incident", "outage", "sev1", "sev2", "production"))
"""Labels that make a ticket a report; a ticket without one is ordinary work."""
_SHIPPED = {"success", "failure", "error", "failed", "inactive"}


def github(message: Message) -> Report:
    """Read issues, deployment statuses and finished workflow runs."""
    data = f.document(message)
    event = message.header("x-github-event") or _guess(data)
    repository = f.text(data, "repository", "full_name")
    service = repository.rpartition("/")[2]
    if event == "issues":
        number = f.text(data, "issue", "number")
        names = {f.text(one, "name").lower() for one in f.items(data, "issue", "labels")}
        url = f.text(data, "issue", "html_url")
        return _ticket(
            source="github",
            key=f"{repository}#{number}",
            title=f.text(data, "issue", "title"),
            ended=f.text(data, "issue", "state") == "closed",
            names=names,
            url=url,
            who=f.text(data, "issue", "user", "login"),
            words=f.text(data, "issue", "body", limit=4000),
            service=service,
        )
    if event == "deployment_status":
        state = f.text(data, "deployment_status", "state")
        return _change(
            "github",
            service,
            ChangeKind.DEPLOY if state in _SHIPPED else None,
            f"{repository} to {f.text(data, 'deployment', 'environment')}: {state}",
            f.when(data, "deployment_status", "created_at") or message.received_at,
            f.text(data, "deployment", "sha", limit=12) or f.text(data, "deployment", "ref"),
            f.text(data, "deployment_status", "log_url"),
        )
    if event == "workflow_run" and f.text(data, "action") == "completed":
        run = f.at(data, "workflow_run")
        return _change(
            "github",
            service,
            ChangeKind.DEPLOY if "deploy" in f.text(run, "name").lower() else None,
            f"{repository} {f.text(run, 'name')}: {f.text(run, 'conclusion')}",
            f.when(run, "updated_at") or message.received_at,
            f.text(run, "head_sha", limit=12),
            f.text(run, "html_url"),
        )
    return Report(source="github", group=event or "unknown")


def gitlab(message: Message) -> Report:
    """Read issues, deployments and finished pipelines."""
    data = f.document(message)
    kind = f.text(data, "object_kind")
    if not kind:
        raise Odd("there is no object_kind")
    project = f.text(data, "project", "path_with_namespace")
    service = project.rpartition("/")[2]
    if kind == "issue":
        found = f.at(data, "object_attributes")
        return _ticket(
            source="gitlab",
            key=f"{project}#{f.text(found, 'iid')}",
            title=f.text(found, "title"),
            ended=f.text(found, "state") == "closed",
            names={f.text(one, "title").lower() for one in f.items(data, "labels")},
            url=f.text(found, "url"),
            who=f.text(data, "user", "username"),
            words=f.text(found, "description", limit=4000),
            service=service,
        )
    if kind == "deployment":
        status = f.text(data, "status")
        return _change(
            "gitlab",
            service,
            ChangeKind.DEPLOY if status in _SHIPPED else None,
            f"{project} to {f.text(data, 'environment')}: {status}",
            f.when(data, "status_changed_at") or message.received_at,
            f.text(data, "short_sha"),
            f.text(data, "deployable_url"),
        )
    if kind == "pipeline":
        found = f.at(data, "object_attributes")
        status = f.text(found, "status")
        return _change(
            "gitlab",
            service,
            ChangeKind.DEPLOY if status in _SHIPPED else None,
            f"{project} pipeline on {f.text(found, 'ref')}: {status}",
            f.when(found, "finished_at") or message.received_at,
            f.text(found, "sha", limit=12),
            f.text(found, "url"),
        )
    return Report(source="gitlab", group=kind)


def jira(message: Message) -> Report:
    """Read an issue that was made or changed."""
    data = f.document(message)
    key = f.text(data, "issue", "key")
    if not key:
        raise Odd("there is no issue.key")
    found = f.at(data, "issue", "fields")
    names = {str(one).lower() for one in f.items(found, "labels")}
    names.add(f.text(found, "issuetype", "name").lower())
    return _ticket(
        source="jira",
        key=key,
        title=f.text(found, "summary"),
        ended=f.text(found, "status", "statusCategory", "key") == "done",
        names=names,
        url=f.text(data, "issue", "self"),
        who=f.text(found, "reporter", "displayName"),
        words=f.text(found, "description", limit=4000),
        service=f.text(found, "components", 0, "name"),
        severity={"highest": "p1", "low": "p3", "lowest": "p3"}.get(
            f.text(found, "priority", "name").lower(), ""
        ),
    )


def _ticket(
    *, source: str, key: str, title: str, ended: bool, names: set[str], url: str, who: str,
    words: str, service: str, severity: str = "",
) -> Report:  # fmt: skip
    if not key.strip("#") or not title:
        raise Odd("a ticket without number or title")
    if not names & TICKET_WORDS:
        return Report(source=source, group=key, url=url)
    urgent = next((name for name in ("sev1", "p1", "critical") if name in names), severity)
    signal = Signal(
        key=key,
        title=title,
        status=Status.RESOLVED if ended else Status.FIRING,
        service=service,
        priority=f.priority_of(urgent),
        url=url,
    )
    return Report(
        source=source,
        group=key,
        signals=(signal,),
        url=url,
        reply_to=f"{source}:{key}",
        reporter=who,
        text=words,
    )


def _change(
    source: str,
    service: str,
    kind: ChangeKind | None,
    words: str,
    moment: datetime,
    release: str,
    url: str,
) -> Report:
    if kind is None:
        return Report(source=source, group=service, service=service, url=url)
    change = ChangeRecorded(
        kind=kind, text=words, happened_at=moment, release=release, reference=url
    )
    return Report(source=source, group=service, service=service, changes=(change,), url=url)


def _guess(data: object) -> str:
    """Name the event of a payload that came without its header, as from a file."""
    for event in ("deployment_status", "workflow_run"):
        if f.at(data, event) is not None:
            return event
    return "issues" if f.at(data, "issue") is not None else ""
