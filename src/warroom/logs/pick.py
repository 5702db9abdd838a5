"""Look into a whole log once: pick an entry, or hold it open until it has been asked."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from warroom.logs.errors import LogError
from warroom.logs.opening import open_log
from warroom.logs.protocol import Entry, Log

PATIENCE = 300.0
"""Seconds to wait for the index of a file: 300 GB at a gigabyte a second."""


@contextmanager
def opened_whole(path: str) -> Iterator[Log]:
    """Open a log and wait until every line of it is indexed.

    Raises:
        LogError: The file cannot be opened.
    """
    with whole(open_log(path)) as log:
        yield log


@contextmanager
def whole(log: Log) -> Iterator[Log]:
    """Wait until every line of an open log is indexed; close it afterwards.

    Raises:
        LogError: Its source refuses.
    """
    try:
        _wait_for_the_head(log)
        yield log
    finally:
        log.close()


def pick_line(path: str, *, line: int | None) -> Entry | None:
    """Return an entry by its number from 1, or the last failed one for None.

    Returns None where there is no such entry.

    Raises:
        LogError: The file cannot be opened.
    """
    log = open_log(path)
    try:
        if line is None:
            row = log.next_failed(log.end, backwards=True)
        else:
            _wait_for_the_head(log)
            row = log.first + line - 1
        found = [] if row is None else log.entries(row, row + 1)
        return found[0] if found else None
    finally:
        log.close()


def _wait_for_the_head(log: Log) -> None:
    """Numbers count from the head, which a large file shows last."""
    changed = threading.Event()
    stop = log.subscribe(changed.set)
    try:
        for _ in range(int(PATIENCE * 10)):
            failure = getattr(log, "failure", None)
            if failure:
                raise LogError(failure)
            if log.progress().complete:
                return
            changed.wait(0.1)
            changed.clear()
    finally:
        stop()
