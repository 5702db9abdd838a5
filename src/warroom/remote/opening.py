"""Open a room over a server: its copy here if there is one, else the server is asked first."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from warroom.core.journal import JournalError
from warroom.remote.breaker import Breaker
from warroom.remote.outbox import Outbox
from warroom.remote.reader import Replica
from warroom.remote.room import RemoteRoom, utc_now
from warroom.remote.wire import Unreachable, Unwelcome, Wire
from warroom.remotes import Remote


def open_remote(
    server: Remote,
    token: str,
    copy: Path,
    replica: Callable[[str | None], Replica],
    actor: str,
    device: str,
    clock: Callable[[], datetime] | None = None,
    breaker: Breaker | None = None,
) -> RemoteRoom:
    """Return a room over a server.

    Args:
        server: Which one.
        token: For it.
        copy: Where the copy of its journal is or will be; the outbox lies beside it.
        replica: Opens that copy; given the name of the server's journal if it is to be made.
        actor: Who is at this console, until the server says it.
        device: The name of this machine.
        clock: What tells the time.
        breaker: When to try again; by default out of step with other consoles.

    Raises:
        JournalError: There is no copy yet, and the server cannot be asked.
    """
    wire = Wire(server.url, token, Path(server.ca).expanduser() if server.ca else None)
    try:
        journal = None if copy.exists() else _ask(wire, server.where)
        outbox = Outbox(copy.with_name("outbox.db"))
        return RemoteRoom(
            wire,
            replica(journal),
            outbox,
            where=server.where,
            actor=actor,
            device=device,
            clock=clock or utc_now,
            breaker=breaker,
        )
    except BaseException:
        wire.close()
        raise


def _ask(wire: Wire, where: str) -> str:
    try:
        return wire.page(0).end.journal
    except Unreachable as error:
        raise JournalError(
            f"{where} does not answer ({error.why}), and this console has not met it yet",
            "The first time needs the server; after that, a console works without it, too.",
        ) from None
    except Unwelcome as error:
        raise JournalError(
            f"{where}: {error}", "Ask who runs it for a token: `warroom token new`."
        ) from None
