"""Failures put into a public log: real lines, real mix, known truth."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np

from incidents import reader
from warroom.logs.analysis.findings import analyse_frame
from warroom.logs.analysis.frame import Frame
from warroom.logs.analysis.prepare import prepare
from warroom.logs.table import Table

FIELDS = ("route", "path under", "client family", "client version", "network /16", "network /24")
LEAST = 15
"""Failures to be expected of an injection, so that there is something to see."""


def folder() -> Path | None:
    """Where public logs lie: WARROOM_REAL_LOGS, or shared/real_logs beside the checkout."""
    named = os.environ.get("WARROOM_REAL_LOGS")
    path = Path(named) if named else Path(__file__).parents[3] / "shared" / "real_logs"
    return path if (path / "apache_combined.log").is_file() else None


def load(where: Path) -> Table:
    """The public access log as a table."""
    return reader.read(where / "apache_combined.log", "combined")


def inject(frame: Frame, seed: int) -> tuple[np.ndarray, np.ndarray, tuple[tuple[str, str], ...]]:
    """Statuses with failures of one slice in one window: statuses, true rows, its name."""
    rng = np.random.default_rng(seed)
    names = [name for name in FIELDS if name in frame.fields]
    while True:
        at = frame.at
        length = (at[-1] - at[0]) * rng.uniform(0.1, 0.4)
        start = rng.uniform(at[0] + 0.15 * (at[-1] - at[0]), at[-1] - length)
        window = (at >= start) & (at < start + length)
        chosen = np.ones(len(at), bool)
        items = []
        for name in rng.choice(names, 2 if rng.random() < 0.3 else 1, replace=False).tolist():
            column = frame.fields[name]
            here = column.codes[window & chosen & (column.codes >= 0)]
            if not len(here):
                break
            code = int(rng.choice(here))  # a busy value more often than a rare one
            chosen &= column.codes == code
            items.append((name, column.values[code]))
        chance = rng.uniform(0.3, 0.95)
        affected = chosen & window
        share = affected.sum() / max(window.sum(), 1)
        if not items or affected.sum() * chance < LEAST or share > 0.6:
            continue
        bad = (rng.random(len(at)) < 0.002) | (affected & (rng.random(len(at)) < chance))
        status = np.where(bad, 500, np.where(frame.status >= 500, 200, frame.status))
        return status, affected, tuple(items)


def trial(frame: Frame, seed: int) -> tuple[bool, bool]:
    """One injection: found, and named right (the same rows by any name)."""
    status, affected, _ = inject(frame, seed)
    main = analyse_frame(replace(frame, status=status), kinds=("5xx",)).main
    if main is None or not main.boundary or not main.boundary[0].fields:
        return main is not None, False
    rows = np.ones(len(frame.at), bool)
    for name, value in main.boundary[0].fields:
        column = frame.fields[name]
        rows &= column.codes == list(column.values).index(value)
    window = np.flatnonzero(affected)
    rows[: window[0]] = rows[window[-1] + 1 :] = False
    return True, bool((rows & affected).sum() > 0.95 * (rows | affected).sum())


def frame_of(where: Path) -> Frame:
    """The public log, prepared."""
    return prepare(load(where))
