"""Slack, mail and plain JSON: reports that a person or a script of one's own sends.

Slack https://api.slack.com/interactivity/slash-commands and https://api.slack.com/apis/events-api
· mail RFC 5322.
"""

import email
import email.policy
import re
from collections.abc import Mapping
from email.message import EmailMessage
from email.utils import parseaddr, parsedate_to_datetime
from urllib.parse import parse_qs

from warroom.core.text import clean_line, clean_text
from warroom.intake import fields as f
from warroom.intake.report import Message, Odd, Report, Signal, Status

_TAG = re.compile(r"<(?:[^<>|]*\|)?([^<>]*)>")
_PREFIX = re.compile(r"^(?:\s*(?:re|fwd?|aw|wg)\s*:)+\s*", re.IGNORECASE)
_AUTOMATIC = re.compile(r"^(?!no\b)", re.IGNORECASE)


def slack(message: Message) -> Report:
    """Read a slash command (a form) or an event in which the app was mentioned (JSON)."""
    if message.body.lstrip()[:1] == b"{":
        data = f.document(message)
        if f.text(data, "type") == "url_verification":
            return Report(source="slack", group="url_verification")
        event = f.at(data, "event")
        if f.text(event, "type") != "app_mention":
            return Report(source="slack", group=f.text(event, "type") or "event")
        words, who = f.text(event, "text", limit=4000), f.text(event, "user")
        where = f.text(event, "channel")
        key = f"{where}/{f.text(event, 'thread_ts') or f.text(event, 'ts')}"
    else:
        form = {k: v[-1] for k, v in parse_qs(message.body.decode("utf-8", "replace")).items()}
        if "command" not in form:
            raise Odd("neither a slash command nor an event")
        words, who = clean_line(form.get("text", ""), 4000), clean_line(form.get("user_name", ""))
        where = clean_line(form.get("channel_id", ""), 100)
        key = f"{where}/{clean_line(form.get('trigger_id', ''), 200)}"
    title = _TAG.sub(r"\1", words).strip()
    if not title:
        raise Odd("nothing was written after the command")
    signal = Signal(key=key, title=clean_line(title, 200))
    return Report(
        source="slack",
        group=key,
        signals=(signal,),
        reply_to=f"slack:{key}",
        reporter=who,
        text=title,
    )


def mail(message: Message) -> Report:
    """Read a mail; an answer belongs to the mail it answers, an automatic one is no report."""
    parsed = email.message_from_bytes(message.body, policy=email.policy.default)
    if not (parsed["from"] or parsed["subject"]):
        raise Odd("neither sender nor subject: this is no mail")
    try:
        subject = clean_line(str(parsed["subject"] or "no subject"), 200)
        name, address = parseaddr(str(parsed["from"] or ""))
        threads = str(parsed["references"] or parsed["in-reply-to"] or parsed["message-id"] or "")
        sent = parsedate_to_datetime(str(parsed["date"])) if parsed["date"] else None
        automatic = str(parsed["auto-submitted"] or "no")
    except (ValueError, IndexError, AttributeError) as error:
        raise Odd(f"a header cannot be read: {error}") from error
    thread = clean_line(next(iter(threads.split()), subject), 300)
    if _AUTOMATIC.match(automatic.strip()):
        return Report(source="mail", group=thread)
    signal = Signal(
        key=thread,
        title=_PREFIX.sub("", subject) or "no subject",
        since=sent if sent is not None and sent.tzinfo is not None else None,
    )
    return Report(
        source="mail",
        group=thread,
        signals=(signal,),
        reply_to=f"mail:{clean_line(address, 200)}" if address else "",
        reporter=clean_line(name or address, 200),
        text=_words(parsed),
    )


def generic(message: Message, mapping: Mapping[str, str]) -> Report:
    """Read any JSON object by a mapping of our fields to dotted paths, such as `alert.name`.

    Fields: title (needed), key, status, service, severity, since, url. A status of resolved, ok,
    closed or false ends the signal.
    """
    data = f.document(message)
    found = {name: f.text(data, *f.path(path)) for name, path in mapping.items()}
    title = found.get("title") or f.text(data, "title")
    if not title:
        raise Odd("no title where the mapping looks for it")
    status = found.get("status", "").lower() or f.text(data, "status").lower()
    ended = status in {"resolved", "ok", "closed", "false", "recovered"}
    key = found.get("key") or f.text(data, "key") or title
    signal = Signal(
        key=key,
        title=title,
        status=Status.RESOLVED if ended else Status.FIRING,
        service=found.get("service") or f.text(data, "service"),
        priority=f.priority_of(found.get("severity") or f.text(data, "severity")),
        since=f.when(data, *f.path(mapping.get("since", "since"))),
        url=found.get("url") or f.text(data, "url"),
    )
    return Report(source="generic", group=key, signals=(signal,), url=signal.url)


def _words(parsed: EmailMessage) -> str:
    part = parsed.get_body(preferencelist=("plain",))
    if part is None:
        return ""
    try:
        return clean_text(str(part.get_content()), 20_000)
    except (LookupError, ValueError, KeyError):  # an encoding nobody knows: the raw mail is kept
        return ""
