"""The log engine: any log, seen at its tail at once, indexed exactly, followed through anything.

It stands alone: no console, no store, no incident. Importing it does not import numpy.
"""

from warroom.logs.errors import LogError
from warroom.logs.merged import MergedLog
from warroom.logs.opening import Reading, open_command, open_log, open_logs, open_stream
from warroom.logs.protocol import Entry, Histogram, Log, Progress, Query
from warroom.logs.report import SourceReport, scan

__all__ = [
    "Entry",
    "Histogram",
    "Log",
    "LogError",
    "MergedLog",
    "Progress",
    "Query",
    "Reading",
    "SourceReport",
    "open_command",
    "open_log",
    "open_logs",
    "open_stream",
    "scan",
]
