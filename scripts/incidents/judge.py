"""Compare an answer with the truth."""

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from incidents import formats, reader, shapes
from warroom.logs.analysis.findings import Finding, Findings, analyse_frame
from warroom.logs.analysis.frame import Frame
from warroom.logs.analysis.prepare import prepare

OVERLAP = 0.95
"""Share of rows in common from which two slices are the same."""


@dataclass(frozen=True)
class Judged:
    """One log, one verdict."""

    shape: str
    seed: int
    found: bool
    """Something was found where something happened (by its own outcome)."""
    spoke: bool
    """Something was found at all."""
    first_right: bool
    all_right: bool
    onset_error: float | None
    onset_held: bool
    end_error: float | None
    end_held: bool
    score: float
    milliseconds: float


def judge(shape: str, seed: int, form: str, path: Path, *, hard: bool, requests: int) -> Judged:
    """Write one day, read it back, analyse it and compare."""
    day = shapes.make(shape, seed, hard=hard, requests=requests)
    formats.write(day.world, path, form)
    table = reader.read(path, form)
    began = time.perf_counter()
    frame = prepare(table)
    answer = analyse_frame(frame)
    spent = 1000 * (time.perf_counter() - began)
    return compare(shape, seed, day, frame, answer, spent)


def compare(
    shape: str, seed: int, day: shapes.Day, frame: Frame, answer: Findings, spent: float
) -> Judged:
    truth = day.truth
    finding = next((one for one in answer.findings if one.kind == truth.kind), None)
    if truth.kind is None or finding is None:
        score = max((one.score for one in answer.findings), default=0.0)
        spoke = bool(answer.findings)
        return Judged(
            shape, seed, False, spoke, False, False, None, False, None, False, score, spent
        )
    first, everyone = boundaries(finding, frame, truth)
    last = float(day.world.at[-1])
    onset_error = abs(finding.onset.at - truth.start)
    end_error, end_held = None, False
    if truth.end > last:
        end_held = finding.end is None or finding.end.high >= last
    elif finding.end is not None:
        end_error = abs(finding.end.at - truth.end)
        end_held = finding.end.low <= truth.end <= finding.end.high
    return Judged(
        shape, seed, True, True, first, everyone, onset_error,
        finding.onset.low <= truth.start <= finding.onset.high,
        end_error, end_held, finding.score, spent,
    )  # fmt: skip


def boundaries(finding: Finding, frame: Frame, truth: shapes.Truth) -> tuple[bool, bool]:
    """Whether the first named slice is right, and whether every true one is named."""
    if finding.kind == "silence":
        return True, True
    if truth.everything:
        said = [part.fields for part in finding.boundary] == [()]
        return said, said
    inside = (frame.at >= truth.start) & (frame.at < truth.end)
    named = []
    for part in finding.boundary:
        rows = np.ones(len(frame.at), bool)
        for name, value in part.fields:
            column = frame.fields[name]
            rows &= column.codes == list(column.values).index(value)
        named.append(rows & inside if part.fields else np.zeros(len(frame.at), bool))
    causes = [cause[frame.row] & inside for cause in truth.causes]
    if not named:
        return False, False
    union = np.logical_or.reduce(causes)
    hit = [any(_same(one, cause) for one in named) for cause in causes]
    whole = any(_same(one, union) for one in [*named, np.logical_or.reduce(named)])
    first = any(_same(named[0], cause) for cause in [*causes, union])
    return first, all(hit) or whole


def _same(one: np.ndarray, other: np.ndarray) -> bool:
    either = (one | other).sum()
    return bool(either) and (one & other).sum() > OVERLAP * either
