"""Answers from a log: since when, who is affected, what changed, did it help.

Pure functions on `warroom.logs.table.Table` and numpy arrays; nothing here reads or writes.
"""
