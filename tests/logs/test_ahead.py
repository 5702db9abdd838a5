"""Threads that scan ahead find in a file what one finds that does not."""

import os
import random
from pathlib import Path

import pytest

from warroom.logs import ahead, scanning
from warroom.logs.ahead import Ahead
from warroom.logs.index import Index
from warroom.logs.kernel import AccessScanner
from warroom.logs.linescan import PAD
from warroom.logs.scanning import scan_back
from warroom.logs.segments import FIRST_SPARE_CODE, Codes
from warroom.logs.stores import FileStore
from warroom.logs.times import Clock

SMALL = 16 << 10
"""A chunk of some 200 lines: a file of a few thousand lines has many."""


def lines(seed: int, *, statuses: int) -> bytes:
    """Return lines of all lengths, some without a stamp, one longer than a chunk."""
    dice = random.Random(seed)
    known = dice.sample(range(100, 600), statuses)
    found = []
    second = 0
    for number in range(4000):
        second += dice.choice((0, 0, 0, 1, 90))
        path = "/" + "a" * dice.choice((3, 30, 200))
        if number == 1717:
            path = "/" + "b" * (3 * SMALL)
        at = f"20/Nov/2026:{second // 3600 % 24:02}:{second // 60 % 60:02}:{second % 60:02} +0000"
        line = f'10.0.0.1 - - [{at}] "GET {path} HTTP/1.1" {dice.choice(known)} 12 "-" "c"'
        found.append("no stamp at all" if dice.random() < 0.2 else line)
    return "\n".join(found).encode() + (b"" if seed % 2 else b"\n")


def told(index: Index, exact: int = 1) -> list[tuple[int, int, int]]:
    """Return of each row where it starts, what came of it (or which hundred), and when."""
    segments = [(row, index.locate(row)) for row in range(index.first, index.end)]
    return [
        (index.span(row)[1], index.codes.mark(each.codes[row - each.row]) // exact, each.time(row))
        for row, each in segments
        if each is not None
    ]


@pytest.mark.parametrize(("seed", "statuses"), [(1, 4), (2, 60), (3, 480)])
def test_threads_index_what_one_does(
    seed: int, statuses: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scanning, "CHUNK", SMALL)
    monkeypatch.setattr(ahead, "CHUNK", SMALL)
    path = tmp_path / "access.log"
    path.write_bytes(lines(seed, statuses=statuses))
    store = FileStore(os.open(path, os.O_RDONLY))
    one, two = Index(), Index()
    scanner, buffer = AccessScanner(Clock(), one.codes), bytearray(SMALL + PAD)
    head = store.size
    while head:
        found = scan_back(scanner, store, head, buffer, one.codes)
        assert found is not None
        head = found[0]
        one.prepend(store, head, found[1])
    scan, head = Ahead(Clock(), two.codes), store.size
    while head:
        found = scan.back(store, head)
        assert found is not None
        head = found[0]
        two.prepend(store, head, found[1])
    scan.close()
    assert len(told(one)) == 4000
    many = statuses > FIRST_SPARE_CODE  # then which of them share a code is a matter of order
    exact = 100 if many else 1
    assert told(two, exact) == told(one, exact)
    store.close()
    assert two.statuses == one.statuses
    assert two.failed == one.failed


def test_a_file_that_shrinks_meanwhile_is_no_error(tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    path.write_bytes(b"x\n" * scanning.CHUNK * 2)
    with path.open("rb+") as file:
        store = FileStore(file.fileno())
        scan = Ahead(Clock(), Codes())
        file.truncate(0)
        assert scan.back(store, scanning.CHUNK * 4) is None
        scan.close()
