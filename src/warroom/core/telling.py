"""One line of the timeline for each event of conduct."""

from warroom.core import conduct as k
from warroom.core.channels import Delivered, Reported, Sent
from warroom.core.drill import DrillScored
from warroom.core.notices import called
from warroom.core.words import Place

Told = tuple[str, str, str, str]
"""Mark, word, tone, text."""

_PLACES = {
    Place.TOP: "put first in the queue",
    Place.BOTTOM: "put last in the queue",
    Place.COMPUTED: "back to its computed place",
}


def tell(event: k.Conduct) -> Told | None:  # one line per kind is the clearest form
    """Return what the timeline says; None: not worth a line of its own."""
    match event:
        case k.WaitStarted(reason=reason):
            return "z", "waiting", "warn", f"for the client: {reason}"
        case k.WaitEnded(reason=reason):
            return "·", "goes on", "text", reason or "the client answered"
        case k.Answered(question=key, text=text, known=known):
            return ("·", "answer", "text", f"{key}: {text}") if known else None
        case k.Merged(into=into, reason=reason):
            return "·", "merged", "mute", _why(f"goes on in {into}", reason)
        case k.Split(out_of=other, reason=reason):
            return "·", "split off", "text", _why(f"no longer part of {other}", reason)
        case k.Absorbed(other=other, reason=reason):
            return "·", "merged", "text", _why(f"{other} is the same", reason)
        case k.Released(other=other, reason=reason):
            return "·", "split off", "text", _why(f"{other} goes on by itself", reason)
        case k.Linked(other=other, how=how):
            return "·", "linked", "text", f"{other}: {how}"
        case k.Reordered(place=place, reason=reason):
            return "·", "queue", "text", _why(_PLACES[place], reason)
        case k.Woken(reason=reason):
            return "·", "awake", "text", reason
        case k.Called(person=person, reason=reason):
            return "·", "called", "text", _why(person, reason)
        case k.HandoverOffered(role=role, to=to):
            return "·", "hand-over", "text", f"{role.value} offered to {to}"
        case k.HandoverDeclined(role=role, reason=reason):
            return "·", "hand-over", "warn", f"{role.value} declined: {reason}"
        case k.Measured(passed=passed, sentence=sentence):
            mark, tone = ("✓", "ok") if passed else ("✗", "s5")
            return mark, "verified", tone, sentence
        case k.NoticeOwed(notice=key, owed=owed, reason=reason):
            words = f"{called(key)} is owed" if owed else f"{called(key)} is not owed"
            return "·", "notice", "warn" if owed else "text", _why(words, reason)
        case k.Contacted(party=party, text=text, notice=key):
            said = f"{party} ({called(key)})" if key else party
            mark, word = ("✓", "notice") if key else ("·", "contact")
            return mark, word, "text", f"{said}: {text}"
        case k.Attached(follow_up=number, name=name):
            return "·", "follow-up", "text", f"F{number} has {name}"
        case Reported() as told:
            return "·", "report", "s5" if told.firing else "ok", _report(told)
        case Delivered(state=Sent.DELIVERED, what=what, channel=channel):
            return "✓", "sent", "ok", f"{what} to {channel}"
        case Delivered(state=Sent.RETRYING, what=what, channel=channel, reason=reason):
            return "·", "not sent", "warn", f"{what} to {channel}, will be tried again: {reason}"
        case Delivered(what=what, channel=channel, reason=reason):
            return "✗", "not sent", "s5", f"{what} to {channel}, given up: {reason}"
        case DrillScored(points=points, won=won):
            word = "won" if won else "lost"
            return "✓" if won else "✗", "drill", "ok" if won else "warn", f"{word}: {points} of 100"
        case k.EntryAmended():
            return None


def _report(told: Reported) -> str:
    parts = [f"{told.firing} firing"] if told.firing else []
    if told.resolved:
        parts.append(f"{told.resolved} ended")
    if told.truncated:
        parts.append(f"{told.truncated} more left out by the sender")
    many = f" ({told.deliveries} messages)" if told.deliveries > 1 else ""
    words = "; ".join(told.newest)
    return f"{', '.join(parts) or 'told'}{many}" + (f": {words}" if words else "")


def _why(what: str, reason: str) -> str:
    return f"{what}: {reason}" if reason else what
