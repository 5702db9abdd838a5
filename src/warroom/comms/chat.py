"""Slack and Teams: one message an incident, its later updates below it where there are threads.

https://api.slack.com/methods/chat.postMessage · https://api.slack.com/messaging/webhooks ·
https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/add-incoming-webhook
"""

from warroom.comms.channel import Channel, Undelivered, secret_of
from warroom.comms.wire import call
from warroom.core.post import Parcel

SLACK = "https://slack.com/api"
_LATER = {"ratelimited", "rate_limited", "internal_error", "fatal_error", "service_unavailable",
          "request_timeout"}  # fmt: skip
_LONGEST = 3500
"""Characters: Slack cuts a text beyond 4 000."""


def slack(channel: Channel, parcel: Parcel) -> str:
    """Post as the app; returns `conversation/time`, below which later updates go."""
    where, _, thread = (parcel.to or channel.to).partition("/")
    body = {
        "channel": where,
        "text": _escaped(f"*{parcel.subject}*\n{parcel.text}"[:_LONGEST]),
        "unfurl_links": False,
    }
    if thread:
        body["thread_ts"] = thread
    answer = call(
        "POST",
        f"{channel.url or SLACK}/chat.postMessage",
        json_body=body,
        headers={"Authorization": f"Bearer {secret_of(channel)}"},
    )
    data = answer.data if isinstance(answer.data, dict) else {}
    if data.get("ok") is not True:  # failures come with status 200
        error = str(data.get("error", "no answer in JSON"))
        raise Undelivered(f"Slack says {error}", again=error in _LATER)
    return f"{data.get('channel', where)}/{thread or data.get('ts', '')}"


def slack_webhook(channel: Channel, parcel: Parcel) -> str:
    """Post to an incoming webhook, whose address is the secret."""
    text = _escaped(f"*{parcel.subject}*\n{parcel.text}"[:_LONGEST])
    call("POST", secret_of(channel), json_body={"text": text})
    return ""


def teams(channel: Channel, parcel: Parcel) -> str:
    """Post an adaptive card to a workflow's webhook, whose address is the secret."""
    blocks = [
        {"type": "TextBlock", "weight": "bolder", "wrap": True, "text": parcel.subject},
        *(
            {"type": "TextBlock", "wrap": True, "text": line}
            for line in parcel.text.split("\n")
            if line.strip()
        ),
    ]
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": blocks,
    }
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "content": card}
    call("POST", secret_of(channel), json_body={"type": "message", "attachments": [attachment]})
    return ""


def _escaped(text: str) -> str:
    """Return text that mentions nobody and links nowhere by itself."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
