"""The log engine: any log, seen at its tail at once, indexed exactly, followed through anything.

It stands alone: no console, no store, no incident. Importing it imports neither numpy nor what a
source needs that is not opened: each name is loaded when it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from warroom.logs.errors import LogError
from warroom.logs.protocol import Entry, Histogram, Log, Progress, Query

if TYPE_CHECKING:
    from warroom.logs.merged import MergedLog
    from warroom.logs.opening import Reading, open_command, open_log, open_logs, open_stream
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

_MODULES = {"MergedLog": "merged", "SourceReport": "report", "scan": "report"}


def __getattr__(name: str) -> Any:
    """Load a name of the package from the module that has it."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES.get(name, 'opening')}"), name)
