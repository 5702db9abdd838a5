"""Which hints the footer shows: those of the pane in front, the next step before all others."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from warroom.core.words import Phase
from warroom.tui.keymap import Known, shown
from warroom.tui.panes.base import Hint, Pane, deed
from warroom.tui.snapshot import Snapshot

_TYPING = (Hint("^p", "all"), Hint("F1", "help"))
_RESTING = (Hint(":", "all"), Hint("?", "help"))


def footer_hints(
    snapshot: Snapshot | None,
    pane: Pane,
    known: Iterable[Known],
    overrides: Mapping[str, str],
    *,
    typing: bool,
    logs: bool,
    taken: bool = False,
    zoom: str = "zoom",
) -> tuple[tuple[Hint, ...], tuple[Hint, ...]]:
    """Return the hints by frequency, and the two that always stay; each key appears once.

    Where the focus has every letter `taken` for itself, no other key is said. `zoom` is what that
    key does now; empty: nothing.
    """
    if taken:
        return tuple(pane.hints()), _TYPING
    if typing:
        strong = [h for h in pane.hints() if h.key[:1] in "^F" or h.key in ("esc", "enter")]
        return tuple(strong), _TYPING
    changed = _changed(known, overrides)
    hints: dict[str, Hint] = {}
    verbs = {""}
    reading = snapshot is not None and snapshot.contact.reading
    offered = (*_first(snapshot), *pane.hints(), *_common(snapshot, logs=logs))
    for hint in (replace(h, verb=zoom) if h.key == "z" else h for h in offered):
        if hint.key in hints or hint.verb in verbs or (hint.writes and reading):
            continue
        verbs.add(hint.verb)
        hints[hint.key] = Hint(changed.get(hint.key, hint.key), hint.verb)
    return tuple(hints.values()), tuple(Hint(changed.get(h.key, h.key), h.verb) for h in _RESTING)


def _changed(known: Iterable[Known], overrides: Mapping[str, str]) -> dict[str, str]:
    """Return what is drawn for a built-in key that a person has moved."""
    return {
        shown(key): shown(overrides[name].split(",")[0])
        for binding in known
        if (name := binding.id) in overrides
        for key in binding.keys
    }


def _first(snapshot: Snapshot | None) -> Iterable[Hint]:
    if snapshot is not None and snapshot.next_step is not None:
        yield deed(".", snapshot.next_step.verb)


def _common(snapshot: Snapshot | None, *, logs: bool) -> Iterable[Hint]:
    """Return what can be done to the incident as it stands; keys that cannot work are absent."""
    incident = snapshot.current if snapshot is not None else None
    if snapshot is not None and snapshot.past is not None:
        incident = None  # nothing is done to what was
    if incident is not None and incident.phase is not Phase.CLOSED:
        if incident.acknowledged_at is None:
            yield deed("a", "acknowledge")
        yield deed("c", "contain")
        yield deed("u", "update")
    if incident is not None:
        yield deed("n", "note")
        yield deed("h", "hypothesis")
        yield deed("H", "hand over")
    if logs:
        yield Hint("b", "boundary")
        yield Hint("e", "next 5xx")
    yield Hint("z", "zoom")
    if logs:
        yield Hint("/", "search")
    yield deed("d", "declare")
    yield Hint("tab", "next pane")
