"""What the room knows of an incident that the parameters of a runbook may ask for."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from warroom.core.services import ServiceMap
from warroom.core.state import Incident
from warroom.room.measure import Evidence
from warroom.runbooks.model import Confirmation
from warroom.runbooks.vault import Vault

STAYS = 120
"""Minutes after which something in force asks whether it may stay, where nobody said otherwise."""
SECOND_PERSON = ("never", "no-undo", "always")
"""When a second person must agree."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What the configuration says about containment."""

    hosts: tuple[str, ...] = ()
    """Hosts that HTTP steps may talk to, as `host:port`."""
    map: ServiceMap = field(default_factory=ServiceMap)
    """What depends on what, and which labels each service has."""
    second_person: str = "never"
    """One of `SECOND_PERSON`."""
    secrets: Mapping[str, str] = field(default_factory=Vault)
    """The secrets that runbooks ask for, by name."""

    def labels(self, service: str) -> Mapping[str, str]:
        """Return what a service has, which decides what applies to it."""
        known = self.map.get(service)
        return {**known.labels, "alerts": "alertmanager"} if known.alertmanager else known.labels

    def facts(self, service: str) -> dict[str, str]:
        """Return what parameters may ask of the configuration: who silences which alerts."""
        known = self.map.get(service)
        labels = known.silence or ({"service": service} if service else {})
        facts = {
            "alertmanager": known.alertmanager,
            "alerts": ",".join(f"{name}={value}" for name, value in labels.items()),
        }
        return {name: value for name, value in facts.items() if value}

    def second_to(self, actor: str, confirmation: Confirmation) -> str:
        """Return who may not agree alone to such a step; empty: one person is enough."""
        needed = self.second_person == "always" or (
            self.second_person == "no-undo" and confirmation is Confirmation.TYPED
        )
        return actor if needed and confirmation is not Confirmation.NONE else ""


def facts_of(incident: Incident, found: Evidence) -> dict[str, str]:
    """Return the facts by the names that defaults of parameters use; unknown ones are absent."""
    backend, server = found.server
    facts = {
        "incident": incident.id,
        "service": incident.service,
        "backend": backend,
        "server": server,
        "onset": incident.onset.at.isoformat() if incident.onset else "",
        "release": found.releases[-1] if found.releases else "",
        "previous_release": found.releases[-2] if len(found.releases) > 1 else "",
    }
    for name in ("upstream", "route"):
        facts[name] = next((value for key, value, _ in found.shares if key == name), "")
    return {name: value for name, value in facts.items() if value}
