"""Join the tables of several logs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from warroom.logs.table import Coded, Table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Part = tuple[str, Table, "Callable[[int], int | None]"]
"""A log's name, its table, and what gives the row of the whole for one of its own."""


def joined(parts: Sequence[Part]) -> Table:
    """Return one table in time order, with a column `source` that names the log of each row."""
    tables = [table for _, table, _ in parts]
    sizes = [table.at.size for table in tables]
    at = np.concatenate([table.at for table in tables])
    order = np.argsort(at, kind="stable")
    fields = {
        name: _column(name, tables, sizes, order)
        for name in dict.fromkeys(name for table in tables for name in table.fields)
    }
    source = np.repeat(np.arange(len(parts), dtype=np.int32), sizes)
    fields["source"] = Coded(codes=source[order], values=[label for label, _, _ in parts])
    rows = np.concatenate(
        [
            np.array([place(int(row)) or 0 for row in table.row], np.int64)
            if table.row is not None
            else np.zeros(table.at.size, np.int64)
            for _, table, place in parts
        ]
    )
    timed = any(table.duration is not None for table in tables)
    return Table(
        at=at[order],
        status=np.concatenate([table.status for table in tables])[order],
        weight=np.concatenate([table.weight for table in tables])[order],
        duration=np.concatenate([_durations(table) for table in tables])[order] if timed else None,
        fields=fields,
        row=rows[order],
        requests=sum(table.requests for table in tables),
        sampled=any(table.sampled for table in tables),
        messages=[message for table in tables for message in table.messages],
        message_rows=_message_rows(tables, sizes, order),
    )


def _message_rows(
    tables: Sequence[Table], sizes: Sequence[int], order: np.ndarray
) -> np.ndarray | None:
    """Return the place of each message's entry in the joined columns; None where one is unknown."""
    if any(table.messages and table.message_rows is None for table in tables):
        return None
    place = np.empty_like(order)
    place[order] = np.arange(order.size)
    starts = np.cumsum([0, *sizes[:-1]])
    own = [
        table.message_rows + start
        for table, start in zip(tables, starts, strict=True)
        if table.message_rows is not None
    ]
    return place[np.concatenate(own)] if own else None


def _durations(table: Table) -> np.ndarray:
    if table.duration is not None:
        return table.duration
    return np.full(table.at.size, np.nan, np.float32)


def _column(name: str, tables: Sequence[Table], sizes: Sequence[int], order: np.ndarray) -> Coded:
    """Return a column of all tables, coded by one list of values."""
    known: dict[str, int] = {}
    codes = []
    for table, size in zip(tables, sizes, strict=True):
        column = table.fields.get(name)
        if column is None:
            codes.append(np.full(size, -1, np.int32))
            continue
        own = [known.setdefault(value, len(known)) for value in column.values]
        codes.append(np.array([*own, -1], np.int32)[column.codes])  # code -1 takes the last one
    return Coded(codes=np.concatenate(codes)[order], values=list(known))
