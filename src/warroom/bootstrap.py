"""Wire settings, store, room and console together: the only place that knows them all."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from warroom.core.journal import Journal
    from warroom.room.local import LocalRoom
    from warroom.settings import Settings


def open_store(settings: "Settings", *, read_only: bool = False) -> "Journal":
    """Open the journal that the settings name.

    Raises:
        JournalError: It cannot be opened; the message says why and what to do.
    """
    from warroom.store import open_journal

    return open_journal(
        settings.database(),
        read_only=read_only,
        anchors=Path(settings.state_folder) / "anchors.log",
    )


def open_local_room(settings: "Settings") -> "LocalRoom":
    """Open the room over that journal."""
    from warroom.room.local import LocalRoom

    return LocalRoom(open_store(settings), actor=settings.person(), device=settings.device())


def open_console(settings: "Settings", logs: Sequence[str]) -> int:
    """Open the console and return its exit status."""
    raise SystemExit(f"the console is not wired yet ({settings.theme}, {len(logs)} logs)")
