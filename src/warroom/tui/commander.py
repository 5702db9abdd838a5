"""The commander's clock: how long it lasts, how long nobody was told, when the next word is due."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from warroom.core import spell
from warroom.core.clocks import update_clock
from warroom.core.state import Incident
from warroom.core.text import clean_line
from warroom.core.words import Phase
from warroom.tui.snapshot import Snapshot

_TITLE = 60
"""Letters of an incident's title in the terminal's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommanderClock:
    """Three durations as a commander reads them."""

    declared: timedelta
    """Since it was declared; once it is resolved, how long it took until then."""
    told: timedelta | None
    """Since the last update; None: nobody was told yet."""
    due: timedelta | None
    """Until the next update, negative when it is late; None: nobody waits for one."""

    def words(self) -> str:
        """Return the two that look back: `open 1h 45m · told 12 min ago`."""
        return f"open {spell.in_prose(self.declared)} · {self.silence()}"

    def silence(self) -> str:
        """Return how long nobody was told: `told 12 min ago`."""
        return f"told {spell.in_prose(self.told)} ago" if self.told is not None else "nobody told"


def commander_clock(incident: Incident, now: datetime) -> CommanderClock:
    """Return how the three stand."""
    update = update_clock(incident)
    end = min(incident.resolved_at or now, now)
    last = incident.updates[-1][0] if incident.updates else None
    return CommanderClock(
        declared=max(end - incident.declared_at, timedelta()),
        told=None if last is None else max(now - last, timedelta()),
        due=None if update is None else update.left(now),
    )


def terminal_title(snapshot: Snapshot | None) -> str:
    """Return what the terminal's title says while the console is behind another window."""
    incident = snapshot.current if snapshot is not None else None
    if snapshot is None or incident is None:
        late = f" · {snapshot.late} late" if snapshot is not None and snapshot.late else ""
        return f"warroom{late}"
    clock = commander_clock(incident, snapshot.now)
    failures, requests = snapshot.log.share_now
    fails = failures * 100 > requests and snapshot.log.ended(snapshot.now) is None
    share = f"▲ {spell.share(failures, requests)} " if fails else ""
    parts = [f"{share}{incident.id} {incident.priority} {incident.phase}"]
    if incident.phase not in (Phase.RESOLVED, Phase.CLOSED):
        parts.append(clock.words())
        if clock.due is not None:
            minutes = spell.in_prose(abs(clock.due))
            over = clock.due < timedelta()
            parts.append(f"update LATE {minutes}" if over else f"update in {minutes}")
    parts.append(clean_line(incident.title, _TITLE))
    return clean_line(" · ".join(parts), 200)
