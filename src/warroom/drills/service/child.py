"""What every child process of the shop has in common: it lives exactly as long as its parent."""

import asyncio
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Coroutine
from typing import Any


def live(main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run `main` until it returns or the parent is gone.

    Standard input is a pipe whose other end only the parent holds: its end, however the parent
    died, is the end of this process. Ctrl-C in the terminal is the parent's business.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    asyncio.run(main())


def _end_with_parent() -> None:
    while os.read(0, 1):
        pass
    os._exit(0)


def listening(descriptor: int) -> socket.socket:
    """Return the listening socket that the parent bound and handed down by number."""
    return socket.socket(fileno=descriptor)


def complain(text: str) -> None:
    """Write one line to standard error, which is the shop's service.err file."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()
