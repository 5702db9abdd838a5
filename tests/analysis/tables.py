"""Tables straight from a generated day, through a real log file."""

import tempfile
from pathlib import Path

from incidents import formats, reader, shapes

from warroom.logs.table import Table


def of_day(day: shapes.Day, form: str = "combined") -> Table:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "access.log"
        formats.write(day.world, path, form)
        return reader.read(path, form)
