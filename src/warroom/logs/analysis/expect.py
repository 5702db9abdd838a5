"""What failures were to be expected: an ordinary chance for each route and method.

Everything is compared with this expectation and never with a raw total: that is what keeps a
traffic peak, a shift of the mix and an always failing health check quiet.
"""

import numpy as np

from warroom.logs.analysis.frame import Sample

PRIOR = 300.0
"""Requests at the mean share that every cell starts with."""


def chances(sample: Sample, outside: np.ndarray | None = None) -> np.ndarray:
    """The chance to fail of each cell (route and method), learnt from the rows of `outside`."""
    frame = sample.frame
    chosen = np.ones(len(frame.at), bool) if outside is None else outside
    weight = np.where(chosen, frame.weight, 0.0)
    requests = np.bincount(frame.cell, weight, frame.cells)
    failures = np.bincount(frame.cell, np.where(sample.bad, weight, 0.0), frame.cells)
    mean = (failures.sum() + 0.5 * sample.scale) / (requests.sum() + 1)
    prior = PRIOR * sample.scale
    clipped: np.ndarray = np.clip((failures + prior * mean) / (requests + prior), 1e-6, 0.9)
    return clipped
